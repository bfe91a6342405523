"""Access points: further doors into a bucket, each with settings of its own."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ACCESS_POINT, ACCOUNT_BLOCK, MULTI_REGION_POINT, AccessPoint
from auditor.rule import Other, Sample, rule
from auditor.shapes.s3control import MultiRegionAccessPointReport as MultiRegionPoint
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import NETWORK
from ._s3 import SETTINGS, account_block, settings_on

_ON = dict.fromkeys(SETTINGS, True)


def _point(origin: str = "Internet", **off: bool) -> dict[str, Any]:
    """Return an access point as S3 answers it, with some settings off."""
    return {
        "Name": "features", "NetworkOrigin": origin, "Bucket": "ml-data",
        "AccessPointArn": "arn:aws:s3:eu-west-1:111122223333:accesspoint/features",
        "Configuration": {
            "Name": "features", "NetworkOrigin": origin,
            "PublicAccessBlockConfiguration": _ON | off,
        },
    }


@rule(
    "s3-access-point-public-access-block",
    "The access point blocks public access",
    on=ACCESS_POINT,
    severity=Severity.CRITICAL,
    controls=NETWORK | {
        "AWS FSBP": ["S3.19"],
        "PCI DSS v4.0": ["1.4.4"],
        "AWS Config": ["s3-access-point-public-access-blocks"],
    },
    fix="The settings of an access point cannot be changed: make another with `aws s3control"
    " create-access-point --account-id {account} --name NEW_NAME --bucket BUCKET --region {region}"
    " --public-access-block-configuration"
    f" {','.join(f'{setting}=true' for setting in SETTINGS)}`, move its callers, and delete this"
    " one: `aws s3control delete-access-point --account-id {account} --name {name} --region"
    " {region}`. Until then the account's block closes it: `aws s3control put-public-access-block"
    f" --account-id {{account}} --public-access-block-configuration"
    f" {','.join(f'{setting}=true' for setting in SETTINGS)}`.",
    good=[
        _point(),
        _point("VPC", RestrictPublicBuckets=False),
        Sample(
            _point(BlockPublicPolicy=False),
            others=(Other(ACCOUNT_BLOCK, {"PublicAccessBlockConfiguration": _ON}),),
        ),
    ],
    bad=_point(RestrictPublicBuckets=False),
)  # fmt: skip
def point_blocks(point: Resource[AccessPoint]) -> Verdict:
    """An access point has a policy of its own, which can let the public into a bucket whose own
    policy is tight. S3 applies the stricter of its settings and the account's; one that answers
    in a VPC only can never be public.
    """
    configuration = point.data.Configuration
    if configuration is None:
        raise Unseen(f"the configuration of the access point {point.name} was not seen")
    if configuration.NetworkOrigin == "VPC":
        return Pass("NetworkOrigin is VPC: nobody reaches it from the internet")
    own = configuration.PublicAccessBlockConfiguration
    account = settings_on(account_block(point))
    off = [s for s in SETTINGS if not (account[s] or (own is not None and getattr(own, s)))]
    if not off:
        return Pass()
    return Fail(
        f"PublicAccessBlockConfiguration of the access point and of the account leave"
        f" {', '.join(off)} off: its policy can let in the public"
    )


def _multi(status: str = "READY", **off: bool) -> dict[str, Any]:
    """Return a Multi-Region Access Point as S3 lists it, with some settings off."""
    return {
        "Name": "features", "Alias": "mfzwi23gnjvgw.mrap", "Status": status,
        "PublicAccessBlock": _ON | off,
        "Regions": [{"Bucket": "ml-data", "Region": "eu-west-1"}],
    }  # fmt: skip


@rule(
    "s3-multi-region-access-point-public-access-block",
    "The Multi-Region Access Point blocks public access",
    on=MULTI_REGION_POINT,
    severity=Severity.HIGH,
    controls=NETWORK | {"AWS FSBP": ["S3.24"], "PCI DSS v4.0": ["1.4.4"]},
    fix="Its settings cannot be changed: make another with `aws s3control"
    " create-multi-region-access-point --account-id {account} --region us-west-2 --details"
    " file://details.json`, all four settings of PublicAccessBlock true in it, move its callers,"
    " and delete this one. Until then the account's block closes it: `aws s3control"
    " put-public-access-block --account-id {account} --public-access-block-configuration"
    f" {','.join(f'{setting}=true' for setting in SETTINGS)}`.",
    good=[
        _multi(),
        Sample(
            _multi(BlockPublicPolicy=False),
            others=(Other(ACCOUNT_BLOCK, {"PublicAccessBlockConfiguration": _ON}),),
        ),
    ],
    bad=_multi(RestrictPublicBuckets=False),
)
def multi_region_point_blocks(point: Resource[MultiRegionPoint]) -> Verdict:
    """One Multi-Region Access Point opens buckets in several Regions under one name on the
    internet, by a policy of its own. S3 applies the stricter of its settings and the account's.
    """
    if point.data.Status == "DELETING":
        return NotApplicable("Status is DELETING")
    own = point.data.PublicAccessBlock
    if own is None:
        raise Unseen(f"S3 tells no PublicAccessBlock of {point.data.Name or point.name}")
    account = settings_on(account_block(point))
    off = [s for s in SETTINGS if not (account[s] or getattr(own, s))]
    if not off:
        return Pass()
    return Fail(
        f"PublicAccessBlock of {point.data.Name or point.name} and of the account leave"
        f" {', '.join(off)} off: its policy can let in the public"
    )
