"""Model monitors: how the jobs of data quality monitors, and of every schedule, run."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import (
    DATA_QUALITY_DEFINITION,
    INSTANCE_TYPE,
    MODEL_BIAS_DEFINITION,
    MONITORING_SCHEDULE,
    MonitoringSchedule,
    bucket_of,
)
from auditor.rule import Other, Sample, rule
from auditor.shapes.sagemaker import DescribeDataQualityJobDefinitionResponse as DataQuality
from auditor.verdict import NotApplicable, Severity, Verdict

from ._buckets import express
from ._controls import ENCRYPTION, NETWORK, TRAFFIC
from ._keys import named
from ._monitors import ONE, TWO, Run, encrypted, isolated, redefine, reschedule, run_of
from ._volumes import volume_key

_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_ON = {"EnableInterContainerTrafficEncryption": True}
_OFF = {"EnableInterContainerTrafficEncryption": False}
_M5 = Other(INSTANCE_TYPE, {"InstanceType": "m5.xlarge", "InstanceStorageSupported": False})
_OUTPUTS = {"MonitoringOutputs": [
    {"S3Output": {"S3Uri": "s3://monitoring/fraud", "LocalPath": "/opt/ml/processing/output"}},
]}


# -- data quality


@rule(
    "sagemaker-data-quality-intercontainer-encryption",
    "Instances of a data quality monitor encrypt what they tell each other",
    on=DATA_QUALITY_DEFINITION,
    severity=Severity.MEDIUM,
    controls=TRAFFIC | {
        "AWS FSBP": ["SageMaker.9"],
        "AWS Config": ["sagemaker-data-quality-job-encrypt-in-transit"],
    },
    fix=redefine("data-quality", ".NetworkConfig.EnableInterContainerTrafficEncryption = true"),
    good={"NetworkConfig": _ON, "JobResources": TWO},
    bad=[{"NetworkConfig": _OFF, "JobResources": TWO}, {"JobResources": TWO}],
)
def data_quality_traffic(definition: Resource[DataQuality]) -> Verdict:
    """The monitor reads what customers sent to the model and shares it out among its instances, in
    the clear unless told otherwise. With one instance there is nobody to talk to and nothing to
    encrypt.
    """
    return encrypted(Run(definition.data.NetworkConfig, definition.data.JobResources))


@rule(
    "sagemaker-data-quality-network-isolation",
    "The data quality monitor has no network",
    on=DATA_QUALITY_DEFINITION,
    severity=Severity.MEDIUM,
    controls=NETWORK | {
        "AWS FSBP": ["SageMaker.11"],
        "AWS Config": ["sagemaker-data-quality-job-isolation"],
    },
    fix=redefine("data-quality", ".NetworkConfig.EnableNetworkIsolation = true"),
    good={"NetworkConfig": {"EnableNetworkIsolation": True}, "JobResources": ONE},
    bad=[{"NetworkConfig": {"EnableNetworkIsolation": False}, "JobResources": ONE},
         {"JobResources": ONE}],
)
def data_quality_isolated(definition: Resource[DataQuality]) -> Verdict:
    """The monitor's container, and the scripts that run before and after the analysis, see every
    captured request. In an isolated container they find neither a network nor the role's
    credentials to send one away with; SageMaker moves the data for them.
    """
    return isolated(Run(definition.data.NetworkConfig, definition.data.JobResources))


@rule(
    "sagemaker-data-quality-output-kms",
    "The data quality monitor's output names a KMS key",
    on=DATA_QUALITY_DEFINITION,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION,
    fix=redefine("data-quality", '.DataQualityJobOutputConfig.KmsKeyId = "KEY_ARN"'),
    good={"DataQualityJobOutputConfig": _OUTPUTS | {"KmsKeyId": _KEY_ARN}},
    bad=[{"DataQualityJobOutputConfig": _OUTPUTS},
         {"DataQualityJobOutputConfig": _OUTPUTS | {"KmsKeyId": ""}}],
)
def data_quality_output(definition: Resource[DataQuality]) -> Verdict:
    """Reports, statistics and violations tell what the model's inputs look like, column by column.
    Without a key of yours they are written with the account's default key for S3, which all who
    reach the bucket can use.
    """
    output = definition.data.DataQualityJobOutputConfig
    if output is None:
        raise Unseen("AWS names no DataQualityJobOutputConfig of the definition")
    uris = [one.S3Output.S3Uri or "" for one in output.MonitoringOutputs or () if one.S3Output]
    if uris and all(express(uri) for uri in uris):
        return NotApplicable(f"{bucket_of(uris[0])} is in S3 Express One Zone, for which a job"
                             " takes no key")
    return named(output.KmsKeyId, "DataQualityJobOutputConfig.KmsKeyId", "the monitor's output")


@rule(
    "sagemaker-data-quality-volume-kms",
    "The data quality monitor's volumes name a KMS key, where the type takes one",
    on=DATA_QUALITY_DEFINITION,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION,
    fix=redefine("data-quality", '.JobResources.ClusterConfig.VolumeKmsKeyId = "KEY_ARN"'),
    good={"JobResources": {"ClusterConfig": ONE["ClusterConfig"] | {"VolumeKmsKeyId": _KEY_ARN}}},
    bad=Sample({"JobResources": ONE}, (_M5,)),
)
def data_quality_volume(definition: Resource[DataQuality]) -> Verdict:
    """Captured requests and answers are copied to these volumes to be analysed. Without a key of
    yours they are encrypted with one that AWS holds, outside your key policies and your audit
    trail. Instance types that keep data on local NVMe encrypt it in hardware and take no key.
    """
    resources = definition.data.JobResources
    cluster = resources.ClusterConfig if resources else None
    if cluster is None:
        raise Unseen("AWS names no JobResources.ClusterConfig of the definition")
    return volume_key(definition, cluster.VolumeKmsKeyId,
                      "JobResources.ClusterConfig.VolumeKmsKeyId", [cluster.InstanceType])


# -- schedules


def _scheduled(network: dict[str, Any]) -> dict[str, Any]:
    """Return a schedule that says itself how its jobs run, for the samples."""
    return {"MonitoringScheduleConfig": {"MonitoringJobDefinition": {
        "NetworkConfig": network, "MonitoringResources": TWO,
    }}}


def _naming(network: dict[str, Any]) -> Sample:
    """Return a schedule that names a definition, for the samples."""
    return Sample(
        {"MonitoringType": "ModelBias",
         "MonitoringScheduleConfig": {"MonitoringJobDefinitionName": "daily-bias"}},
        (Other(MODEL_BIAS_DEFINITION, {"JobDefinitionName": "daily-bias", "JobResources": TWO,
                                       "NetworkConfig": network}),),
    )


@rule(
    "sagemaker-monitoring-schedule-intercontainer-encryption",
    "Instances of scheduled monitoring jobs encrypt what they tell each other",
    on=MONITORING_SCHEDULE,
    severity=Severity.MEDIUM,
    controls=TRAFFIC | {
        "AWS FSBP": ["SageMaker.22"],
        "AWS Config": ["sagemaker-monitoring-schedule-traffic-encryption"],
    },
    fix=reschedule("NetworkConfig.EnableInterContainerTrafficEncryption = true"),
    good=[_scheduled(_ON), _naming(_ON)],
    bad=[_scheduled(_OFF), _naming({})],
)
def schedule_traffic(schedule: Resource[MonitoringSchedule]) -> Verdict:
    """Each run of the schedule starts a job on what the endpoint was asked, and its instances pass
    that data on to each other in the clear unless told otherwise. What counts is the definition
    that runs: the schedule's own, or the one that it names.
    """
    run = run_of(schedule)
    return run if isinstance(run, NotApplicable) else encrypted(run)


@rule(
    "sagemaker-monitoring-schedule-network-isolation",
    "Scheduled monitoring jobs have no network",
    on=MONITORING_SCHEDULE,
    severity=Severity.MEDIUM,
    controls=NETWORK | {
        "AWS FSBP": ["SageMaker.14"],
        "AWS Config": ["sagemaker-monitoring-schedule-isolation"],
    },
    fix=reschedule("NetworkConfig.EnableNetworkIsolation = true"),
    good=[_scheduled({"EnableNetworkIsolation": True}), _naming({"EnableNetworkIsolation": True})],
    bad=[_scheduled({"EnableNetworkIsolation": False}), _naming({})],
)
def schedule_isolated(schedule: Resource[MonitoringSchedule]) -> Verdict:
    """The schedule runs by itself, again and again, over everything that was captured: a container
    or a script of it that was tampered with has all the time it needs to carry data away. Isolated,
    it has no way out. What counts is the definition that runs: the schedule's own, or the one that
    it names.
    """
    run = run_of(schedule)
    return run if isinstance(run, NotApplicable) else isolated(run)
