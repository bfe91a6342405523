"""Security groups of ML resources: who gets in from the internet, and what gets out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import SECURITY_GROUP, VPC
from auditor.rule import Other, Sample, Setting, rule
from auditor.shapes.ec2 import SecurityGroup, Vpc
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import NETWORK, NIST
from ._ranges import covers, covers_tcp, opened, ports, whole, words
from ._vpc import GROUP_ID, NOTEBOOK_HERE, USED, VPC_ID, aside, closed, unused, users

_NIST = [
    "AC-4", "AC-4(21)", "SC-7", "SC-7(11)", "SC-7(16)", "SC-7(21)", "SC-7(4)", "SC-7(5)",
]  # fmt: skip
_ADMIN_PORTS = {
    "CIS AWS v3.0": ["5.2", "5.3"],
    "CIS AWS v5.0": ["5.3", "5.4"],
    "CIS AWS v6.0": ["6.3", "6.4"],
    "CIS AWS v7.0": ["6.3", "6.4"],
}
_ANYWHERE: dict[str, Any] = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
_CLOSE = (
    "`aws ec2 describe-security-group-rules --region {region} --filters"
    " Name=group-id,Values={name}` shows the rules; take the open ones away with `aws ec2"
    " revoke-security-group-ingress --region {region} --group-id {name} --security-group-rule-ids"
    " SGR` and admit the addresses or the group of those who need it instead."
)


def _group(*permissions: dict[str, Any], **more: Any) -> Sample:
    """Return a security group that a notebook uses, with what it lets in."""
    return Sample(
        {"GroupId": GROUP_ID, "IpPermissions": list(permissions), **more}, (NOTEBOOK_HERE,)
    )


_INSIDE = _group(
    {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535,
     "IpRanges": [{"CidrIp": "10.0.0.0/16"}], "UserIdGroupPairs": [{"GroupId": GROUP_ID}]},
)  # fmt: skip


@rule(
    "ec2-security-group-ssh-open",
    "Security groups of ML resources do not open SSH to the internet",
    on=SECURITY_GROUP,
    severity=Severity.HIGH,
    controls=NETWORK | _ADMIN_PORTS | {
        NIST: [*_NIST, "CM-7"],
        "AWS FSBP": ["EC2.13"],
        "PCI DSS v4.0": ["1.3.1"],
        "AWS Config": ["restricted-ssh"],
    },
    fix=_CLOSE + " Session Manager reaches an instance without any open port.",
    good=_INSIDE,
    bad=[
        _group({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **_ANYWHERE}),
        _group({"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}),
    ],
)  # fmt: skip
def no_open_ssh(group: Resource[SecurityGroup]) -> Verdict:
    """SSH that answers to every address is tried by robots within minutes and waits for one weak
    or leaked key. Nothing of SageMaker's needs it from outside: notebooks and Studio are opened
    through AWS's own addresses, and instances through Session Manager.
    """
    skipped = unused(group)
    if skipped:
        return skipped
    wide = opened(group, lambda permission: covers_tcp(permission, 22))
    if wide:
        return Fail(f"{wide} may connect to port 22")
    return Pass()


# Where ML tools listen, most of them without a password unless told otherwise, and the ports that
# Security Hub lists for EC2.19.
_RISKY = {
    20: "FTP", 21: "FTP", 22: "SSH", 23: "Telnet", 25: "SMTP", 110: "POP3", 135: "RPC",
    143: "IMAP", 445: "SMB", 1433: "SQL Server", 1434: "SQL Server", 2049: "NFS",
    3000: "development servers", 3306: "MySQL", 3389: "RDP", 4040: "Spark", 4333: "mSQL",
    5000: "MLflow", 5432: "PostgreSQL", 5500: "fcp-addr-srvr1", 5601: "OpenSearch Dashboards",
    6006: "TensorBoard", 6379: "Ray and Redis", 7077: "Spark", 8080: "web proxies",
    8088: "HTTP", 8265: "Ray's dashboard", 8786: "Dask", 8787: "Dask and RStudio",
    8888: "Jupyter", 9200: "OpenSearch", 9300: "OpenSearch", 10001: "Ray",
}  # fmt: skip


@rule(
    "ec2-security-group-high-risk-ports",
    "Security groups of ML resources open no risky port to the internet",
    on=SECURITY_GROUP,
    severity=Severity.CRITICAL,
    controls=NETWORK | {
        NIST: [*_NIST, "CA-9(1)", "CM-2", "CM-2(2)", "CM-7"],
        "AWS FSBP": ["EC2.19", "EC2.18"],
        "AWS Config": ["vpc-sg-open-only-to-authorized-ports"],
    },
    fix=_CLOSE,
    good=[
        _INSIDE,
        _group({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **_ANYWHERE}),
    ],
    bad=[
        _group({"IpProtocol": "tcp", "FromPort": 8888, "ToPort": 8888, **_ANYWHERE}),
        _group({"IpProtocol": "tcp", "FromPort": 6000, "ToPort": 6100, **_ANYWHERE}),
        _group({"IpProtocol": "udp", "FromPort": 12000, "ToPort": 12000, **_ANYWHERE}),
    ],
    settings=(
        Setting("authorized_ports", (80, 443), "Ports that may be open to the internet."),
    ),
)  # fmt: skip
def no_risky_port(group: Resource[SecurityGroup], authorized_ports: Collection[int]) -> Verdict:
    """Jupyter, TensorBoard, Ray, Dask, Spark and MLflow are made for one's own network: whoever
    reaches their port runs code on the machine or reads what is trained, mostly without a
    password. Databases and file shares are no better placed. Any other port that is open beside
    those for the web is less grave, and still for somebody to explain.
    """
    skipped = unused(group)
    if skipped:
        return skipped
    refused: Unseen | None = None
    for port, service in _RISKY.items():
        if port in authorized_ports:
            continue
        try:
            wide = opened(group, lambda one, port=port: covers(one, port, port))  # type: ignore[misc]
        except Unseen as unseen:  # another port may be open for certain
            refused = refused or unseen
            continue
        if wide:
            return Fail(f"{wide} may connect to port {port} ({service})")
    if refused:
        raise refused
    for permission in group.data.IpPermissions or ():
        found = ports(permission)
        if found is None or set(range(found[0], found[1] + 1)) <= set(authorized_ports):
            continue
        wide = opened(group, lambda one, found=found: covers(one, *found))  # type: ignore[misc]
        if wide:
            return Fail(f"{wide} may connect to {words(found)}, which is not among"
                        " authorized_ports", Severity.HIGH)
    return Pass()


@rule(
    "ec2-security-group-all-ports",
    "Security groups of ML resources do not open every port to the internet",
    on=SECURITY_GROUP,
    severity=Severity.CRITICAL,
    controls=NETWORK | _ADMIN_PORTS | {NIST: _NIST},
    fix=_CLOSE,
    good=_INSIDE,
    bad=[
        _group({"IpProtocol": "-1", **_ANYWHERE}),
        _group({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535,
                "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}),
    ],
)  # fmt: skip
def not_every_port(group: Resource[SecurityGroup]) -> Verdict:
    """A group that admits everybody to everything is no group at all: whatever is started behind
    it is on the internet as soon as the subnet has a route there. Training that spans instances
    needs all ports among its own machines, for which the group names itself, not the world.
    """
    skipped = unused(group)
    if skipped:
        return skipped
    wide = opened(group, whole)
    if wide:
        return Fail(f"{wide} may connect to every port")
    return Pass()





@rule(
    "ec2-security-group-egress-all",
    "Security groups of isolated ML resources do not let everything out",
    on=SECURITY_GROUP,
    severity=Severity.MEDIUM,
    controls=NETWORK | {NIST: ["AC-4", "AC-4(21)", "SC-7", "SC-7(5)"]},
    fix=(
        "`aws ec2 describe-security-group-rules --region {region} --filters"
        " Name=group-id,Values={name}` shows the rules; add egress to what is needed (the group of"
        " the VPC endpoints on port 443, the prefix list of the S3 endpoint, the group itself),"
        " then `aws ec2 revoke-security-group-egress --region {region} --group-id {name}"
        " --security-group-rule-ids SGR` for the open ones."
    ),
    good=_group(IpPermissionsEgress=[
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
         "UserIdGroupPairs": [{"GroupId": "sg-0e0e0e0e"}]},
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": GROUP_ID}]},
    ]),
    bad=[
        _group(IpPermissionsEgress=[{"IpProtocol": "-1", **_ANYWHERE}]),
        _group(IpPermissionsEgress=[
            {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}]},
        ]),
    ],
)  # fmt: skip
def not_everything_out(group: Resource[SecurityGroup]) -> Verdict:
    """A notebook without direct internet, a VPC-only domain and an isolated job were told to stay
    off the internet, and the group is what holds them to it the day a subnet gets a NAT gateway.
    AWS gives every new group one egress rule that lets everything out to everywhere.
    """
    skipped = unused(group)
    if skipped:
        return skipped
    if not any(closed(user) for user in users(group)):
        return NotApplicable("nothing that uses the group was told to stay off the internet")
    wide = opened(group, whole, egress=True)
    if wide:
        return Fail(f"everything is let out to {wide}")
    return Pass()


def _default(**more: Any) -> Other:
    return Other(SECURITY_GROUP, {
        "GroupId": "sg-0d0d0d0d", "GroupName": "default", "VpcId": VPC_ID, **more,
    })  # fmt: skip


@rule(
    "vpc-default-security-group",
    "The default security group of an ML VPC lets nothing in or out",
    on=VPC,
    severity=Severity.HIGH,
    controls=NETWORK | {
        NIST: _NIST,
        "AWS FSBP": ["EC2.2"],
        "CIS AWS v1.4": ["5.3"],
        "CIS AWS v3.0": ["5.4"],
        "CIS AWS v5.0": ["5.5"],
        "CIS AWS v6.0": ["6.5"],
        "CIS AWS v7.0": ["6.5"],
        "AWS Config": ["vpc-default-security-group-closed"],
    },
    fix=(
        "Give what uses the group one of its own, then take all its rules away: `aws ec2"
        " describe-security-group-rules --region {region} --filters Name=group-id,Values=SG`, `aws"
        " ec2 revoke-security-group-ingress --region {region} --group-id SG"
        " --security-group-rule-ids SGR` and the same with `revoke-security-group-egress`."
    ),
    good=Sample({"VpcId": VPC_ID}, (
        *USED, _default(IpPermissions=[], IpPermissionsEgress=[]),
    )),
    bad=[
        Sample({"VpcId": VPC_ID}, (*USED, _default(
            IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-0d0d0d0d"}]}],
            IpPermissionsEgress=[],
        ))),
        Sample({"VpcId": VPC_ID}, (*USED, _default(
            IpPermissions=[], IpPermissionsEgress=[{"IpProtocol": "-1", **_ANYWHERE}],
        ))),
    ],
)  # fmt: skip
def default_group_is_shut(vpc: Resource[Vpc]) -> Verdict:
    """Whatever is started without naming a group gets the default one, whose members reach each
    other on every port. Nobody decided that they should. A default group without rules turns the
    oversight into something that does not work, which is noticed.
    """
    skipped = aside(vpc)
    if skipped:
        return skipped
    default = next((g for g in vpc.used_by(SECURITY_GROUP, "VpcId")
                    if g.data.GroupName == "default"), None)
    if default is None:
        raise Unseen(f"EC2 names no default security group of {vpc.name}")
    for member, found in (("IpPermissions", default.data.IpPermissions),
                          ("IpPermissionsEgress", default.data.IpPermissionsEgress)):
        if found is None:
            raise Unseen(f"EC2 names no {member} of {default.name}")
        if found:
            return Fail(f"the default security group {default.name} has {len(found)}"
                        f" {member}")
    return Pass()
