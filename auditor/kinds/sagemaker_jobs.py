"""What runs and ends: training, processing and the other jobs."""

from __future__ import annotations

from auditor.kind import Kind, Link, Search
from auditor.shapes import sagemaker

from .containers import REPOSITORY
from .files import FILE_SYSTEM
from .identity import ROLE
from .network import INSTANCE_TYPE
from .pointing import buckets, keys, to, vpc
from .sagemaker_monitoring import MONITORING_SCHEDULE
from .sagemaker_registry import ALGORITHM, HUB_CONTENT, MODEL_PACKAGE, MODEL_PACKAGE_GROUP
from .sagemaker_serving import ENDPOINT, MODEL
from .values import training_of


def _over(status: str, *also: str) -> str:
    """Return the condition that a job has come to its end, by the member with its status."""
    words = ", ".join(f"'{word}'" for word in ("Completed", "Failed", "Stopped", *also))
    return f"contains([{words}], {status})"


def _component(job: str) -> Search:
    """Return how to search for jobs by the trial components that SageMaker makes of them."""
    return Search(
        "ExperimentTrialComponent", f"TrialComponent.SourceDetail.{job}",
        {"Source.SourceType": f"SageMaker{job}"}, late=60,
    )


def _training(head: str = "") -> tuple[Link, ...]:
    """Return the links of a training job, or of a definition of such jobs."""
    data, resources = f"{head}InputDataConfig[].DataSource", f"{head}ResourceConfig"
    return (
        *to(ROLE, f"{head}RoleArn"), *vpc(head),
        *to(REPOSITORY, f"{head}AlgorithmSpecification.TrainingImage"),
        *to(ALGORITHM, f"{head}AlgorithmSpecification.AlgorithmName"),
        *to(HUB_CONTENT, f"{data}.S3DataSource.HubAccessConfig.HubContentArn"),
        *keys(f"{resources}.VolumeKmsKeyId", f"{head}OutputDataConfig.KmsKeyId"),
        *buckets(f"{data}.S3DataSource.S3Uri", f"{head}OutputDataConfig.S3OutputPath",
                 f"{head}CheckpointConfig.S3Uri"),
        # Lustre's are called alike and are no file systems of EFS
        *to(FILE_SYSTEM, f"{head}InputDataConfig[?DataSource.FileSystemDataSource.FileSystemType"
                         " == 'EFS'][].DataSource.FileSystemDataSource.FileSystemId"),
        *to(INSTANCE_TYPE, f"{resources}.InstanceType",
            f"{resources}.InstanceGroups[].InstanceType",
            f"{resources}.InstancePreferences[].InstanceType",
            f"{resources}.SelectedInstanceType"),
    )


def _tuned(head: str) -> tuple[Link, ...]:
    """Return the links of a tuning job's definition, which may name its resources twice over."""
    resources = f"{head}HyperParameterTuningResourceConfig"
    return (
        *_training(head), *keys(f"{resources}.VolumeKmsKeyId"),
        *to(INSTANCE_TYPE, f"{resources}.InstanceType",
            f"{resources}.InstanceConfigs[].InstanceType"),
    )


