"""What SageMaker leans on: each kind where it is there, where it is off, and where it is denied."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import ExitStack, closing, contextmanager
from uuid import uuid4

import pytest

from auditor import scan
from auditor.aws.pace import Pace
from auditor.aws.plan import Call, permissions, plan, reach
from auditor.aws.session import Session
from auditor.errors import Unseen
from auditor.inventory import GLOBAL
from auditor.kind import Kind, Link
from auditor.kinds import (
    ACCESS_ANALYZER,
    ACCESS_POINT,
    ACCOUNT,
    ALARM,
    BUCKET,
    CONFIG,
    DNS_FIREWALL,
    DNS_PROFILE,
    DOMAIN_NAME,
    EC2_DEFAULTS,
    ENDPOINT,
    ENDPOINT_SERVICE,
    EVENT_DATA_STORE,
    EVENT_RULE,
    FILE_SYSTEM,
    FLOW_LOG,
    FUNCTION,
    GUARDDUTY,
    HTTP_API,
    IMAGE,
    INSPECTOR,
    INSTANCE,
    KEY,
    LOG_GROUP,
    LOGS_POLICY,
    MACIE,
    MACIE_BUCKET,
    METRIC_FILTER,
    MULTI_REGION_POINT,
    NAT_GATEWAY,
    PREFIX_LIST,
    REGISTRY,
    REPOSITORY,
    REST_API,
    ROLE,
    SCALABLE_TARGET,
    SCALING_POLICY,
    SECURITY_HUB,
    SUBNET,
    USAGE_PLAN,
    USER,
    VPC,
    VPC_ENDPOINT,
    VPC_PEERING,
)
from auditor.kinds import SECRET as SECRET_KIND
from auditor.shapes.sagemaker import DescribeNotebookInstanceOutput
from tests.conftest import point_at
from tests.fakeaws import EMPTY, Error, Fake, Fault
from tests.worlds import adjacent, make, ml
from tests.worlds.make import EU, OTHER, US, bucket, key, key_arn
from tests.worlds.make import SECRET as PASSWORD

KINDS = (
    ACCESS_ANALYZER, ACCESS_POINT, ACCOUNT, ALARM, CONFIG, DNS_FIREWALL, DNS_PROFILE, DOMAIN_NAME,
    EC2_DEFAULTS, ENDPOINT_SERVICE, EVENT_DATA_STORE, EVENT_RULE, FILE_SYSTEM, FLOW_LOG, FUNCTION,
    GUARDDUTY, HTTP_API, IMAGE, INSPECTOR, INSTANCE, KEY, LOG_GROUP, LOGS_POLICY, MACIE,
    MACIE_BUCKET, METRIC_FILTER, MULTI_REGION_POINT, NAT_GATEWAY, PREFIX_LIST, REGISTRY, REPOSITORY,
    REST_API, SCALABLE_TARGET, SCALING_POLICY, SECRET_KIND, SECURITY_HUB, USAGE_PLAN, USER,
    VPC_ENDPOINT, VPC_PEERING,
)


# What leads to all the rest: it stands for the domains, models, endpoints and code repositories
# that name these things, so that this file hangs on none of their rows.
SEED = Kind(
    "AWS::SageMaker::NotebookInstance", DescribeNotebookInstanceOutput,
    links=(
        Link("SecurityGroups[]", IMAGE), Link("SecurityGroups[*]", REPOSITORY),
        Link("AdditionalCodeRepositories[]", SECRET_KIND),
        Link("NotebookInstanceLifecycleConfigName", FILE_SYSTEM),
        Link("SubnetId", SUBNET), Link("KmsKeyId", KEY),
    ),
)
KEYS = [key("cmk"), key("hmac", KeySpec="HMAC_256"), key("aws", KeyManager="AWS")]
WHERE = {
    "sagemaker": {"NotebookInstance": [make.notebook(
        "seed", SubnetId="subnet-own", KmsKeyId="cmk",
        SecurityGroups=[adjacent.IMAGE, adjacent.TAGGED, adjacent.FOREIGN, adjacent.ELSEWHERE],
        AdditionalCodeRepositories=[adjacent.SECRET_ARN],
        NotebookInstanceLifecycleConfigName=adjacent.FILES)],
        "Model": [make.model("used")], "*": EMPTY},
    "kms": {"Key": KEYS},
    "ec2": make.network(EU, vpcs=[("vpc-own", False)], subnets=[("subnet-own", "vpc-own")])
    | adjacent.NETWORK,
    "cloudtrail": adjacent.STORES,
    **adjacent.ON,
}
OFF = {
    "sagemaker": {"Model": [make.model("used", US)], "*": EMPTY},
    "ec2": adjacent.EC2_OFF, "cloudtrail": {"ListEventDataStores": {"EventDataStores": []}},
    **adjacent.OFF,
}
UNUSED = {
    "sagemaker": {"*": EMPTY}, "cloudtrail": OFF["cloudtrail"],
    **{name: adjacent.OFF[name] for name in ("s3control", "logs", "cloudwatch", "macie2")},
}
GLOBALLY = {
    "s3": {"Bucket": [bucket("ml-data")]},
    "iam": {"Role": ml.ROLES, "Policy": ml.POLICIES} | adjacent.IAM,
    "s3control": {"MultiRegionAccessPoint": adjacent.MULTI_REGION_POINTS},
}
ACTIONS = {
    "access-analyzer:ListAnalyzers", "apigateway:GET",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies", "backup:DescribeProtectedResource",
    "cloudtrail:GetEventDataStore",
    "cloudtrail:ListEventDataStores", "cloudwatch:DescribeAlarms",
    "config:DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorders",
    "ec2:DescribeFlowLogs", "ec2:DescribeInstances", "ec2:DescribeManagedPrefixLists",
    "ec2:DescribeNatGateways",
    "ec2:DescribeVpcBlockPublicAccessOptions", "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcEndpointServiceConfigurations", "ec2:DescribeVpcEndpointServicePermissions",
    "ec2:DescribeVpcPeeringConnections", "ec2:GetEbsEncryptionByDefault",
    "ec2:GetManagedPrefixListEntries", "route53profiles:ListProfileAssociations",
    "route53resolver:ListFirewallRuleGroupAssociations",
    "ecr:BatchGetRepositoryScanningConfiguration", "ecr:DescribeImageScanFindings",
    "ecr:DescribeImages", "ecr:DescribeRepositories", "ecr:GetLifecyclePolicy",
    "ecr:GetRegistryPolicy", "ecr:GetRegistryScanningConfiguration", "ecr:GetRepositoryPolicy",
    "elasticfilesystem:DescribeAccessPoints", "elasticfilesystem:DescribeBackupPolicy",
    "elasticfilesystem:DescribeFileSystemPolicy", "elasticfilesystem:DescribeFileSystems",
    "elasticfilesystem:DescribeMountTargets", "events:ListRules", "guardduty:GetDetector",
    "guardduty:ListDetectors", "iam:GetAccountPasswordPolicy", "iam:GetAccountSummary",
    "iam:GetLoginProfile", "iam:ListAccessKeys", "iam:ListMFADevices", "iam:ListUserTags",
    "iam:ListUsers", "inspector2:BatchGetAccountStatus", "kms:DescribeKey", "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus", "kms:ListGrants", "lambda:GetCodeSigningConfig",
    "lambda:GetFunctionCodeSigningConfig", "lambda:GetFunctionConcurrency", "lambda:GetPolicy",
    "lambda:ListFunctionUrlConfigs", "lambda:ListFunctions", "logs:DescribeLogGroups",
    "logs:DescribeMetricFilters", "logs:DescribeResourcePolicies", "macie2:DescribeBuckets",
    "macie2:GetAutomatedDiscoveryConfiguration", "macie2:GetClassificationExportConfiguration",
    "macie2:GetClassificationScope", "macie2:GetMacieSession",
    "macie2:ListClassificationScopes", "s3:GetAccessPoint", "s3:GetAccessPointPolicy",
    "s3:GetAccessPointPolicyStatus", "s3:ListAccessPoints", "s3:ListMultiRegionAccessPoints",
    "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy",
    "securityhub:DescribeHub",
}


@pytest.fixture(scope="module")
def standing():
    """The account of this file, and a holder of the session that asked it first."""
    with Fake({make.ACCOUNT: {EU: WHERE, US: OFF, "*": GLOBALLY}}) as fake:
        yield fake, []


@pytest.fixture
def collect(monkeypatch, tmp_path, standing):
    """Collect an account, by default the one of this file; gives the inventory and the fake."""

    def scanned(fake, sessions, name):
        point_at(monkeypatch, fake.url)
        monkeypatch.setattr("auditor.scan.TABLE", tuple(reach((SEED, *KINDS))))
        monkeypatch.setattr(
            "auditor.aws.collect.Pace", lambda *a, **k: Pace(*a, **k, sleep=lambda _: None))
        if not sessions:
            sessions.append(Session(timeout=5.0))
        plan = scan.Plan(sessions[0], sessions[0].caller(EU), [EU, US], 0.0)
        inventory = scan.collect(plan, tmp_path / name)
        assert fake.not_modelled == []
        return closing(inventory)

    @contextmanager
    def start(*faults, eu=WHERE, us=OFF, others=None, page=100, name=""):
        with ExitStack() as stack:
            fake, sessions = standing
            if (eu, us, others) != (WHERE, OFF, None):
                document = {make.ACCOUNT: {EU: eu, US: us, "*": GLOBALLY}, **(others or {})}
                fake, sessions = stack.enter_context(Fake(document)), []
            fake.page, fake.faults[:] = page, faults
            fake.log.clear()
            yield stack.enter_context(scanned(fake, sessions, name or uuid4().hex)), fake

    return start


@pytest.fixture(scope="module")
def undisturbed():
    """What was found where nothing went wrong, once it was asked for."""
    return {}


def only(inventory, kind, region=EU):
    (found,) = [r for r in inventory.resources(kind) if r.region in (region, GLOBAL)]
    return found


def told(inventory, kind, member):
    """Return a member of the only resource of a kind in the good region."""
    return getattr(only(inventory, kind).data, member)


# -- all of it at once


def test_each_is_found_and_nothing_is_asked_twice(collect):
    with collect() as (inventory, fake):
        assert inventory.gaps() == []
        found = inventory.counts()
        assert {k.name for k in KINDS} - set(found) == set()
        assert [c for c, n in Counter(map(str, fake.calls)).items() if n > 1] == []


def test_the_policy_grants_what_is_asked_for_and_no_more(collect):
    granted = {a for k in KINDS for a in (c.action for c in plan(k).calls)}
    assert granted == ACTIONS
    assert {a for s in permissions(KINDS)["Statement"] for a in s["Action"]} >= ACTIONS
    with collect() as (_, fake):
        used = {Call(c.service, c.operation).action for c in fake.calls}
        assert granted - used == set()


@pytest.mark.parametrize(
    "call", sorted({c for k in KINDS for c in plan(k).calls}, key=str),
    ids=lambda c: f"{c.service}-{c.operation}",
)
def test_a_denial_is_a_gap_that_names_the_action_and_nothing_is_made_of_it(
    call, collect, undisturbed
):
    if not undisturbed:
        with collect() as (inventory, _):
            undisturbed.update({(kind, arn): found for kind, arn, found in documents(inventory)})
    with collect(Fault("AccessDenied", call.service, call.operation)) as (inventory, _):
        gaps = inventory.gaps()
        assert gaps, "the denial was taken for an answer"
        assert {g.action for g in gaps} == {call.action}
        unseen = {(g.arn, g.member) for g in gaps}
        for kind, arn, found in documents(inventory):
            was = undisturbed[kind, arn]
            changed = {m for m in was if m not in found or found[m] != was[m]}
            assert found.keys() <= was.keys()
            assert (arn, "") in unseen or {(arn, m) for m in changed} <= unseen


def documents(inventory):
    for kind in KINDS:
        for resource in inventory.resources(kind):
            text = re.sub(r"(?<=\[\[secret:named-secret:)\w+", "?", json.dumps(resource.data._raw))
            yield kind.name, resource.arn, json.loads(text)  # hashes differ from scan to scan


@pytest.mark.parametrize("page", [1, 2])
def test_a_page_that_goes_on_is_followed_everywhere(page, collect):
    with collect() as (inventory, _):
        whole = sorted(map(str, documents(inventory)))
    with collect(page=page) as (inventory, _):
        assert sorted(map(str, documents(inventory))) == whole


def test_a_second_run_over_the_same_file_finds_the_same(collect):
    def asked(fake):
        return Counter(
            (c.service, c.operation, c.region) for c in fake.calls if c.service != "sagemaker")

    with collect(name="kept") as (inventory, fake):
        first, calls = list(documents(inventory)), asked(fake)
    with collect(name="kept") as (inventory, fake):
        assert list(documents(inventory)) == first
        assert asked(fake) == calls  # AWS may change any of it at any time


@pytest.mark.parametrize(("service", "operation", "member"), [
    ("ecr", "GetRegistryScanningConfiguration", "scanningConfiguration"),
    ("ecr", "GetRepositoryPolicy", "policyText"), ("ecr", "DescribeImages", "imageDetails"),
    ("ec2", "GetEbsEncryptionByDefault", "EbsEncryptionByDefault"),
    ("ec2", "DescribeVpcBlockPublicAccessOptions", "VpcBlockPublicAccessOptions"),
    ("kms", "GetKeyPolicy", "Policy"), ("kms", "ListGrants", "Grants"),
    ("iam", "GetAccountSummary", "SummaryMap"), ("iam", "ListUsers", "Users"),
    ("iam", "ListAccessKeys", "AccessKeyMetadata"), ("lambda", "GetPolicy", "Policy"),
    ("lambda", "ListFunctionUrlConfigs", "FunctionUrlConfigs"),
    ("guardduty", "ListDetectors", "DetectorIds"), ("inspector2", "BatchGetAccountStatus", "accounts"),
    ("config", "DescribeConfigurationRecorders", "ConfigurationRecorders"),
    ("accessanalyzer", "ListAnalyzers", "analyzers"), ("macie2", "DescribeBuckets", "buckets"),
    ("macie2", "ListClassificationScopes", "classificationScopes"),
    ("apigateway", "GetResources", "items"), ("apigateway", "GetStages", "item"),
    ("apigatewayv2", "GetRoutes", "Items"), ("efs", "DescribeFileSystems", "FileSystems"),
    ("efs", "DescribeMountTargets", "MountTargets"), ("ec2", "DescribeInstances", "Reservations"),
    ("ec2", "GetManagedPrefixListEntries", "Entries"),
    ("ec2", "DescribeVpcEndpointServicePermissions", "AllowedPrincipals"), ("secretsmanager", "DescribeSecret", "Name"),
    ("s3control", "GetAccessPointPolicy", "Policy"),
    ("cloudtrail", "GetEventDataStore", "EventDataStoreArn"),
])
def test_an_answer_without_what_was_asked_for_is_a_gap(service, operation, member, collect):
    with collect(Fault("DropMember", service, operation, member=member)) as (inventory, _):
        assert {(g.service, g.operation, g.code) for g in inventory.gaps()} == {
            (service, operation, "MalformedAnswer")}


# -- off is an answer


@pytest.mark.parametrize(("kind", "member", "off"), [
    (MACIE, "Session", None), (MACIE, "ClassificationScopes", None),
    (SECURITY_HUB, "Hub", None), (GUARDDUTY, "Detectors", []),
    (CONFIG, "ConfigurationRecorders", []), (ACCESS_ANALYZER, "Analyzers", []),
    (REGISTRY, "Policy", None),
])
def test_off_is_an_answer_and_no_gap(kind, member, off, collect):
    with collect() as (inventory, _):
        assert inventory.gaps() == []
        assert getattr(only(inventory, kind, US).data, member) == off
        assert list(inventory.resources(MACIE_BUCKET, region=US)) == []


def test_what_a_service_says_of_us_is_not_that_it_is_off(collect):
    """Security Hub and Macie use one error code for many things."""
    for service, operation, kind, member in (
        ("securityhub", "DescribeHub", SECURITY_HUB, "Hub"),
        ("macie2", "GetMacieSession", MACIE, "Session"),
    ):
        code = adjacent.OFF[service][operation].code
        said = Error(code, "you are not the administrator of this organization", 403)
        us = OFF | {service: OFF[service] | {operation: said}}
        with collect(us=us) as (inventory, _), pytest.raises(Unseen, match="administrator"):
            getattr(only(inventory, kind, US).data, member)


def test_a_list_that_says_off_is_empty_and_one_that_is_denied_is_not(collect):
    with collect() as (inventory, _):
        looked = {(k, r): s for k, _, r, s, _ in inventory.looks()}
        assert looked[MACIE_BUCKET.name, US] == "done"
    with collect(Fault("AccessDenied", "macie2", "DescribeBuckets", US)) as (inventory, _):
        looked = {(k, r): s for k, _, r, s, _ in inventory.looks()}
        assert looked[MACIE_BUCKET.name, US] == "refused"
        with pytest.raises(Unseen):
            inventory.demand(MACIE_BUCKET, make.ACCOUNT)


def test_inspector_that_is_off_says_so_by_a_status(collect):
    with collect() as (inventory, _):
        (state,) = only(inventory, INSPECTOR, US).data.Accounts
        assert state.state.status == "DISABLED" and state.resourceState.ecr.status == "DISABLED"


# -- only where ML is used


def test_where_no_ml_is_hardly_anything_is_asked(collect):
    with collect(us=UNUSED) as (inventory, fake):
        asked = {c.operation for c in fake.calls
                 if c.region == US and c.service not in ("iam", "sagemaker")}
        assert asked == {
            "ListAccessPoints", "DescribeAlarms", "DescribeMetricFilters", "ListEventDataStores",
            "GetMacieSession", "DescribeBuckets", "GetResources"}
        assert list(inventory.resources(GUARDDUTY, region=US)) == []


def test_where_ml_could_not_be_listed_it_may_be_in_use(collect):
    with collect(Fault("AccessDenied", "sagemaker", "List*", US)) as (inventory, _):
        assert only(inventory, GUARDDUTY, US).data.Detectors == []


# -- one by one


def test_images_are_asked_for_by_digest_and_by_tag_and_their_scans_counted(collect):
    with collect() as (inventory, fake):
        asked = [c.params for c in fake.calls if c.operation == "DescribeImages"]
        assert [p["repositoryName"] for p in asked] == ["serving", "serving"]
        assert sorted(map(str, (p["imageIds"] for p in asked))) == sorted(map(str, (
            [{"imageDigest": adjacent.DIGEST}], [{"imageTag": "v1"}])))
        image = only(inventory, IMAGE)
        assert image.name == f"serving/{adjacent.DIGEST}"
        assert image.data.Scan.imageScanFindings.findingSeverityCounts == {"HIGH": 2}
        with pytest.raises(AttributeError):
            _ = image.data.Scan.imageScanFindings.findings


def test_an_image_that_was_never_scanned_has_no_scan(collect):
    containers = adjacent.CONTAINERS | {
        "DescribeImageScanFindings": Error("ScanNotFoundException", "no scan")}
    with collect(eu=WHERE | {"ecr": containers}) as (inventory, _):
        assert told(inventory, IMAGE, "Scan") is None and inventory.gaps() == []


def test_images_of_others_are_foreign_and_are_not_asked_for(collect):
    with collect() as (inventory, fake):
        (seed,) = [r for r in inventory.resources(SEED) if r.region == EU]
        for kind in (IMAGE, REPOSITORY):
            states = {e.value: (e.state, e.owner) for e in seed.edges(kind)}
            assert states[adjacent.FOREIGN] == ("foreign", "763104351884")
            assert states[adjacent.ELSEWHERE] == ("foreign", "the registry docker.io")
            assert states[adjacent.TAGGED][0] == states[adjacent.IMAGE][0] == "here"
        assert [c for c in fake.calls if "pytorch" in str(c) or "python:3" in str(c)] == []


@pytest.mark.parametrize(("uri", "repository", "owner", "region"), [
    (adjacent.IMAGE, f"{adjacent.HOST}/serving", make.ACCOUNT, EU),
    (adjacent.TAGGED, f"{adjacent.HOST}/serving", make.ACCOUNT, EU),
    ("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b:1@sha256:0",
     "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b", make.ACCOUNT, "cn-north-1"),
    ("111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a",
     "111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a", make.ACCOUNT, "us-gov-west-1"),
    ("111122223333.dkr-ecr.eu-west-1.on.aws/a:b", "111122223333.dkr-ecr.eu-west-1.on.aws/a",
     make.ACCOUNT, EU),
    ("python", "docker.io/python", "the registry docker.io", ""),
    ("localhost:5000/a:1", "localhost:5000/a", "the registry localhost:5000", ""),
    ("public.ecr.aws/x/y:z", "public.ecr.aws/x/y", "the registry public.ecr.aws", ""),
])
def test_the_address_of_an_image(uri, repository, owner, region):
    assert REPOSITORY.canon(uri) == repository
    assert IMAGE.foreign(uri) == owner
    assert IMAGE.place(uri) == region


def test_an_image_in_another_region_is_asked_for_there(collect):
    there = adjacent.IMAGE.replace(EU, US)
    eu = {"sagemaker": {"NotebookInstance": [
        make.notebook("seed", SecurityGroups=[there])], "*": EMPTY}}
    with collect(eu=WHERE | eu, us=OFF | {"ecr": adjacent.CONTAINERS}) as (inventory, fake):
        assert {c.region for c in fake.calls if c.operation == "DescribeImages"} == {US}
        assert only(inventory, IMAGE, US).arn.startswith(f"arn:aws:ecr:{US}:")


def test_instances_come_in_groups_and_a_thousand_in_a_page(collect):
    groups = {"Reservations": [
        {"Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]},
        {"Instances": [{"InstanceId": "i-3", "VpcId": "vpc-own"}]}, {"Instances": []}]}
    with collect(eu=WHERE | {"ec2": WHERE["ec2"] | {"DescribeInstances": groups}}) as (
        inventory, fake
    ):
        assert [r.name for r in inventory.resources(INSTANCE)] == ["i-1", "i-2", "i-3"]
        asked = [c.params for c in fake.calls if c.operation == "DescribeInstances"]
        assert [p["MaxResults"] for p in asked] == [1000]
        assert "terminated" not in str(asked)
    groups = {"Reservations": [{"ReservationId": "r-1"}, *groups["Reservations"]]}
    with collect(eu=WHERE | {"ec2": WHERE["ec2"] | {"DescribeInstances": groups}}) as (
        inventory, _
    ):
        (gap,) = inventory.gaps()
        assert (gap.kind, gap.code) == (INSTANCE.name, "MalformedAnswer")


def test_keys_tell_their_policy_grants_and_rotation(collect):
    with collect() as (inventory, _):
        found = only(inventory, KEY).data
        assert "kms:*" in found.Policy and found.Grants == []
        assert found.Rotation.KeyRotationEnabled is True


@pytest.mark.parametrize(("members", "asked"), [
    ({"KeySpec": "HMAC_256"}, {"GetKeyPolicy", "ListGrants"}),
    ({"Origin": "EXTERNAL"}, {"GetKeyPolicy", "ListGrants"}),
    ({"KeyManager": "AWS"}, set()),
    ({"GetKeyRotationStatus": Error("UnsupportedOperationException", "not for this key")},
     {"GetKeyPolicy", "ListGrants", "GetKeyRotationStatus"}),
])
def test_of_keys_only_that_is_asked_which_they_can_tell(members, asked, collect):
    eu = WHERE | {"kms": {"Key": [key("cmk", **members)]}}
    with collect(eu=eu) as (inventory, fake):
        parts = {c.operation for c in fake.calls if c.service == "kms"} - {"DescribeKey"}
        assert parts == asked
        assert told(inventory, KEY, "Rotation") is None and inventory.gaps() == []


def test_a_foreign_key_is_seen_but_for_what_its_owner_denies(collect):
    theirs = key_arn("theirs", account=OTHER)
    seed = make.notebook("seed", KmsKeyId=theirs)
    others = {OTHER: {EU: {"kms": {"Key": [key("theirs", account=OTHER, _shared=True)]}}}}
    with collect(
        Fault("AccessDenied", "kms", "GetKeyPolicy"), Fault("AccessDenied", "kms", "ListGrants"),
        Fault("AccessDenied", "kms", "GetKeyRotationStatus"),
        eu=WHERE | {"sagemaker": {"NotebookInstance": [seed], "*": EMPTY}}, others=others,
    ) as (inventory, _):
        found = next(r for r in inventory.resources(KEY) if r.arn == theirs)
        assert found.data.KeyManager == "CUSTOMER"
        for member in ("Policy", "Grants", "Rotation"):
            with pytest.raises(Unseen):
                getattr(found.data, member)


def test_users_with_a_password_are_asked_for_their_devices(collect):
    with collect() as (inventory, fake):
        anna, robot = sorted(inventory.resources(USER), key=lambda u: u.name)
        assert anna.data.LoginProfile is not None and anna.data.MFADevices == []
        assert robot.data.LoginProfile is None and robot.data.MFADevices is None
        assert [k.Status for k in robot.data.AccessKeys] == ["Active"]
        assert robot.tags == {"team": "ml"}
        devices = [c.params["UserName"] for c in fake.calls if c.operation == "ListMFADevices"]
        assert devices == ["anna"]


def test_tags_of_a_user_that_were_denied_are_unseen(collect):
    with collect(Fault("AccessDenied", "iam", "ListUserTags")) as (inventory, _):
        for user in inventory.resources(USER):
            with pytest.raises(Unseen):
                _ = user.tags


def test_the_account_has_its_counts_and_no_password_policy(collect):
    with collect() as (inventory, _):
        account = only(inventory, ACCOUNT).data
        assert account.SummaryMap["AccountMFAEnabled"] == 1 and account.PasswordPolicy is None


def test_secrets_in_variables_are_masked_wherever_they_stand(collect):
    with collect() as (inventory, _):
        everything = str(list(documents(inventory)))
        assert PASSWORD not in everything
        assert everything.count("[[secret:") == 3  # a function's, a REST API's, an HTTP API's
        assert "'ENDPOINT': 'churn'" in everything  # what is no secret stays


def test_a_rest_api_carries_its_methods_and_integrations(collect):
    with collect() as (inventory, fake):
        (resource,) = told(inventory, REST_API, "Resources")
        method = resource.resourceMethods["POST"]
        assert method.authorizationType == "NONE"
        assert "runtime.sagemaker" in method.methodIntegration.uri
        (asked,) = [c.params for c in fake.calls
                    if (c.service, c.operation) == ("apigateway", "GetResources")]
        assert asked["embed"] == ["methods"] and asked["limit"] == 500


def test_the_doors_point_at_the_endpoint_and_the_function_behind_them(collect):
    eu = WHERE | {"sagemaker": WHERE["sagemaker"] | {"Endpoint": [make.endpoint("churn", "c")]}}
    with collect(eu=eu) as (inventory, _):
        endpoint, invoke = only(inventory, ENDPOINT), next(
            f for f in inventory.resources(FUNCTION) if f.name == "invoke")
        assert [r.name for r in endpoint.used_by(REST_API)] == ["rest1"]
        assert [r.name for r in endpoint.used_by(SCALABLE_TARGET)] == [
            "endpoint/churn/variant/main/sagemaker:variant:DesiredInstanceCount"]
        assert [r.name for r in endpoint.used_by(SCALING_POLICY)] == ["track"]
        assert [r.name for r in invoke.used_by(HTTP_API)] == ["http1"]
        assert [r.name for r in only(inventory, REST_API).to(ROLE)] == ["sound"]


@pytest.mark.parametrize(("value", "meant", "owner"), [
    (f"arn:aws:apigateway:{EU}:runtime.sagemaker:path//endpoints/churn/invocations", "churn", ""),
    (f"arn:aws:apigateway:{EU}:runtime.sagemaker:path/endpoints/churn/invocations", "churn", ""),
    ("endpoint/churn/variant/main", "churn", ""), ("churn", "churn", ""),
    (make.arn("sagemaker", "endpoint/churn"), make.arn("sagemaker", "endpoint/churn"), make.ACCOUNT),
])
def test_the_ways_to_name_an_endpoint(value, meant, owner):
    assert ENDPOINT.canon(value) == meant and ENDPOINT.foreign(value) == owner


@pytest.mark.parametrize("tail", ["", ":live", ":42", "/invocations", ":live/invocations"])
@pytest.mark.parametrize("head", ["", f"arn:aws:apigateway:{EU}:lambda:path/2015-03-31/functions/"])
def test_the_ways_to_name_a_function(head, tail):
    function = make.arn("lambda", "function:invoke")
    assert FUNCTION.canon(head + function + tail) == function
    assert FUNCTION.foreign(head + function + tail) == make.ACCOUNT


def test_functions_without_a_policy_or_an_address_have_none(collect):
    with collect() as (inventory, _):
        invoke, plain = sorted(inventory.resources(FUNCTION), key=lambda f: f.name)
        assert [u.AuthType for u in invoke.data.FunctionUrlConfigs] == ["NONE"]
        assert "InvokeFunctionUrl" in invoke.data.Policy
        assert plain.data.Policy is None and plain.data.FunctionUrlConfigs == []


def test_only_the_log_groups_of_sagemaker_are_listed(collect):
    with collect() as (_, fake):
        assert {c.params["logGroupNamePrefix"] for c in fake.calls
                if c.operation == "DescribeLogGroups"} == {"/aws/sagemaker/"}
        assert {c.params["ServiceNamespace"] for c in fake.calls
                if c.service == "application-autoscaling"} == {"sagemaker"}


def test_the_secret_itself_is_never_asked_for(collect):
    with collect() as (inventory, fake):
        assert {c.operation for c in fake.calls if c.service == "secretsmanager"} == {
            "DescribeSecret", "GetResourcePolicy"}
        assert told(inventory, SECRET_KIND, "Policy") is None


def test_a_file_system_has_its_policies_targets_and_access_points(collect):
    with collect() as (inventory, _):
        found = only(inventory, FILE_SYSTEM)
        assert found.data.Policy is None and found.data.BackupPolicy.Status == "DISABLED"
        assert [t.SubnetId for t in found.data.MountTargets] == ["subnet-own"]
        assert [k.name for k in found.to(KEY)] == ["cmk"]


def test_what_a_domain_or_repository_names_may_be_gone(collect):
    eu = WHERE | {
        "efs": {"DescribeFileSystems": Error("FileSystemNotFound", "gone", 404)},
        "secretsmanager": {"DescribeSecret": Error("ResourceNotFoundException", "gone")},
        "ecr": adjacent.CONTAINERS | {
            "DescribeImages": Error("ImageNotFoundException", "gone"),
            "DescribeRepositories": Error("RepositoryNotFoundException", "gone")},
    }
    with collect(eu=eu) as (inventory, _):
        (seed,) = [r for r in inventory.resources(SEED) if r.region == EU]
        for kind in (FILE_SYSTEM, SECRET_KIND, IMAGE, REPOSITORY):
            assert "missing" in {e.state for e in seed.edges(kind)}
        assert inventory.gaps() == []


def test_flow_logs_and_endpoints_point_at_their_network(collect):
    with collect() as (inventory, _):
        vpc = only(inventory, VPC)
        assert [r.name for r in vpc.used_by(FLOW_LOG)] == ["fl-1"]
        assert [r.name for r in vpc.used_by(VPC_ENDPOINT)] == ["vpce-1"]


def test_a_bucket_knows_its_access_points_and_what_macie_says(collect):
    with collect() as (inventory, _):
        data = next(b for b in inventory.resources(BUCKET) if b.name == "ml-data")
        (point,) = data.used_by(ACCESS_POINT)
        assert point.data.Configuration.PublicAccessBlockConfiguration.BlockPublicAcls is True
        assert [m.data.automatedDiscoveryMonitoringStatus for m in data.used_by(MACIE_BUCKET)] == [
            "NOT_MONITORED"]


def test_an_event_data_store_is_described_with_its_selectors(collect):
    with collect() as (inventory, _):
        (selector,) = told(inventory, EVENT_DATA_STORE, "AdvancedEventSelectors")
        assert selector.FieldSelectors[0].Equals == ["AWS::SageMaker::Endpoint"]


def test_multi_region_access_points_are_asked_for_once_and_where_aws_answers(collect):
    with collect() as (inventory, fake):
        asked = [c.region for c in fake.calls if c.operation == "ListMultiRegionAccessPoints"]
        assert asked == ["us-west-2"]
        found = only(inventory, MULTI_REGION_POINT)
        assert (found.region, found.arn) == (
            GLOBAL, f"arn:aws:s3::{make.ACCOUNT}:accesspoint/mfzwi23gnjvgw.mrap")


def test_functions_tell_their_limit_and_whose_code_they_take(collect):
    with collect() as (inventory, fake):
        known = {f.name: f.data for f in inventory.resources(FUNCTION)}
        assert known["invoke"].ReservedConcurrentExecutions == 5
        policies = known["invoke"].CodeSigningConfig.CodeSigningPolicies
        assert policies.UntrustedArtifactOnDeployment == "Enforce"
        assert known["plain"].ReservedConcurrentExecutions is None
        assert known["plain"].CodeSigningConfigArn is None
        asked = [c.params["FunctionName"] for c in fake.calls
                 if c.operation == "GetFunctionCodeSigningConfig"]
        assert asked == ["invoke"]  # of container images nobody asks
