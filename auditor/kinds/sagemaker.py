"""What SageMaker runs and keeps."""

from __future__ import annotations

from auditor.kind import Kind, Link
from auditor.shapes import sagemaker

from .identity import ROLE
from .network import INSTANCE_TYPE, SECURITY_GROUP, SUBNET
from .storage import BUCKET, KEY

_VPC_LINKS = (
    Link("VpcConfig.Subnets[]", SUBNET), Link("VpcConfig.SecurityGroupIds[]", SECURITY_GROUP),
)
NOTEBOOK_LIFECYCLE = Kind(
    "AWS::SageMaker::NotebookInstanceLifecycleConfig",
    sagemaker.DescribeNotebookInstanceLifecycleConfigOutput,
    secrets=("OnCreate[].Content", "OnStart[].Content"),
)
NOTEBOOK = Kind(
    "AWS::SageMaker::NotebookInstance", sagemaker.DescribeNotebookInstanceOutput,
    links=(
        Link("RoleArn", ROLE), Link("KmsKeyId", KEY), Link("SubnetId", SUBNET),
        Link("SecurityGroups[]", SECURITY_GROUP),
        Link("NotebookInstanceLifecycleConfigName", NOTEBOOK_LIFECYCLE),
    ),
)
MODEL = Kind(
    "AWS::SageMaker::Model", sagemaker.DescribeModelOutput,
    links=(
        Link("ExecutionRoleArn", ROLE), *_VPC_LINKS,
        Link("PrimaryContainer.ModelDataUrl", BUCKET),
        Link("PrimaryContainer.ModelDataSource.S3DataSource.S3Uri", BUCKET),
        Link("Containers[].ModelDataUrl", BUCKET),
        Link("Containers[].ModelDataSource.S3DataSource.S3Uri", BUCKET),
    ),
    secrets=("PrimaryContainer.Environment", "Containers[].Environment"),
)
ENDPOINT_CONFIG = Kind(
    "AWS::SageMaker::EndpointConfig", sagemaker.DescribeEndpointConfigOutput,
    links=(
        Link("ProductionVariants[].ModelName", MODEL),
        Link("ShadowProductionVariants[].ModelName", MODEL),
        Link("ExecutionRoleArn", ROLE), Link("KmsKeyId", KEY),
        Link("DataCaptureConfig.KmsKeyId", KEY),
        Link("DataCaptureConfig.DestinationS3Uri", BUCKET),
        Link("AsyncInferenceConfig.OutputConfig.S3OutputPath", BUCKET),
        Link("AsyncInferenceConfig.OutputConfig.KmsKeyId", KEY),
        Link("ProductionVariants[].InstanceType", INSTANCE_TYPE),
        Link("ShadowProductionVariants[].InstanceType", INSTANCE_TYPE),
        Link("ProductionVariants[].InstancePools[].ModelNameOverride", MODEL),
        Link("ShadowProductionVariants[].InstancePools[].ModelNameOverride", MODEL),
        Link("ProductionVariants[].InstancePools[].InstanceType", INSTANCE_TYPE),
        Link("ShadowProductionVariants[].InstancePools[].InstanceType", INSTANCE_TYPE),
        *_VPC_LINKS,
    ),
)
ENDPOINT = Kind(
    "AWS::SageMaker::Endpoint", sagemaker.DescribeEndpointOutput,
    links=(
        Link("EndpointConfigName", ENDPOINT_CONFIG),
        Link("DataCaptureConfig.KmsKeyId", KEY),
        Link("DataCaptureConfig.DestinationS3Uri", BUCKET),
    ),
)
TRAINING_JOB = Kind(
    "AWS::SageMaker::TrainingJob", sagemaker.DescribeTrainingJobResponse,
    links=(
        Link("RoleArn", ROLE), Link("ResourceConfig.VolumeKmsKeyId", KEY),
        Link("OutputDataConfig.KmsKeyId", KEY),
        Link("InputDataConfig[].DataSource.S3DataSource.S3Uri", BUCKET),
        Link("OutputDataConfig.S3OutputPath", BUCKET),
        Link("CheckpointConfig.S3Uri", BUCKET),
        Link("ResourceConfig.InstanceType", INSTANCE_TYPE),
        Link("ResourceConfig.InstanceGroups[].InstanceType", INSTANCE_TYPE),
        Link("ResourceConfig.InstancePreferences[].InstanceType", INSTANCE_TYPE),
        Link("ResourceConfig.SelectedInstanceType", INSTANCE_TYPE),
        *_VPC_LINKS,
    ),
    ended="TrainingEndTime",
    secrets=("HyperParameters", "Environment"),
)
