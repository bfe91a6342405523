"""Training jobs: how they ran, and the settings with which they are run again."""

from __future__ import annotations

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import INSTANCE_TYPE, KEY, TRAINING_JOB, bucket_of
from auditor.rule import Other, Sample, Setting, rule
from auditor.shapes.sagemaker import DescribeTrainingJobResponse as TrainingJob
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._buckets import express
from ._controls import AVAILABILITY, ENCRYPTION, NETWORK, NIST, SECRETS, TRAFFIC
from ._keys import customer_managed, named
from ._secrets import in_plain_text
from ._training import living, replace
from ._volumes import training_types, volume_key

_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


# -- encryption


@rule(
    "sagemaker-training-volume-kms",
    "The job's volumes name a KMS key, where the instance type takes one",
    on=TRAINING_JOB,
    severity=Severity.HIGH,
    controls=ENCRYPTION,
    fix=replace("set `--resource-config VolumeKmsKeyId=KEY_ARN,…`"),
    good={"ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1,
                             "VolumeKmsKeyId": _KEY_ARN}},
    bad=Sample(
        {"ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}},
        (Other(INSTANCE_TYPE, {"InstanceType": "m5.xlarge", "InstanceStorageSupported": False}),),
    ),
)
@living
def volume_names_key(job: Resource[TrainingJob]) -> Verdict:
    """Training data, checkpoints and the model in the making lie on these volumes. Without a key
    of yours they are encrypted with one that AWS holds, outside your key policies and your audit
    trail. Instance types that keep data on local NVMe encrypt it in hardware and take no key.
    """
    config = job.data.ResourceConfig
    if config is None:
        return _without_instances(job, "ResourceConfig")
    types = training_types(config)
    if not types and not config.VolumeKmsKeyId:
        return _without_instances(job, "ResourceConfig.InstanceType")
    return volume_key(job, config.VolumeKmsKeyId, "ResourceConfig.VolumeKmsKeyId", types)


def _without_instances(job: Resource[TrainingJob], member: str) -> NotApplicable:
    """Say that a serverless job has no instances; where it is none, AWS left something out."""
    if job.data.ServerlessJobConfig is None:
        raise Unseen(f"AWS names no {member} for the job")
    return NotApplicable("the job is serverless: its instances are SageMaker's own")


@rule(
    "sagemaker-training-output-kms",
    "The job's output names a KMS key",
    on=TRAINING_JOB,
    severity=Severity.HIGH,
    controls=ENCRYPTION,
    fix=replace("set `--output-data-config S3OutputPath=s3://BUCKET/PREFIX,KmsKeyId=KEY_ARN`"),
    good={"OutputDataConfig": {"S3OutputPath": "s3://models/out", "KmsKeyId": _KEY_ARN}},
    bad={"OutputDataConfig": {"S3OutputPath": "s3://models/out", "KmsKeyId": ""}},
)
@living
def output_names_key(job: Resource[TrainingJob]) -> Verdict:
    """The output is the trained model: what the training data was turned into, and what others
    will run. Without a key SageMaker writes it with the account's default key for S3, which every
    principal with access to the bucket can use; a key of yours is a second lock that outlives a
    mistake in the bucket's policy.
    """
    return _output_key(job)


@rule(
    "sagemaker-training-output-cmk",
    "The job's output key is customer managed and enabled",
    on=TRAINING_JOB,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION,
    fix="If the key is Disabled, `aws kms enable-key --key-id KEY --region {region}`; if it is"
        " PendingDeletion, `aws kms cancel-key-deletion --key-id KEY --region {region}` and then"
        " enable it. Otherwise: " + replace("set `OutputDataConfig.KmsKeyId` to a key of yours"),
    good=Sample(
        {"OutputDataConfig": {"S3OutputPath": "s3://models/out", "KmsKeyId": _KEY_ARN}},
        (Other(KEY, {"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "Arn": _KEY_ARN,
                     "KeyManager": "CUSTOMER", "KeyState": "Enabled"}),),
    ),
    bad={"OutputDataConfig": {"S3OutputPath": "s3://models/out", "KmsKeyId": "alias/aws/s3"}},
)
@living
def output_key_is_ours(job: Resource[TrainingJob]) -> Verdict:
    """Naming a key is not enough: an alias may lead to a key that AWS manages and that the whole
    account may use, and a model written with a key since disabled or deleted can be read by nobody
    any more. KMS is asked what the key really is.
    """
    verdict = _output_key(job)
    if not isinstance(verdict, Pass):
        return verdict
    return customer_managed(job, "OutputDataConfig.KmsKeyId", "the output of the job")


