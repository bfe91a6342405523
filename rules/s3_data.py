"""How a bucket keeps what is in it: encryption, copies elsewhere, locks, and no website."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Kind, Resource
from auditor.kinds import BUCKET, KEY, MODEL, TRAIL, TRAINING_JOB, Bucket
from auditor.rule import Other, Sample, rule
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ATLAS, AVAILABILITY, ENCRYPTION, INTEGRITY, NETWORK, NIST
from ._s3 import default_algorithm, region_of, user_of

_KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
_KEY_ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{_KEY_ID}"
_DEFAULT_KEY = (
    "ServerSideEncryptionConfiguration.Rules[].ApplyServerSideEncryptionByDefault.KMSMasterKeyID"
)


def _key(state: str, manager: str = "CUSTOMER") -> Other:
    """Return the key of the samples in a state."""
    return Other(
        KEY, {"KeyId": _KEY_ID, "Arn": _KEY_ARN, "KeyManager": manager, "KeyState": state}
    )


def _encrypted(algorithm: str, key: str = "") -> dict[str, Any]:
    """Return a bucket with this default encryption."""
    default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
    return {
        "Name": "ml-data",
        "ServerSideEncryptionConfiguration": {
            "Rules": [{"ApplyServerSideEncryptionByDefault": default}]
        },
    }


@rule(
    "s3-bucket-kms-encryption",
    "The bucket encrypts with a KMS key by default",
    on=BUCKET,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION | {
        NIST: [
            "AU-9", "CA-9(1)", "CM-3(6)", "SC-12(2)", "SC-13", "SC-28", "SC-28(1)", "SC-7(10)",
            "SI-7(6)",
        ],
        "AWS FSBP": ["S3.17"],
        "PCI DSS v4.0": ["3.5.1"],
        "AWS Config": ["s3-default-encryption-kms"],
    },
    fix="`aws s3api put-bucket-encryption --bucket {name} --server-side-encryption-configuration"
    ' \'{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms",'
    ' "KMSMasterKeyID": "KEY_ARN"}, "BucketKeyEnabled": true}]}\'` with the ARN of an enabled key'
    " that the jobs' roles may use. It holds for new objects; encrypt those that are there again by"
    " copying them onto themselves (S3 Batch Operations does that).",
    good=[
        Sample(_encrypted("aws:kms", _KEY_ARN), others=(_key("Enabled"),)),
        _encrypted("aws:kms"),
    ],
    bad=[
        _encrypted("AES256"),
        Sample(_encrypted("aws:kms", _KEY_ARN), others=(_key("PendingDeletion"),)),
    ],
)  # fmt: skip
def encrypted_with_kms(bucket: Resource[Bucket]) -> Verdict:
    """S3 encrypts everything since 2023, with keys of its own that anyone with s3:GetObject uses.

    A KMS key adds a second permission to fetch a data set or a model, a log line for each use,
    and a way to shut everybody out at once by disabling it. A key that is disabled or about to
    be deleted does the last of these by accident.
    """
    algorithm = default_algorithm(bucket)
    if not algorithm.startswith("aws:kms"):
        return Fail(f"the default encryption is {algorithm}: objects are under no KMS key")
    for edge in bucket.edges(KEY, _DEFAULT_KEY):
        if edge.value.rpartition(":")[2].startswith("alias/aws/"):
            continue
        if edge.state == "missing":
            return Fail(f"KMSMasterKeyID is {edge.value}, which does not exist: uploads fail")
        if edge.target is None:
            raise Unseen(f"{edge.value} was not seen: {edge.gap or edge.state}", edge.gap)
        state = edge.target.data.KeyState
        if state is None:
            raise Unseen(f"KMS did not say the KeyState of {edge.value}")
        if state != "Enabled":
            return Fail(
                f"KMSMasterKeyID is {edge.value}, whose KeyState is {state}: uploads fail and what"
                " is there cannot be read"
            )
        if edge.target.data.KeyManager == "CUSTOMER":
            return Pass(f"{algorithm} with {edge.value}, which the customer manages")
    return Pass(f"{algorithm} with a key that AWS manages (aws/s3); no key policy of your own")


def _replica(status: str = "Enabled") -> dict[str, Any]:
    """Return a bucket with one replication rule."""
    destination = {"Bucket": "arn:aws:s3:::ml-data-replica"}
    return {
        "Name": "ml-data",
        "ReplicationConfiguration": {
            "Role": "arn:aws:iam::111122223333:role/replication",
            "Rules": [{"ID": "copy", "Status": status, "Destination": destination}],
        },
    }


@rule(
    "s3-bucket-replication",
    "The bucket replicates to another Region",
    on=BUCKET,
    severity=Severity.LOW,
    controls=AVAILABILITY | {
        NIST: [
            "AU-9(2)", "CP-10", "CP-6", "CP-6(1)", "CP-6(2)", "CP-9", "SC-36(2)", "SC-5(2)",
            "SI-13(5)",
        ],
        "AWS FSBP": ["S3.7"],
        "AWS Config": [
            "s3-bucket-cross-region-replication-enabled", "s3-bucket-replication-enabled",
        ],
    },
    fix="Make a versioned bucket in another Region and a role that S3 may use, then `aws s3api"
    " put-bucket-replication --bucket {name} --replication-configuration"
    ' \'{"Role": "ROLE_ARN", "Rules": [{"ID": "copy", "Status": "Enabled", "Priority": 1,'
    ' "Filter": {}, "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": {"Bucket":'
    ' "arn:{partition}:s3:::OTHER_BUCKET"}}]}\'`. Both buckets need versioning.',
    good=Sample(
        _replica(), others=(Other(BUCKET, {"Name": "ml-data-replica"}, region="eu-central-1"),)
    ),
    bad=[
        {"Name": "ml-data"},
        _replica("Disabled"),
        Sample(_replica(), others=(Other(BUCKET, {"Name": "ml-data-replica"}),)),
    ],
)  # fmt: skip
def replicates(bucket: Resource[Bucket]) -> Verdict:
    """A data set that took months to label lives in one Region, under one set of credentials.

    A copy elsewhere survives an outage, and, since deletions are not copied by default, a
    mistake or an extortionist too. Where the data must not leave its Region this is a risk to
    accept in writing, and a waiver says so.
    """
    found = bucket.data.ReplicationConfiguration
    active = [r for r in (found and found.Rules) or [] if r.Status == "Enabled"]
    targets = {r.Destination.Bucket for r in active if r.Destination and r.Destination.Bucket}
    if not targets:
        return Fail("no replication rule is Enabled: the bucket's objects exist in one Region only")
    here = region_of(bucket)
    ours = {b.arn: b for b in bucket.all(BUCKET) if b.arn in targets}
    elsewhere = sorted(arn for arn, b in ours.items() if region_of(b) != here)
    if elsewhere:
        return Pass(f"replicates to {', '.join(elsewhere)}")
    unknown = sorted(targets - set(ours))
    if unknown:
        raise Unseen(f"the Region of {', '.join(unknown)}, not a bucket of the account, is unseen")
    return Fail(f"every destination ({', '.join(sorted(ours))}) lies in {here}, like the bucket")


_KEPT: tuple[tuple[Kind[Any], str], ...] = (
    (MODEL, ""), (TRAIL, "S3BucketName"), (TRAINING_JOB, "OutputDataConfig.S3OutputPath"),
)  # fmt: skip
"""What makes a bucket one of final models or of evidence."""


@rule(
    "s3-bucket-object-lock",
    "A bucket of final models or evidence uses Object Lock",
    on=BUCKET,
    severity=Severity.MEDIUM,
    controls=INTEGRITY | {
        NIST: ["CP-6(2)"],
        ATLAS: ["AML.T0018", "AML.T0020"],
        "AWS FSBP": ["S3.15"],
        "PCI DSS v4.0": ["10.5.1"],
        "AWS Config": ["s3-bucket-default-lock-enabled"],
    },
    fix="With versioning on: `aws s3api put-object-lock-configuration --bucket {name}"
    " --object-lock-configuration '{\"ObjectLockEnabled\": \"Enabled\", \"Rule\":"
    ' {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}}}\'`. It cannot be switched off'
    " again, and holds for objects written from then on.",
    good={
        "Name": "ml-models",
        "ObjectLockConfiguration": {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}},
        },
    },
    bad=Sample(
        {"Name": "ml-models"},
        others=(
            Other(
                MODEL,
                {
                    "ModelName": "fraud",
                    "ModelArn": "arn:aws:sagemaker:eu-west-1:111122223333:model/fraud",
                    "PrimaryContainer": {"ModelDataUrl": "s3://ml-models/fraud/model.tar.gz"},
                },
            ),
        ),
    ),
)
def locked(bucket: Resource[Bucket]) -> Verdict:
    """A model that was approved, and the logs that prove it, must not change afterwards.

    Whoever can overwrite the artifact that an endpoint loads runs code there, and whoever can
    delete the trail hides it. Object Lock refuses both for as long as the retention says, in
    compliance mode even to the root user. Asked only of buckets that models are loaded from,
    that training writes to, or that a trail delivers to.
    """
    lock = bucket.data.ObjectLockConfiguration
    if lock and lock.ObjectLockEnabled == "Enabled":
        retention = lock.Rule.DefaultRetention if lock.Rule else None
        if retention is None:
            return Pass("no DefaultRetention: only objects written with a retention are locked")
        if retention.Mode == "GOVERNANCE":
            return Pass("GOVERNANCE mode: s3:BypassGovernanceRetention lifts the lock")
        return Pass()
    user = user_of(bucket, _KEPT)
    if user is None:
        return NotApplicable(
            "no model is loaded from the bucket, no training job or trail writes to it"
        )
    return Fail(
        f"ObjectLockEnabled is absent, though {user.kind.noun} {user.name} keeps its objects here:"
        " they can be overwritten and deleted"
    )


@rule(
    "s3-bucket-static-website",
    "The bucket hosts no website",
    on=BUCKET,
    severity=Severity.MEDIUM,
    controls=NETWORK,
    fix="`aws s3api delete-bucket-website --bucket {name}`; a page that is needed goes to a bucket"
    " of its own, behind CloudFront with origin access control.",
    good={"Name": "ml-data"},
    bad={"Name": "ml-data", "Website": {"IndexDocument": {"Suffix": "index.html"}}},
)
def hosts_no_website(bucket: Resource[Bucket]) -> Verdict:
    """A website endpoint speaks plain HTTP only and serves whatever in the bucket is public.

    It has no place on a bucket of data or models: it is there for anonymous readers, whose
    requests carry no identity, and one public prefix for the page is soon a public bucket.
    """
    website = bucket.data.Website
    if website is None:
        return Pass()
    index = website.IndexDocument.Suffix if website.IndexDocument else None
    if index is None and website.RedirectAllRequestsTo:
        return Pass("Website.RedirectAllRequestsTo sends every request elsewhere; none is served")
    return Fail(
        f"a Website is configured (IndexDocument.Suffix is {index or 'absent'}): the bucket answers"
        " anonymous readers over plain HTTP"
    )
