"""What the account of ``ml`` serves: models, their registry, endpoints and what they run on.

``FAILS`` says what is true of the models and of their registry.
"""

from __future__ import annotations

import json

from tests.worlds import front
from tests.worlds.make import (
    CMK,
    EU,
    OTHER,
    VPC,
    ago,
    arn,
    endpoint,
    endpoint_config,
    key_arn,
    model,
    role_arn,
    serving,
    variant,
)

THEIRS = f"{OTHER}.dkr.ecr.{EU}.amazonaws.com/serving@sha256:{'c' * 64}"
_PRIVATE = {"Image": "registry.example.com/serving:v1", "ImageConfig": {
    "RepositoryAccessMode": "Vpc"}, "ModelDataUrl": "s3://ml-models/p/model.tar.gz"}

MODELS = [
    model("m-sound", VpcConfig=VPC, PrimaryContainer={
        "Image": front.SOUND, "ModelDataUrl": "s3://ml-models/m/model.tar.gz"}),
    model(  # an image of a stranger's
        "m-wide", ExecutionRoleArn=role_arn("wide"), EnableNetworkIsolation=False, Containers=[{
            "Image": THEIRS, "ModelDataUrl": "s3://ml-models/w/model.tar.gz"}]),
    model(  # one artifact that SageMaker cannot fetch, and one that anybody may replace
        "m-flawed", VpcConfig=VPC, Containers=[
            {"Image": front.SOUND, "ModelDataUrl": "https://example.com/model.tar.gz"},
            {"Image": front.SOUND, "ModelDataUrl": "s3://open-data/model.tar.gz"}]),
    model("m-private", VpcConfig=VPC, PrimaryContainer=_PRIVATE),
    model("m-private-pair", VpcConfig=VPC, Containers=[_PRIVATE, _PRIVATE]),
]
_CAPTURE = {
    "EnableCapture": True, "InitialSamplingPercentage": 100, "CaptureOptions": [
        {"CaptureMode": "Input"}], "DestinationS3Uri": "s3://ml-data/capture",
}
CONFIGS = [
    endpoint_config(
        "ec-sound", variant("blue", "m-sound"), variant("green", "m-sound"),
        KmsKeyId=key_arn(CMK), DataCaptureConfig=_CAPTURE | {"KmsKeyId": "alias/ml"}),
    endpoint_config(
        "ec-flawed", variant("one", "m-wide", InitialInstanceCount=1),
        DataCaptureConfig=_CAPTURE),
    endpoint_config(
        "ec-mixed", variant("a", "m-sound"),
        variant("b", "m-sound", InstanceType="ml.c5.xlarge", InitialVariantWeight=0.0),
        KmsKeyId=key_arn(CMK), DataCaptureConfig=_CAPTURE | {"KmsKeyId": "alias/aws/s3"}),
    endpoint_config("ec-serverless", {
        "VariantName": "s", "ModelName": "m-sound", "InitialVariantWeight": 1.0,
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}),
    endpoint_config(  # local NVMe, which no key encrypts
        "ec-nvme", variant("g", "m-sound", InstanceType="ml.g5.xlarge"),
        ShadowProductionVariants=[variant("s", "m-sound", InstanceType="ml.g5.xlarge")]),
    endpoint_config(  # one of its models was deleted
        "ec-ghost", variant("a", "m-sound"), variant("b", "m-gone"), KmsKeyId=key_arn(CMK),
        DataCaptureConfig=_CAPTURE | {"KmsKeyId": key_arn(CMK)}),
    *(endpoint_config(  # serves inference components: its own role, network and isolation count
        name,
        {"VariantName": "c", "InstanceType": "ml.m5.large", "InitialInstanceCount": 2,
         "InitialVariantWeight": 1.0},
        ExecutionRoleArn=role_arn("sound"), KmsKeyId=key_arn(CMK),
        DataCaptureConfig=_CAPTURE | {"KmsKeyId": key_arn(CMK)}, **network)
      for name, network in (("ec-components", {}), ("ec-components-shut", {
          "VpcConfig": VPC, "EnableNetworkIsolation": True}))),
]
ENDPOINTS = [
    endpoint("e-sound", "ec-sound", ProductionVariants=front.deployed(
        serving("blue", "green"), front.SOUND)),
    endpoint("e-flawed", "ec-flawed", ProductionVariants=front.deployed(
        serving("one"), front.FLAWED),
             CreationTime=ago(70), LastModifiedTime=ago(60)),
    endpoint("e-components", "ec-components", ProductionVariants=serving("c")),
]
_GROUP = {"CreationTime": ago(90), "CreatedBy": {}, "ModelPackageGroupStatus": "Completed"}
GROUPS = [
    {"ModelPackageGroupName": name, **_GROUP,
     "ModelPackageGroupArn": arn("sagemaker", f"model-package-group/{name}")}
    for name in ("churn", "hopes")
]


def _version(group, number, status):
    return {
        "ModelPackageName": group, "ModelPackageGroupName": group, "ModelPackageVersion": number,
        "ModelPackageArn": arn("sagemaker", f"model-package/{group}/{number}"),
        "CreationTime": ago(50 - number), "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []}, "ModelApprovalStatus": status,
    }


PACKAGES = [
    _version("churn", 1, "Rejected"), _version("churn", 2, "Approved"),
    _version("churn", 3, "PendingManualApproval"), _version("hopes", 1, "Rejected"),
]
CARDS = [{
    "ModelCardArn": arn("sagemaker", "model-card/card"), "ModelCardName": "card",
    "ModelCardVersion": 2, "ModelCardStatus": "Approved", "CreationTime": ago(20), "CreatedBy": {},
    "Content": json.dumps({"model_overview": {"model_id": arn("sagemaker", "model/m-sound")}}),
}]
SCALED = {  # endpoint and variant, and whether a policy moves it
    ("e-sound", "blue"): True, ("e-sound", "green"): True, ("e-components", "c"): False,
}

SAGEMAKER = {
    "Model": MODELS, "EndpointConfig": CONFIGS, "Endpoint": ENDPOINTS, "ModelCard": CARDS,
    "ModelPackageGroup": GROUPS, "ModelPackage": PACKAGES,
}

FAILS = {
    "sagemaker-model-artifact-bucket-public": {"m-flawed"},
    "sagemaker-model-card-exists": {"m-wide"},
    "sagemaker-model-data-url-valid": {"m-flawed"},
    "sagemaker-model-ghost-reference": {"ec-ghost"},
    "sagemaker-model-image-source-trusted": {"m-wide", "m-private", "m-private-pair"},
    "sagemaker-model-in-vpc": {"m-wide"},
    "sagemaker-model-network-isolation": {"m-wide"},
    "sagemaker-model-package-approval": {"churn/3"},
    "sagemaker-model-private-registry-multi": {"m-wide", "m-flawed"},
    "sagemaker-model-private-registry-single": {"m-sound"},
    "sagemaker-model-registry-in-use": {"hopes"},
}
