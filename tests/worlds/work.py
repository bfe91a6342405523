"""What runs in the account of ``ml`` beside training and serving: jobs, pipelines, a cluster.

``FAILS`` says what is true of them. Of each there is one that is sound and one that is not.
"""

from __future__ import annotations

import json

from tests.fakeaws import By
from tests.worlds import front
from tests.worlds.make import CMK, SECRET, VPC, ago, arn, channel, key_arn, role_arn

HOW = ("sound", "flawed")
_ROLE = {"sound": role_arn("sound"), "flawed": role_arn("admin")}
_ENDED = {"CreationTime": ago(2), "LastModifiedTime": ago(1)}
_ONE_M5 = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}


def _key(how, member="KmsKeyId"):
    return {member: key_arn(CMK)} if how == "sound" else {}


def _called(noun, base, how):
    name = f"{base}-{how}"
    path = "".join(f"-{c.lower()}" if c.isupper() else c for c in noun).lstrip("-")
    return {f"{noun}Name": name, f"{noun}Arn": arn("sagemaker", f"{path}/{name}")}


def _processing(how):
    environment = {"sound": {"STAGE": "prod", "DB_SECRET_NAME": "warehouse/reader"},
                   "flawed": {"DB_PASSWORD": SECRET}}
    networks = {"sound": {"NetworkConfig": {"EnableNetworkIsolation": True, "VpcConfig": VPC}},
                "flawed": {}}
    return {
        **_called("ProcessingJob", "p", how), "ProcessingJobStatus": "Completed", **_ENDED,
        "ProcessingEndTime": ago(1), "RoleArn": _ROLE[how], **networks[how],
        "AppSpecification": {"ImageUri": front.SOUND}, "Environment": environment[how],
        "ProcessingResources": {"ClusterConfig": {
            **_ONE_M5, "VolumeSizeInGB": 30, **_key(how, "VolumeKmsKeyId")}},
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "features", "S3Output": {
            "S3Uri": "s3://ml-data/daily", "LocalPath": "/opt/ml/processing/out",
            "S3UploadMode": "EndOfJob"}}], **_key(how)},
    }


def _tuning(how):
    return {
        **_called("HyperParameterTuningJob", "h", how), **_ENDED,
        "HyperParameterTuningJobStatus": "Completed", "HyperParameterTuningEndTime": ago(1),
        "HyperParameterTuningJobConfig": {"Strategy": "Bayesian", "ResourceLimits": {
            "MaxParallelTrainingJobs": 1}},
        "TrainingJobStatusCounters": {}, "ObjectiveStatusCounters": {},
        "_summary": {"Strategy": "Bayesian"},
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": front.SOUND},
            "RoleArn": _ROLE["sound"], "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            "OutputDataConfig": {"S3OutputPath": "s3://ml-models/h", "KmsKeyId": key_arn(CMK)},
            "ResourceConfig": {
                **_ONE_M5, "VolumeSizeInGB": 30, **_key(how, "VolumeKmsKeyId")}},
    }


def _automl(how):
    return {
        **_called("AutoMLJob", "a", how), **_ENDED, "RoleArn": _ROLE["sound"], "EndTime": ago(1),
        "AutoMLJobArn": arn("sagemaker", f"automl-job/a-{how}"), "AutoMLJobStatus": "Completed",
        "AutoMLJobInputDataConfig": [{"DataSource": {"S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": "s3://ml-data/train"}}}],
        "OutputDataConfig": {"S3OutputPath": "s3://ml-models/a", "KmsKeyId": key_arn(CMK)},
        "AutoMLProblemTypeConfigName": "Tabular", "AutoMLJobSecondaryStatus": "Completed",
        "SecurityConfig": {"EnableInterContainerTrafficEncryption": how == "sound",
                           "VpcConfig": VPC},
    }


def _compilation(how):
    return {
        **_called("CompilationJob", "c", how), **_ENDED, "CompilationJobStatus": "COMPLETED",
        "CompilationEndTime": ago(1), "StoppingCondition": {"MaxRuntimeInSeconds": 900},
        "FailureReason": "", "RoleArn": _ROLE["sound"],
        "ModelArtifacts": {"S3ModelArtifacts": "s3://ml-models/edge/model.tar.gz"},
        "InputConfig": {"S3Uri": "s3://ml-models/m/model.tar.gz", "Framework": "PYTORCH"},
        "OutputConfig": {"S3OutputLocation": "s3://ml-models/edge", "TargetDevice": "ml_c5",
                         **_key(how)},
    }


