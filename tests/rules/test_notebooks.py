"""Edges of the rules on notebook instances and their lifecycle configurations."""

import base64

import pytest

from auditor.kinds import (
    KEY,
    NOTEBOOK,
    NOTEBOOK_LIFECYCLE,
    PREFIX_LIST,
    SECURITY_GROUP,
    SUBNET,
    VPC,
)
from auditor.rule import Other
from auditor.testing import judge

DENIED = "AccessDeniedException"
ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{ID}"


def key(manager="CUSTOMER", state="Enabled", *names):
    return Other(KEY, {"KeyId": ID, "Arn": ARN, "KeyManager": manager, "KeyState": state}, names)


def subnet(vpc="vpc-1"):
    return Other(SUBNET, {"SubnetId": "subnet-1", "VpcId": vpc})


def vpc(default):
    return Other(VPC, {"VpcId": "vpc-1", "IsDefault": default})


def group(name="sg-1", **permission):
    listed = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **permission}]
    return Other(SECURITY_GROUP, {"GroupId": name, "IpPermissions": listed if permission else []})


def prefixes(*cidrs):
    return Other(PREFIX_LIST, {
        "PrefixListId": "pl-1", "Entries": [{"Cidr": one} for one in cidrs],
        "PrefixListArn": "arn:aws:ec2:eu-west-1:111122223333:prefix-list/pl-1"}, ("pl-1",))


def lifecycle(**hooks):
    return Other(NOTEBOOK_LIFECYCLE, {"NotebookInstanceLifecycleConfigName": "base", **hooks})


def encoded(text):
    return [{"Content": base64.b64encode(text.encode()).decode()}]


IMDS = "InstanceMetadataServiceConfiguration"
MINIMUM = "MinimumInstanceMetadataServiceVersion"
MASK = "[[secret:github-token:0a1b2c3d]]"
PLACED = {"SubnetId": "subnet-1"}
GROUPED = {"SubnetId": "subnet-1", "SecurityGroups": ["sg-1"]}
TWO_GROUPS = {"SubnetId": "subnet-1", "SecurityGroups": ["sg-0", "sg-1"]}
RUNNING = {"NotebookInstanceStatus": "InService"}
NAMED = {"NotebookInstanceLifecycleConfigName": "base"}

