"""Alarms: whether they tell anybody, and whether changes of what guards ML raise one."""

from __future__ import annotations

from collections.abc import Mapping

from auditor.inventory import Resource
from auditor.kinds import ACCOUNT, ALARM, Account
from auditor.rule import rule
from auditor.shapes.cloudwatch import MetricAlarm
from auditor.verdict import Fail, Pass, Severity, Verdict

from ._alarms import Watch, alarmed, bad, called, changes, good, names_pattern, unheeded
from ._controls import LENS, MONITORING, NIST

_NIST = ["AU-6(1)", "AU-6(5)", "CA-7", "IR-4(1)", "SI-4(5)"]
_POLICIES = (
    "DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy",
    "PutRolePolicy", "PutUserPolicy", "CreatePolicy", "DeletePolicy", "CreatePolicyVersion",
    "DeletePolicyVersion", "AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy",
    "DetachUserPolicy", "AttachGroupPolicy", "DetachGroupPolicy",
)  # fmt: skip
_TRAILS = ("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging")
_KEYS = ("DisableKey", "ScheduleKeyDeletion")
_BUCKETS = (
    "PutBucketAcl", "PutBucketPolicy", "PutBucketCors", "PutBucketLifecycle",
    "PutBucketReplication", "DeleteBucketPolicy", "DeleteBucketCors", "DeleteBucketLifecycle",
    "DeleteBucketReplication",
)  # fmt: skip
_GROUPS = (
    "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress",
    "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress", "CreateSecurityGroup",
    "DeleteSecurityGroup",
)  # fmt: skip
_DENIED = (
    '{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*"))'
    ' && ($.sourceIPAddress != "delivery.logs.amazonaws.com") && ($.eventName != "HeadBucket") }'
)
_UNAUTHORIZED = Watch("refused calls", {
    "AccessDenied": called("sagemaker", "CreateTrainingJob", "AccessDenied"),
    "AccessDeniedException": called("kms", "Decrypt", "AccessDeniedException"),
    "Client.UnauthorizedOperation": called(
        "ec2", "RunInstances", "Client.UnauthorizedOperation"),
}, reads=True)  # fmt: skip
_WATCHED_KEYS = changes("keys disabled or scheduled for deletion", "kms", *_KEYS)


def _controls(number: int, first: str = "v1.4") -> Mapping[str, list[str]]:
    """Return the controls of an alarm: CIS 4.x up to v5.0, 5.x from v6.0, in Security Hub too."""
    old = ["v1.4", "v3.0", "v5.0"]
    return {
        NIST: _NIST,
        LENS: MONITORING[LENS],
        "AWS FSBP": [f"CloudWatch.{2 if number == 1 else number}"],
        **{f"CIS AWS {version}": [f"4.{number}"] for version in old[old.index(first):]},
        **{f"CIS AWS {version}": [f"5.{number}"] for version in ("v6.0", "v7.0")},
    }


def _fix(pattern: str) -> str:
    return (
        "In the Region of a multi-Region trail's log group: `aws logs put-metric-filter"
        f" --log-group-name LOG_GROUP --filter-name NAME --filter-pattern '{pattern}'"
        " --metric-transformations metricName=NAME,metricNamespace=CIS,metricValue=1`, then `aws"
        " cloudwatch put-metric-alarm --alarm-name NAME --metric-name NAME --namespace CIS"
        " --statistic Sum --period 300 --evaluation-periods 1 --threshold 1 --comparison-operator"
        " GreaterThanOrEqualToThreshold --alarm-actions TOPIC_ARN` with a topic that somebody has"
        " subscribed to."
    )


@rule(
    "cloudwatch-alarm-actions",
    "The alarm does something when it goes off",
    on=ALARM,
    severity=Severity.HIGH,
    controls=MONITORING | {
        NIST: [
            "AU-6(1)", "AU-6(5)", "CA-7", "IR-4(1)", "IR-4(5)", "SI-2", "SI-20", "SI-4(12)",
            "SI-4(5)",
        ],
        "AWS FSBP": ["CloudWatch.15", "CloudWatch.17"],
        "AWS Config": ["cloudwatch-alarm-action-check", "cloudwatch-alarm-action-enabled-check"],
    },
    fix="`aws cloudwatch enable-alarm-actions --alarm-names {name} --region {region}` where they"
    " are off; where there are none, put the alarm again with `--alarm-actions TOPIC_ARN`, or"
    " `aws cloudwatch delete-alarms --alarm-names {name} --region {region}`.",
    good={"AlarmName": "drift", "ActionsEnabled": True,
          "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:ml"]},
    bad=[
        {"AlarmName": "drift", "ActionsEnabled": False,
         "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:ml"]},
        {"AlarmName": "drift", "ActionsEnabled": True, "AlarmActions": []},
    ],
)
def alarms_do_something(alarm: Resource[MetricAlarm]) -> Verdict:
    """An alarm that does nothing is a colour on a page that nobody has open.

    An alarm on drift, on errors of an endpoint or on the cost of training is there to be heard;
    actions that were switched off for a quiet night stay off until somebody looks.
    """
    why = unheeded(alarm.data, ())
    return Fail(f"the alarm {why}") if why else Pass()


