"""What answers requests: models, endpoints and the ways to them."""

from __future__ import annotations

from auditor.kind import Kind, Link, Part, Search
from auditor.shapes import sagemaker

from .containers import IMAGE, REPOSITORY
from .identity import ROLE
from .network import INSTANCE_TYPE
from .pointing import buckets, keys, owner_of, to, vpc
from .sagemaker_registry import HUB_CONTENT, MODEL_PACKAGE
from .values import component_of, endpoint_of


def _container(at: str) -> tuple[Link, ...]:
    """Return the links of a model's container."""
    return (
        *to(REPOSITORY, f"{at}.Image"), *to(MODEL_PACKAGE, f"{at}.ModelPackageName"),
        *buckets(f"{at}.ModelDataUrl", f"{at}.ModelDataSource.S3DataSource.S3Uri",
                 f"{at}.AdditionalModelDataSources[].S3DataSource.S3Uri"),
        *to(HUB_CONTENT, f"{at}.ModelDataSource.S3DataSource.HubAccessConfig.HubContentArn"),
    )


MODEL = Kind(
    "AWS::SageMaker::Model", sagemaker.DescribeModelOutput, settled="ModelName",
    search=Search("Model", "Model.Model"),
    links=(
        *to(ROLE, "ExecutionRoleArn"), *vpc(),
        *_container("PrimaryContainer"), *_container("Containers[]"),
    ),
    secrets=("PrimaryContainer.Environment", "Containers[].Environment",
             "DeploymentRecommendation.RealTimeInferenceRecommendations[].Environment"),
)


def _variants(at: str) -> tuple[Link, ...]:
    """Return the links of an endpoint configuration's variants."""
    return (
        *to(MODEL, f"{at}.ModelName", f"{at}.InstancePools[].ModelNameOverride"),
        *to(INSTANCE_TYPE, f"{at}.InstanceType", f"{at}.InstancePools[].InstanceType"),
        *buckets(f"{at}.CoreDumpConfig.DestinationS3Uri"),
        *keys(f"{at}.CoreDumpConfig.KmsKeyId"),
    )


_CAPTURE = (
    *keys("DataCaptureConfig.KmsKeyId"), *buckets("DataCaptureConfig.DestinationS3Uri"),
)
_ASYNC = (
    *buckets("AsyncInferenceConfig.OutputConfig.S3OutputPath",
             "AsyncInferenceConfig.OutputConfig.S3FailurePath"),
    *keys("AsyncInferenceConfig.OutputConfig.KmsKeyId"),
)
ENDPOINT_CONFIG = Kind(
    "AWS::SageMaker::EndpointConfig", sagemaker.DescribeEndpointConfigOutput,
    settled="EndpointConfigName",
    links=(
        *to(ROLE, "ExecutionRoleArn"), *keys("KmsKeyId"), *vpc(), *_CAPTURE, *_ASYNC,
        *_variants("ProductionVariants[]"), *_variants("ShadowProductionVariants[]"),
    ),
)


class Endpoint(sagemaker.DescribeEndpointOutput):
    """An endpoint; ``ResourcePolicy`` is None where it has none."""

    ResourcePolicy: str | None


def _owner(value: str) -> str:
    return owner_of(endpoint_of(value))


ENDPOINT: Kind[Endpoint] = Kind(
    "AWS::SageMaker::Endpoint", Endpoint, foreign=_owner, canon=endpoint_of,
    parts=(
        # AWS answers ValidationException where there is no policy (API reference of the call).
        Part("ResourcePolicy", "sagemaker.GetEndpointPolicy", "ResourcePolicy",
             ("ValidationException",), {"EndpointName": "{name}"}),
    ),
    links=(
        *to(ENDPOINT_CONFIG, "EndpointConfigName", "PendingDeploymentSummary.EndpointConfigName"),
        *to(IMAGE, "ProductionVariants[].DeployedImages[].ResolvedImage",
            "ShadowProductionVariants[].DeployedImages[].ResolvedImage"),
        *_CAPTURE, *_ASYNC,
    ),
)


def _component(at: str) -> tuple[Link, ...]:
    """Return the links of an inference component's specification."""
    return (
        *to(MODEL, f"{at}.ModelName"), *buckets(f"{at}.Container.ArtifactUrl"),
        *to(IMAGE, f"{at}.Container.DeployedImage.ResolvedImage"),
    )


INFERENCE_COMPONENT = Kind(
    "AWS::SageMaker::InferenceComponent", sagemaker.DescribeInferenceComponentOutput,
    foreign=owner_of, canon=component_of,
    links=(
        *to(ENDPOINT, "EndpointName"), *_component("Specification"),
        *_component("Specifications[]"),
    ),
    secrets=("Specification.Container.Environment", "Specifications[].Container.Environment"),
)
INFERENCE_EXPERIMENT = Kind(
    "AWS::SageMaker::InferenceExperiment", sagemaker.DescribeInferenceExperimentResponse,
    id="Name", arn="Arn", ended="CompletionTime",
    settled="contains(['Completed', 'Cancelled'], Status)",
    links=(
        *to(ROLE, "RoleArn"), *to(ENDPOINT, "EndpointMetadata.EndpointName"),
        *to(MODEL, "ModelVariants[].ModelName"),
        *to(INSTANCE_TYPE,
            "ModelVariants[].InfrastructureConfig.RealTimeInferenceConfig.InstanceType"),
        *keys("KmsKey", "DataStorageConfig.KmsKey"), *buckets("DataStorageConfig.Destination"),
    ),
)


def _routed(type_: str) -> str:
    """Return the path to the destinations of a router that are of a type, by their ARNs."""
    chosen = f"ResourceArn && contains(ResourceArn, ':{type_}/')"
    return f"RoutingTargets[].Destinations[?{chosen}].ResourceArn[]"


INFERENCE_ROUTER = Kind(
    "AWS::SageMaker::InferenceRouter", sagemaker.DescribeInferenceRouterOutput,
    links=(
        *to(ENDPOINT, _routed("endpoint")),
        *to(INFERENCE_COMPONENT, _routed("inference-component")),
        *buckets("RoutingTargets[].AsyncInferenceConfig.OutputConfig.S3OutputPath",
                 "RoutingTargets[].AsyncInferenceConfig.OutputConfig.S3FailurePath"),
        *keys("RoutingTargets[].AsyncInferenceConfig.OutputConfig.KmsKeyId"),
    ),
)
INFERENCE_GATEWAY = Kind(
    "AWS::SageMaker::GlobalInferenceGateway", sagemaker.DescribeGlobalInferenceGatewayResponse,
    id="Id", arn="Arn", takes={"Identifier": "Id"}, links=to(ROLE, "ExecutionRoleArn"),
)