# rule (without its prefix), document, other resources, status, words of the message
CASES = [
    ("root-access", {"RootAccess": "Disabled"}, [], "pass", ""),
    ("root-access", {"RootAccess": "Enabled"}, [], "fail", "RootAccess is Enabled"),
    ("root-access", {}, [], "fail", "not set"),
    ("root-access", {"RootAccess": ""}, [], "fail", "not set"),
    # of another member, whose value must not be taken for this one's
    ("root-access", {"DirectInternetAccess": "Disabled"}, [], "fail", "RootAccess"),
    ("root-access", {"RootAccess": "Enabled", "NotebookInstanceStatus": "Stopped"}, [],
     "fail", ""),
    ("root-access", {"RootAccess": "Enabled", "NotebookInstanceStatus": "Deleting"}, [],
     "not_applicable", "Deleting"),
    ("root-access", {"RootAccess": "Enabled", "NotebookInstanceStatus": "Failed"}, [],
     "not_applicable", "Failed"),

    ("direct-internet-access", {"DirectInternetAccess": "Disabled"}, [], "pass", ""),
    ("direct-internet-access", {"DirectInternetAccess": "Enabled", **PLACED}, [], "fail",
     "DirectInternetAccess is Enabled"),
    ("direct-internet-access", {"RootAccess": "Disabled"}, [], "fail", "DirectInternetAccess"),
    ("direct-internet-access", PLACED, [], "fail", "not set"),

    ("imdsv2", {IMDS: {MINIMUM: "2"}}, [], "pass", ""),
    ("imdsv2", {IMDS: {MINIMUM: "1"}}, [], "fail", "is 1"),
    ("imdsv2", {IMDS: {MINIMUM: ""}}, [], "fail", "not set"),
    ("imdsv2", {IMDS: {}}, [], "fail", "not set"),
    ("imdsv2", {}, [], "fail", "not set"),

    ("in-custom-vpc", PLACED, [subnet(), vpc(False)], "pass", ""),
    ("in-custom-vpc", PLACED, [subnet(), vpc(True)], "fail", "default VPC vpc-1"),
    ("in-custom-vpc", {}, [], "fail", "SubnetId is not set"),
    ("in-custom-vpc", {"SubnetId": ""}, [], "fail", "SubnetId is not set"),
    ("in-custom-vpc", PLACED, [], "unknown", "subnet-1 was not found"),
    ("in-custom-vpc", PLACED, [subnet()], "unknown", "vpc-1 was not found"),
    ("in-custom-vpc", PLACED, [subnet(), vpc(None)], "unknown", "default"),
    ("in-custom-vpc", PLACED, [subnet(None)], "unknown", "no VPC"),

    ("security-group-open", GROUPED, [group(IpRanges=[{"CidrIp": "10.0.0.0/8"}])], "pass", ""),
    ("security-group-open", GROUPED, [group()], "pass", ""),
    ("security-group-open", GROUPED, [group(IpRanges=[{"CidrIp": "0.0.0.0/0"}])], "fail",
     "0.0.0.0/0 on tcp port 22"),
    ("security-group-open", GROUPED, [group(Ipv6Ranges=[{"CidrIpv6": "::/0"}], ToPort=80)],
     "fail", "::/0 on tcp ports 22 to 80"),
    ("security-group-open", GROUPED,
     [group(IpRanges=[{"CidrIp": "0.0.0.0/0"}], IpProtocol="-1", FromPort=None, ToPort=None)],
     "fail", "every protocol and port"),
    ("security-group-open", GROUPED,
     [group(IpRanges=[{"CidrIp": "0.0.0.0/0"}], IpProtocol="icmp", FromPort=-1, ToPort=-1)],
     "fail", "every port of icmp"),
    # two halves of the internet are the internet
    ("security-group-open", GROUPED,
     [group(IpRanges=[{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}])], "fail", "0.0.0.0/1"),
    ("security-group-open", GROUPED,
     [group(PrefixListIds=[{"PrefixListId": "pl-1"}])], "unknown", "pl-1"),
    ("security-group-open", GROUPED,
     [group(PrefixListIds=[{"PrefixListId": "pl-1"}]), prefixes("0.0.0.0/0")], "fail", "0.0.0.0/0"),
    ("security-group-open", GROUPED,
     [group(PrefixListIds=[{"PrefixListId": "pl-1"}],
            UserIdGroupPairs=[{"GroupId": "sg-1"}]), prefixes("192.0.2.0/24")], "pass", ""),
    ("security-group-open", GROUPED, [group(IpRanges=[{"CidrIp": ""}])], "unknown", "empty"),
    ("security-group-open", GROUPED,
     [Other(SECURITY_GROUP, {"GroupId": "sg-1"})], "unknown", "IpPermissions"),
    ("security-group-open", GROUPED, [], "unknown", "sg-1 was not found"),
    ("security-group-open", TWO_GROUPS, [group(IpRanges=[{"CidrIp": "0.0.0.0/0"}])], "fail",
     "sg-1"),
    ("security-group-open", TWO_GROUPS, [group()], "unknown", "sg-0"),
    ("security-group-open", PLACED, [], "unknown", "SecurityGroups"),
    ("security-group-open", {}, [], "not_applicable", "SubnetId"),

    ("volume-kms", {"KmsKeyId": ARN}, [], "pass", ""),
    ("volume-kms", {"KmsKeyId": "alias/ours"}, [], "pass", ""),
    ("volume-kms", {}, [], "fail", "no customer-managed key"),
    ("volume-kms", {"KmsKeyId": ""}, [], "fail", "no customer-managed key"),
    ("volume-kms", {"KmsKeyId": "alias/aws/sagemaker"}, [], "pass", "AWS manages"),

    ("volume-cmk", {"KmsKeyId": ARN}, [key()], "pass", ""),
    ("volume-cmk", {"KmsKeyId": ID}, [key()], "pass", ""),
    ("volume-cmk", {"KmsKeyId": "alias/ours"}, [key("CUSTOMER", "Enabled", "alias/ours")],
     "pass", ""),
    ("volume-cmk", {"KmsKeyId": ARN}, [key("AWS")], "fail", "AWS manages"),
    ("volume-cmk", {"KmsKeyId": "alias/aws/ebs"}, [key("CUSTOMER", "Enabled", "alias/aws/ebs")],
     "fail", "AWS manages"),  # some fakes, and who trusts them, say CUSTOMER
    ("volume-cmk", {"KmsKeyId": ARN}, [key("CUSTOMER", "Disabled")], "fail", "Disabled"),
    ("volume-cmk", {"KmsKeyId": ARN}, [key("CUSTOMER", "PendingDeletion")], "fail",
     "PendingDeletion"),
    ("volume-cmk", {"KmsKeyId": ARN}, [], "fail", "does not exist"),
    ("volume-cmk", {"KmsKeyId": "arn:aws:kms:eu-west-1:444455556666:key/x"}, [], "unknown",
     "belongs to account"),
    ("volume-cmk", {}, [], "fail", "no customer-managed key"),
    ("volume-cmk", {"KmsKeyId": ""}, [], "fail", "no customer-managed key"),

    ("supported-platform", {"PlatformIdentifier": "notebook-al2023-v1"}, [], "pass", ""),
    ("supported-platform", {"PlatformIdentifier": "notebook-al2030-v9"}, [], "pass", ""),
    ("supported-platform", {"PlatformIdentifier": "notebook-al2-v3"}, [], "pass", "2026-06-30"),
    ("supported-platform", {"PlatformIdentifier": "notebook-al2-v2"}, [], "fail", "2025-06-30"),
    ("supported-platform", {"PlatformIdentifier": "notebook-al2-v1"}, [], "fail", "2025-06-30"),
    ("supported-platform", {"PlatformIdentifier": "notebook-al1-v1"}, [], "fail", "2024-03-31"),
    ("supported-platform", {}, [], "unknown", "PlatformIdentifier"),
    ("supported-platform", {"PlatformIdentifier": ""}, [], "unknown", "PlatformIdentifier"),

    ("idle", RUNNING | {"LastModifiedTime": "2026-01-15T00:00:00Z"}, [], "pass", ""),
    ("idle", RUNNING | {"LastModifiedTime": "2026-01-01T00:00:00Z"}, [], "pass", ""),
    ("idle", RUNNING | {"LastModifiedTime": "2025-12-31T23:00:00Z"}, [], "fail", "2025-12-31"),
    ("idle", {"NotebookInstanceStatus": "Stopped", "LastModifiedTime": "2020-01-01T00:00:00Z"},
     [], "not_applicable", "Stopped"),
    ("idle", RUNNING, [], "unknown", "LastModifiedTime"),
    ("idle", {"LastModifiedTime": "2020-01-01T00:00:00Z"}, [], "unknown", "Status"),

    ("lifecycle-attached", NAMED, [lifecycle(OnStart=encoded("true"))], "pass", ""),
    ("lifecycle-attached", NAMED, [lifecycle(OnCreate=encoded("true"))], "pass", ""),
    ("lifecycle-attached", NAMED, [lifecycle(OnCreate=[], OnStart=[])], "fail", "no script"),
    ("lifecycle-attached", NAMED, [], "fail", "does not exist"),
    ("lifecycle-attached", {}, [], "fail", "not set"),
    ("lifecycle-attached", {"NotebookInstanceLifecycleConfigName": ""}, [], "fail", "not set"),

    ("lifecycle-secrets", {"OnStart": encoded("pip install x")}, [], "pass", ""),
    ("lifecycle-secrets", {"OnStart": encoded(f"export T={MASK}")}, [], "fail",
     "OnStart[0].Content holds 1 github-token"),
    ("lifecycle-secrets",
     {"OnCreate": encoded(f"a={MASK}\nb={MASK}"), "OnStart": encoded("true")}, [], "fail",
     "OnCreate[0].Content holds 2 github-token"),
    # one that is not base64 is masked as it is
    ("lifecycle-secrets", {"OnStart": [{"Content": f"export T={MASK} é"}]}, [], "fail", "OnStart"),
    ("lifecycle-secrets", {"OnStart": [{}]}, [], "unknown", "Content"),
    ("lifecycle-secrets", {"OnStart": [{"Content": ""}]}, [], "unknown", "Content"),
    ("lifecycle-secrets", {"OnCreate": [{}], "OnStart": encoded(MASK)}, [], "fail", "OnStart"),
    ("lifecycle-secrets", {}, [], "not_applicable", "no script"),
    ("lifecycle-secrets", {"OnCreate": [], "OnStart": []}, [], "not_applicable", "no script"),
]


