"""The account and the services that watch it."""

from __future__ import annotations

from auditor.kind import Kind, Link, Part
from auditor.shape import Shape
from auditor.shapes import cloudtrail, macie2

from .storage import BUCKET, KEY


class Account(Shape):
    """The account as a whole, for questions that no one resource answers."""


ACCOUNT: Kind[Account] = Kind(
    "AWS::::Account", Account, service="sts", scope="account", lists="", describes="",
    single=True, arn="arn:{partition}:iam::{account}:root",
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


class Macie(Shape):
    """Macie in one region; ``Session`` is None where Macie is off."""

    Session: macie2.GetMacieSessionResponse | None
    AutomatedDiscovery: macie2.GetAutomatedDiscoveryConfigurationResponse | None


MACIE: Kind[Macie] = Kind(
    "AWS::Macie::Session", Macie, service="macie2", lists="", describes="", single=True,
    arn="arn:{partition}:macie2:{region}:{account}:session",
    parts=(
        # Macie says "off" with the error code of a denial; only the message tells them apart.
        Part("Session", "macie2.GetMacieSession",
             absent=("AccessDeniedException:Macie is not enabled",)),
        Part("AutomatedDiscovery", "macie2.GetAutomatedDiscoveryConfiguration",
             absent=("AccessDeniedException:Macie is not enabled",), where="Session"),
    ),
)
