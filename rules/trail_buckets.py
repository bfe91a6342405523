"""The buckets that trails deliver to: whether the record is kept safe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import BUCKET, TRAIL, Bucket, Trail
from auditor.rule import Other, Sample, rule
from auditor.verdict import Fail, Pass, Severity, Verdict

from ._buckets import bucket_behind
from ._controls import INTEGRITY, LENS, MONITORING, NETWORK, NIST
from ._s3 import SETTINGS, logs_elsewhere, not_public
from ._trails import ours, sample_trail

_FOUR = ",".join(f"{setting}=true" for setting in SETTINGS)
_BUCKET = (
    "Find the bucket: `BUCKET=$(aws cloudtrail get-trail --name {arn} --region {region} --query"
    " Trail.S3BucketName --output text)`. "
)
_OWNER_ONLY = {
    "Grants": [
        {"Grantee": {"Type": "CanonicalUser", "ID": "owner"}, "Permission": "FULL_CONTROL"}
    ]
}
_PUBLIC = {
    "Grants": [
        {
            "Grantee": {
                "Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers",
            },
            "Permission": "READ",
        }
    ]
}  # fmt: skip


def _into(**bucket: Any) -> Sample:
    """Return a trail and the bucket it delivers to."""
    return Sample(sample_trail(), others=(Other(BUCKET, {"Name": "audit-logs", **bucket}),))


def _log_bucket(trail: Resource[Trail], judged: Callable[[Resource[Bucket]], Verdict]) -> Verdict:
    """Judge the bucket a trail delivers to.

    One of another account was looked at by nobody, so it is :class:`Unseen`. One that does not
    exist fails, for the logs go nowhere, or to whoever takes the name next.
    """
    if not trail.data.S3BucketName:
        raise Unseen(f"the trail {trail.name} names no S3BucketName")
    for edge in trail.edges(BUCKET, "S3BucketName"):
        bucket = bucket_behind(edge)
        if bucket is None:
            return Fail(
                f"S3BucketName is {edge.value}, a bucket that does not exist: the logs go nowhere"
            )
        verdict = judged(bucket)
        if isinstance(verdict, Fail):
            return Fail(f"{bucket.name}: {verdict.because}")
        return verdict
    raise Unseen(f"the bucket of the trail {trail.name} was not looked up")


@rule(
    "cloudtrail-bucket-public",
    "The trail's bucket is not public",
    on=TRAIL,
    severity=Severity.CRITICAL,
    controls=NETWORK | {
        NIST: ["AC-3", "AC-4", "AC-6", "AU-9", "SC-7"],
        "AWS FSBP": ["CloudTrail.6"],
        "CIS AWS v1.4": ["3.3"],
        "AWS Config": ["cloudtrail-s3-bucket-public-access-prohibited"],
    },
    fix=_BUCKET + '`aws s3api put-public-access-block --bucket "$BUCKET"'
    f" --public-access-block-configuration {_FOUR}`.",
    good=_into(Acl=_OWNER_ONLY),
    bad=_into(Acl=_PUBLIC),
)
@ours
def logs_are_not_public(trail: Resource[Trail]) -> Verdict:
    """A public log bucket shows the world who works here, with which roles, from which addresses.

    That is all that is needed to choose a target and a pretext; where it is writable, the
    record can be spoilt as well. Judged as for any bucket, for reading and for writing.
    """

    def judged(bucket: Resource[Bucket]) -> Verdict:
        reading = not_public(bucket, write=False)
        return reading if isinstance(reading, Fail) else not_public(bucket, write=True)

    return _log_bucket(trail, judged)


@rule(
    "cloudtrail-bucket-access-logging",
    "The trail's bucket has access logging",
    on=TRAIL,
    severity=Severity.LOW,
    controls={
        NIST: ["AU-2", "AU-3", "AU-9", "AU-12"],
        LENS: MONITORING[LENS],
        "AWS FSBP": ["CloudTrail.7"],
        "CIS AWS v1.4": ["3.6"],
        "CIS AWS v3.0": ["3.4"],
        "CIS AWS v5.0": ["3.4"],
        "CIS AWS v6.0": ["4.4"],
        "CIS AWS v7.0": ["4.4"],
        "AWS Config": ["cloudtrail-s3-bucket-access-logging"],
    },
    fix=_BUCKET + '`aws s3api put-bucket-logging --bucket "$BUCKET" --bucket-logging-status'
    ' \'{"LoggingEnabled": {"TargetBucket": "LOG_BUCKET", "TargetPrefix": "trail/"}}\'`, where'
    " LOG_BUCKET is another bucket of the same account and Region.",
    good=Sample(
        sample_trail(),
        others=(
            Other(
                BUCKET, {"Name": "audit-logs", "LoggingEnabled": {"TargetBucket": "access-logs"}}
            ),
            Other(BUCKET, {"Name": "access-logs"}),
        ),
    ),
    bad=[_into(), _into(LoggingEnabled={"TargetBucket": "audit-logs"})],
)
@ours
def reading_logs_is_logged(trail: Resource[Trail]) -> Verdict:
    """Who fetched or deleted the trail's files is what an investigation asks first.

    The trail does not record that by itself unless data events are on; server access logging
    of its bucket does, into a bucket that those who may touch the trail should not reach.
    """
    return _log_bucket(trail, logs_elsewhere)


@rule(
    "cloudtrail-bucket-object-lock",
    "The trail's files cannot be deleted (Object Lock or MFA delete)",
    on=TRAIL,
    severity=Severity.MEDIUM,
    controls=INTEGRITY | {NIST: ["AU-9", "AU-9(2)", "AU-11", "SI-7"]},
    fix=_BUCKET + '`aws s3api put-bucket-versioning --bucket "$BUCKET" --versioning-configuration'
    ' Status=Enabled`, then `aws s3api put-object-lock-configuration --bucket "$BUCKET"'
    " --object-lock-configuration '{\"ObjectLockEnabled\": \"Enabled\", \"Rule\":"
    ' {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}}}\'`. It cannot be undone.',
    good=[
        _into(
            ObjectLockConfiguration={
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}},
            }
        ),
        _into(Versioning={"Status": "Enabled", "MFADelete": "Enabled"}),
    ],
    bad=_into(Versioning={"Status": "Enabled"}),
)
@ours
def logs_cannot_be_deleted(trail: Resource[Trail]) -> Verdict:
    """The first thing a careful intruder does with an administrator's rights is to clean up.

    Object Lock keeps each file until its retention ends, MFA delete asks for the root user's
    device; without either, whoever may delete objects of the bucket deletes the evidence.
    """
    return _log_bucket(trail, _immutable)


def _immutable(bucket: Resource[Bucket]) -> Verdict:
    """Judge whether what is in a bucket can be deleted; one of the two protections is enough.

    CloudTrail sets no retention on what it delivers, so a lock protects the logs only through
    the bucket's DefaultRetention.
    """
    refused: Unseen | None = None
    for holds in (_has_lock, _has_mfa_delete):
        try:
            if holds(bucket):
                return Pass()
        except Unseen as unseen:  # the other protection is enough by itself
            refused = refused or unseen
    if refused:
        raise refused
    return Fail(
        "neither Object Lock with a DefaultRetention nor MFADelete is on: whoever may delete"
        " objects deletes the logs"
    )


def _has_lock(bucket: Resource[Bucket]) -> bool:
    lock = bucket.data.ObjectLockConfiguration
    return bool(lock and lock.ObjectLockEnabled == "Enabled" and lock.Rule
                and lock.Rule.DefaultRetention)


def _has_mfa_delete(bucket: Resource[Bucket]) -> bool:
    versioning = bucket.data.Versioning
    return bool(versioning and versioning.MFADelete == "Enabled")