@pytest.mark.parametrize(("rule", "data", "others", "status", "words"), CASES)
def test_edges(rule, data, others, status, words):
    finding = judge(f"sagemaker-notebook-{rule}", data, *others)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


# rule, document, member that was refused
REFUSED = [
    ("root-access", {}, "RootAccess"),
    ("root-access", {}, "NotebookInstanceStatus"),
    ("direct-internet-access", {}, "DirectInternetAccess"),
    ("imdsv2", {}, IMDS),
    ("in-custom-vpc", {}, "SubnetId"),
    ("security-group-open", PLACED, "SecurityGroups"),
    ("volume-kms", {}, "KmsKeyId"),
    ("volume-cmk", {}, "KmsKeyId"),
    ("supported-platform", {}, "PlatformIdentifier"),
    ("idle", RUNNING, "LastModifiedTime"),
    ("lifecycle-attached", {}, "NotebookInstanceLifecycleConfigName"),
    ("lifecycle-secrets", {}, "OnStart"),
]


@pytest.mark.parametrize(("rule", "data", "member"), REFUSED)
def test_what_was_refused_is_unknown(rule, data, member):
    for refused in (member, ""):
        finding = judge(f"sagemaker-notebook-{rule}", data, unseen={refused: DENIED})
        assert finding.status == "unknown"
        assert DENIED in finding.message and finding.gap is not None


