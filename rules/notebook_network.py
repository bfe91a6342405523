"""The network of notebook instances: what they reach, and who reaches them."""

from __future__ import annotations

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import NOTEBOOK, SECURITY_GROUP, SUBNET, VPC
from auditor.rule import Other, Sample, rule
from auditor.shapes.ec2 import IpPermission, SecurityGroup
from auditor.shapes.sagemaker import DescribeNotebookInstanceOutput as Notebook
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import NETWORK, NIST
from ._edges import target
from ._notebooks import enabled, living, recreate
from ._ranges import opened


@rule(
    "sagemaker-notebook-direct-internet-access",
    "The notebook reaches the internet through its VPC only",
    on=NOTEBOOK,
    severity=Severity.HIGH,
    controls=NETWORK | {
        "AWS FSBP": ["SageMaker.1"],
        NIST: ["AC-21", "AC-3", "AC-3(7)", "AC-4", "AC-4(21)", "AC-6", "SC-7", "SC-7(11)",
               "SC-7(16)", "SC-7(20)", "SC-7(21)", "SC-7(3)", "SC-7(4)", "SC-7(9)"],
        "PCI DSS v4.0": ["1.4.4"],
        "AWS Config": ["sagemaker-notebook-no-direct-internet-access"],
    },
    fix=recreate("--subnet-id SUBNET --security-group-ids SG --direct-internet-access Disabled"),
    good={"DirectInternetAccess": "Disabled", "SubnetId": "subnet-0a1b2c3d"},
    bad=[{"DirectInternetAccess": "Enabled", "SubnetId": "subnet-0a1b2c3d"}, {}],
)
@living
def no_direct_internet(notebook: Resource[Notebook]) -> Verdict:
    """With direct access SageMaker gives the instance a network interface of its own to the
    internet. Neither your route tables, firewalls nor flow logs see what passes there, so data
    can leave and code can come in unnoticed. Without it everything goes through your subnet,
    where a NAT gateway or VPC endpoints decide what is reached.
    """
    direct = notebook.data.DirectInternetAccess
    if direct == "Disabled":
        return Pass("what its subnet lets out to the internet is not part of this")
    return Fail(enabled("DirectInternetAccess", direct) + ": the instance reaches the internet past"
                " your VPC")


@rule(
    "sagemaker-notebook-in-custom-vpc",
    "The notebook is in a VPC made for it",
    on=NOTEBOOK,
    severity=Severity.HIGH,
    controls=NETWORK | {
        "AWS FSBP": ["SageMaker.2"],
        NIST: ["AC-21", "AC-3", "AC-3(7)", "AC-4", "AC-4(21)", "AC-6", "SC-7", "SC-7(11)",
               "SC-7(16)", "SC-7(20)", "SC-7(21)", "SC-7(3)", "SC-7(4)", "SC-7(9)"],
        "AWS Config": ["sagemaker-notebook-instance-inside-vpc"],
    },
    fix=recreate(
        "--subnet-id SUBNET_OF_YOUR_OWN_VPC --security-group-ids SG"
        " --direct-internet-access Disabled"
    ),
    good=Sample(
        {"SubnetId": "subnet-0a1b2c3d"},
        (Other(SUBNET, {"SubnetId": "subnet-0a1b2c3d", "VpcId": "vpc-0a1b2c3d"}),
         Other(VPC, {"VpcId": "vpc-0a1b2c3d", "IsDefault": False})),
    ),
    bad=[
        {},
        Sample(
            {"SubnetId": "subnet-0a1b2c3d"},
            (Other(SUBNET, {"SubnetId": "subnet-0a1b2c3d", "VpcId": "vpc-0a1b2c3d"}),
             Other(VPC, {"VpcId": "vpc-0a1b2c3d", "IsDefault": True})),
        ),
    ],
)
@living
def in_own_vpc(notebook: Resource[Notebook]) -> Verdict:
    """Without a subnet the instance runs in a network that belongs to SageMaker, where no security
    group, flow log or endpoint policy of yours applies. The default VPC that AWS puts into every
    region is little better: its subnets are public, and everything that nobody placed ends up
    beside the notebook.
    """
    if not notebook.data.SubnetId:
        return Fail("SubnetId is not set: the instance is in a network of SageMaker's, not yours")
    vpcs = [
        target(link, "VPC")
        for edge in notebook.edges(SUBNET, "SubnetId")
        for link in target(edge, "subnet").edges(VPC)
    ]
    for vpc in vpcs:
        if vpc.data.IsDefault:
            return Fail(f"SubnetId is {notebook.data.SubnetId}, a subnet of the default VPC"
                        f" {vpc.name}")
        if vpc.data.IsDefault is None:
            raise Unseen(f"EC2 does not say whether {vpc.name} is the default VPC")
    if not vpcs:
        raise Unseen(f"EC2 names no VPC of the subnet {notebook.data.SubnetId}")
    return Pass()


