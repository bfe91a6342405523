"""Edges of the rules on security groups: how a permission can be open, and who uses the group."""

from __future__ import annotations

import pytest

from auditor.kinds import (
    DOMAIN,
    MODEL,
    NOTEBOOK,
    PREFIX_LIST,
    PROCESSING_JOB,
    SECURITY_GROUP,
    SUBNET,
    TRAINING_JOB,
    TUNING_JOB,
    USER_PROFILE,
    VPC,
)
from auditor.rule import Other
from auditor.testing import judge

ANY4 = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
ANY6 = {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
IN_A_LIST = {"PrefixListIds": [{"PrefixListId": "pl-1"}]}
VPC_CONFIG = {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}
NOTEBOOK_HERE = Other(NOTEBOOK, {
    "NotebookInstanceName": "n", "SubnetId": "subnet-1", "SecurityGroups": ["sg-1"],
    "DirectInternetAccess": "Disabled"})
OPEN_NOTEBOOK = Other(NOTEBOOK, NOTEBOOK_HERE.data | {"DirectInternetAccess": "Enabled"})
MODEL_HERE = Other(MODEL, {"ModelName": "m", **VPC_CONFIG})


def listed(*cidrs):
    return Other(PREFIX_LIST, {
        "PrefixListId": "pl-1", "Entries": [{"Cidr": c} for c in cidrs],
        "PrefixListArn": "arn:aws:ec2:eu-west-1:111122223333:prefix-list/pl-1"}, ("pl-1",))


def tcp(first, last=None, **more):
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last or first, **more}


def ask(rule, *permissions, others=(NOTEBOOK_HERE,), egress=False, **options):
    member = "IpPermissionsEgress" if egress else "IpPermissions"
    return judge(f"ec2-security-group-{rule}", {"GroupId": "sg-1", member: list(permissions)},
                 *others, **options)


HALVES = {"IpRanges": [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}]}
QUARTERS = {"IpRanges": [{"CidrIp": f"{n}.0.0.0/2"} for n in (0, 64)]}
OFFICES = {"IpRanges": [{"CidrIp": "192.0.2.0/24"}, {"CidrIp": "10.0.0.0/8"}]}
OURS = {"UserIdGroupPairs": [{"GroupId": "sg-1"}, {"GroupId": "sg-9", "UserId": "444455556666"}]}