def _output_key(job: Resource[TrainingJob]) -> Verdict:
    output = job.data.OutputDataConfig
    if output is None or not output.S3OutputPath:
        raise Unseen("AWS names no OutputDataConfig.S3OutputPath for the job")
    if express(output.S3OutputPath):
        return NotApplicable(f"{bucket_of(output.S3OutputPath)} is in S3 Express One Zone, for"
                             " which a job takes no key")
    return named(output.KmsKeyId, "OutputDataConfig.KmsKeyId", "the output of the job")


@rule(
    "sagemaker-training-intercontainer-encryption",
    "Instances of one job encrypt what they tell each other",
    on=TRAINING_JOB,
    severity=Severity.MEDIUM,
    controls=TRAFFIC,
    fix=replace("set `--enable-inter-container-traffic-encryption` (and let the security group"
                 " admit UDP 500 and protocol 50 from itself, if the job is in a VPC)"),
    good={"EnableInterContainerTrafficEncryption": True,
          "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2}},
    bad={"EnableInterContainerTrafficEncryption": False,
         "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2}},
)
@living
def traffic_encrypted(job: Resource[TrainingJob]) -> Verdict:
    """Distributed training sends gradients, and with them traces of the training data, from
    instance to instance in the clear unless told otherwise. With one instance there is nobody to
    talk to and nothing to encrypt.
    """
    if job.data.ResourceConfig is None:
        return _without_instances(job, "ResourceConfig")
    count = _instances(job)
    if count < 2:
        return NotApplicable(f"the job runs on {count} instance")
    encrypted = job.data.EnableInterContainerTrafficEncryption
    if encrypted:
        return Pass()
    return Fail(f"EnableInterContainerTrafficEncryption is {_word(encrypted)}: {count} instances"
                " exchange gradients in the clear")


def _instances(job: Resource[TrainingJob]) -> int:
    """Return how many instances a job has: in one cluster, in groups, or as SageMaker chose."""
    config = job.data.ResourceConfig
    assert config is not None
    groups = config.InstanceGroups or ()
    counts = [group.InstanceCount for group in groups] or [
        config.SelectedInstanceCount or config.InstanceCount
    ]
    if counts == [None] and config.InstancePreferences:
        # not chosen yet: whether there are two hangs on the choice, unless all say the same
        offered = {preference.InstanceCount for preference in config.InstancePreferences}
        counts = list(offered) if len(offered) == 1 else [None]
    known = [count for count in counts if count is not None]
    if len(known) < len(counts):
        raise Unseen("AWS names no InstanceCount for the job")
    return sum(known)


def _word(value: bool | None) -> str:
    """Put a switch that is not on into words."""
    return "not set" if value is None else "false"


# -- network


@rule(
    "sagemaker-training-in-vpc",
    "The job runs in your VPC",
    on=TRAINING_JOB,
    severity=Severity.HIGH,
    controls=NETWORK,
    fix=replace("set `--vpc-config Subnets=SUBNET,SecurityGroupIds=SG` (private subnets with an S3"
                 " gateway endpoint)"),
    good={"VpcConfig": {"Subnets": ["subnet-0a1b2c3d"], "SecurityGroupIds": ["sg-0a1b2c3d"]}},
    bad={},
)
@living
def in_vpc(job: Resource[TrainingJob]) -> Verdict:
    """Without a VPC the container runs in SageMaker's network with an open way to the internet:
    no security group, flow log or endpoint policy of yours sees training data leave or a poisoned
    package come in.
    """
    vpc = job.data.VpcConfig
    if vpc and vpc.Subnets:
        return Pass()
    return Fail("VpcConfig names no subnet: the job runs in SageMaker's network, with internet")


@rule(
    "sagemaker-training-network-isolation",
    "The training container has no network",
    on=TRAINING_JOB,
    severity=Severity.HIGH,
    controls=NETWORK,
    fix=replace("set `--enable-network-isolation` (SageMaker still brings the data and fetches the"
                 " model; what the code downloads itself must come through a channel)"),
    good={"EnableNetworkIsolation": True},
    bad=[{"EnableNetworkIsolation": False}, {}],
)
@living
def network_isolated(job: Resource[TrainingJob]) -> Verdict:
    """Training code is full of other people's packages. In an isolated container they find neither
    a network nor the role's credentials, so nothing that they read can be sent anywhere; SageMaker
    moves data and model for them. Instances of one job still reach each other.
    """
    isolated = job.data.EnableNetworkIsolation
    if isolated:
        return Pass()
    return Fail(f"EnableNetworkIsolation is {_word(isolated)}: the training code can call out")


# -- what else is in a job


@rule(
    "sagemaker-training-hyperparameter-secrets",
    "Hyperparameters hold no secrets",
    on=TRAINING_JOB,
    severity=Severity.HIGH,
    controls=SECRETS,
    fix="Revoke the secret first: it has been readable to everybody who may describe the job. "
        + replace("let the training code fetch its successor from AWS Secrets Manager with the"
                   " job's role and pass only the secret's name"),
    good={"HyperParameters": {"epochs": "10", "db_secret_name": "warehouse/reader"}},
    bad={"HyperParameters": {"epochs": "10",
                             "db_password": "[[secret:named-secret:0a1b2c3d]]"}},
)
@living
def hyperparameters_without_secrets(job: Resource[TrainingJob]) -> Verdict:
    """Hyperparameters are kept in plain text with the job's record, for as long as nobody deletes
    it, and are returned by DescribeTrainingJob to nearly every read-only role. Experiment trackers
    and notebooks copy them further. They are no place for a password or a token.
    """
    parameters = job.data.HyperParameters
    if not parameters:
        return NotApplicable("the job has no hyperparameters")
    return in_plain_text(parameters, "HyperParameters")


@rule(
    "sagemaker-training-checkpoint",
    "Training that may be interrupted writes checkpoints",
    on=TRAINING_JOB,
    severity=Severity.LOW,
    controls=AVAILABILITY | {NIST: ["CP-9", "CP-10"]},
    fix=replace("set `--checkpoint-config S3Uri=s3://BUCKET/PREFIX` and let the code save to and"
                 " resume from /opt/ml/checkpoints"),
    settings=(Setting("long_hours", 4, "Hours from which on a job that is not on spot is long."),),
    good={"EnableManagedSpotTraining": True,
          "CheckpointConfig": {"S3Uri": "s3://models/checkpoints"}},
    bad=[
        {"EnableManagedSpotTraining": True},
        {"EnableManagedSpotTraining": False, "StoppingCondition": {"MaxRuntimeInSeconds": 86400}},
    ],
)
@living
def checkpoints_written(job: Resource[TrainingJob], long_hours: float) -> Verdict:
    """Spot capacity is taken away at two minutes' notice, and a long job can lose an instance or
    run into its time limit. Without checkpoints all the work, and its cost, is lost and begins
    again. Short jobs on demand simply run once more.
    """
    spot = job.data.EnableManagedSpotTraining
    if not spot:
        seconds = _seconds(job)
        if seconds is None and job.data.ServerlessJobConfig is not None:
            return NotApplicable("the job is serverless: SageMaker sees to its interruptions")
        if seconds is None:
            raise Unseen("AWS names no StoppingCondition.MaxRuntimeInSeconds for the job")
        if seconds <= long_hours * 3600:
            return NotApplicable(f"the job is on demand and lasts {seconds} s at most, less than"
                                 f" {long_hours} hours")
    config = job.data.CheckpointConfig
    if config and config.S3Uri:
        return Pass()
    kind = "managed spot training" if spot else f"a job of more than {long_hours} hours"
    return Fail(f"CheckpointConfig.S3Uri is not set for {kind}: an interruption loses all of it")


def _seconds(job: Resource[TrainingJob]) -> int | None:
    """Return how long a job ran, once it has ended; until then, how long it may run."""
    began, ended = job.data.TrainingStartTime, job.data.TrainingEndTime
    if ended is not None and job.data.TrainingTimeInSeconds is not None:
        return job.data.TrainingTimeInSeconds
    if ended is not None and began is not None:
        return int((ended - began).total_seconds())
    limit = job.data.StoppingCondition
    return limit.MaxRuntimeInSeconds if limit else None
