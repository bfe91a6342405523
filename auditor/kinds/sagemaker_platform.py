"""What workloads are built on: features, pipelines, clusters, MLflow, partners' apps, devices."""

from __future__ import annotations

from auditor.kind import Kind, Link
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
