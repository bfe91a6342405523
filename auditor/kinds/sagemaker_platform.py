"""What workloads are built on: features, pipelines, clusters, MLflow, partners' apps, devices."""

from __future__ import annotations

from auditor.kind import IN_USE, Kind, Link
from auditor.shape import Shape
from auditor.shapes import sagemaker

from .files import SECRET
from .identity import ROLE
from .pointing import buckets, keys, to, vpc
from .sagemaker_studio import DOMAIN

FEATURE_GROUP = Kind(
    "AWS::SageMaker::FeatureGroup", sagemaker.DescribeFeatureGroupResponse,
    links=(
        *to(ROLE, "RoleArn"),
        *keys("OnlineStoreConfig.SecurityConfig.KmsKeyId",
              "OfflineStoreConfig.S3StorageConfig.KmsKeyId"),
        *buckets("OfflineStoreConfig.S3StorageConfig.S3Uri",
                 "OfflineStoreConfig.S3StorageConfig.ResolvedOutputS3Uri"),
    ),
)
PIPELINE = Kind(
    "AWS::SageMaker::Pipeline", sagemaker.DescribePipelineResponse, links=to(ROLE, "RoleArn"),
    secrets=("PipelineDefinition",),
)


def _group(at: str) -> tuple[Link, ...]:
    """Return the links of a cluster's group of instances."""
    return (
        *to(ROLE, f"{at}.ExecutionRole"), *vpc(f"{at}.Override"),
        *keys(f"{at}.InstanceStorageConfigs[].EbsVolumeConfig.VolumeKmsKeyId"),
    )


CLUSTER = Kind(
    "AWS::SageMaker::Cluster", sagemaker.DescribeClusterResponse,
    links=(
        *vpc(), *to(ROLE, "ClusterRole"),
        *_group("InstanceGroups[]"), *_group("RestrictedInstanceGroups[]"),
        *buckets("InstanceGroups[].LifeCycleConfig.SourceS3Uri",
                 "RestrictedInstanceGroups[].EnvironmentConfig.S3OutputPath"),
        *to(SECRET, "Orchestrator.Slurm.AccountingDatabase.SecretArn"),
    ),
)
MLFLOW_SERVER = Kind(
    "AWS::SageMaker::MlflowTrackingServer", sagemaker.DescribeMlflowTrackingServerResponse,
    id="TrackingServerName", arn="TrackingServerArn",
    links=(*to(ROLE, "RoleArn"), *buckets("ArtifactStoreUri")),
)
# What was deleted of these two is still listed for a while.
MLFLOW_APP = Kind(
    "AWS::SageMaker::MlflowApp", sagemaker.DescribeMlflowAppResponse, id="Name", arn="Arn",
    keep="Status != 'Deleted'",
    links=(
        *to(ROLE, "RoleArn"), *keys("KmsKeyId"), *buckets("ArtifactStoreUri"),
        *to(DOMAIN, "DefaultDomainIdList[]"),
    ),
)
PARTNER_APP = Kind(
    "AWS::SageMaker::PartnerApp", sagemaker.DescribePartnerAppResponse, id="Name", arn="Arn",
    keep="Status != 'Deleted'",
    links=(
        *to(ROLE, "ExecutionRoleArn"), *keys("KmsKeyId"),
    ),
    secrets=("ApplicationConfig.Arguments",),
)
DEVICE_FLEET = Kind(
    "AWS::SageMaker::DeviceFleet", sagemaker.DescribeDeviceFleetResponse,
    links=(
        *to(ROLE, "RoleArn"), *keys("OutputConfig.KmsKeyId"),
        *buckets("OutputConfig.S3OutputLocation"),
    ),
)


class DefaultBucket(Shape):
    """The bucket that SageMaker's SDK and Studio take in a region where nobody names another."""

    BucketName: str | None


# Sources: Session.default_bucket in the SageMaker Python SDK's reference; the name tells nothing of
# whose it is, so S3 is asked, as about any bucket that something names.
DEFAULT_BUCKET: Kind[DefaultBucket] = Kind(
    "AWS::SageMaker::DefaultBucket", DefaultBucket, lists="", describes="", single=True,
    on_demand=IN_USE, id="BucketName",
    arn="arn:{partition}:sagemaker:{region}:{account}:default-bucket",
    begins={"BucketName": "sagemaker-{region}-{account}"}, links=buckets("BucketName"),
)
