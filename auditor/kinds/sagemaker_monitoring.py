"""What watches models: monitoring schedules and the four definitions of their jobs."""

from __future__ import annotations

from auditor.kind import Kind, Link, Part
from auditor.shapes import sagemaker

from .containers import REPOSITORY
from .identity import ROLE
from .network import INSTANCE_TYPE
from .pointing import buckets, keys, to, vpc
from .sagemaker_serving import ENDPOINT


def _definition(about: str) -> tuple[Link, ...]:
    """Return the links of a job definition, most of whose members begin with what it is about."""
    output = f"{about}JobOutputConfig"
    return (
        *to(ROLE, "RoleArn"), *vpc("NetworkConfig."),
        *to(REPOSITORY, f"{about}AppSpecification.ImageUri"),
        *to(ENDPOINT, f"{about}JobInput.EndpointInput.EndpointName"),
        *to(INSTANCE_TYPE, "JobResources.ClusterConfig.InstanceType"),
        *keys(f"{output}.KmsKeyId", "JobResources.ClusterConfig.VolumeKmsKeyId"),
        *buckets(f"{output}.MonitoringOutputs[].S3Output.S3Uri",
                 f"{about}JobInput.BatchTransformInput.DataCapturedDestinationS3Uri",
                 f"{about}BaselineConfig.ConstraintsResource.S3Uri"),
    )


def _scripts(about: str) -> tuple[Link, ...]:
    """Return the links to the scripts that run before and after the analysis."""
    at = f"{about}AppSpecification"
    return buckets(f"{at}.RecordPreprocessorSourceUri", f"{at}.PostAnalyticsProcessorSourceUri")


# what the four lists call otherwise than the descriptions
_LISTED = {
    "JobDefinitionName": "MonitoringJobDefinitionName",
    "JobDefinitionArn": "MonitoringJobDefinitionArn",
}
DATA_QUALITY_DEFINITION = Kind(
    "AWS::SageMaker::DataQualityJobDefinition", sagemaker.DescribeDataQualityJobDefinitionResponse,
    id="JobDefinitionName", arn="JobDefinitionArn", settled="JobDefinitionName",
    takes=_LISTED,
    links=(
        *_definition("DataQuality"), *_scripts("DataQuality"),
        *buckets("DataQualityBaselineConfig.StatisticsResource.S3Uri"),
    ),
    secrets=("DataQualityAppSpecification.Environment",
             "DataQualityAppSpecification.ContainerArguments",
             "DataQualityAppSpecification.ContainerEntrypoint"),
)
MODEL_QUALITY_DEFINITION = Kind(
    "AWS::SageMaker::ModelQualityJobDefinition",
    sagemaker.DescribeModelQualityJobDefinitionResponse,
    id="JobDefinitionName", arn="JobDefinitionArn", settled="JobDefinitionName",
    takes=_LISTED,
    links=(
        *_definition("ModelQuality"), *_scripts("ModelQuality"),
        *buckets("ModelQualityJobInput.GroundTruthS3Input.S3Uri"),
    ),
    secrets=("ModelQualityAppSpecification.Environment",
             "ModelQualityAppSpecification.ContainerArguments",
             "ModelQualityAppSpecification.ContainerEntrypoint"),
)
MODEL_BIAS_DEFINITION = Kind(
    "AWS::SageMaker::ModelBiasJobDefinition", sagemaker.DescribeModelBiasJobDefinitionResponse,
    id="JobDefinitionName", arn="JobDefinitionArn", settled="JobDefinitionName",
    takes=_LISTED,
    links=(
        *_definition("ModelBias"),
        *buckets("ModelBiasJobInput.GroundTruthS3Input.S3Uri",
                 "ModelBiasAppSpecification.ConfigUri"),
    ),
    secrets=("ModelBiasAppSpecification.Environment",),
)
MODEL_EXPLAINABILITY_DEFINITION = Kind(
    "AWS::SageMaker::ModelExplainabilityJobDefinition",
    sagemaker.DescribeModelExplainabilityJobDefinitionResponse,
    id="JobDefinitionName", arn="JobDefinitionArn", settled="JobDefinitionName",
    takes=_LISTED,
    links=(
        *_definition("ModelExplainability"),
        *buckets("ModelExplainabilityAppSpecification.ConfigUri"),
    ),
    secrets=("ModelExplainabilityAppSpecification.Environment",),
)


class MonitoringSchedule(sagemaker.DescribeMonitoringScheduleResponse):
    """A schedule, and the alerts that its executions raise."""

    Alerts: list[sagemaker.MonitoringAlertSummary] | None


_INLINE = "MonitoringScheduleConfig.MonitoringJobDefinition"
_APP = f"{_INLINE}.MonitoringAppSpecification"


def _named(monitoring_type: str) -> str:
    """Return the path to the definition's name, where the schedule is of that type.

    The schedule as a whole may leave its type out, which its configuration then tells.
    """
    told = "(MonitoringType || MonitoringScheduleConfig.MonitoringType)"
    return (f"{told} == '{monitoring_type}'"
            " && MonitoringScheduleConfig.MonitoringJobDefinitionName")


MONITORING_SCHEDULE: Kind[MonitoringSchedule] = Kind(
    "AWS::SageMaker::MonitoringSchedule", MonitoringSchedule,
    parts=(
        Part("Alerts", "sagemaker.ListMonitoringAlerts", "MonitoringAlertSummaries",
             given={"MonitoringScheduleName": "{name}"}),
    ),
    links=(
        *to(DATA_QUALITY_DEFINITION, _named("DataQuality")),
        *to(MODEL_QUALITY_DEFINITION, _named("ModelQuality")),
        *to(MODEL_BIAS_DEFINITION, _named("ModelBias")),
        *to(MODEL_EXPLAINABILITY_DEFINITION, _named("ModelExplainability")),
        *to(ENDPOINT, "EndpointName", f"{_INLINE}.MonitoringInputs[].EndpointInput.EndpointName"),
        *to(ROLE, f"{_INLINE}.RoleArn"), *vpc(f"{_INLINE}.NetworkConfig."),
        *to(REPOSITORY, f"{_APP}.ImageUri"),
        *to(INSTANCE_TYPE, f"{_INLINE}.MonitoringResources.ClusterConfig.InstanceType"),
        *keys(f"{_INLINE}.MonitoringOutputConfig.KmsKeyId",
              f"{_INLINE}.MonitoringResources.ClusterConfig.VolumeKmsKeyId"),
        *buckets(
            f"{_INLINE}.MonitoringOutputConfig.MonitoringOutputs[].S3Output.S3Uri",
            f"{_INLINE}.MonitoringInputs[].BatchTransformInput.DataCapturedDestinationS3Uri",
            f"{_INLINE}.BaselineConfig.ConstraintsResource.S3Uri",
            f"{_INLINE}.BaselineConfig.StatisticsResource.S3Uri",
            f"{_APP}.RecordPreprocessorSourceUri", f"{_APP}.PostAnalyticsProcessorSourceUri",
        ),
    ),
    secrets=(f"{_INLINE}.Environment", f"{_APP}.ContainerArguments",
             f"{_APP}.ContainerEntrypoint"),
)