@rule(
    "cloudwatch-cis-alarm-unauthorized-api",
    "Refused calls raise an alarm",
    on=ACCOUNT,
    severity=Severity.LOW,
    controls=_controls(1, "v3.0"),
    fix=_fix(_DENIED),
    good=good(_DENIED),
    bad=[bad('{ $.errorCode = "AccessDenied" }'), bad(_DENIED, AlarmActions=[])],
)
def refusals_are_noticed(account: Resource[Account]) -> Verdict:
    """Whoever has stolen credentials tries what they are good for, and is refused a lot.

    A notebook's role that suddenly asks for IAM or for other teams' buckets is the first sign
    that something runs in it that its owner did not write.
    """
    return alarmed(account, _UNAUTHORIZED)


@rule(
    "cloudwatch-cis-alarm-iam-changes",
    "Changes of IAM policies raise an alarm",
    on=ACCOUNT,
    severity=Severity.LOW,
    controls=_controls(4),
    fix=_fix(names_pattern("iam", *_POLICIES)),
    good=good(names_pattern("iam", *_POLICIES)),
    bad=bad(names_pattern("iam", *_POLICIES[1:])),
)
def policy_changes_are_noticed(account: Resource[Account]) -> Verdict:
    """An execution role reaches data and models for as long as its policies say, and no longer.

    One attached policy turns a notebook into an administrator. It takes a second, it is seldom
    part of a plan, and it can be undone in time if somebody hears of it.
    """
    return alarmed(account, changes("changes of IAM policies", "iam", *_POLICIES))


@rule(
    "cloudwatch-cis-alarm-cloudtrail-changes",
    "Changes of trails raise an alarm",
    on=ACCOUNT,
    severity=Severity.LOW,
    controls=_controls(5),
    fix=_fix(names_pattern("cloudtrail", *_TRAILS)),
    good=good(names_pattern("cloudtrail", *_TRAILS)),
    bad=bad(names_pattern("cloudtrail", *_TRAILS[:-1])),
)
def trail_changes_are_noticed(account: Resource[Account]) -> Verdict:
    """StopLogging is what comes before that which nobody is meant to see.

    It is itself the last event that a trail records, so an alarm on it is the last word that
    the log has to say.
    """
    return alarmed(account, changes("changes of trails", "cloudtrail", *_TRAILS))


@rule(
    "cloudwatch-cis-alarm-kms-deletion",
    "Keys that are disabled or deleted raise an alarm",
    on=ACCOUNT,
    severity=Severity.LOW,
    controls=_controls(7),
    fix=_fix(names_pattern("kms", *_KEYS)),
    good=good(names_pattern("kms", *_KEYS)),
    bad=bad(names_pattern("kms", "ScheduleKeyDeletion")),
)
def lost_keys_are_noticed(account: Resource[Account]) -> Verdict:
    """Without its key a data set, a model or a feature store is noise for good.

    A deletion waits seven days at least, in which it can be cancelled: long enough if somebody
    is told, no time at all if nobody is. A disabled key stops training and endpoints at once.
    """
    return alarmed(account, _WATCHED_KEYS)


@rule(
    "cloudwatch-cis-alarm-bucket-policy",
    "Changes of bucket policies raise an alarm",
    on=ACCOUNT,
    severity=Severity.LOW,
    controls=_controls(8),
    fix=_fix(names_pattern("s3", *_BUCKETS)),
    good=good(names_pattern("s3", *_BUCKETS)),
    bad=bad(names_pattern("s3", "PutBucketPolicy", "DeleteBucketPolicy")),
)
def bucket_changes_are_noticed(account: Resource[Account]) -> Verdict:
    """Training data and models lie in buckets, and one call opens a bucket to anybody.

    Replication copies it elsewhere without a download, a lifecycle rule deletes it without a
    delete. All of these are settings, changed in one call that is easy to watch for.
    """
    return alarmed(account, changes("changes of buckets' policies", "s3", *_BUCKETS))


@rule(
    "cloudwatch-cis-alarm-security-group",
    "Changes of security groups raise an alarm",
    on=ACCOUNT,
    severity=Severity.LOW,
    controls=_controls(10),
    fix=_fix(names_pattern("ec2", *_GROUPS)),
    good=good(names_pattern("ec2", *_GROUPS)),
    bad=bad(names_pattern("ec2", "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress")),
)
def firewall_changes_are_noticed(account: Resource[Account]) -> Verdict:
    """Notebooks, training jobs and endpoints in a VPC are as open as their security groups.

    A rule to the whole internet, added for an afternoon of debugging, is how data leaves a
    network that was meant to be closed.
    """
    return alarmed(account, changes("changes of security groups", "ec2", *_GROUPS))
