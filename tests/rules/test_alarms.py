"""The edges of the alarm rules: patterns as what they catch, trails, filters, alarms, actions."""

from __future__ import annotations

import importlib

import pytest

from auditor.errors import Gap
from auditor.evaluate import judge as judge_one
from auditor.kinds import ACCOUNT, ALARM, METRIC_FILTER, NOTEBOOK, PORTFOLIO, TRAIL
from auditor.plugins import load_rules
from auditor.rule import Other
from auditor.shape import when
from auditor.testing import ACCOUNT_ID, judge, world

RULES = {rule.id: rule for rule in load_rules() if rule.pack == "auditor"}
patterns = importlib.import_module("auditor.rules._patterns")
alarms = importlib.import_module("auditor.rules._alarms")

GROUP = f"arn:aws:logs:eu-west-1:{ACCOUNT_ID}:log-group:trail:*"
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT_ID}:security"
KMS = "{ ($.eventSource = kms.amazonaws.com) && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }"
KEYS, TRAILS = "cloudwatch-cis-alarm-kms-deletion", "cloudwatch-cis-alarm-cloudtrail-changes"
DENIED = "cloudwatch-cis-alarm-unauthorized-api"
SEEN = "2026-01-31T00:00:00+00:00"


# -- patterns

STOP = alarms.called("cloudtrail", "StopLogging")


@pytest.mark.parametrize(("pattern", "caught"), [
    ("", True),
    ("{ $.eventName = StopLogging }", True),
    ('{$.eventName="StopLogging"}', True),
    ("{\n  $.eventName =\n\"StopLogging\" }", True),
    ('{ $.eventName = "stoplogging" }', False),  # patterns are case-sensitive
    ('{ $.eventName != "StopLogging" }', False),
    ('{ $.eventName = "Stop*" }', True),
    ("{ $.eventName = *Logging }", True),
    ('{ $.eventName = "Stop\\Logging" }', True),  # a backslash stands before what is meant itself
    ("{ $.eventName = Stop\\Logging }", False),
    ("{ $.eventName = %^(Stop|Start)% }", True),
    ("{ $.eventName = %^Start% }", False),
    ("{ $.['eventName'] = StopLogging }", True),
    # && binds closer than ||
    ("{ $.eventName = StopLogging || $.eventName = X && $.eventName = Y }", True),
    ("{ ($.eventName = StopLogging || $.eventName = X) && $.eventName = Y }", False),
    ("{ (($.eventName = X) || (($.eventName = StopLogging))) }", True),
    ("{ $.eventSource = cloudtrail.amazonaws.com && $.eventName = StopLogging }", True),
    ("{ $.eventSource = s3.amazonaws.com && $.eventName = StopLogging }", False),
    # what narrows to some regions, users or objects does not catch them all
    ("{ $.eventName = StopLogging && $.awsRegion = eu-west-1 }", False),
    ('{ $.eventName = StopLogging && $.userIdentity.type = "Root" }', False),
    ('{ $.eventName = StopLogging && $.requestParameters.name = "audit" }', False),
    # what leaves out one value of what is always there leaves the rest
    ('{ $.eventName = StopLogging && $.sourceIPAddress != "delivery.logs.amazonaws.com" }', True),
    ('{ $.eventName = StopLogging && $.awsRegion = "*" }', True),
    # whether these are there is not known
    ('{ $.eventName = StopLogging && $.requestParameters.name != "test" }', None),
    ("{ $.eventName = StopLogging && $.requestParameters.name = * }", None),
    ("{ $.eventName = StopLogging && $.requestParameters.name NOT EXISTS }", None),
    ("{ $.eventName = X && $.requestParameters.name NOT EXISTS }", False),
    ("{ $.eventName = StopLogging || $.requestParameters.name NOT EXISTS }", True),
    # calls that succeed have no error, and nobody made them for somebody else
    ("{ $.eventName = StopLogging && $.errorCode NOT EXISTS }", True),
    ("{ $.eventName = StopLogging && $.errorCode = * }", False),
    ("{ $.eventName = StopLogging && $.errorCode EXISTS }", False),
    ("{ $.eventName = StopLogging && $.userIdentity.invokedBy NOT EXISTS }", True),
    ("{ $.eventName EXISTS && $.eventName NOT EXISTS }", False),
    ("{ $.readOnly IS FALSE && $.eventName = StopLogging }", True),
    ("{ $.readOnly IS TRUE && $.eventName = StopLogging }", False),
    ("{ $.errorCode IS NULL && $.eventName = StopLogging }", None),
    ("{ $.errorCode IS TRUE }", False),
    ("{ $.eventVersion >= 1 && $.eventName = StopLogging }", None),
    ("{ $.errorCode > 1 }", False),
])
def test_what_a_pattern_catches(pattern, caught):
    assert patterns.parse(pattern)(STOP) is caught


