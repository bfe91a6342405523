"""The buckets that training jobs read from and write to."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from auditor.errors import Unseen
from auditor.inventory import Edge, Resource
from auditor.kinds import BUCKET, TRAINING_JOB, Bucket, bucket_of
from auditor.rule import Other, Sample, rule
from auditor.shapes.sagemaker import DescribeTrainingJobResponse as TrainingJob
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._buckets import TRUSTED, bucket_behind, express, owner, trusted
from ._controls import ATLAS, ENCRYPTION, INTEGRITY, LENS, NIST, OWASP
from ._s3 import default_algorithm
from ._training import living, replace

_INPUTS = "InputDataConfig[].DataSource.S3DataSource.S3Uri"
_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def _reading(bucket: str) -> dict[str, object]:
    """Return a job that reads from a bucket, for the samples."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/train/"}
    return {"InputDataConfig": [
        {"ChannelName": "train", "DataSource": {"S3DataSource": source}},
    ]}


def _inputs(job: Resource[TrainingJob]) -> list[Edge]:
    """Return the links to the buckets that a job's channels read from."""
    for channel in job.data.InputDataConfig or ():
        source = channel.DataSource
        if source is None or not (
            source.S3DataSource.S3Uri if source.S3DataSource
            else source.FileSystemDataSource or source.DatasetSource
        ):
            raise Unseen(f"AWS does not say where the channel {channel.ChannelName} reads from")
    return job.edges(BUCKET, _INPUTS)


def _sound(job: Resource[TrainingJob]) -> Pass:
    """Pass, and say so where a manifest may name objects in a bucket that was not looked up."""
    for channel in job.data.InputDataConfig or ():
        source = channel.DataSource.S3DataSource if channel.DataSource else None
        if source and source.S3DataType in ("ManifestFile", "AugmentedManifestFile"):
            return Pass(f"the objects that the manifest of {channel.ChannelName} names were not"
                        " looked up")
    return Pass()


_NO_INPUT = NotApplicable("no input channel reads from S3")


def _every(
    job: Resource[TrainingJob], edges: list[Edge], wrong: Callable[[Resource[Bucket]], str]
) -> Verdict:
    """Judge every bucket of ours; ``wrong`` says what is the matter with one, or ""."""
    unseen: Unseen | None = None
    looked = 0
    for edge in edges:
        try:
            bucket = bucket_behind(edge)
            why = wrong(bucket) if bucket is not None else ""
        except Unseen as reason:
            unseen = reason  # raised below, unless another bucket fails for certain
            continue
        if why:
            return Fail(f"the input bucket {bucket_of(edge.value)} {why}")
        looked += bucket is not None
    if unseen:
        raise unseen
    if not looked:
        return NotApplicable("the input buckets no longer exist")
    return _sound(job)


def _unversioned(bucket: Resource[Bucket]) -> str:
    versioning = bucket.data.Versioning
    if versioning is None:
        raise Unseen(f"the versioning of {bucket.name} was not seen")
    if versioning.Status == "Enabled":
        return ""
    return ("keeps no versions" + (f" (Versioning is {versioning.Status})"
                                   if versioning.Status else " (Versioning was never enabled)"))


@rule(
    "sagemaker-training-data-bucket-versioned",
    "Buckets of training data keep versions",
    on=TRAINING_JOB,
    severity=Severity.MEDIUM,
    controls=INTEGRITY | {NIST: ["CP-9", "SI-7", "SI-10"]},
    fix=(
        "`aws s3api put-bucket-versioning --bucket BUCKET --versioning-configuration"
        " Status=Enabled` on the bucket that the finding names, with a lifecycle rule that expires"
        " old versions when nobody will ask for them."
    ),
    good=Sample(_reading("fraud-data"), (
        Other(BUCKET, {"Name": "fraud-data", "Versioning": {"Status": "Enabled"}}),)),
    bad=Sample(_reading("fraud-data"), (
        Other(BUCKET, {"Name": "fraud-data", "Versioning": {}}),)),
)
@living
def data_versioned(job: Resource[TrainingJob]) -> Verdict:
    """When a model misbehaves, the first question is what it learned from. Without versions an
    object that was overwritten or deleted is gone: poisoned data cannot be told from the original,
    nor the original brought back.
    """
    inputs = _inputs(job)
    if not inputs:
        return _NO_INPUT
    edges = [edge for edge in inputs if not express(edge.value)]
    if not edges:
        return NotApplicable("directory buckets of S3 Express One Zone cannot keep versions")
    return _every(job, edges, _unversioned)


def _without_kms(bucket: Resource[Bucket]) -> str:
    algorithm = default_algorithm(bucket)
    if algorithm in ("aws:kms", "aws:kms:dsse"):
        return ""
    return f"encrypts by default with {algorithm}, not with KMS"


