"""What is registered, approved and passed on: model packages, cards, algorithms, hubs."""

from __future__ import annotations

from auditor.kind import Kind, Link, Part
from auditor.shape import Shape
from auditor.shapes import sagemaker

from .containers import REPOSITORY
from .identity import ROLE
from .pointing import buckets, keys, owner_of, to


class ModelPackageGroup(sagemaker.DescribeModelPackageGroupOutput):
    """A group of model versions; ``ResourcePolicy`` is None where it has none."""

    ResourcePolicy: str | None


MODEL_PACKAGE_GROUP: Kind[ModelPackageGroup] = Kind(
    "AWS::SageMaker::ModelPackageGroup", ModelPackageGroup, foreign=owner_of,
    parts=(
        Part("ResourcePolicy", "sagemaker.GetModelPackageGroupPolicy", "ResourcePolicy",
             ("ValidationException:Cannot find resource policy",),
             {"ModelPackageGroupName": "{name}"}),
    ),
)


def _inference(head: str) -> tuple[Link, ...]:
    """Return the links of the containers of an inference specification."""
    at = f"{head}Containers[]."
    return (
        *to(REPOSITORY, f"{at}Image"),
        *buckets(
            f"{at}ModelDataUrl", f"{at}ModelDataSource.S3DataSource.S3Uri",
            f"{at}AdditionalModelDataSources[].S3DataSource.S3Uri",
            f"{at}AdditionalS3DataSource.S3Uri",
        ),
    )


_VALIDATION = "ValidationSpecification.ValidationProfiles[]."
_TRANSFORM = f"{_VALIDATION}TransformJobDefinition."
_TRAINING = f"{_VALIDATION}TrainingJobDefinition."
_VALIDATED = (
    *to(ROLE, "ValidationSpecification.ValidationRole"),
    *keys(f"{_TRANSFORM}TransformOutput.KmsKeyId",
          f"{_TRANSFORM}TransformResources.VolumeKmsKeyId"),
    *buckets(f"{_TRANSFORM}TransformInput.DataSource.S3DataSource.S3Uri",
             f"{_TRANSFORM}TransformOutput.S3OutputPath"),
)

ALGORITHM = Kind(
    "AWS::SageMaker::Algorithm", sagemaker.DescribeAlgorithmOutput, foreign=owner_of,
    links=(
        *to(REPOSITORY, "TrainingSpecification.TrainingImage"),
        *buckets("TrainingSpecification.AdditionalS3DataSource.S3Uri",
                 f"{_TRAINING}InputDataConfig[].DataSource.S3DataSource.S3Uri",
                 f"{_TRAINING}OutputDataConfig.S3OutputPath"),
        *keys(f"{_TRAINING}OutputDataConfig.KmsKeyId",
              f"{_TRAINING}ResourceConfig.VolumeKmsKeyId"),
        *_inference("InferenceSpecification."), *_VALIDATED,
    ),
    secrets=(
        "InferenceSpecification.Containers[].Environment", f"{_TRANSFORM}Environment",
        f"{_TRAINING}HyperParameters",
        "TrainingSpecification.SupportedHyperParameters[].DefaultValue",
    ),
)
# A version is described by its ARN: the group's name alone means the newest.
MODEL_PACKAGE = Kind(
    "AWS::SageMaker::ModelPackage", sagemaker.DescribeModelPackageOutput, foreign=owner_of,
    list_given={"ModelPackageType": "Both"}, id="ModelPackageArn",
    takes={"ModelPackageName": "ModelPackageArn"},
    links=(
        *to(MODEL_PACKAGE_GROUP, "ModelPackageGroupName"),
        *to(ALGORITHM, "SourceAlgorithmSpecification.SourceAlgorithms[].AlgorithmName"),
        *keys("SecurityConfig.KmsKeyId"),
        *buckets("SourceAlgorithmSpecification.SourceAlgorithms[].ModelDataUrl",
                 "SamplePayloadUrl"),
        *_inference("InferenceSpecification."),
        *_inference("AdditionalInferenceSpecifications[]."), *_VALIDATED,
    ),
    secrets=(
        "InferenceSpecification.Containers[].Environment",
        "AdditionalInferenceSpecifications[].Containers[].Environment",
        f"{_TRANSFORM}Environment", "CustomerMetadataProperties", "ModelCard.ModelCardContent",
    ),
)
MODEL_CARD = Kind(
    "AWS::SageMaker::ModelCard", sagemaker.DescribeModelCardResponse,
    links=keys("SecurityConfig.KmsKeyId"), secrets=("Content",),
)
HUB = Kind(
    "AWS::SageMaker::Hub", sagemaker.DescribeHubResponse, foreign=owner_of,
    # the public hub is AWS's and the same for everybody
    keep="!contains(not_null(HubArn, ''), ':aws:hub/')",
    links=buckets("S3StorageConfig.S3OutputPath"),
)
HUB_CONTENT = Kind(
    "AWS::SageMaker::HubContent", sagemaker.DescribeHubContentResponse, parent=HUB,
    foreign=owner_of, id="HubContentArn", links=to(HUB, "HubName"),
    secrets=("HubContentDocument",),
)


class LineageGroup(sagemaker.DescribeLineageGroupResponse):
    """A lineage group; ``ResourcePolicy`` is None where it has none."""

    ResourcePolicy: str | None


LINEAGE_GROUP: Kind[LineageGroup] = Kind(
    "AWS::SageMaker::LineageGroup", LineageGroup, foreign=owner_of,
    parts=(
        Part("ResourcePolicy", "sagemaker.GetLineageGroupPolicy", "ResourcePolicy",
             ("ResourceNotFound", "ResourceNotFoundException"), {"LineageGroupName": "{name}"}),
    ),
)
PROJECT = Kind(
    "AWS::SageMaker::Project", sagemaker.DescribeProjectOutput,
    links=to(ROLE, "TemplateProviderDetails[].CfnTemplateProviderDetail.RoleARN"),
    secrets=(
        "ServiceCatalogProvisioningDetails.ProvisioningParameters",
        "TemplateProviderDetails[].CfnTemplateProviderDetail.Parameters",
    ),
)


class Portfolio(Shape):
    """Whether SageMaker's project templates are enabled in a region."""

    Status: str | None


PORTFOLIO: Kind[Portfolio] = Kind(
    "AWS::SageMaker::ServicecatalogPortfolio", Portfolio, lists="", describes="", single=True,
    arn="arn:{partition}:sagemaker:{region}:{account}:servicecatalog-portfolio",
    parts=(
        Part("Status", "sagemaker.GetSagemakerServicecatalogPortfolioStatus", "Status"),
    ),
)
