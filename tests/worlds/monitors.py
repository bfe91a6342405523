"""What watches the models of the account of ``ml``: monitoring definitions and their schedules.

``FAILS`` says what is true of them.
"""

from __future__ import annotations

from tests.worlds.make import CMK, VPC, ago, arn, key_arn, monitoring_schedule, role_arn

_IMAGE = "468650794304.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-model-monitor-analyzer"
_TRUTH = {"GroundTruthS3Input": {"S3Uri": "s3://ml-data/truth"}}
_CONFIG = {"ConfigUri": "s3://ml-data/analysis.json"}
_NOUNS = {  # of a definition: its short name, and what its program and input need
    "DataQuality": ("dq", {}, {}), "ModelBias": ("bias", _CONFIG, _TRUTH),
    "ModelExplainability": ("shap", _CONFIG, {}), "ModelQuality": ("mq", {}, _TRUTH),
}


def _definition(noun, how, *, output=None, volume=None, **network):
    """Return a definition of two instances, with keys for what it writes and for its volumes."""
    short, program, given = _NOUNS[noun]
    name = f"{short}-{how}"
    whole = arn("sagemaker", f"{noun.lower()}-job-definition/{name}")
    return {
        "JobDefinitionName": name, "JobDefinitionArn": whole, "CreationTime": ago(30),
        "RoleArn": role_arn("sound"), "_summary": {
            "MonitoringJobDefinitionName": name, "MonitoringJobDefinitionArn": whole,
            "EndpointName": "e-sound"},
        f"{noun}AppSpecification": {"ImageUri": _IMAGE, **program},
        f"{noun}JobInput": {**given, "EndpointInput": {
            "EndpointName": "e-sound", "LocalPath": "/opt/ml/processing/input"}},
        f"{noun}JobOutputConfig": {"MonitoringOutputs": [{"S3Output": {
            "S3Uri": f"s3://ml-data/{name}", "LocalPath": "/opt/ml/processing/output"}}],
            **(output or {})},
        "JobResources": {"ClusterConfig": {
            "InstanceCount": 2, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20,
            **(volume or {})}},
        "NetworkConfig": network,
    }


def _both(noun):
    return [
        _definition(noun, "sound", output={"KmsKeyId": key_arn(CMK)},
                    volume={"VolumeKmsKeyId": key_arn(CMK)}, VpcConfig=VPC,
                    EnableNetworkIsolation=True, EnableInterContainerTrafficEncryption=True),
        _definition(noun, "flawed", EnableNetworkIsolation=False),
    ]


def _names(definition):
    return {"MonitoringScheduleConfig": {
        "MonitoringJobDefinitionName": definition, "MonitoringType": "DataQuality"}}


SAGEMAKER = {
    **{f"{noun}JobDefinition": _both(noun) for noun in _NOUNS},
    "MonitoringSchedule": [
        monitoring_schedule("watching", "e-sound", **_names("dq-sound")),
        monitoring_schedule("resting", "e-components", MonitoringScheduleStatus="Stopped",
                            **_names("dq-flawed")),
    ],
}
EXPLAINING = ("ModelBiasJobDefinition", "ModelExplainabilityJobDefinition")  # how a model decides
OF_EXPLAINING = tuple(f"sagemaker-{monitor}-{what}"
                      for monitor in ("model-bias", "model-explainability")
                      for what in ("intercontainer-encryption", "network-isolation"))

FAILS = {
    **{f"sagemaker-{monitor}-{what}": {f"{short}-flawed"}
       for monitor, short in (("data-quality", "dq"), ("model-bias", "bias"),
                              ("model-explainability", "shap"), ("model-quality", "mq"))
       for what in ("intercontainer-encryption", "network-isolation")},
    "sagemaker-data-quality-output-kms": {"dq-flawed"},
    "sagemaker-data-quality-volume-kms": {"dq-flawed"},
    "sagemaker-monitoring-schedule-intercontainer-encryption": {"resting"},
    "sagemaker-monitoring-schedule-network-isolation": {"resting"},
}
