"""Whether what happens in a bucket is seen: access logs, notifications, data events."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import BUCKET, TRAIL, TRAINING_JOB, Bucket
from auditor.rule import Other, Sample, rule
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import LENS, MONITORING, NIST
from ._s3 import USERS, logs_elsewhere, receives_logs, region_of, user_of
from ._trails import BOTH, NOTHING, is_logging, objects, reaches, sample_trail


@rule(
    "s3-bucket-access-logging",
    "Server access logging goes to another bucket",
    on=BUCKET,
    severity=Severity.MEDIUM,
    controls={
        NIST: [
            "AC-2(4)", "AC-4(26)", "AC-6(9)", "AU-10", "AU-12", "AU-2", "AU-3", "AU-6(3)",
            "AU-6(4)", "CA-7", "SC-7(9)", "SI-3(8)", "SI-4(20)", "SI-7(8)",
        ],
        LENS: MONITORING[LENS],
        "AWS FSBP": ["S3.9"],
        "PCI DSS v4.0": ["10.2.1"],
        "AWS Config": ["s3-bucket-logging-enabled"],
    },
    fix="Let logging.s3.amazonaws.com put objects into a bucket of the same account and Region by"
    " that bucket's policy, then `aws s3api put-bucket-logging --bucket {name}"
    ' --bucket-logging-status \'{"LoggingEnabled": {"TargetBucket": "LOG_BUCKET", "TargetPrefix":'
    ' "{name}/"}}\'`.',
    good=Sample(
        {"Name": "ml-data", "LoggingEnabled": {"TargetBucket": "access-logs"}},
        others=(Other(BUCKET, {"Name": "access-logs"}),),
    ),
    bad=[
        {"Name": "ml-data"},
        {"Name": "ml-data", "LoggingEnabled": {"TargetBucket": "ml-data"}},
    ],
)  # fmt: skip
def access_is_logged(bucket: Resource[Bucket]) -> Verdict:
    """The access log is the only record of anonymous requests and of bytes that were sent.

    After a leak it says which training files or artifacts went where. It must lie in another
    bucket, or the one who may write the data may also rewrite its history; a bucket that takes
    the logs of others needs none.
    """
    verdict = logs_elsewhere(bucket)
    if isinstance(verdict, Fail) and bucket.data.LoggingEnabled is None:
        return receives_logs(bucket) or verdict
    return verdict


@rule(
    "s3-bucket-event-notifications",
    "The bucket emits event notifications",
    on=BUCKET,
    severity=Severity.MEDIUM,
    controls={
        NIST: ["CA-7", "SI-3(8)", "SI-4", "SI-4(4)"],
        LENS: MONITORING[LENS],
        "AWS FSBP": ["S3.11"],
        "AWS Config": ["s3-event-notifications-enabled"],
    },
    fix="`aws s3api get-bucket-notification-configuration --bucket {name}` shows what there is"
    " (the next call replaces it), then `aws s3api put-bucket-notification-configuration --bucket"
    " {name} --notification-configuration '{\"EventBridgeConfiguration\": {}}'`.",
    good={"Name": "ml-data", "NotificationConfiguration": {"EventBridgeConfiguration": {}}},
    bad={"Name": "ml-data", "NotificationConfiguration": {}},
)
def emits_events(bucket: Resource[Bucket]) -> Verdict:
    """A file that is added to a training set, or an artifact that is swapped, should be noticed.

    Notifications let something look at each new object before a job learns from it, and tell
    the team within seconds that a model in use was overwritten.
    """
    found = bucket.data.NotificationConfiguration
    if found and (
        found.EventBridgeConfiguration is not None
        or found.TopicConfigurations
        or found.QueueConfigurations
        or found.LambdaFunctionConfigurations
    ):
        return Pass()
    return Fail(
        "NotificationConfiguration names no topic, queue, function or EventBridge: nobody is told"
        " when an object is written or deleted"
    )


_USED = Other(
    TRAINING_JOB,
    {
        "TrainingJobName": "fraud",
        "TrainingJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/fraud",
        "OutputDataConfig": {"S3OutputPath": "s3://ml-data/out"},
    },
)


def _selecting(**selectors: Any) -> Other:
    """Return a trail that is on and has these selectors."""
    return Other(TRAIL, sample_trail(Selectors=selectors))


def _objects(values: list[str], which: str = "All") -> dict[str, Any]:
    """Return a classic selector of the events of objects."""
    return {
        "ReadWriteType": which,
        "IncludeManagementEvents": True,
        "DataResources": [{"Type": "AWS::S3::Object", "Values": values}],
    }


_ADVANCED = {
    "Name": "objects",
    "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
        {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::ml-data/"]},
    ],
}


@rule(
    "s3-bucket-data-events",
    "A trail records who reads and writes the objects of an ML bucket",
    on=BUCKET,
    severity=Severity.MEDIUM,
    controls={
        NIST: MONITORING[NIST],
        LENS: MONITORING[LENS],
        "AWS FSBP": ["S3.22", "S3.23"],
        "PCI DSS v4.0": ["10.2.1"],
        "CIS AWS v3.0": ["3.8", "3.9"],
        "CIS AWS v5.0": ["3.8", "3.9"],
        "CIS AWS v6.0": ["4.8", "4.9"],
        "CIS AWS v7.0": ["4.8", "4.9"],
        "AWS Config": [
            "cloudtrail-all-write-s3-data-event-check", "cloudtrail-all-read-s3-data-event-check",
            "cloudtrail-s3-dataevents-enabled",
        ],
    },
    fix="`aws cloudtrail get-event-selectors --trail-name TRAIL_ARN` shows the selectors there are"
    " (the next call replaces them all); add this one to them: `aws cloudtrail put-event-selectors"
    ' --trail-name TRAIL_ARN --advanced-event-selectors \'[{"Name": "objects", "FieldSelectors":'
    ' [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals":'
    ' ["AWS::S3::Object"]}, {"Field": "resources.ARN", "StartsWith":'
    ' ["arn:{partition}:s3:::{name}/"]}]}]\'` on a trail that logs and covers {region}. The slash'
    " at the end keeps it to this bucket.",
    good=[
        Sample({"Name": "ml-data"}, others=(_USED, _selecting(AdvancedEventSelectors=[_ADVANCED]))),
        Sample(
            {"Name": "ml-data"},
            others=(_USED, _selecting(EventSelectors=[_objects(["arn:aws:s3"])])),
        ),
    ],
    bad=[
        Sample({"Name": "ml-data"}, others=(_USED,)),
        Sample(
            {"Name": "ml-data"},
            others=(_USED, _selecting(EventSelectors=[_objects(["arn:aws:s3"], "WriteOnly")])),
        ),
        Sample(
            {"Name": "ml-data"},
            others=(_USED, _selecting(EventSelectors=[_objects(["arn:aws:s3:::ml-data/train/"])])),
        ),
    ],
)  # fmt: skip
def object_events_recorded(bucket: Resource[Bucket]) -> Verdict:
    """Reading a data set and replacing a model are data events, which no trail records by itself.

    Without them a copied training set or a poisoned file leaves no name and no time. Reads and
    writes of every object of the bucket must reach a trail that is on and covers the bucket's
    Region; a prefix covers a prefix. Event data stores of CloudTrail Lake are not looked at.
    """
    here = region_of(bucket)
    user = user_of(bucket, USERS)
    if user is None:
        return NotApplicable("no training job, model or endpoint of SageMaker names the bucket")
    found = NOTHING
    refused: Unseen | None = None
    for trail in bucket.all(TRAIL):
        try:
            if reaches(trail, here) and is_logging(trail):
                found |= objects(trail, bucket.arn)
        except Unseen as unseen:  # the other trails may record everything all the same
            refused = refused or unseen
    if found == BOTH:
        return Pass()
    if refused:
        raise refused
    missing = " or ".join(f"{which}s" for which in sorted(BOTH - found))
    return Fail(
        f"no trail that is logging in {here} records {missing} of every object of"
        f" {bucket.data.Name}, though {user.kind.noun} {user.name} uses the bucket"
    )
