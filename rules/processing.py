"""Processing jobs: how they ran, and the settings with which they are run again."""

from __future__ import annotations

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import INSTANCE_TYPE, PROCESSING_JOB, bucket_of
from auditor.rule import Other, Sample, rule
from auditor.shapes.sagemaker import DescribeProcessingJobResponse as ProcessingJob
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._buckets import express
from ._controls import ENCRYPTION, NETWORK, SECRETS
from ._jobs import replacing
from ._keys import named
from ._secrets import in_plain_text
from ._volumes import one_or_offered, volume_key

_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_M5 = Other(INSTANCE_TYPE, {"InstanceType": "m5.xlarge", "InstanceStorageSupported": False})
_CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}
_OUTPUTS = {"Outputs": [{"OutputName": "features", "S3Output": {
    "S3Uri": "s3://features/daily", "LocalPath": "/opt/ml/processing/out",
    "S3UploadMode": "EndOfJob"}}]}

_replace = replacing(
    "processing", "processing-job", makers="pipeline, monitoring schedule, AutoML job, SDK"
)


# -- encryption


@rule(
    "sagemaker-processing-volume-kms",
    "The processing job's volumes name a KMS key, where the type takes one",
    on=PROCESSING_JOB,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION,
    fix=_replace("set `--processing-resources ClusterConfig={VolumeKmsKeyId=KEY_ARN,…}`"),
    good={"ProcessingResources": {"ClusterConfig": _CLUSTER | {"VolumeKmsKeyId": _KEY_ARN}}},
    bad=Sample({"ProcessingResources": {"ClusterConfig": _CLUSTER}}, (_M5,)),
)
def volume_names_key(job: Resource[ProcessingJob]) -> Verdict:
    """Raw data is copied to these volumes before anybody has cleaned it of names and numbers.
    Without a key of yours they are encrypted with one that AWS holds, outside your key policies and
    your audit trail. Instance types that keep data on local NVMe encrypt it in hardware and take no
    key.
    """
    resources = job.data.ProcessingResources
    cluster = resources.ClusterConfig if resources else None
    if cluster is None:
        raise Unseen("AWS names no ProcessingResources.ClusterConfig of the job")
    member = "ProcessingResources.ClusterConfig.VolumeKmsKeyId"
    return volume_key(job, cluster.VolumeKmsKeyId, member, one_or_offered(cluster))


@rule(
    "sagemaker-processing-output-kms",
    "The processing job's output names a KMS key",
    on=PROCESSING_JOB,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION,
    fix=_replace("set `--processing-output-config KmsKeyId=KEY_ARN,Outputs=[…]`"),
    good={"ProcessingOutputConfig": _OUTPUTS | {"KmsKeyId": _KEY_ARN}},
    bad=[{"ProcessingOutputConfig": _OUTPUTS},
         {"ProcessingOutputConfig": _OUTPUTS | {"KmsKeyId": ""}}],
)
def output_names_key(job: Resource[ProcessingJob]) -> Verdict:
    """What comes out is what the next model learns from. Without a key of yours it is written with
    the account's default key for S3, which every principal with access to the bucket can use. The
    key counts for all outputs in S3; what goes to a feature group has that group's own.
    """
    config = job.data.ProcessingOutputConfig
    outputs = config.Outputs or [] if config else []
    if config is None or not outputs:
        return NotApplicable("the job names no output")
    uris = [output.S3Output.S3Uri for output in outputs if output.S3Output]
    if not uris and all(output.FeatureStoreOutput for output in outputs):
        return NotApplicable("the job writes to the Feature Store only")
    if uris and all(uri and express(uri) for uri in uris):
        return NotApplicable(f"{bucket_of(uris[0] or '')} is in S3 Express One Zone, for which a"
                             " job takes no key")
    return named(config.KmsKeyId, "ProcessingOutputConfig.KmsKeyId", "the output of the job")


# -- network


@rule(
    "sagemaker-processing-in-vpc",
    "The processing job runs in your VPC",
    on=PROCESSING_JOB,
    severity=Severity.HIGH,
    controls=NETWORK,
    fix=_replace("set `--network-config VpcConfig={Subnets=[SUBNET],SecurityGroupIds=[SG]}`"
                 " (private subnets with an S3 gateway endpoint)"),
    good={"NetworkConfig": {"VpcConfig": {"Subnets": ["subnet-0a1b2c3d"],
                                          "SecurityGroupIds": ["sg-0a1b2c3d"]}}},
    bad=[{}, {"NetworkConfig": {"EnableNetworkIsolation": True}}],
)
def in_vpc(job: Resource[ProcessingJob]) -> Verdict:
    """Without a VPC the container reads raw data in SageMaker's network, where no security group,
    flow log or endpoint policy of yours sees it leave. Isolation does not take the place of a VPC:
    it is SageMaker that then moves the data, through the VPC if there is one.
    """
    network = job.data.NetworkConfig
    vpc = network.VpcConfig if network else None
    if vpc and vpc.Subnets:
        return Pass()
    return Fail("NetworkConfig.VpcConfig names no subnet: the job runs in SageMaker's network")


@rule(
    "sagemaker-processing-network-isolation",
    "The processing container has no network",
    on=PROCESSING_JOB,
    severity=Severity.HIGH,
    controls=NETWORK,
    fix=_replace("set `--network-config EnableNetworkIsolation=true` (SageMaker still brings the"
                 " inputs and stores the outputs; packages must be in the image)"),
    good={"NetworkConfig": {"EnableNetworkIsolation": True}},
    bad=[{"NetworkConfig": {"EnableNetworkIsolation": False}}, {}],
)
def network_isolated(job: Resource[ProcessingJob]) -> Verdict:
    """Processing scripts are written in haste and install what they need as they run. In an
    isolated container nothing comes in and nothing goes out, and the role's credentials are not
    there; SageMaker moves inputs and outputs. Instances of one job still reach each other.
    """
    network = job.data.NetworkConfig
    isolated = network.EnableNetworkIsolation if network else None
    if isolated:
        return Pass()
    word = "not set" if isolated is None else "false"
    return Fail(f"NetworkConfig.EnableNetworkIsolation is {word}: the job's code can call out")


# -- what else is in a job


@rule(
    "sagemaker-processing-environment-secrets",
    "The processing job's environment holds no secrets",
    on=PROCESSING_JOB,
    severity=Severity.HIGH,
    controls=SECRETS,
    fix="Revoke the secret first: it has been readable to everybody who may describe the job. "
        + _replace("let the code fetch its successor from AWS Secrets Manager with the job's role"
                   " and pass only the secret's name"),
    good={"Environment": {"STAGE": "prod", "DB_SECRET_NAME": "warehouse/reader"}},
    bad={"Environment": {"STAGE": "prod", "DB_PASSWORD": "[[secret:named-secret:0a1b2c3d]]"}},
)
def environment_without_secrets(job: Resource[ProcessingJob]) -> Verdict:
    """The environment is kept in plain text with the job's record for as long as nobody deletes it,
    and DescribeProcessingJob returns it to nearly every read-only role. It is no place for the
    password of the warehouse that the data came from.
    """
    variables = job.data.Environment
    if not variables:
        return NotApplicable("the job has no environment variables")
    return in_plain_text(variables, "Environment")