def _transform(how):
    return {
        **_called("TransformJob", "b", how), "CreationTime": ago(2), "TransformEndTime": ago(1),
        "TransformJobStatus": "Completed", "ModelName": "m-sound",
        "TransformInput": {"DataSource": channel("s3://ml-data/batch")[0]["DataSource"]},
        "TransformOutput": {"S3OutputPath": "s3://ml-data/scores", "KmsKeyId": key_arn(CMK)},
        "TransformResources": {**_ONE_M5, **_key(how, "VolumeKmsKeyId")},
    }


def _experiment(how):
    name = f"x-{how}"
    return {
        "Name": name, "Arn": arn("sagemaker", f"inference-experiment/{name}"),
        "Type": "ShadowMode", "Status": "Running", "EndpointMetadata": {"EndpointName": "e-sound"},
        **_ENDED, "RoleArn": _ROLE["sound"], **_key(how, "KmsKey"),
        "ModelVariants": [{
            "ModelName": "m-sound", "VariantName": variant, "Status": "InService",
            "InfrastructureConfig": {
                "InfrastructureType": "RealTimeInference", "RealTimeInferenceConfig": _ONE_M5},
        } for variant in ("live", "shadow")],
        "DataStorageConfig": {"Destination": "s3://ml-data/shadow", **_key(how, "KmsKey")},
        "_tags": {"team": "fraud"} if how == "sound" else {},
    }


def _flow(how):
    return {**_called("FlowDefinition", "f", how), "FlowDefinitionStatus": "Active",
            "CreationTime": ago(40), "RoleArn": _ROLE["sound"],
            "OutputConfig": {"S3OutputPath": "s3://ml-data/reviews", **_key(how)}}


def _pipeline(how):
    steps = [{"Name": "train", "Type": "Training", "Arguments": {
        "OutputDataConfig": {"S3OutputPath": "s3://ml-models/pipeline", **_key(how)}}}]
    return {
        **_called("Pipeline", "l", how), **_ENDED, "PipelineStatus": "Active",
        "RoleArn": _ROLE[how],
        "PipelineDefinition": json.dumps({"Version": "2020-12-01", "Steps": steps}),
    }


def _cluster(how):
    return {
        **_called("Cluster", "k", how), "ClusterStatus": "InService", "CreationTime": ago(40),
        "InstanceGroups": [{
            "InstanceGroupName": "workers", "InstanceType": "ml.m5.xlarge", "CurrentCount": 2,
            "ExecutionRole": _ROLE["sound"]}],
        **({"VpcConfig": VPC} if how == "sound" else {}),
    }


_AUTOML = [_automl(how) for how in HOW]
_LISTED = ("AutoMLJobName", "AutoMLJobArn", "AutoMLJobStatus", "AutoMLJobSecondaryStatus",
           "CreationTime", "LastModifiedTime")
SAGEMAKER = {
    "ProcessingJob": [_processing(how) for how in HOW],
    "HyperParameterTuningJob": [_tuning(how) for how in HOW],
    "ListAutoMLJobs": {"AutoMLJobSummaries": [{k: job[k] for k in _LISTED} for job in _AUTOML]},
    "DescribeAutoMLJobV2": By("AutoMLJobName", {job["AutoMLJobName"]: job for job in _AUTOML}),
    "CompilationJob": [_compilation(how) for how in HOW],
    "TransformJob": [_transform(how) for how in HOW],
    "InferenceExperiment": [_experiment(how) for how in HOW],
    "FlowDefinition": [_flow(how) for how in HOW],
    "Pipeline": [_pipeline(how) for how in HOW],
    "Cluster": [_cluster(how) for how in HOW],
}

FAILS = {
    **{f"sagemaker-processing-{what}": {"p-flawed"} for what in (
        "environment-secrets", "in-vpc", "network-isolation", "output-kms", "role-wildcards",
        "volume-kms")},
    "sagemaker-automl-intercontainer-encryption": {"a-flawed"},
    "sagemaker-cluster-in-vpc": {"k-flawed"},
    "sagemaker-compilation-output-kms": {"c-flawed"},
    "sagemaker-flow-definition-output-kms": {"f-flawed"},
    **{f"sagemaker-inference-experiment-{what}": {"x-flawed"} for what in (
        "data-kms", "instance-kms", "tagged")},
    "sagemaker-pipeline-encryption": {"l-flawed"},
    "sagemaker-pipeline-role-scope": {"l-flawed"},
    "sagemaker-transform-volume-kms": {"b-flawed"},
    "sagemaker-tuning-volume-kms": {"h-flawed"},
}
