"""The edges of the CloudTrail rules: whose trail, whose bucket, and what a selector leaves out."""

from __future__ import annotations

import pytest

from auditor.errors import Gap
from auditor.evaluate import judge as judge_one
from auditor.kinds import ACCOUNT, ACCOUNT_BLOCK, BUCKET, KEY, TRAIL
from auditor.plugins import load_rules
from auditor.rule import Other
from auditor.shape import when
from auditor.testing import ACCOUNT_ID, judge, world

SEEN = "2026-01-31T00:00:00+00:00"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OWNER = {"Grantee": {"Type": "CanonicalUser", "ID": "o"}, "Permission": "FULL_CONTROL"}
PRIVATE = {"Grants": [OWNER]}
EVERYONE = {"Grants": [{"Grantee": {
    "Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}]}
WRITABLE = {"Grants": [EVERYONE["Grants"][0] | {"Permission": "WRITE"}]}
ALL_ON = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


def data(name="t", region="eu-west-1", **more):
    return {"Name": name, "TrailARN": f"arn:aws:cloudtrail:{region}:{ACCOUNT_ID}:trail/{name}",
            "HomeRegion": region, "IsMultiRegionTrail": True, "S3BucketName": "logs",
            "Status": {"IsLogging": True}, "Selectors": MANAGEMENT, **more}


def classic(which="All", management=True, without=()):
    return {"EventSelectors": [{"ReadWriteType": which, "IncludeManagementEvents": management,
                                "ExcludeManagementEventSources": list(without)}]}


def advanced(*fields, category="Management"):
    return {"AdvancedEventSelectors": [{"Name": "n", "FieldSelectors": [
        {"Field": "eventCategory", "Equals": [category]}, *fields]}]}


MANAGEMENT = classic()


def trail(name="t", region="eu-west-1", **more):
    return Other(TRAIL, data(name, region, **more), region=region)


def check(rule, document, *others, status, says="", **more):
    found = judge(rule, document, *others, **more)
    assert (found.status, says in found.message) == (status, True), found.message
    assert judge(rule, document, *others, **more) == found


# -- everything is recorded


@pytest.mark.parametrize(("trails", "status", "says"), [
    ((), "fail", "no trail"),
    ((trail(),), "pass", "t"),
    ((trail(region="us-east-1"),), "pass", ""),
    ((trail(IsOrganizationTrail=True),), "pass", ""),
    ((trail(IsMultiRegionTrail=False),), "fail", "covers only eu-west-1"),
    ((trail(IsMultiRegionTrail=None),), "fail", "covers only"),
    ((trail(Status={"IsLogging": False}),), "fail", "switched off"),
    ((trail(Status={}),), "fail", "switched off"),
    ((trail(Selectors={}),), "fail", "read or write"),
    ((trail("a", IsMultiRegionTrail=False), trail("b")), "pass", "b"),
    ((trail("a", IsMultiRegionTrail=False), trail("b", Status={"IsLogging": False})), "fail",
     "a covers only eu-west-1; b is switched off"),
])
def test_which_trails_count(trails, status, says):
    check("cloudtrail-multi-region", {}, *trails, status=status, says=says)


@pytest.mark.parametrize(("selectors", "status", "says"), [
    (classic("ReadOnly"), "fail", "write"),
    (classic("WriteOnly"), "fail", "read"),
    (classic(management=False), "fail", ""),
    (classic(without=["kms.amazonaws.com"]), "pass", "leaves out events of kms.amazonaws.com"),
    ({"EventSelectors": [*classic("ReadOnly")["EventSelectors"],
                         *classic("WriteOnly")["EventSelectors"]]}, "pass", ""),
    (advanced(), "pass", ""),
    (advanced(category="Data"), "fail", ""),
    (advanced({"Field": "readOnly", "Equals": ["true"]}), "fail", "write"),
    (advanced({"Field": "readOnly", "Equals": ["false"]}), "fail", "read"),
    (advanced({"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}), "pass", "kms"),
    (advanced({"Field": "eventSource", "NotEquals": ["sagemaker.amazonaws.com"]}), "fail", ""),
    (advanced({"Field": "eventSource", "Equals": ["iam.amazonaws.com"]}), "fail", ""),
    (advanced({"Field": "eventName", "NotEquals": ["CreateTrainingJob"]}), "fail", ""),
])
def test_what_a_trail_selects(selectors, status, says):
    check("cloudtrail-multi-region", {}, trail(Selectors=selectors), status=status, says=says)


def test_refused_trails():
    check("cloudtrail-multi-region", {}, status="unknown", refused=[TRAIL])


RULES = {rule.id: rule for rule in load_rules()}


def judge_with_gap(rule, kind, entries, *, of, member):
    """Judge the first of these resources, another of which was refused a member."""
    inventory, arn = world(entries, seen=SEEN)
    inventory.gap(Gap(ACCOUNT_ID, "eu-west-1", of.kind.service, "Get", "AccessDenied", "",
                      f"{of.kind.service}:Get", of.kind.name, ARN[of.kind](of.data), member))
    found = inventory.find(kind, arn)
    assert found is not None
    return judge_one(RULES[rule], found, now=when(SEEN)).status


ARN = {TRAIL: lambda data: data["TrailARN"], BUCKET: lambda data: f"arn:aws:s3:::{data['Name']}"}


def account_with(*trails, refused, member):
    return judge_with_gap("cloudtrail-multi-region", ACCOUNT, [Other(ACCOUNT, {}), *trails],
                          of=refused, member=member)


@pytest.mark.parametrize("member", ["Status", "Selectors"])
def test_a_refused_trail_matters_only_where_no_other_will_do(member):
    theirs, ours = trail("theirs"), trail("ours", region="us-east-1")
    weak = trail("weak", IsMultiRegionTrail=False)
    assert account_with(theirs, refused=theirs, member=member) == "unknown"
    assert account_with(theirs, ours, refused=theirs, member=member) == "pass"
    assert account_with(theirs, weak, refused=theirs, member=member) == "unknown"
    # what was refused does not matter for one that covers a single Region anyway
    assert account_with(weak, refused=weak, member=member) == "fail"


# -- one trail


@pytest.mark.parametrize(("rule", "document", "others", "status", "says"), [
    ("cloudtrail-log-validation", data(LogFileValidationEnabled=True), (), "pass", ""),
    ("cloudtrail-log-validation", data(LogFileValidationEnabled=False), (), "fail", ""),
    ("cloudtrail-log-validation", data(), (), "fail", ""),
    ("cloudtrail-kms-encryption", data(), (), "fail", "not set"),
    ("cloudtrail-kms-encryption", data(KmsKeyId=""), (), "fail", "not set"),
    ("cloudtrail-kms-encryption", data(KmsKeyId=KEY_ARN), (), "fail", "does not exist"),
    ("cloudtrail-kms-encryption", data(KmsKeyId=KEY_ARN.replace("1111", "4444")), (), "unknown", ""),
    ("cloudtrail-insights", data(Insights={"InsightSelectors": [
        {"InsightType": "ApiErrorRateInsight"}]}), (), "pass", "ApiErrorRateInsight"),
    ("cloudtrail-insights", data(Insights={}), (), "fail", ""),
    ("cloudtrail-insights", data(), (), "fail", ""),
    ("cloudtrail-insights", data(Status={"IsLogging": False}, Insights={"InsightSelectors": [
        {"InsightType": "ApiErrorRateInsight"}]}), (), "fail", "off"),
])
def test_one_trail(rule, document, others, status, says):
    check(rule, document, *others, status=status, says=says)


@pytest.mark.parametrize(("state", "status"), [
    ("Enabled", "pass"), ("Disabled", "fail"), ("PendingDeletion", "fail")])
def test_the_key_of_a_trail(state, status):
    key = Other(KEY, {"KeyId": KEY_ARN[-36:], "Arn": KEY_ARN, "KeyManager": "CUSTOMER",
                      "KeyState": state})
    check("cloudtrail-kms-encryption", data(KmsKeyId=KEY_ARN), key, status=status)
    check("cloudtrail-kms-encryption", data(KmsKeyId=KEY_ARN), status="unknown", refused=[KEY])


def delivered(at=None, logging=True, group="arn:aws:logs:eu-west-1:1:log-group:g:*", **more):
    status = {"IsLogging": logging, **more}
    if at:
        status["LatestCloudWatchLogsDeliveryTime"] = at
    return data(CloudWatchLogsLogGroupArn=group, Status=status)


@pytest.mark.parametrize(("document", "settings", "status", "says"), [
    (delivered("2026-01-30T23:00:00+00:00"), {}, "pass", ""),
    (delivered("2026-01-30T00:00:00+00:00"), {}, "pass", ""),
    (delivered("2026-01-29T23:59:00+00:00"), {}, "fail", "more than 24 hours"),
    (delivered("2026-01-29T23:59:00+00:00"), {"hours": 48}, "pass", ""),
    (delivered("2026-01-20T00:00:00+00:00", LatestCloudWatchLogsDeliveryError="AccessDenied"), {},
     "fail", "AccessDenied"),
    (delivered(), {}, "fail", "nothing was ever delivered"),
    (delivered("2026-01-30T23:00:00+00:00", logging=False), {}, "fail", "IsLogging"),
    (delivered("2026-01-30T23:00:00+00:00", group=""), {}, "fail", "not set"),
    (delivered("2026-01-30T23:00:00+00:00", group=None), {}, "fail", "not set"),
])
def test_cloudwatch_logs(document, settings, status, says):
    check("cloudtrail-cloudwatch-logs", document, status=status, says=says, **settings)


@pytest.mark.parametrize(("rule", "member"), [
    ("cloudtrail-cloudwatch-logs", "Status"), ("cloudtrail-insights", "Insights"),
    ("cloudtrail-insights", "Status")])
@pytest.mark.parametrize("code", ["AccessDeniedException", "TrailNotFoundException"])
def test_a_refused_member_is_unknown(rule, member, code):
    document = delivered("2026-01-30T23:00:00+00:00") | {
        "Insights": {"InsightSelectors": [{"InsightType": "ApiCallRateInsight"}]}}
    check(rule, document, status="unknown", says=code, unseen={member: code})


# -- the bucket a trail delivers to

BUCKET_RULES = ("cloudtrail-bucket-public", "cloudtrail-bucket-access-logging",
                "cloudtrail-bucket-object-lock")
LOCKED = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 9}}}


def bucket(name="logs", **more):
    return Other(BUCKET, {"Name": name, **more})


@pytest.mark.parametrize(("rule", "others", "status", "says"), [
    ("cloudtrail-bucket-public", (bucket(Acl=PRIVATE),), "pass", ""),
    ("cloudtrail-bucket-public", (bucket(Acl=EVERYONE),), "fail", "logs"),
    ("cloudtrail-bucket-public", (bucket(Acl=WRITABLE),), "fail", ""),
    ("cloudtrail-bucket-public", (bucket(Acl=EVERYONE), Other(
        ACCOUNT_BLOCK, {"PublicAccessBlockConfiguration": ALL_ON})), "pass", ""),
    ("cloudtrail-bucket-access-logging", (bucket(),), "fail", "off"),
    ("cloudtrail-bucket-access-logging", (
        bucket(LoggingEnabled={"TargetBucket": "access"}), bucket("access")), "pass", ""),
    ("cloudtrail-bucket-access-logging", (bucket(LoggingEnabled={"TargetBucket": "logs"}),), "fail",
     "itself"),
    # that others log into it excuses a bucket from S3's rule, not the trail's from this one
    ("cloudtrail-bucket-access-logging", (
        bucket(), bucket("data", LoggingEnabled={"TargetBucket": "logs"})), "fail", "off"),
    ("cloudtrail-bucket-object-lock", (bucket(ObjectLockConfiguration=LOCKED),), "pass", ""),
    ("cloudtrail-bucket-object-lock", (bucket(Versioning={
        "Status": "Enabled", "MFADelete": "Enabled"}),), "pass", ""),
    # CloudTrail sets no retention of its own: a lock without a default protects nothing
    ("cloudtrail-bucket-object-lock", (bucket(ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled"}),), "fail", "DefaultRetention"),
    ("cloudtrail-bucket-object-lock", (bucket(Versioning={"Status": "Enabled"}),), "fail", ""),
    ("cloudtrail-bucket-object-lock", (bucket(),), "fail", ""),
])
def test_the_bucket(rule, others, status, says):
    check(rule, data(), *others, status=status, says=says)


@pytest.mark.parametrize("rule", BUCKET_RULES)
def test_a_bucket_that_is_not_there(rule):
    check(rule, data(), status="fail", says="does not exist")
    check(rule, data(S3BucketName=None), status="unknown")


def with_bucket_state(rule, state):
    """Judge a trail whose bucket is not one of the account's."""
    inventory, arn = world([trail()], seen=SEEN)
    inventory.named(BUCKET, ACCOUNT_ID, "global", "logs", state)
    found = inventory.find(TRAIL, arn)
    assert found is not None
    return judge_one(RULES[rule], found, now=when(SEEN))


@pytest.mark.parametrize("rule", BUCKET_RULES)
def test_the_bucket_of_another_account_was_not_looked_at(rule):
    found = with_bucket_state(rule, "foreign")
    assert found.status == "unknown" and "another account" in found.message
    assert with_bucket_state(rule, "unseen").status == "unknown"


@pytest.mark.parametrize(("member", "status"), [
    ("Versioning", "pass"), ("ObjectLockConfiguration", "unknown")])
def test_one_protection_is_enough_whatever_was_refused(member, status):
    logs = bucket(ObjectLockConfiguration=LOCKED)
    assert judge_with_gap("cloudtrail-bucket-object-lock", TRAIL, [trail(), logs], of=logs,
                          member=member) == status


@pytest.mark.parametrize("rule", [r for r in RULES if RULES[r].on is TRAIL])
def test_the_trail_of_another_account_is_judged_there(rule):
    theirs = "arn:aws:cloudtrail:eu-west-1:999988887777:trail/organization"
    found = judge(rule, {"Name": "organization", "TrailARN": theirs, "IsOrganizationTrail": True})
    assert found.status == "not_applicable" and "999988887777" in found.message


def test_the_trail_of_the_organization_counts_for_the_account():
    data = trail(TrailARN="arn:aws:cloudtrail:eu-west-1:999988887777:trail/organization").data
    whole = {"IsMultiRegionTrail": True, "Status": {"IsLogging": True}, "Selectors": {
        "EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}}
    assert judge("cloudtrail-multi-region", {}, Other(TRAIL, {**data, **whole})).status == "pass"