@pytest.mark.parametrize("pattern", [
    "StopLogging", "{ }", "{ $.eventName }", "{ $.eventName = }", "{ ($.eventName = X }",
    "{ $.eventName = X ) }", "{ $.eventName = X $.eventName = Y }", "{ eventName = X }",
    "{ $.eventName && $.x = 1 }", "{ $.eventName = %(% }", "{ $.a = 1 && }", "[a, b]", "{",
    "{" + "(" * 200 + "$.a = 1" + ")" * 200 + "}", "{ $.a = \"x }",
])
def test_what_is_no_pattern(pattern):
    with pytest.raises(patterns.Unreadable):
        patterns.parse(pattern)


# -- from a trail to somebody who is told


def trail(name="t", **more):
    return Other(TRAIL, {
        "Name": name, "TrailARN": f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT_ID}:trail/{name}",
        "HomeRegion": "eu-west-1", "IsMultiRegionTrail": True, "Status": {"IsLogging": True},
        "CloudWatchLogsLogGroupArn": GROUP, "Selectors": {"EventSelectors": [
            {"ReadWriteType": "All", "IncludeManagementEvents": True}]}, **more})


def metric_filter(pattern=KMS, name="f", metric="M", **more):
    return Other(METRIC_FILTER, {
        "filterName": name, "logGroupName": "trail", "filterPattern": pattern,
        "metricTransformations": [
            {"metricName": metric, "metricNamespace": "CIS", "metricValue": "1"}], **more})


def changed(**more):
    return {"metricTransformations": [
        {"metricName": "M", "metricNamespace": "CIS", "metricValue": "1", **more}]}


def alarm(name="a", metric="M", **more):
    return Other(ALARM, {
        "AlarmName": name, "AlarmArn": f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT_ID}:alarm:{name}",
        "MetricName": metric, "Namespace": "CIS", "ActionsEnabled": True, "AlarmActions": [TOPIC],
        "ComparisonOperator": "GreaterThanOrEqualToThreshold", **more})