@pytest.mark.parametrize(("rule", "data", "kind"), [
    ("in-custom-vpc", PLACED, SUBNET),
    ("security-group-open", GROUPED, SECURITY_GROUP),
    ("volume-cmk", {"KmsKeyId": ARN}, KEY),
    ("lifecycle-attached", NAMED, NOTEBOOK_LIFECYCLE),
])
def test_what_it_points_at_was_refused(rule, data, kind):
    finding = judge(f"sagemaker-notebook-{rule}", data, refused=[kind])
    assert finding.status == "unknown" and DENIED in finding.message


def test_support_ends_with_its_last_day():
    data = {"PlatformIdentifier": "notebook-al2-v3"}
    for seen, status in (("2026-06-30T23:59:00+00:00", "pass"),
                         ("2026-07-01T00:00:00+00:00", "fail")):
        assert judge("sagemaker-notebook-supported-platform", data, seen=seen).status == status


def test_days_of_idleness_are_the_teams():
    data = RUNNING | {"LastModifiedTime": "2026-01-20T00:00:00Z"}
    assert judge("sagemaker-notebook-idle", data, days=7).status == "fail"
    assert "whether it is used, AWS does not tell" in judge(
        "sagemaker-notebook-idle", data, days=7).message


def test_a_secret_is_told_by_its_kind_only():
    finding = judge("sagemaker-notebook-lifecycle-secrets",
                    {"OnStart": encoded(f"export MY_TOKEN={MASK}")})
    assert "0a1b2c3d" not in finding.message and "MY_TOKEN" not in finding.message


@pytest.mark.parametrize(("data", "internet", "root"), [
    ({"DirectInternetAccess": "Enabled", "RootAccess": "Disabled"}, "fail", "pass"),
    ({"DirectInternetAccess": "Disabled", "RootAccess": "Enabled"}, "pass", "fail"),
    ({"RootAccess": "Disabled"}, "fail", "pass"),  # AWS's default is Enabled
    ({"DirectInternetAccess": "Disabled"}, "pass", "fail"),
    ({}, "fail", "fail"),
])
def test_pitfall_12_internet_and_root_are_two_members_each_enabled_by_default(
        data, internet, root):
    assert judge("sagemaker-notebook-direct-internet-access", data).status == internet
    assert judge("sagemaker-notebook-root-access", data).status == root


def test_pitfall_20_scripts_run_as_root_though_the_users_have_none():
    script = lifecycle(OnStart=encoded(f"export T={MASK}"))
    assert judge("sagemaker-notebook-root-access", {}).status == "fail"
    assert judge("sagemaker-notebook-root-access", NAMED | {"RootAccess": "Disabled"},
                 script).status == "pass"
    # that they have none excuses nothing in the script
    assert judge("sagemaker-notebook-lifecycle-secrets", script.data, Other(NOTEBOOK, {
        **NAMED, "NotebookInstanceName": "n", "RootAccess": "Disabled",
        "NotebookInstanceArn": "arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/n",
    })).status == "fail"


@pytest.mark.parametrize("data", [{}, {IMDS: None}, {IMDS: {}}, {IMDS: {MINIMUM: None}}])
def test_pitfall_21_no_word_of_the_metadata_service_allows_its_first_version(data):
    finding = judge("sagemaker-notebook-imdsv2", data)
    assert finding.status == "fail" and "not set" in finding.message
