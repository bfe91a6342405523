"""The account and the services that watch it."""

from __future__ import annotations

from auditor.kind import Kind, Link, Part
from auditor.shape import Shape
from auditor.shapes import cloudtrail, iam, macie2

from .storage import BUCKET, KEY


class Account(Shape):
    """The account as a whole: IAM's counts of it, and its rules for passwords, if it has any."""

    SummaryMap: dict[str, int] | None
    PasswordPolicy: iam.PasswordPolicy | None


ACCOUNT: Kind[Account] = Kind(
    "AWS::::Account", Account, service="sts", scope="account", lists="", describes="",
    single=True, arn="arn:{partition}:iam::{account}:root",
    parts=(
        Part("SummaryMap", "iam.GetAccountSummary", "SummaryMap"),
        Part("PasswordPolicy", "iam.GetAccountPasswordPolicy", "PasswordPolicy",
             ("NoSuchEntity",)),
    ),
)


class Trail(cloudtrail.Trail):
    """A trail as DescribeTrails lists it, and what else CloudTrail says of it."""

    Status: cloudtrail.GetTrailStatusResponse | None
    Selectors: cloudtrail.GetEventSelectorsResponse | None
    Insights: cloudtrail.GetInsightSelectorsResponse | None


TRAIL: Kind[Trail] = Kind(
    "AWS::CloudTrail::Trail", Trail, service="cloudtrail", lists="DescribeTrails",
    items="trailList", describes="", id="Name", arn="TrailARN",
    parts=(
        Part("Status", "cloudtrail.GetTrailStatus", given={"Name": "{arn}"}),
        Part("Selectors", "cloudtrail.GetEventSelectors", given={"TrailName": "{arn}"}),
        Part("Insights", "cloudtrail.GetInsightSelectors", "", ("InsightNotEnabledException",),
             {"TrailName": "{arn}"}),
    ),
    links=(Link("S3BucketName", BUCKET), Link("KmsKeyId", KEY)),
)


# Macie says "off" with the error code of a denial; only the message tells them apart.
MACIE_OFF = ("AccessDeniedException:Macie is not enabled",)


class Macie(Shape):
    """Macie in one region; ``Session`` is None where Macie is off, and then all the rest is.

    There are classification scopes only where automated discovery is on.
    """

    Session: macie2.GetMacieSessionResponse | None
    AutomatedDiscovery: macie2.GetAutomatedDiscoveryConfigurationResponse | None
    ClassificationScopes: list[macie2.GetClassificationScopeResponse] | None
    ClassificationExport: macie2.ClassificationExportConfiguration | None


MACIE: Kind[Macie] = Kind(
    "AWS::Macie::Session", Macie, service="macie2", lists="", describes="", single=True,
    arn="arn:{partition}:macie2:{region}:{account}:session",
    parts=(
        Part("Session", "macie2.GetMacieSession",
             absent=MACIE_OFF),
        Part("AutomatedDiscovery", "macie2.GetAutomatedDiscoveryConfiguration",
             absent=MACIE_OFF, where="Session"),
        Part("ClassificationScopes", "macie2.GetClassificationScope", given={"id": "{each}"},
             each=("macie2.ListClassificationScopes", "classificationScopes[].id"),
             each_given={}, where="AutomatedDiscovery.status == 'ENABLED'"),
        # the answer is empty where findings are exported nowhere
        Part("ClassificationExport", "macie2.GetClassificationExportConfiguration",
             "configuration", where="Session"),
    ),
)
EVENT_DATA_STORE = Kind(
    "AWS::CloudTrail::EventDataStore", cloudtrail.GetEventDataStoreResponse,
    service="cloudtrail", lists="ListEventDataStores", items="EventDataStores",
    describes="GetEventDataStore", key="EventDataStore", takes={"EventDataStore":
    "EventDataStoreArn"}, id="EventDataStoreArn", arn="EventDataStoreArn",
    gone=("EventDataStoreNotFoundException",), links=(Link("KmsKeyId", KEY),),
)
MACIE_BUCKET = Kind(
    "AWS::Macie::Bucket", macie2.BucketMetadata, service="macie2", lists="DescribeBuckets",
    items="buckets", describes="", id="bucketName",
    arn="arn:{partition}:macie2:{region}:{account}:bucket/{name}", off=MACIE_OFF,
    links=(Link("bucketName", BUCKET),),
)