@pytest.mark.parametrize(("rule", "permissions", "status", "says"), [
    # -- SSH
    ("ssh-open", [], "pass", ""),
    ("ssh-open", [tcp(22, **ANY4)], "fail", "0.0.0.0/0 may connect to port 22"),
    ("ssh-open", [tcp(22, **ANY6)], "fail", "::/0"),
    ("ssh-open", [tcp(20, 30, **ANY4)], "fail", ""),  # a range that has it in it
    ("ssh-open", [tcp(23, 30, **ANY4)], "pass", ""),
    ("ssh-open", [{"IpProtocol": "-1", **ANY4}], "fail", ""),
    ("ssh-open", [{"IpProtocol": "6", "FromPort": 22, "ToPort": 22, **ANY4}], "fail", ""),
    ("ssh-open", [{"IpProtocol": "udp", "FromPort": 22, "ToPort": 22, **ANY4}], "pass", ""),
    ("ssh-open", [tcp(-1, **ANY4)], "fail", ""),  # -1 is every port
    # of ICMP the same members are a type and a code
    ("ssh-open", [{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, **ANY4}], "pass", ""),
    ("ssh-open", [{"IpProtocol": "icmpv6", "FromPort": 0, "ToPort": 255, **ANY6}], "pass", ""),
    ("ssh-open", [tcp(22, **HALVES)], "fail", "0.0.0.0/1, 128.0.0.0/1"),
    ("ssh-open", [tcp(22, **QUARTERS)], "fail", ""),
    ("ssh-open", [tcp(22, IpRanges=[{"CidrIp": "0.0.0.0/2"}]),
                  tcp(0, 65535, IpRanges=[{"CidrIp": "64.0.0.0/2"}])], "fail", ""),
    ("ssh-open", [tcp(22, Ipv6Ranges=[{"CidrIpv6": "2000::/3"}])], "fail", "2000::/3"),
    ("ssh-open", [tcp(22, Ipv6Ranges=[{"CidrIpv6": "fd00::/8"}])], "pass", ""),
    ("ssh-open", [tcp(22, **OFFICES)], "pass", ""),
    ("ssh-open", [{"IpProtocol": "-1", **OURS}], "pass", ""),  # groups are no internet
    ("ssh-open", [tcp(22, IpRanges=[{"CidrIp": ""}])], "unknown", "range"),
    ("ssh-open", [tcp(22, IpRanges=[{"CidrIp": "nonsense"}]), tcp(22, **ANY4)], "fail", ""),

    # -- every port
    ("all-ports", [{"IpProtocol": "-1", **ANY4}], "fail", "every port"),
    ("all-ports", [tcp(0, 65535, **ANY6)], "fail", ""),
    ("all-ports", [{"IpProtocol": "udp", "FromPort": 1, "ToPort": 65535, **ANY4}], "fail", ""),
    ("all-ports", [tcp(0, 1024, **ANY4)], "pass", ""),
    ("all-ports", [{"IpProtocol": "-1", **OURS}], "pass", ""),
    ("all-ports", [{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, **ANY4}], "pass", ""),

    # -- risky ports
    ("high-risk-ports", [tcp(8888, **ANY4)], "fail", "Jupyter"),
    ("high-risk-ports", [tcp(6006, **ANY6)], "fail", "TensorBoard"),
    ("high-risk-ports", [tcp(6379, **ANY4)], "fail", "Ray"),
    ("high-risk-ports", [tcp(2049, **ANY4)], "fail", "NFS"),
    ("high-risk-ports", [tcp(22, **ANY4)], "fail", "SSH"),
    ("high-risk-ports", [tcp(8000, 9000, **ANY4)], "fail", ""),
    ("high-risk-ports", [tcp(443, **ANY4), tcp(80, **ANY6)], "pass", ""),
    ("high-risk-ports", [tcp(8888, **OFFICES)], "pass", ""),
    ("high-risk-ports", [tcp(12345, **ANY4)], "fail", "port 12345"),  # EC2.18: less grave
    ("high-risk-ports", [tcp(440, 450, **ANY4)], "fail", ""),
    ("high-risk-ports", [{"IpProtocol": "50", **ANY4}], "pass", ""),
])
def test_ingress(rule, permissions, status, says):
    found = ask(rule, *permissions)
    assert (found.status, says in found.message) == (status, True), found.message


def test_a_port_that_is_merely_not_authorized_is_less_grave():
    assert ask("high-risk-ports", tcp(12345, **ANY4)).severity == "high"
    assert ask("high-risk-ports", tcp(8888, **ANY4)).severity == "critical"
    assert ask("high-risk-ports", tcp(8888, **ANY4), authorized_ports=[8888]).status == "pass"


@pytest.mark.parametrize("rule", ["ssh-open", "all-ports", "high-risk-ports"])
def test_prefix_lists_are_read(rule):
    permission = {"IpProtocol": "-1", **IN_A_LIST}
    assert ask(rule, permission, others=(NOTEBOOK_HERE, listed("0.0.0.0/0"))).status == "fail"
    assert ask(rule, permission, others=(NOTEBOOK_HERE, listed("10.0.0.0/8"))).status == "pass"
    assert ask(rule, permission, others=(NOTEBOOK_HERE, listed())).status == "pass"
    assert ask(rule, permission).status == "unknown"  # it was not seen
    assert ask(rule, permission, refused=[PREFIX_LIST]).status == "unknown"
    assert ask(rule, permission, {"IpProtocol": "-1", **ANY4}).status == "fail"  # open all the same