@rule(
    "sagemaker-training-data-unencrypted",
    "Buckets of training data encrypt with KMS",
    on=TRAINING_JOB,
    severity=Severity.HIGH,
    controls=ENCRYPTION,
    fix=(
        "`aws s3api put-bucket-encryption --bucket BUCKET --server-side-encryption-configuration"
        " '{\"Rules\":[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"aws:kms\","
        "\"KMSMasterKeyID\":\"KEY_ARN\"},\"BucketKeyEnabled\":true}]}'` on the bucket that the"
        " finding names. Objects that are there keep their old key until they are copied onto"
        " themselves. The roles of the jobs need kms:Decrypt on the key."
    ),
    good=Sample(_reading("fraud-data"), (
        Other(BUCKET, {"Name": "fraud-data", "ServerSideEncryptionConfiguration": {"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms",
                                                    "KMSMasterKeyID": _KEY_ARN}}]}}),)),
    bad=Sample(_reading("fraud-data"), (
        Other(BUCKET, {"Name": "fraud-data", "ServerSideEncryptionConfiguration": {"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}),)),
)
@living
def data_encrypted_with_kms(job: Resource[TrainingJob]) -> Verdict:
    """Every bucket is encrypted; what differs is who may decrypt. With S3's own keys whoever can
    read the bucket can read the data; with a KMS key they need that key too, and each use of it is
    in CloudTrail. Training data is often the most sensitive data in the account.
    """
    inputs = _inputs(job)
    return _every(job, inputs, _without_kms) if inputs else _NO_INPUT


@rule(
    "sagemaker-training-data-cross-account",
    "Training data comes from buckets of this account, or trusted ones",
    on=TRAINING_JOB,
    severity=Severity.HIGH,
    controls=INTEGRITY,
    fix=replace(
        "point `InputDataConfig` at a bucket of your own, into which the data was copied and"
        " checked; or, if the bucket's owner is to be trusted, put its name into"
        " trusted_buckets under [rules.sagemaker-training-data-cross-account] of auditor.toml,"
        " and the job may stay"
    ),
    settings=(TRUSTED,),
    good=Sample(_reading("fraud-data"), (Other(BUCKET, {"Name": "fraud-data"}),)),
    bad=_reading("somebody-elses-data"),
)
@living
def data_is_ours(job: Resource[TrainingJob], trusted_buckets: Iterable[str]) -> Verdict:
    """Whoever owns the bucket decides what the model learns, today and at the next run. Data of
    another account can be changed without a trace in yours. A bucket that no longer exists is
    worse: anybody may create it anew and feed the next training.
    """
    inputs = _inputs(job)
    if not inputs:
        return _NO_INPUT
    return _whose(inputs, trusted_buckets, "feeds the next run") or _sound(job)


def _whose(edges: list[Edge], patterns: Iterable[str], then: str) -> Fail | None:
    """Return what is wrong with the owners of buckets; ``then`` is what a claimant does."""
    unseen: Unseen | None = None
    patterns = tuple(patterns)
    for edge in edges:
        name = bucket_of(edge.value)
        if trusted(edge.value, patterns):
            continue
        try:
            whose = owner(edge)
        except Unseen as reason:
            unseen = reason  # raised below, unless another bucket fails for certain
            continue
        if whose == "foreign":
            return Fail(f"the bucket {name} belongs to another account, which is not trusted")
        if whose == "nobody":
            return Fail(f"the bucket {name} does not exist: whoever creates it {then}")
    if unseen:
        raise unseen
    return None


@rule(
    "sagemaker-training-output-ghost-bucket",
    "The job's output bucket exists and is ours",
    on=TRAINING_JOB,
    severity=Severity.HIGH,
    controls={
        NIST: ["AC-4", "SI-7"], LENS: ["MLSEC03-BP02"], ATLAS: ["AML.T0025", "AML.T0018"],
        OWASP: ["ML05", "ML10"],
    },
    fix=(
        "If the bucket does not exist, take its name before somebody else does: `aws s3api"
        " create-bucket --bucket BUCKET --region {region} --create-bucket-configuration"
        " LocationConstraint={region}` (without the configuration in us-east-1), with public"
        " access blocked. If it belongs to another account: "
        + replace(
            "point `OutputDataConfig.S3OutputPath` at a bucket of your own; or, if that account is"
            " meant to have the models, put the name into trusted_buckets under"
            " [rules.sagemaker-training-output-ghost-bucket] of auditor.toml, and the job may stay"
        )
    ),
    settings=(TRUSTED,),
    good=Sample(
        {"OutputDataConfig": {"S3OutputPath": "s3://models/out"}},
        (Other(BUCKET, {"Name": "models"}),),
    ),
    bad={"OutputDataConfig": {"S3OutputPath": "s3://models-of-2023/out"}},
)
@living
def output_bucket_is_ours(job: Resource[TrainingJob], trusted_buckets: Iterable[str]) -> Verdict:
    """A bucket's name is free for anybody once the bucket is deleted. Whoever takes it receives
    the models of every later run of the same job, and can put others in their place for whatever
    loads them from there.
    """
    edges = job.edges(BUCKET, "OutputDataConfig.S3OutputPath")
    if not edges:
        raise Unseen("AWS names no OutputDataConfig.S3OutputPath for the job")
    return _whose(edges, trusted_buckets, "receives the models of the next run") or Pass()