TUNING_JOB = Kind(
    "AWS::SageMaker::HyperParameterTuningJob", sagemaker.DescribeHyperParameterTuningJobResponse,
    ended="HyperParameterTuningEndTime", settled=_over("HyperParameterTuningJobStatus"),
    search=Search("HyperParameterTuningJob"),
    links=(*_tuned("TrainingJobDefinition."), *_tuned("TrainingJobDefinitions[].")),
    secrets=(
        "TrainingJobDefinition.StaticHyperParameters", "TrainingJobDefinition.Environment",
        "TrainingJobDefinitions[].StaticHyperParameters", "TrainingJobDefinitions[].Environment",
        "BestTrainingJob.TunedHyperParameters", "OverallBestTrainingJob.TunedHyperParameters",
    ),
)
AUTOML_JOB = Kind(
    "AWS::SageMaker::AutoMLJob", sagemaker.DescribeAutoMLJobV2Response,
    describes="DescribeAutoMLJobV2",  # answers for the jobs of the first version too
    ended="EndTime", settled=_over("AutoMLJobStatus"),
    links=(
        *to(ROLE, "RoleArn", "AutoMLComputeConfig.EmrServerlessComputeConfig.ExecutionRoleARN"),
        *vpc("SecurityConfig."),
        *keys("OutputDataConfig.KmsKeyId", "SecurityConfig.VolumeKmsKeyId"),
        *to(ENDPOINT, "ModelDeployResult.EndpointName"),
        *buckets("AutoMLJobInputDataConfig[].DataSource.S3DataSource.S3Uri",
                 "OutputDataConfig.S3OutputPath",
                 "BestCandidate.InferenceContainers[].ModelDataUrl"),
        *to(REPOSITORY, "BestCandidate.InferenceContainers[].Image"),
    ),
    secrets=("BestCandidate.InferenceContainers[].Environment",
             "BestCandidate.InferenceContainerDefinitions",
             "AutoMLProblemTypeConfig.TextGenerationJobConfig.TextGenerationHyperParameters"),
)
TRAINING_JOB = Kind(
    "AWS::SageMaker::TrainingJob", sagemaker.DescribeTrainingJobResponse, ended="TrainingEndTime",
    canon=training_of,
    # what is kept warm after the end can still be changed (UpdateTrainingJob)
    settled=f"{_over('TrainingJobStatus')}"
            " && !contains(['Available', 'InUse'], not_null(WarmPoolStatus.Status, ''))",
    search=Search("TrainingJob"),
    # Search does not tell that a job is serverless; one with instances and a time limit is not
    enough="(ResourceConfig.InstanceType || ResourceConfig.InstanceGroups"
           " || ResourceConfig.SelectedInstanceType) && StoppingCondition.MaxRuntimeInSeconds",
    links=(
        *_training(),
        *to(TUNING_JOB, "TuningJobArn"), *to(AUTOML_JOB, "AutoMLJobArn"),
        *to(MODEL_PACKAGE_GROUP, "ModelPackageConfig.ModelPackageGroupArn"),
        *to(MODEL_PACKAGE, "ModelPackageConfig.SourceModelPackageArn", "OutputModelPackageArn"),
        *buckets("DebugHookConfig.S3OutputPath", "ProfilerConfig.S3OutputPath",
                 "TensorBoardOutputConfig.S3OutputPath", "ModelArtifacts.S3ModelArtifacts",
                 "DebugRuleConfigurations[].S3OutputPath"),
    ),
    secrets=(
        "HyperParameters", "Environment", "AlgorithmSpecification.ContainerArguments",
        "AlgorithmSpecification.ContainerEntrypoint", "DebugHookConfig.HookParameters",
        "DebugRuleConfigurations[].RuleParameters", "ProfilerRuleConfigurations[].RuleParameters",
    ),
)
_INPUT = "ProcessingInputs[].DatasetDefinition"
_CLUSTER = "ProcessingResources.ClusterConfig"
PROCESSING_JOB = Kind(
    "AWS::SageMaker::ProcessingJob", sagemaker.DescribeProcessingJobResponse,
    ended="ProcessingEndTime", settled=_over("ProcessingJobStatus"),
    search=_component("ProcessingJob"),
    links=(
        *to(ROLE, "RoleArn", f"{_INPUT}.RedshiftDatasetDefinition.ClusterRoleArn"),
        *vpc("NetworkConfig."), *to(REPOSITORY, "AppSpecification.ImageUri"),
        *to(MONITORING_SCHEDULE, "MonitoringScheduleArn"), *to(AUTOML_JOB, "AutoMLJobArn"),
        *to(TRAINING_JOB, "TrainingJobArn"),
        *keys("ProcessingOutputConfig.KmsKeyId", f"{_CLUSTER}.VolumeKmsKeyId",
              f"{_INPUT}.AthenaDatasetDefinition.KmsKeyId",
              f"{_INPUT}.RedshiftDatasetDefinition.KmsKeyId"),
        *buckets("ProcessingInputs[].S3Input.S3Uri",
                 "ProcessingOutputConfig.Outputs[].S3Output.S3Uri",
                 f"{_INPUT}.AthenaDatasetDefinition.OutputS3Uri",
                 f"{_INPUT}.RedshiftDatasetDefinition.OutputS3Uri"),
        *to(INSTANCE_TYPE, f"{_CLUSTER}.InstanceType",
            f"{_CLUSTER}.InstancePreferences[].InstanceType", f"{_CLUSTER}.SelectedInstanceType"),
    ),
    secrets=("Environment", "AppSpecification.ContainerArguments",
             "AppSpecification.ContainerEntrypoint",
             f"{_INPUT}.AthenaDatasetDefinition.QueryString",
             f"{_INPUT}.RedshiftDatasetDefinition.QueryString"),
)
TRANSFORM_JOB = Kind(
    "AWS::SageMaker::TransformJob", sagemaker.DescribeTransformJobResponse,
    ended="TransformEndTime", settled=_over("TransformJobStatus"),
    search=_component("TransformJob"),
    links=(
        *to(MODEL, "ModelName"), *to(AUTOML_JOB, "AutoMLJobArn"),
        *keys("TransformOutput.KmsKeyId", "TransformResources.VolumeKmsKeyId",
              "DataCaptureConfig.KmsKeyId"),
        *buckets("TransformInput.DataSource.S3DataSource.S3Uri", "TransformOutput.S3OutputPath",
                 "DataCaptureConfig.DestinationS3Uri"),
        *to(INSTANCE_TYPE, "TransformResources.InstanceType"),
    ),
    secrets=("Environment",),
)
COMPILATION_JOB = Kind(
    "AWS::SageMaker::CompilationJob", sagemaker.DescribeCompilationJobResponse,
    ended="CompilationEndTime",
    settled="contains(['COMPLETED', 'FAILED', 'STOPPED'], CompilationJobStatus)",
    links=(
        *to(ROLE, "RoleArn"), *vpc(), *keys("OutputConfig.KmsKeyId"),
        *buckets("InputConfig.S3Uri", "OutputConfig.S3OutputLocation"),
        *to(MODEL_PACKAGE, "ModelPackageVersionArn"),
    ),
)
OPTIMIZATION_JOB = Kind(
    "AWS::SageMaker::OptimizationJob", sagemaker.DescribeOptimizationJobResponse,
    ended="OptimizationEndTime",
    settled="contains(['COMPLETED', 'FAILED', 'STOPPED'], OptimizationJobStatus)",
    links=(
        *to(ROLE, "RoleArn"), *vpc(), *keys("OutputConfig.KmsKeyId"),
        *to(MODEL, "ModelSource.SageMakerModel.ModelName",
            "OutputConfig.SageMakerModel.ModelName"),
        *buckets("ModelSource.S3.S3Uri", "OutputConfig.S3OutputLocation"),
    ),
    secrets=(
        "OptimizationEnvironment",
        "OptimizationConfigs[].ModelQuantizationConfig.OverrideEnvironment",
        "OptimizationConfigs[].ModelCompilationConfig.OverrideEnvironment",
        "OptimizationConfigs[].ModelShardingConfig.OverrideEnvironment",
    ),
)
_PACKAGED = "contains(['COMPLETED', 'FAILED', 'STOPPED'], EdgePackagingJobStatus)"
EDGE_PACKAGING_JOB = Kind(
    "AWS::SageMaker::EdgePackagingJob", sagemaker.DescribeEdgePackagingJobResponse,
    ended=f"{_PACKAGED} && LastModifiedTime", settled=_PACKAGED,  # AWS tells no time of its end
    links=(
        *to(ROLE, "RoleArn"), *to(COMPILATION_JOB, "CompilationJobName"),
        *keys("OutputConfig.KmsKeyId"), *buckets("OutputConfig.S3OutputLocation"),
    ),
)
RECOMMENDATIONS_JOB = Kind(
    "AWS::SageMaker::InferenceRecommendationsJob",
    sagemaker.DescribeInferenceRecommendationsJobResponse, id="JobName", arn="JobArn",
    ended="CompletionTime",
    settled="contains(['COMPLETED', 'FAILED', 'STOPPED', 'DELETED'], Status)",
    links=(
        *to(ROLE, "RoleArn"), *vpc("InputConfig."), *keys("InputConfig.VolumeKmsKeyId"),
        *to(MODEL, "InputConfig.ModelName"),
        *to(MODEL_PACKAGE, "InputConfig.ModelPackageVersionArn"),
        *to(ENDPOINT, "InputConfig.Endpoints[].EndpointName"),
        *buckets("InputConfig.ContainerConfig.PayloadConfig.SamplePayloadUrl"),
    ),
    secrets=("InferenceRecommendations[].ModelConfiguration.EnvironmentParameters",),
)
WORKLOAD_CONFIG = Kind(
    "AWS::SageMaker::AIWorkloadConfig", sagemaker.DescribeAIWorkloadConfigResponse,
    links=buckets("DatasetConfig.InputDataConfig[].DataSource.S3DataSource.S3Uri"),
    secrets=("AIWorkloadConfigs",),
)
BENCHMARK_JOB = Kind(
    "AWS::SageMaker::AIBenchmarkJob", sagemaker.DescribeAIBenchmarkJobResponse, ended="EndTime",
    settled=_over("AIBenchmarkJobStatus"),
    links=(
        *to(ROLE, "RoleArn"), *vpc("NetworkConfig."),
        *to(ENDPOINT, "BenchmarkTarget.Endpoint.Identifier"),
        *to(WORKLOAD_CONFIG, "AIWorkloadConfigIdentifier"),
        *buckets("OutputConfig.S3OutputLocation"),
    ),
)
AI_RECOMMENDATION_JOB = Kind(
    "AWS::SageMaker::AIRecommendationJob", sagemaker.DescribeAIRecommendationJobResponse,
    ended="EndTime", settled=_over("AIRecommendationJobStatus"),
    links=(
        *to(ROLE, "RoleArn"), *to(WORKLOAD_CONFIG, "AIWorkloadConfigIdentifier"),
        *to(MODEL_PACKAGE_GROUP, "OutputConfig.ModelPackageGroupIdentifier"),
        *buckets("ModelSource.S3.S3Uri", "OutputConfig.S3OutputLocation",
                 "AdapterSource.S3Uris[].S3Uri"),
    ),
    secrets=("Recommendations[].DeploymentConfiguration.EnvironmentVariables",),
)
TRAINING_SESSION = Kind(
    "AWS::SageMaker::TrainingSession", sagemaker.TrainingSessionDetail,
    answer="TrainingSessionDetail", id="TrainingSessionArn",
    takes={"TrainingSessionName": "{name}"},  # its list tells ARNs only
    ended="EndTime",
    links=(
        *to(ROLE, "RoleArn"), *vpc(), *to(MODEL_PACKAGE_GROUP, "ModelPackageGroupArn"),
        *buckets("OutputConfig.S3Location.Path"), *keys("OutputConfig.S3Location.KmsKeyArn"),
    ),
)
# One list for each category of job, as botocore's model has them.
JOB = Kind(
    "AWS::SageMaker::Job", sagemaker.DescribeJobResponse, ended="EndTime",
    settled=_over("JobStatus"), search=Search("Job"), links=to(ROLE, "RoleArn"),
    secrets=("JobConfigDocument",),
)