@pytest.mark.parametrize("rule", ["ssh-open", "all-ports", "high-risk-ports", "egress-all"])
def test_groups_that_nothing_of_ml_uses_are_not_judged(rule):
    egress = rule == "egress-all"
    wide = {"IpProtocol": "-1", **ANY4}
    assert ask(rule, wide, others=(), egress=egress).status == "not_applicable"
    assert ask(rule, wide, others=(), egress=egress, refused=[TRAINING_JOB]).status == "unknown"
    elsewhere = Other(NOTEBOOK, NOTEBOOK_HERE.data | {"SecurityGroups": ["sg-2"]})
    assert ask(rule, wide, others=(elsewhere,), egress=egress).status == "not_applicable"
    assert ask(rule, wide, egress=egress, refused=[TRAINING_JOB]).status == "fail"


@pytest.mark.parametrize("user", [
    NOTEBOOK_HERE, MODEL_HERE, Other(TRAINING_JOB, {"TrainingJobName": "t", **VPC_CONFIG}),
    Other(PROCESSING_JOB, {"ProcessingJobName": "p", "NetworkConfig": VPC_CONFIG}),
    Other(DOMAIN, {"DomainId": "d-1", "DefaultUserSettings": {"SecurityGroups": ["sg-1"]}}),
    Other(USER_PROFILE, {"DomainId": "d-1", "UserProfileName": "u",
                         "UserSettings": {"SecurityGroups": ["sg-1"]}}),
])
def test_whatever_of_sagemaker_names_the_group_uses_it(user):
    assert ask("ssh-open", tcp(22, **ANY4), others=(user,)).status == "fail"


def test_a_group_that_nothing_uses_stands_before_nothing():
    found = ask("ssh-open", tcp(22, **ANY4), others=())
    assert found.status == "not_applicable" and "is behind it" in found.message


@pytest.mark.parametrize(("data", "status"), [({"GroupId": "sg-1"}, "unknown"),
                                              ({"GroupId": "sg-1", "IpPermissions": []}, "pass")])
def test_permissions_that_ec2_left_out_are_not_none(data, status):
    for rule in ("ssh-open", "all-ports", "high-risk-ports"):
        assert judge(f"ec2-security-group-{rule}", data, NOTEBOOK_HERE).status == status
    denied = judge("ec2-security-group-ssh-open", data, NOTEBOOK_HERE,
                   unseen={"IpPermissions": "UnauthorizedOperation"})
    assert denied.status == "unknown"


DOMAINS = {mode: Other(DOMAIN, {
    "DomainId": "d-1", "AppNetworkAccessType": mode,
    "DefaultUserSettings": {"SecurityGroups": ["sg-1"]}}) for mode in (
        "VpcOnly", "PublicInternetOnly")}
PROFILE = Other(USER_PROFILE, {"DomainId": "d-1", "UserProfileName": "u",
                               "UserSettings": {"SecurityGroups": ["sg-1"]}})
ISOLATED = {"EnableNetworkIsolation": True}


@pytest.mark.parametrize(("users", "status"), [
    ((NOTEBOOK_HERE,), "fail"), ((OPEN_NOTEBOOK,), "not_applicable"),
    # pitfall 13: a domain always names a VPC; only AppNetworkAccessType says what it may reach
    ((DOMAINS["VpcOnly"],), "fail"), ((DOMAINS["PublicInternetOnly"],), "not_applicable"),
    ((Other(DOMAIN, {"DomainId": "d-1", "DefaultUserSettings": {"SecurityGroups": ["sg-1"]}}),),
     "not_applicable"),
    # pitfall 23: a profile's groups are judged by what its domain says
    ((PROFILE, Other(DOMAIN, {"DomainId": "d-1", "AppNetworkAccessType": "VpcOnly"})), "fail"),
    ((PROFILE, Other(DOMAIN, {"DomainId": "d-1"})), "not_applicable"),
    # pitfall 16: isolation and a VPC are not the same
    ((MODEL_HERE,), "not_applicable"), ((Other(MODEL, MODEL_HERE.data | ISOLATED),), "fail"),
    ((Other(PROCESSING_JOB, {"ProcessingJobName": "p", "NetworkConfig": VPC_CONFIG | ISOLATED}),),
     "fail"),
    # pitfall 33: a tuning job has one definition or several
    ((Other(TUNING_JOB, {"HyperParameterTuningJobName": "h", "TrainingJobDefinition": {
        **VPC_CONFIG, **ISOLATED}}),), "fail"),
    ((Other(TUNING_JOB, {"HyperParameterTuningJobName": "h", "TrainingJobDefinitions": [
        VPC_CONFIG, {**VPC_CONFIG, **ISOLATED}]}),), "fail"),
    ((OPEN_NOTEBOOK, Other(MODEL, MODEL_HERE.data | ISOLATED)), "fail"),
])
def test_egress_is_judged_where_something_was_told_to_stay_off_the_internet(users, status):
    found = ask("egress-all", {"IpProtocol": "-1", **ANY4}, others=users, egress=True)
    assert found.status == status, found.message