_OPEN = {"0", "1"}  # prefix lengths: everything, or one half of the two that make everything


@rule(
    "sagemaker-notebook-security-group-open",
    "The notebook's security groups let nobody in from the internet",
    on=NOTEBOOK,
    severity=Severity.MEDIUM,
    controls=NETWORK,
    fix=(
        "`aws ec2 describe-security-group-rules --region {region} --filters"
        " Name=group-id,Values=SG` shows the rules of the group that the finding names; take the"
        " open ones away with `aws ec2 revoke-security-group-ingress --region {region} --group-id"
        " SG --security-group-rule-ids SGR`. A notebook is opened through SageMaker and needs no"
        " ingress at all."
    ),
    good=Sample(
        {"SubnetId": "subnet-0a1b2c3d", "SecurityGroups": ["sg-0a1b2c3d"]},
        (Other(SECURITY_GROUP, {"GroupId": "sg-0a1b2c3d", "IpPermissions": [
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
             "IpRanges": [{"CidrIp": "10.0.0.0/16"}]},
        ]}),),
    ),
    bad=Sample(
        {"SubnetId": "subnet-0a1b2c3d", "SecurityGroups": ["sg-0a1b2c3d"]},
        (Other(SECURITY_GROUP, {"GroupId": "sg-0a1b2c3d", "IpPermissions": [
            {"IpProtocol": "tcp", "FromPort": 8888, "ToPort": 8888,
             "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        ]}),),
    ),
)
@living
def no_open_ingress(notebook: Resource[Notebook]) -> Verdict:
    """Users open a notebook through SageMaker's own address, never by a connection to the
    interface in your VPC. A group that admits every address therefore serves no notebook: it
    exposes Jupyter, SSH or whatever else somebody starts there as soon as the subnet has a route
    to the internet.
    """
    if not notebook.data.SubnetId:
        return NotApplicable("SubnetId is not set: no security group of yours applies")
    if not notebook.data.SecurityGroups:
        raise Unseen("the instance is in a subnet, but AWS names no SecurityGroups")
    unseen: Unseen | None = None
    for edge in notebook.edges(SECURITY_GROUP, "SecurityGroups[]"):
        try:
            hole = _hole(target(edge, "security group"))
        except Unseen as why:
            unseen = why  # raised below, unless another group is open for certain
            continue
        if hole:
            return Fail(f"the security group {edge.value} admits {hole}")
    if unseen:
        raise unseen
    return Pass()


def _hole(group: Resource[SecurityGroup]) -> str:
    """Return what a group lets in from everywhere, in words, or ""."""
    permissions = group.data.IpPermissions
    if permissions is None:
        raise Unseen(f"EC2 names no IpPermissions of {group.name}")
    for permission in permissions:
        cidrs = [r.CidrIp for r in permission.IpRanges or ()]
        cidrs += [r.CidrIpv6 for r in permission.Ipv6Ranges or ()]
        for cidr in cidrs:
            if not cidr:
                raise Unseen(f"EC2 names an empty range in {group.name}")
            if cidr.rpartition("/")[2] in _OPEN:
                return f"{cidr} on {_ports(permission)}"
    wide = opened(group, lambda permission: True)
    return f"{wide} by prefix lists, or several ranges together" if wide else ""


def _ports(permission: IpPermission) -> str:
    """Put a permission's protocol and ports into words; EC2 writes -1 for all of them."""
    if permission.IpProtocol == "-1":
        return "every protocol and port"
    if permission.FromPort is None or permission.FromPort == -1:
        return f"every port of {permission.IpProtocol}"
    if permission.FromPort == permission.ToPort:
        return f"{permission.IpProtocol} port {permission.FromPort}"
    return f"{permission.IpProtocol} ports {permission.FromPort} to {permission.ToPort}"