HERE = (Other(NOTEBOOK, {"NotebookInstanceName": "n"}), Other(PORTFOLIO, {}))
KMS_LEFT_OUT = {"EventSelectors": [{
    "ReadWriteType": "All", "IncludeManagementEvents": True,
    "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]}


def check(rule, others, status, says="", **more):
    found = judge(rule, {}, *others, *HERE, **more)
    assert (found.status, says in found.message) == (status, True), found.message


@pytest.mark.parametrize(("others", "status", "says"), [
    ((trail(), metric_filter(), alarm()), "pass", "by the trail t"),
    ((), "fail", "there is no trail"),
    ((trail(),), "fail", "sees DisableKey, ScheduleKeyDeletion"),
    # the trail
    ((trail(IsMultiRegionTrail=False), metric_filter(), alarm()), "fail", "covers only"),
    ((trail(CloudWatchLogsLogGroupArn=None), metric_filter(), alarm()), "fail", "no log group"),
    ((trail(CloudWatchLogsLogGroupArn=""), metric_filter(), alarm()), "fail", "no log group"),
    ((trail(Status={"IsLogging": False}), metric_filter(), alarm()), "fail", "switched off"),
    ((trail(Selectors=KMS_LEFT_OUT), metric_filter(), alarm()), "fail", "does not record"),
    ((trail(Selectors={}), metric_filter(), alarm()), "fail", "does not record"),
    ((trail("x", IsMultiRegionTrail=False), trail(), metric_filter(), alarm()), "pass", ""),
    # the filter
    ((trail(), metric_filter(logGroupName="other"), alarm()), "fail", "trail sees"),
    ((trail(), metric_filter("{ $.eventName = DisableKey }"), alarm()), "fail",
     "sees ScheduleKeyDeletion"),
    ((trail(), metric_filter("{ $.eventName = DisableKey }"),
      metric_filter("{ $.eventName = ScheduleKeyDeletion }", "g", "N"), alarm(),
      alarm("b", "N")), "pass", ""),  # two halves are a whole
    ((trail(), metric_filter("{ $.eventName = DisableKey }"),
      metric_filter("{ $.eventName = ScheduleKeyDeletion }", "g", "N"), alarm()), "fail",
     "g has no alarm"),
    ((trail(), metric_filter("DisableKey"), alarm()), "fail", ""),
    ((trail(), metric_filter("{ $.eventName = "), alarm()), "unknown", "pattern of the filter f"),
    ((trail(), metric_filter("{ $.eventName = "), metric_filter(name="g"), alarm()), "pass", ""),
    ((trail(), metric_filter(None), alarm()), "unknown", "pattern of the filter f"),
    ((trail(), metric_filter(KMS[:-1] + "&& $.x.y NOT EXISTS }"), alarm()), "unknown", "cannot be told"),
    ((trail(), metric_filter(fieldSelectionCriteria='@aws.region = "eu-west-1"'), alarm()),
     "unknown", "cannot be told"),
    ((trail(), metric_filter(applyOnTransformedLogs=True), alarm()), "unknown", ""),
    ((trail(), metric_filter(**changed(metricValue="0")), alarm()), "fail", "adds nothing"),
    ((trail(), metric_filter(**changed(metricValue="$.count")), alarm()), "pass", ""),
    ((trail(), metric_filter(**changed(dimensions={"r": "$.awsRegion"})), alarm()), "fail",
     "by dimension"),
    ((trail(), metric_filter(emitSystemFieldDimensions=["@aws.account"]), alarm()), "fail", ""),
    ((trail(), metric_filter(metricTransformations=[]), alarm()), "fail", "has no alarm"),
    ((trail(), metric_filter(**changed(metricName=None)), alarm(MetricName=None)), "fail",
     "has no alarm"),
    ((trail(), metric_filter(**changed(metricNamespace="")), alarm(Namespace="")), "fail",
     "has no alarm"),
    # the alarm
    ((trail(), metric_filter()), "fail", "f has no alarm on its metric"),
    ((trail(), metric_filter(), alarm(metric="Other")), "fail", "has no alarm"),
    ((trail(), metric_filter(), alarm(Namespace="Other")), "fail", "has no alarm"),
    ((trail(), metric_filter(), alarm(Dimensions=[{"Name": "r", "Value": "x"}])), "fail", ""),
    ((trail(), metric_filter(), alarm(ActionsEnabled=False)), "fail", "switched off"),
    ((trail(), metric_filter(), alarm(ActionsEnabled=None)), "unknown", ""),
    ((trail(), metric_filter(), alarm(AlarmActions=[])), "fail", "no AlarmActions"),
    ((trail(), metric_filter(), alarm(AlarmActions=[""])), "fail", "no AlarmActions"),
    ((trail(), metric_filter(), alarm(AlarmActions=["arn:aws:automate:eu-west-1:ec2:stop"])),
     "fail", "tells nobody"),
    ((trail(), metric_filter(), alarm(ComparisonOperator="LessThanThreshold")), "fail", "few"),
    ((trail(), metric_filter(), alarm(ComparisonOperator=None)), "unknown", ""),
    ((trail(), metric_filter(), alarm("x", AlarmActions=[]), alarm()), "pass", ""),
    ((trail(), metric_filter(), alarm(MetricName=None, Metrics=[{"Id": "m", "MetricStat": {
        "Metric": {"MetricName": "M", "Namespace": "CIS"}}}])), "pass", ""),
    *(((trail(), metric_filter(), alarm(MetricName=None, Metrics=[
        {"Id": "m", "MetricStat": {"Metric": {"MetricName": "M", "Namespace": "CIS", **other}}}])),
       "fail", "has no alarm") for other in ({"Namespace": "Other"}, {"MetricName": "N"})),
    ((trail(), metric_filter(), alarm(MetricName=None, Metrics=[
        {"Id": "m", "MetricStat": {"Metric": {"MetricName": "M", "Namespace": "CIS"}}},
        {"Id": "e", "Expression": "m * 2"}])), "unknown", "expression"),
])
def test_from_a_trail_to_somebody(others, status, says):
    check(KEYS, others, status, says)


def test_pitfall_41_the_log_group_of_an_organization_lies_elsewhere():
    theirs = trail(IsOrganizationTrail=True,
                   CloudWatchLogsLogGroupArn=GROUP.replace(ACCOUNT_ID, "444455556666"))
    check(KEYS, (theirs, metric_filter(), alarm()), "unknown", "444455556666")
    check(KEYS, (theirs, trail("ours"), metric_filter(), alarm()), "pass")


def test_the_log_group_lies_in_another_region():
    there = Other(METRIC_FILTER, metric_filter().data, region="us-east-1")
    far = trail(CloudWatchLogsLogGroupArn=GROUP.replace("eu-west-1", "us-east-1"))
    check(KEYS, (far, there, Other(ALARM, alarm().data, region="us-east-1")), "pass")
    check(KEYS, (far, there, alarm()), "fail", "has no alarm")  # alarms are of one region
    # no filter was seen there: was it looked at?
    check(KEYS, (far,), "unknown", "left out of the scan")
    check(KEYS, (far, Other(PORTFOLIO, {}, region="us-east-1")), "fail", "sees DisableKey")


def test_a_group_that_is_no_arn():
    check(KEYS, (trail(CloudWatchLogsLogGroupArn="trail"),), "unknown", "is no ARN")


@pytest.mark.parametrize("kind", [TRAIL, METRIC_FILTER, ALARM])
def test_what_was_refused_is_unknown(kind):
    others = [o for o in (trail(), metric_filter(), alarm()) if o.kind is not kind]
    check(KEYS, others, "unknown", refused=[kind])


@pytest.mark.parametrize("member", ["Status", "Selectors"])
def test_a_refused_trail_is_unknown_unless_another_will_do(member):
    for others, status in (((), "unknown"), ((trail("ours", Name="ours"),), "pass")):
        inventory, arn = world([Other(ACCOUNT, {}), trail("theirs"), *others, metric_filter(),
                                alarm(), *HERE], seen=SEEN)
        inventory.gap(Gap(ACCOUNT_ID, "eu-west-1", "cloudtrail", "Get", "AccessDenied", "",
                          "cloudtrail:Get", TRAIL.name, trail("theirs").data["TrailARN"], member))
        account = inventory.find(ACCOUNT, arn)
        assert judge_one(RULES[KEYS], account, now=when(SEEN)).status == status


def test_nothing_of_ml_is_not_applicable_unless_somebody_is_told():
    found = judge(KEYS, {})
    assert found.status == "not_applicable", found.message
    assert judge(KEYS, {}, trail(), metric_filter(), alarm()).status == "pass"
    assert judge(KEYS, {}, refused=[NOTEBOOK]).status == "unknown"
    assert judge(KEYS, {}, unseen={"": "AccessDenied"}).status == "unknown"


# -- the patterns that CIS publishes, and the same said otherwise

PUBLISHED = {
    DENIED: [
        '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
        '{ ($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*")'
        ' && ($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket") }',
        '{$.errorCode="AccessDenied*"||$.errorCode="*UnauthorizedOperation"}',
    ],
    TRAILS: [
        "{($.eventName=CreateTrail) || ($.eventName=UpdateTrail) || ($.eventName=DeleteTrail)"
        " || ($.eventName=StartLogging) || ($.eventName=StopLogging)}",
        "{ ($.eventName = StopLogging) || ($.eventName = StartLogging) || ($.eventName = *Trail) }",
        "{ $.eventSource = cloudtrail.amazonaws.com && $.errorCode NOT EXISTS }",
    ],
    KEYS: [
        "{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey) ||"
        " ($.eventName=ScheduleKeyDeletion)) }",
        "{(($.eventName=ScheduleKeyDeletion)||($.eventName=DisableKey))&&"
        "($.eventSource=kms.amazonaws.com)}",
    ],
    "cloudwatch-cis-alarm-security-group": [
        "{($.eventName=AuthorizeSecurityGroupIngress) || ($.eventName=AuthorizeSecurityGroupEgress)"
        " || ($.eventName=RevokeSecurityGroupIngress) || ($.eventName=RevokeSecurityGroupEgress) ||"
        " ($.eventName=CreateSecurityGroup) || ($.eventName=DeleteSecurityGroup)}",
    ],
    "cloudwatch-cis-alarm-bucket-policy": [
        "{($.eventSource=s3.amazonaws.com) && (($.eventName=PutBucketAcl) ||"
        " ($.eventName=PutBucketPolicy) || ($.eventName=PutBucketCors) ||"
        " ($.eventName=PutBucketLifecycle) || ($.eventName=PutBucketReplication) ||"
        " ($.eventName=DeleteBucketPolicy) || ($.eventName=DeleteBucketCors) ||"
        " ($.eventName=DeleteBucketLifecycle) || ($.eventName=DeleteBucketReplication))}",
    ],
    "cloudwatch-cis-alarm-iam-changes": [
        "{($.eventName=DeleteGroupPolicy)||($.eventName=DeleteRolePolicy)||"
        "($.eventName=DeleteUserPolicy)||($.eventName=PutGroupPolicy)||($.eventName=PutRolePolicy)||"
        "($.eventName=PutUserPolicy)||($.eventName=CreatePolicy)||($.eventName=DeletePolicy)||"
        "($.eventName=CreatePolicyVersion)||($.eventName=DeletePolicyVersion)||"
        "($.eventName=AttachRolePolicy)||($.eventName=DetachRolePolicy)||"
        "($.eventName=AttachUserPolicy)||($.eventName=DetachUserPolicy)||"
        "($.eventName=AttachGroupPolicy)||($.eventName=DetachGroupPolicy)}",
    ],
}


@pytest.mark.parametrize(("rule", "pattern"), [(r, p) for r, ps in PUBLISHED.items() for p in ps])
def test_the_published_patterns(rule, pattern):
    check(rule, (trail(), metric_filter(pattern), alarm()), "pass")


@pytest.mark.parametrize("rule", PUBLISHED)
def test_a_filter_for_something_else_is_no_help(rule):
    other = TRAILS if rule != TRAILS else KEYS
    check(rule, (trail(), metric_filter(PUBLISHED[other][0]), alarm()), "fail")


def test_refused_calls_that_read_need_a_trail_of_reads():
    writes = {"EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]}
    check(DENIED, (trail(Selectors=writes), metric_filter(PUBLISHED[DENIED][0]), alarm()), "fail",
          "does not record")
    check(TRAILS, (trail(Selectors=writes), metric_filter(PUBLISHED[TRAILS][0]), alarm()), "pass")


def test_one_word_alone_is_not_every_refusal():
    check(DENIED, (trail(), metric_filter('{ $.errorCode = "AccessDenied" }'), alarm()), "fail",
          "sees AccessDeniedException, Client.UnauthorizedOperation")


# -- alarms by themselves


@pytest.mark.parametrize(("data", "status", "says"), [
    ({"ActionsEnabled": True, "AlarmActions": [TOPIC]}, "pass", ""),
    ({"ActionsEnabled": True, "AlarmActions": ["arn:aws:automate:eu-west-1:ec2:stop"]}, "pass", ""),
    ({"ActionsEnabled": True, "AlarmActions": []}, "fail", "no AlarmActions"),
    ({"ActionsEnabled": True, "OKActions": [TOPIC]}, "fail", "no AlarmActions"),
    ({"ActionsEnabled": False, "AlarmActions": [TOPIC]}, "fail", "switched off"),
    ({"AlarmActions": [TOPIC]}, "unknown", "enabled"),
])
def test_alarm_actions(data, status, says):
    found = judge("cloudwatch-alarm-actions", {"AlarmName": "a", **data})
    assert (found.status, says in found.message) == (status, True), found.message
