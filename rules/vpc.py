"""VPCs and subnets of ML resources: which, in how many zones, with what flow logs and blocks."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import EC2_DEFAULTS, FLOW_LOG, NOTEBOOK, SUBNET, VPC
from auditor.rule import Other, Sample, rule
from auditor.shapes.ec2 import FlowLog, Subnet, Vpc
from auditor.verdict import Fail, Pass, Severity, Verdict

from ._controls import AVAILABILITY, MONITORING, NETWORK, NIST
from ._vpc import NOTEBOOK_HERE, SUBNET_ID, USED, VPC_ID, aside, subnets, unused


@rule(
    "vpc-default-vpc-in-use",
    "ML resources are in a VPC made for them, not in the default one",
    on=VPC,
    severity=Severity.MEDIUM,
    controls=NETWORK,
    fix=(
        "`aws ec2 create-vpc --region {region} --cidr-block CIDR` with private subnets and VPC"
        " endpoints; then make again what is in {name} there: subnets are settled when a notebook,"
        " domain, model or job is made. `aws ec2 delete-vpc --region {region} --vpc-id {name}`"
        " once the default VPC is empty, so that nothing ends up there again."
    ),
    good=Sample({"VpcId": VPC_ID, "IsDefault": False}, USED),
    bad=Sample({"VpcId": VPC_ID, "IsDefault": True}, USED),
)
def not_the_default_vpc(vpc: Resource[Vpc]) -> Verdict:
    """AWS puts a default VPC into every Region, with an internet gateway and subnets that give out
    public addresses. Everything that nobody placed ends up in it, beside the notebook or the
    model, and its settings were chosen by nobody.
    """
    skipped = unused(vpc)
    if skipped:
        return skipped
    if vpc.data.IsDefault is None:
        raise Unseen(f"EC2 does not say whether {vpc.name} is the default VPC")
    if vpc.data.IsDefault:
        return Fail("IsDefault is true: ML resources are in the Region's default VPC")
    return Pass()


def _in_zones(*zones: str) -> tuple[Other, ...]:
    """Return subnets in these zones that one model each uses."""
    return tuple(
        one for number, zone in enumerate(zones) for one in (
            Other(SUBNET, {"SubnetId": f"subnet-{number}", "VpcId": VPC_ID,
                           "AvailabilityZone": zone}),
            Other(NOTEBOOK, {"NotebookInstanceName": f"n{number}", "SubnetId": f"subnet-{number}"}),
        )
    )  # fmt: skip


@rule(
    "vpc-subnet-multi-az",
    "The subnets of ML resources are in at least two zones",
    on=VPC,
    severity=Severity.LOW,
    controls=AVAILABILITY,
    fix=(
        "`aws ec2 create-subnet --region {region} --vpc-id {name} --cidr-block CIDR"
        " --availability-zone ANOTHER_ZONE`, and name it beside the others where subnets are"
        " chosen: `aws sagemaker update-domain --domain-id DOMAIN --region {region} --subnet-ids"
        " …`; models, endpoint configurations and jobs are made anew with both."
    ),
    good=Sample({"VpcId": VPC_ID}, _in_zones("eu-west-1a", "eu-west-1b")),
    bad=[
        Sample({"VpcId": VPC_ID}, _in_zones("eu-west-1a")),
        Sample({"VpcId": VPC_ID}, _in_zones("eu-west-1a", "eu-west-1a")),
    ],
)
def in_two_zones(vpc: Resource[Vpc]) -> Verdict:
    """What has its interfaces in one zone stops with that zone, and cannot start where the zone has
    run out of the GPU instances it wants. SageMaker spreads instances over the subnets that it is
    given, and can only use what it is given.
    """
    skipped = unused(vpc)
    if skipped:
        return skipped
    zones = set()
    for subnet in subnets(vpc):
        zone = subnet.data.AvailabilityZone
        if not zone:
            raise Unseen(f"EC2 names no AvailabilityZone of {subnet.name}")
        zones.add(zone)
    if not zones:
        raise Unseen(f"EC2 names none of the subnets of {vpc.name} that are in use")
    if len(zones) < 2:
        return Fail(f"the subnets that ML uses are all in {zones.pop()}")
    return Pass(f"in {', '.join(sorted(zones))}")


@rule(
    "vpc-subnet-public-ip",
    "Subnets of ML resources give out no public addresses",
    on=SUBNET,
    severity=Severity.MEDIUM,
    controls=NETWORK | {
        NIST: ["AC-21", "AC-3", "AC-3(7)", "AC-4", "AC-4(21)", "AC-6", "SC-7", "SC-7(11)",
               "SC-7(16)", "SC-7(20)", "SC-7(21)", "SC-7(3)", "SC-7(4)", "SC-7(9)"],
        "AWS FSBP": ["EC2.15"],
        "AWS Config": ["subnet-auto-assign-public-ip-disabled"],
    },
    fix="`aws ec2 modify-subnet-attribute --region {region} --subnet-id {name}"
        " --no-map-public-ip-on-launch`. Addresses given out already stay until their instance is"
        " stopped.",
    good=Sample({"SubnetId": SUBNET_ID, "MapPublicIpOnLaunch": False}, (NOTEBOOK_HERE,)),
    bad=Sample({"SubnetId": SUBNET_ID, "MapPublicIpOnLaunch": True}, (NOTEBOOK_HERE,)),
)  # fmt: skip
def no_public_addresses(subnet: Resource[Subnet]) -> Verdict:
    """Where a subnet gives every instance a public address, one started beside the notebook is on
    the internet without anybody having asked for it, with only a security group between. It is
    also the mark of a public subnet, which is no place for training data.
    """
    skipped = unused(subnet)
    if skipped:
        return skipped
    public = subnet.data.MapPublicIpOnLaunch
    if public is None:
        raise Unseen(f"EC2 does not say whether {subnet.name} gives out public addresses")
    if public:
        return Fail("MapPublicIpOnLaunch is true")
    return Pass()


def _blocked(mode: str) -> dict[str, Any]:
    return {"VpcId": VPC_ID, "BlockPublicAccessStates": {"InternetGatewayBlockMode": mode}}


@rule(
    "vpc-block-public-access",
    "VPC Block Public Access stands between an ML VPC and the internet gateway",
    on=VPC,
    severity=Severity.MEDIUM,
    controls=NETWORK | {"AWS FSBP": ["EC2.172"]},
    fix=(
        "`aws ec2 modify-vpc-block-public-access-options --region {region}"
        " --internet-gateway-block-mode block-ingress` (or block-bidirectional) holds for the"
        " whole Region: exclude the VPCs that must be reached with `aws ec2"
        " create-vpc-block-public-access-exclusion` first. Where {name} itself is excluded, `aws"
        " ec2 describe-vpc-block-public-access-exclusions --region {region}` and `aws ec2"
        " delete-vpc-block-public-access-exclusion --region {region} --exclusion-id ID`."
    ),
    good=[
        Sample(_blocked("block-ingress"), USED),
        Sample(_blocked("block-bidirectional"), USED),
    ],
    bad=[
        Sample(_blocked("off"), USED),
        Sample({"VpcId": VPC_ID}, (*USED, Other(EC2_DEFAULTS, {
            "VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "off"}}))),
    ],
)  # fmt: skip
def blocks_the_gateway(vpc: Resource[Vpc]) -> Verdict:
    """One switch that no route, address or security group can undo: with it the internet gateway
    takes nothing from outside, whatever somebody opens in the VPC later. Where ML only calls out,
    it costs nothing. Exclusions of a VPC count, since EC2 tells what holds for each.
    """
    skipped = aside(vpc)
    if skipped:
        return skipped
    states = vpc.data.BlockPublicAccessStates
    mode = states.InternetGatewayBlockMode if states else None
    if mode:
        if mode == "off":
            return Fail("BlockPublicAccessStates.InternetGatewayBlockMode is off")
        if mode in ("block-ingress", "block-bidirectional"):
            return Pass(mode)
        raise Unseen(f"InternetGatewayBlockMode is {mode}, which is not known here")
    for region in vpc.all(EC2_DEFAULTS, vpc.region):
        options = region.data.VpcBlockPublicAccessOptions
        if options is not None and options.InternetGatewayBlockMode == "off":
            return Fail("VpcBlockPublicAccessOptions.InternetGatewayBlockMode is off in the Region")
    raise Unseen(f"EC2 does not say what VPC Block Public Access does for {vpc.name}")


def _log(**more: Any) -> Other:
    return Other(FLOW_LOG, {
        "FlowLogId": "fl-0a1b2c3d", "ResourceId": VPC_ID, "FlowLogStatus": "ACTIVE",
        "DeliverLogsStatus": "SUCCESS", "TrafficType": "ALL", **more,
    })  # fmt: skip


@rule(
    "vpc-flow-logs",
    "The VPC of ML workloads has flow logs",
    on=VPC,
    severity=Severity.MEDIUM,
    controls=MONITORING | {
        NIST: ["AC-4(26)", "AU-12", "AU-2", "AU-3", "AU-6(3)", "AU-6(4)", "CA-7", "SI-7(8)"],
        "AWS FSBP": ["EC2.6"],
        "CIS AWS v1.4": ["3.9"],
        "CIS AWS v3.0": ["3.7"],
        "CIS AWS v5.0": ["3.7"],
        "CIS AWS v6.0": ["4.7"],
        "CIS AWS v7.0": ["4.7"],
        "AWS Config": ["vpc-flow-logs-enabled"],
    },
    fix=(
        "`aws ec2 create-flow-logs --region {region} --resource-type VPC --resource-ids {name}"
        " --traffic-type ALL --log-destination-type s3 --log-destination BUCKET_ARN`. One that"
        " fails to deliver says why in `aws ec2 describe-flow-logs --region {region} --filter"
        " Name=resource-id,Values={name}`."
    ),
    good=[
        Sample({"VpcId": VPC_ID}, (*USED, _log())),
        Sample({"VpcId": VPC_ID}, (*USED, _log(TrafficType="REJECT"))),
    ],
    bad=[
        Sample({"VpcId": VPC_ID}, (*USED, _log(ResourceId="vpc-0e0e0e0e"))),
        Sample({"VpcId": VPC_ID}, (*USED, _log(DeliverLogsStatus="FAILED"))),
        Sample({"VpcId": VPC_ID}, (*USED, _log(TrafficType="ACCEPT"))),
    ],
)  # fmt: skip
def has_flow_logs(vpc: Resource[Vpc]) -> Verdict:
    """Flow logs say who talked to whom and what was turned away: the only record of data that left
    a training job over the network, and of a notebook that scans its neighbours. They cannot be
    had afterwards. Logs of each subnet in use count as well as one of the VPC.
    """
    skipped = aside(vpc)
    if skipped:
        return skipped
    wrong: list[str] = []
    refused: Unseen | None = None
    for log in vpc.used_by(FLOW_LOG):
        try:
            fault = _fault(log)
        except Unseen as unseen:  # another may work for certain
            refused = unseen
            continue
        if not fault:
            return Pass(f"{log.name}, TrafficType {log.data.TrafficType}")
        wrong.append(f"{log.name} {fault}")
    if refused:
        raise refused
    used = subnets(vpc)
    bare = [s.name for s in used if all(_fault(log) for log in s.used_by(FLOW_LOG))]
    if used and not bare:
        return Pass("each subnet in use has a flow log of its own")
    if wrong:
        return Fail(f"no flow log works: {'; '.join(wrong)}")
    return Fail(
        f"neither the VPC nor {bare[0] if bare else 'a subnet of it'} has a flow log (those of"
        " Security Lake, which EC2 shows to nobody, are not counted)"
    )


def _fault(log: Resource[FlowLog]) -> str:
    """Return what keeps a flow log from telling what was turned away, "" where nothing does."""
    status, traffic = log.data.FlowLogStatus, log.data.TrafficType
    if not status or not traffic:
        raise Unseen(f"EC2 names no FlowLogStatus or TrafficType of {log.name}")
    if status != "ACTIVE":
        return f"is {status}"
    delivered, error = log.data.DeliverLogsStatus, log.data.DeliverLogsErrorMessage
    if delivered == "FAILED" or (error and delivered != "SUCCESS"):
        return f"cannot deliver ({error or 'no reason given'})"
    if traffic not in ("ALL", "REJECT"):
        return f"records TrafficType {traffic} only"
    return ""
