"""The training jobs of the account of ``ml``.

``FAILS`` and ``UNKNOWN`` say what is true of them.
"""

from __future__ import annotations

from tests.worlds import front
from tests.worlds.make import (
    ACCOUNT,
    CMK,
    EU,
    OTHER,
    SECRET,
    VPC,
    ago,
    channel,
    files_channel,
    key_arn,
    role_arn,
    training_job,
)

FOREIGN = "theirs"  # a key of another account
_TWO_M5 = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 30}
JOBS = [
    training_job(
        "t-sound", VpcConfig=VPC, EnableNetworkIsolation=True,
        EnableInterContainerTrafficEncryption=True,
        ResourceConfig=_TWO_M5 | {"VolumeKmsKeyId": key_arn(CMK)},
        OutputDataConfig={"S3OutputPath": "s3://ml-models/out", "KmsKeyId": key_arn(CMK)},
        InputDataConfig=[
            *channel("s3://ml-data/train", "s3://ml-data/test"),
            files_channel("fs-sound"), files_channel("fs-flawed")],
        CheckpointConfig={"S3Uri": "s3://ml-data/checkpoints"}, EnableManagedSpotTraining=True,
        HyperParameters={"epochs": "10", "max_tokens": "2048"},
        AlgorithmSpecification={"TrainingInputMode": "File", "TrainingImage": front.SOUND},
    ),
    training_job(
        "t-flawed", RoleArn=role_arn("admin"), EnableNetworkIsolation=False,
        EnableInterContainerTrafficEncryption=False, ResourceConfig=_TWO_M5,
        OutputDataConfig={"S3OutputPath": "s3://ghost-bucket-1/out", "KmsKeyId": ""},
        InputDataConfig=channel("s3://plain-data/train"), EnableManagedSpotTraining=True,
        HyperParameters={"db_password": SECRET},
        AlgorithmSpecification={"TrainingInputMode": "File", "TrainingImage": front.FLAWED},
    ),
    training_job(  # one instance with NVMe, data of another account, a key that is dying
        "t-subtle", RoleArn=role_arn("wide"), VpcConfig=VPC, EnableNetworkIsolation=True,
        EnableInterContainerTrafficEncryption=False,
        ResourceConfig={"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        OutputDataConfig={"S3OutputPath": "s3://ml-models/out",
                          "KmsKeyId": f"arn:aws:kms:{EU}:{ACCOUNT}:alias/dying"},
        InputDataConfig=channel("s3://their-data/train"), EnableManagedSpotTraining=False,
        HyperParameters={"tokenizer": "bert-base"},
    ),
    training_job(  # a key of another account, which does not let us look
        "t-foreign-key", VpcConfig=VPC, EnableNetworkIsolation=True,
        ResourceConfig={"VolumeSizeInGB": 30, "VolumeKmsKeyId": CMK, "InstanceGroups": [
            {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "InstanceGroupName": "a"},
            {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "InstanceGroupName": "b"}]},
        EnableInterContainerTrafficEncryption=False,
        OutputDataConfig={"S3OutputPath": "s3://ml-models/out",
                          "KmsKeyId": key_arn(FOREIGN, account=OTHER)},
        InputDataConfig=channel("s3://ml-data/train"), EnableManagedSpotTraining=False,
    ),
    training_job(  # flawed, but ended long ago
        "t-old", RoleArn=role_arn("sound"), EnableNetworkIsolation=False,
        ResourceConfig=_TWO_M5 | {"InstanceCount": 1, "VolumeKmsKeyId": key_arn(CMK)},
        OutputDataConfig={"S3OutputPath": "s3://ml-models/out", "KmsKeyId": key_arn(CMK)},
        InputDataConfig=channel("s3://ml-data/train"), VpcConfig=VPC,
        CreationTime=ago(400.02), TrainingStartTime=ago(400.02), TrainingEndTime=ago(400),
    ),
]

FAILS = {
    "sagemaker-training-checkpoint": {"t-flawed"},
    "sagemaker-training-data-bucket-versioned": {"t-flawed"},
    "sagemaker-training-data-cross-account": {"t-subtle"},
    "sagemaker-training-data-unencrypted": {"t-flawed"},
    "sagemaker-training-hyperparameter-secrets": {"t-flawed"},
    "sagemaker-training-in-vpc": {"t-flawed"},
    "sagemaker-training-intercontainer-encryption": {"t-flawed", "t-foreign-key"},
    "sagemaker-training-logging": {"t-flawed"},
    "sagemaker-training-network-isolation": {"t-flawed", "t-old"},
    "sagemaker-training-output-cmk": {"t-flawed", "t-subtle"},
    "sagemaker-training-output-ghost-bucket": {"t-flawed"},
    "sagemaker-training-output-kms": {"t-flawed"},
    "sagemaker-training-role-admin": {"t-flawed"},
    "sagemaker-training-role-passrole": {"t-flawed", "t-subtle"},
    "sagemaker-training-role-s3-scope": {"t-flawed", "t-subtle"},
    "sagemaker-training-volume-kms": {"t-flawed"},
}
UNKNOWN = {
    "sagemaker-training-data-bucket-versioned": {"t-subtle"},
    "sagemaker-training-data-unencrypted": {"t-subtle"},
    "sagemaker-training-output-cmk": {"t-foreign-key"},
}