@pytest.mark.parametrize(("permissions", "status"), [
    ([], "pass"), ([{"IpProtocol": "-1", **ANY4}], "fail"), ([{"IpProtocol": "-1", **ANY6}], "fail"),
    ([{"IpProtocol": "-1", **HALVES}], "fail"), ([tcp(0, 65535, **ANY4)], "fail"),
    ([tcp(443, **ANY4)], "pass"), ([{"IpProtocol": "-1", **OURS}], "pass"),
    ([{"IpProtocol": "-1", **OFFICES}], "pass"), ([{"IpProtocol": "-1", **IN_A_LIST}], "unknown"),
])
def test_egress(permissions, status):
    assert ask("egress-all", *permissions, egress=True).status == status
    assert judge("ec2-security-group-egress-all", {"GroupId": "sg-1"},
                 NOTEBOOK_HERE).status == "unknown"


# -- the default group of a VPC

SUBNET_HERE = Other(SUBNET, {"SubnetId": "subnet-1", "VpcId": "vpc-1"})
SHUT = {"IpPermissions": [], "IpPermissionsEgress": []}
OPEN = [{"IpProtocol": "-1", **ANY4}]


def default(name="default", **more):
    return Other(SECURITY_GROUP, {
        "GroupId": "sg-d", "GroupName": name, "VpcId": "vpc-1", **more})


@pytest.mark.parametrize(("group", "status"), [
    (default(**SHUT), "pass"), (default(**SHUT | {"IpPermissions": OPEN}), "fail"),
    (default(**SHUT | {"IpPermissionsEgress": OPEN}), "fail"),
    (default(**SHUT | {"IpPermissions": [{"IpProtocol": "-1", **OURS}]}), "fail"),
    (default("app", **SHUT), "unknown"), (default(IpPermissions=[]), "unknown"),
    (default(**SHUT | {"VpcId": "vpc-2"}), "unknown"),
])
def test_default_group(group, status):
    found = judge("vpc-default-security-group", {"VpcId": "vpc-1"}, SUBNET_HERE, NOTEBOOK_HERE,
                  group)
    assert found.status == status, found.message


def test_default_group_where_it_is_not_asked():
    group = default(**SHUT | {"IpPermissions": OPEN})
    rule = "vpc-default-security-group"
    assert judge(rule, {"VpcId": "vpc-1"}, group).status == "not_applicable"
    shared = {"VpcId": "vpc-1", "OwnerId": "444455556666"}
    found = judge(rule, shared, SUBNET_HERE, NOTEBOOK_HERE, group)
    assert found.status == "not_applicable" and "444455556666" in found.message
    for kind, others in ((SUBNET, ()), (SECURITY_GROUP, (SUBNET_HERE,))):
        found = judge(rule, {"VpcId": "vpc-1"}, NOTEBOOK_HERE, *others, refused=[kind])
        assert found.status == "unknown"
    assert judge(rule, {"VpcId": "vpc-1"}, SUBNET_HERE, NOTEBOOK_HERE, group,
                 unseen={"": "UnauthorizedOperation"}).status == "unknown"
    assert VPC.on_demand == SECURITY_GROUP.on_demand == "network"
