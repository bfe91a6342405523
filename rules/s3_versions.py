"""What a bucket remembers and what it forgets: versions of objects, and rules of lifecycle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from auditor.inventory import Resource
from auditor.kinds import BUCKET, Bucket
from auditor.rule import rule
from auditor.shapes.s3 import LifecycleRule
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import AVAILABILITY, INTEGRITY, LENS, NIST

_RETENTION_NIST = ["CP-10", "CP-6(2)", "CP-9", "SC-5(2)", "SI-13(5)"]
_LIFECYCLE_FIX = (
    "`aws s3api get-bucket-lifecycle-configuration --bucket {name}` shows the rules there are (the"
    " next call replaces them all), then `aws s3api put-bucket-lifecycle-configuration --bucket"
    " {name} --lifecycle-configuration"
)


def _tidied(status: str = "Enabled", **rule: Any) -> dict[str, Any]:
    """Return a versioned bucket with one lifecycle rule."""
    return {
        "Name": "ml-data",
        "Versioning": {"Status": "Enabled"},
        "LifecycleConfiguration": {
            "Rules": [{"ID": "tidy", "Status": status, "Filter": {"Prefix": ""}, **rule}]
        },
    }


def _versioned(bucket: Resource[Bucket]) -> str:
    """Return the state of versioning: "Enabled", "Suspended", or "" where it never was on."""
    versioning = bucket.data.Versioning
    return (versioning.Status or "") if versioning else ""


def _unversioned(bucket: Resource[Bucket]) -> NotApplicable | None:
    """Return why a question about versions does not arise."""
    status = _versioned(bucket)
    if status == "Enabled":
        return None
    return NotApplicable(
        f"Versioning.Status is {status or 'absent'}: the bucket keeps no versions of new objects"
    )


@rule(
    "s3-bucket-versioning",
    "The bucket keeps the versions of its objects",
    on=BUCKET,
    severity=Severity.LOW,
    controls=INTEGRITY | {
        NIST: [
            "AU-9(2)", "CP-10", "CP-6", "CP-6(1)", "CP-6(2)", "CP-9", "SC-5(2)", "SI-12",
            "SI-13(5)",
        ],
        "AWS FSBP": ["S3.14"],
        "AWS Config": ["s3-bucket-versioning-enabled"],
    },
    fix="`aws s3api put-bucket-versioning --bucket {name} --versioning-configuration"
    " Status=Enabled`, with a lifecycle rule that expires old versions.",
    good={"Name": "ml-data", "Versioning": {"Status": "Enabled"}},
    bad=[
        {"Name": "ml-data", "Versioning": {}},
        {"Name": "ml-data", "Versioning": {"Status": "Suspended"}},
    ],
)  # fmt: skip
def keeps_versions(bucket: Resource[Bucket]) -> Verdict:
    """Without versions an overwritten training file or model is gone, and nobody can compare.

    Poisoned data and swapped artifacts show only against what was there before; a deleted data
    set comes back only if its versions are kept. It is also how a model can be traced to
    exactly the data that made it.
    """
    status = _versioned(bucket)
    if status == "Enabled":
        return Pass()
    if status:
        return Fail(f"Versioning.Status is {status}: writing an object again replaces it for good")
    return Fail("versioning was never on: writing or deleting an object loses it for good")


@rule(
    "s3-bucket-mfa-delete",
    "A versioned bucket asks for MFA before versions are deleted",
    on=BUCKET,
    severity=Severity.LOW,
    controls=INTEGRITY | {
        NIST: ["CA-9(1)", "CM-2", "CM-2(2)", "CM-3", "SC-5(2)"],
        "AWS FSBP": ["S3.20"],
        "CIS AWS v3.0": ["2.1.2"],
        "CIS AWS v5.0": ["2.1.2"],
        "CIS AWS v6.0": ["3.1.2"],
        "CIS AWS v7.0": ["3.1.2"],
        "AWS Config": ["s3-bucket-mfa-delete-enabled"],
    },
    fix="Only the account's root user can do this, with its MFA device: `aws s3api"
    " put-bucket-versioning --bucket {name} --versioning-configuration"
    ' Status=Enabled,MFADelete=Enabled --mfa "SERIAL CODE"`. Object Lock protects versions too,'
    " and together with lifecycle rules.",
    good={"Name": "ml-data", "Versioning": {"Status": "Enabled", "MFADelete": "Enabled"}},
    bad=[
        {"Name": "ml-data", "Versioning": {"Status": "Enabled"}},
        {"Name": "ml-data", "Versioning": {"Status": "Enabled", "MFADelete": "Disabled"}},
    ],
)
def mfa_to_delete(bucket: Resource[Bucket]) -> Verdict:
    """A stolen role with s3:DeleteObjectVersion can wipe a data set and all of its history.

    MFA delete takes that power from every role and leaves it to the root user with a device in
    hand. S3 does not allow it together with lifecycle rules, so it is for buckets whose
    versions are never to go: evidence, and models that were approved.
    """
    unversioned = _unversioned(bucket)
    if unversioned:
        return unversioned
    versioning = bucket.data.Versioning
    if versioning and versioning.MFADelete == "Enabled":
        return Pass()
    lifecycle = bucket.data.LifecycleConfiguration
    if lifecycle and lifecycle.Rules:
        return NotApplicable(
            "the bucket has lifecycle rules, together with which S3 allows no MFA delete"
        )
    return Fail(
        "Versioning.MFADelete is not Enabled: whoever has s3:DeleteObjectVersion deletes for good"
    )


def _active(bucket: Resource[Bucket]) -> list[LifecycleRule]:
    """Return the lifecycle rules that are on."""
    found = bucket.data.LifecycleConfiguration
    return [r for r in (found and found.Rules) or [] if r.Status == "Enabled"]


def _scope(rule: LifecycleRule) -> str:
    """Return what part of the bucket a lifecycle rule is limited to, "" for none."""
    chosen = rule.Filter
    prefix = rule.Prefix or (chosen.Prefix if chosen else None)
    if prefix:
        return f"the prefix {prefix}"
    if chosen and (chosen.Tag or chosen.And):
        return "some tags, sizes or prefixes"
    if chosen and (chosen.ObjectSizeGreaterThan or chosen.ObjectSizeLessThan):
        return "some sizes"
    return ""


def _everywhere(
    bucket: Resource[Bucket], member: str, wanted: Callable[[LifecycleRule], bool], else_: str
) -> Verdict:
    """Judge whether a lifecycle rule that is on does what is wanted in the whole bucket."""
    having = [rule for rule in _active(bucket) if wanted(rule)]
    scopes = [_scope(rule) for rule in having]
    if "" in scopes:
        return Pass()
    if scopes:
        return Fail(
            f"{member} is set only for {' and '.join(sorted(set(scopes)))}; elsewhere {else_}"
        )
    return Fail(f"no enabled lifecycle rule has {member}: {else_}")


@rule(
    "s3-bucket-version-lifecycle",
    "A versioned bucket lets old versions expire",
    on=BUCKET,
    severity=Severity.MEDIUM,
    controls=AVAILABILITY | {
        NIST: _RETENTION_NIST,
        LENS: ["MLSEC02-BP01"],
        "AWS FSBP": ["S3.10"],
        "AWS Config": ["s3-version-lifecycle-policy-check"],
    },
    fix=_LIFECYCLE_FIX + ' \'{"Rules": [{"ID": "old-versions", "Status": "Enabled", "Filter":'
    ' {"Prefix": ""}, "NoncurrentVersionExpiration": {"NoncurrentDays": 90}}]}\'`.',
    good=_tidied(NoncurrentVersionExpiration={"NoncurrentDays": 90}),
    bad=[
        _tidied("Disabled", NoncurrentVersionExpiration={"NoncurrentDays": 90}),
        {"Name": "ml-data", "Versioning": {"Status": "Enabled"}},
    ],
)
def old_versions_expire(bucket: Resource[Bucket]) -> Verdict:
    """Deleting a person's record from a training set deletes nothing while versions stay for ever.

    Old versions hold the data that was to be forgotten, can be read by whoever may read
    versions, and cost as much as live ones. A rule that expires them makes a deletion true
    after a time that you choose.
    """
    return _unversioned(bucket) or _everywhere(
        bucket,
        "NoncurrentVersionExpiration",
        lambda rule: rule.NoncurrentVersionExpiration is not None,
        "old versions stay for ever",
    )


@rule(
    "s3-bucket-lifecycle",
    "The bucket has lifecycle rules, so that its data does not stay for ever",
    on=BUCKET,
    severity=Severity.LOW,
    controls=AVAILABILITY | {
        NIST: _RETENTION_NIST,
        LENS: ["MLSEC02-BP01"],
        "AWS FSBP": ["S3.13"],
        "AWS Config": ["s3-lifecycle-policy-check"],
    },
    fix=_LIFECYCLE_FIX + ' \'{"Rules": [{"ID": "expire", "Status": "Enabled", "Filter": {"Prefix":'
    ' ""}, "Expiration": {"Days": 365}}]}\'` with the days that your retention rules say; a'
    " transition to a colder storage class counts as well.",
    good=_tidied(Expiration={"Days": 365}),
    bad=[{"Name": "ml-data"}, _tidied("Disabled", Expiration={"Days": 365})],
)
def has_lifecycle(bucket: Resource[Bucket]) -> Verdict:
    """Captured requests, intermediate data and checkpoints pile up until someone steals them.

    What has expired cannot leak, and retention periods that the law or a contract sets are kept
    only by a rule that runs by itself. Rules that are switched off do nothing, and one that
    merely ends unfinished uploads lets no data expire.
    """
    active = _active(bucket)
    if not active:
        return Fail("no lifecycle rule is Enabled: everything stays until someone deletes it")
    moving = [
        r for r in active
        if r.Expiration or r.Transitions or r.NoncurrentVersionExpiration
        or r.NoncurrentVersionTransitions
    ]  # fmt: skip
    if not moving:
        return Fail("the enabled lifecycle rules only abort uploads: nothing expires or moves")
    scopes = {_scope(rule) for rule in moving}
    if "" in scopes:
        return Pass()
    return Pass(f"the rules cover only {' and '.join(sorted(scopes))}")


@rule(
    "s3-bucket-multipart-abort",
    "Incomplete multipart uploads are aborted",
    on=BUCKET,
    severity=Severity.INFO,
    controls=AVAILABILITY | {NIST: ["CM-6", "SC-5(2)", "SI-12"]},
    fix=_LIFECYCLE_FIX + ' \'{"Rules": [{"ID": "abort", "Status": "Enabled", "Filter": {"Prefix":'
    ' ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}\'`.',
    good=_tidied(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7}),
    bad=[{"Name": "ml-data"}, _tidied(Expiration={"Days": 365})],
)
def uploads_end(bucket: Resource[Bucket]) -> Verdict:
    """Parts of uploads that broke off stay in the bucket, unseen by listings, and are paid for.

    Training jobs that stop while they write large artifacts leave many. They are pieces of data
    and models that no inventory shows and no rule of expiration reaches.
    """
    return _everywhere(
        bucket,
        "AbortIncompleteMultipartUpload",
        lambda rule: rule.AbortIncompleteMultipartUpload is not None,
        "parts of broken uploads stay for ever",
    )
