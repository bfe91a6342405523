"""CloudTrail: whether what is done to ML resources is recorded, and somebody told of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ACCOUNT, KEY, TRAIL, Account, Trail
from auditor.rule import Other, Sample, Setting, rule
from auditor.shape import when
from auditor.verdict import Fail, Pass, Severity, Verdict

from ._controls import ENCRYPTION, INTEGRITY, LENS, MONITORING, NIST
from ._keys import customer_managed
from ._trails import BOTH, is_logging, management, ours, sample_trail

_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_LOG_GROUP = "arn:aws:logs:eu-west-1:111122223333:log-group:trail:*"
_MANAGEMENT = {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}


def _in_account(**more: Any) -> Sample:
    """Return an account with one trail."""
    return Sample({}, others=(Other(TRAIL, sample_trail(**more)),))


def _shortfall(trail: Resource[Trail]) -> str:
    """Return why a trail does not record all management events of every Region, "" if it does."""
    if not trail.data.IsMultiRegionTrail:
        return f"covers only {trail.region}"
    if not is_logging(trail):
        return "is switched off (IsLogging is false)"
    found, _ = management(trail)
    if found == BOTH:
        return ""
    missing = " or ".join(sorted(BOTH - found))
    return f"does not select all {missing} management events"


@rule(
    "cloudtrail-multi-region",
    "A multi-Region trail logs read and write management events",
    on=ACCOUNT,
    severity=Severity.HIGH,
    controls={
        NIST: [
            "AC-2(4)", "AC-4(26)", "AC-6(9)", "AU-10", "AU-12", "AU-14(1)", "AU-2", "AU-3",
            "AU-6(3)", "AU-6(4)", "CA-7", "SA-8(22)", "SC-7(9)", "SI-3(8)", "SI-4(20)", "SI-7(8)",
        ],
        LENS: MONITORING[LENS],
        "AWS FSBP": ["CloudTrail.1", "CloudTrail.3"],
        "CIS AWS v1.4": ["3.1"],
        "CIS AWS v3.0": ["3.1"],
        "CIS AWS v5.0": ["3.1"],
        "CIS AWS v6.0": ["4.1"],
        "CIS AWS v7.0": ["4.1"],
        "AWS Config": [
            "multi-region-cloudtrail-enabled", "cloudtrail-enabled",
            "cloudtrail-security-trail-enabled",
        ],
    },
    fix="`aws cloudtrail create-trail --name audit --s3-bucket-name LOG_BUCKET"
    " --is-multi-region-trail --enable-log-file-validation` (or `aws cloudtrail update-trail"
    " --name TRAIL --is-multi-region-trail` for one that is there), `aws cloudtrail"
    " put-event-selectors --trail-name audit --event-selectors '[{\"ReadWriteType\": \"All\","
    ' "IncludeManagementEvents": true}]\'`, then `aws cloudtrail start-logging --name audit`. The'
    " bucket's policy must let cloudtrail.amazonaws.com write; a trail of the organization counts.",
    good=_in_account(Selectors=_MANAGEMENT),
    bad=[
        {},
        _in_account(Selectors=_MANAGEMENT, IsMultiRegionTrail=False),
        _in_account(Selectors=_MANAGEMENT, Status={"IsLogging": False}),
        _in_account(
            Selectors={
                "EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
            }
        ),
    ],
)  # fmt: skip
def everything_is_recorded(account: Resource[Account]) -> Verdict:
    """What is not recorded cannot be investigated, and an attacker picks the Region nobody watches.

    Creating a presigned notebook address, changing an endpoint or copying a model shows as a
    management event, and only where a trail is on. One trail over all Regions also sees the
    expensive training jobs that a thief of credentials starts where the team has nothing.
    """
    if "" in account.unseen:
        raise Unseen(f"the account was not seen: {account.unseen['']}", account.unseen[""])
    trails = account.all(TRAIL)
    if not trails:
        return Fail("the account has no trail: no API call is recorded beyond the last 90 days")
    refused: Unseen | None = None
    wrong = []
    for trail in trails:
        try:
            why = _shortfall(trail)
        except Unseen as unseen:  # another trail may record everything all the same
            refused = refused or unseen
            continue
        if not why:
            _, without = management(trail)
            left = f"; it leaves out events of {', '.join(without)}" if without else ""
            return Pass(f"the trail {trail.name} records them{left}")
        wrong.append(f"{trail.name} {why}")
    if refused:
        raise refused
    return Fail(f"no trail records all management events of every Region: {'; '.join(wrong)}")


@rule(
    "cloudtrail-log-validation",
    "The trail signs its log files",
    on=TRAIL,
    severity=Severity.LOW,
    controls=INTEGRITY | MONITORING | {
        NIST: ["AU-9", "SI-4", "SI-7(1)", "SI-7(3)", "SI-7(7)"],
        "AWS FSBP": ["CloudTrail.4"],
        "CIS AWS v1.4": ["3.2"],
        "CIS AWS v3.0": ["3.2"],
        "CIS AWS v5.0": ["3.2"],
        "CIS AWS v6.0": ["4.2"],
        "CIS AWS v7.0": ["4.2"],
        "AWS Config": ["cloud-trail-log-file-validation-enabled"],
    },
    fix="`aws cloudtrail update-trail --name {arn} --region {region} --enable-log-file-validation`",
    good=sample_trail(LogFileValidationEnabled=True),
    bad=[sample_trail(LogFileValidationEnabled=False), sample_trail()],
)
@ours
def logs_are_signed(trail: Resource[Trail]) -> Verdict:
    """Logs that anyone could have edited prove nothing.

    With validation CloudTrail signs a digest of its files each hour, so that a file that was
    changed or removed shows. It costs nothing and cannot be made up for afterwards.
    """
    if trail.data.LogFileValidationEnabled:
        return Pass()
    return Fail(
        "LogFileValidationEnabled is not true: a log file that was changed or deleted does not show"
    )


@rule(
    "cloudtrail-kms-encryption",
    "The trail's logs are encrypted with a KMS key",
    on=TRAIL,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION | {
        NIST: [
            "AU-9", "CA-9(1)", "CM-3(6)", "SC-13", "SC-28", "SC-28(1)", "SC-7(10)", "SI-7(6)",
        ],
        "AWS FSBP": ["CloudTrail.2"],
        "PCI DSS v4.0": ["10.3.2"],
        "CIS AWS v1.4": ["3.7"],
        "CIS AWS v3.0": ["3.5"],
        "CIS AWS v5.0": ["3.5"],
        "CIS AWS v6.0": ["4.5"],
        "CIS AWS v7.0": ["4.5"],
        "AWS Config": ["cloud-trail-encryption-enabled"],
    },
    fix="Let cloudtrail.amazonaws.com use a key of yours by its key policy, then `aws cloudtrail"
    " update-trail --name {arn} --region {region} --kms-key-id KEY_ARN`.",
    good=Sample(
        sample_trail(KmsKeyId=_KEY_ARN),
        others=(
            Other(KEY, {
                "KeyId": _KEY_ARN.rpartition("/")[2], "Arn": _KEY_ARN, "KeyManager": "CUSTOMER",
                "KeyState": "Enabled",
            }),
        ),
    ),
    bad=[
        sample_trail(),
        Sample(
            sample_trail(KmsKeyId=_KEY_ARN),
            others=(
                Other(KEY, {
                    "KeyId": _KEY_ARN.rpartition("/")[2], "Arn": _KEY_ARN,
                    "KeyManager": "CUSTOMER", "KeyState": "Disabled",
                }),
            ),
        ),
    ],
)  # fmt: skip
@ours
def logs_are_encrypted(trail: Resource[Trail]) -> Verdict:
    """The log of an ML account names roles, buckets, images and addresses: a map for an attacker.

    With a key of the customer's, reading it takes a permission on the key as well as on the
    bucket, and each use of the key is recorded itself. A key that is disabled stops delivery.
    """
    if not trail.data.KmsKeyId:
        return Fail("KmsKeyId is not set: whoever may read the bucket's objects reads the logs")
    return customer_managed(trail, "KmsKeyId", "the trail")


@rule(
    "cloudtrail-cloudwatch-logs",
    "The trail delivers to CloudWatch Logs",
    on=TRAIL,
    severity=Severity.LOW,
    controls={
        NIST: [
            "AC-2(4)", "AC-4(26)", "AC-6(9)", "AU-10", "AU-12", "AU-2", "AU-3", "AU-6(1)",
            "AU-6(3)", "AU-6(4)", "AU-6(5)", "AU-7(1)", "CA-7", "SC-7(9)", "SI-20", "SI-3(8)",
            "SI-4(20)", "SI-4(5)", "SI-7(8)",
        ],
        LENS: MONITORING[LENS],
        "AWS FSBP": ["CloudTrail.5"],
        "CIS AWS v1.4": ["3.4"],
        "AWS Config": ["cloud-trail-cloud-watch-logs-enabled"],
    },
    fix="`aws cloudtrail update-trail --name {arn} --region {region}"
    " --cloud-watch-logs-log-group-arn LOG_GROUP_ARN --cloud-watch-logs-role-arn ROLE_ARN` with a"
    " role that may create streams and put events there, and `aws cloudtrail start-logging --name"
    " {arn} --region {region}` if it is off. Where delivery stopped,"
    " LatestCloudWatchLogsDeliveryError of `aws cloudtrail get-trail-status --name {arn} --region"
    " {region}` says why.",
    good=sample_trail(
        CloudWatchLogsLogGroupArn=_LOG_GROUP,
        Status={
            "IsLogging": True, "LatestCloudWatchLogsDeliveryTime": "2026-01-30T23:50:00+00:00",
        },
    ),
    bad=[
        sample_trail(),
        sample_trail(
            CloudWatchLogsLogGroupArn=_LOG_GROUP,
            Status={
                "IsLogging": True,
                "LatestCloudWatchLogsDeliveryTime": "2026-01-20T00:00:00+00:00",
            },
        ),
    ],
    settings=(Setting("hours", 24, "How long ago the last delivery may be, in hours."),),
)  # fmt: skip
@ours
def reaches_the_watchers(trail: Resource[Trail], hours: float) -> Verdict:
    """Files in a bucket are for afterwards; alarms and queries need the events as they happen.

    A log group is what lets somebody be told within minutes that a notebook was opened from
    elsewhere or logging was stopped. The setting alone proves little: a role that lost its
    permission stops delivery and says so only in the trail's status.
    """
    if not trail.data.CloudWatchLogsLogGroupArn:
        return Fail("CloudWatchLogsLogGroupArn is not set: no alarm can see what the trail records")
    if not is_logging(trail):
        return Fail("IsLogging is not true: the trail is off and nothing reaches its log group")
    status = trail.data.Status
    last = status.LatestCloudWatchLogsDeliveryTime if status else None
    if last is None:
        return Fail("LatestCloudWatchLogsDeliveryTime is absent: nothing was ever delivered")
    if when(trail.seen) - last > timedelta(hours=hours):
        error = status.LatestCloudWatchLogsDeliveryError if status else None
        return Fail(
            f"LatestCloudWatchLogsDeliveryTime is {last.isoformat()}, more than {hours:g} hours"
            f" before the scan: delivery has stopped{f' ({error})' if error else ''}"
        )
    return Pass()


@rule(
    "cloudtrail-insights",
    "The trail has Insights on",
    on=TRAIL,
    severity=Severity.LOW,
    controls=MONITORING | {NIST: ["AU-6", "AU-6(1)", "CA-7", "SI-4", "SI-4(4)"]},
    fix="`aws cloudtrail put-insight-selectors --trail-name {arn} --region {region}"
    ' --insight-selectors \'[{"InsightType": "ApiCallRateInsight"}, {"InsightType":'
    ' "ApiErrorRateInsight"}]\'`, and `aws cloudtrail start-logging --name {arn} --region'
    " {region}` if it is off.",
    good=sample_trail(Insights={"InsightSelectors": [{"InsightType": "ApiCallRateInsight"}]}),
    bad=[
        sample_trail(),
        sample_trail(Insights={"InsightSelectors": []}),
        sample_trail(
            Insights={"InsightSelectors": [{"InsightType": "ApiCallRateInsight"}]},
            Status={"IsLogging": False},
        ),
    ],
)
@ours
def unusual_rates_show(trail: Resource[Trail]) -> Verdict:
    """Insights compares the rate of calls and errors with the account's own past.

    A burst of CreateTrainingJob is how stolen credentials mine on GPUs, a burst of
    AccessDenied is how they are tried out, and neither is unusual one call at a time.
    """
    found = trail.data.Insights
    types = [s.InsightType for s in (found and found.InsightSelectors) or [] if s.InsightType]
    if not types:
        return Fail("the trail has no InsightSelectors: unusual rates of calls go unnoticed")
    if not is_logging(trail):
        return Fail("IsLogging is not true: a trail that is off has nothing to compare")
    return Pass(", ".join(types))
