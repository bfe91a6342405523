"""What the four definitions of monitoring jobs and the schedules that run them have in common."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import (
    DATA_QUALITY_DEFINITION,
    MODEL_BIAS_DEFINITION,
    MODEL_EXPLAINABILITY_DEFINITION,
    MODEL_QUALITY_DEFINITION,
    MonitoringSchedule,
)
from auditor.shapes.sagemaker import MonitoringNetworkConfig, MonitoringResources, NetworkConfig
from auditor.verdict import Fail, NotApplicable, Pass, Verdict

from ._edges import target

_DEFINITIONS = (
    DATA_QUALITY_DEFINITION, MODEL_QUALITY_DEFINITION, MODEL_BIAS_DEFINITION,
    MODEL_EXPLAINABILITY_DEFINITION,
)

# For the samples.
ONE = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}}
TWO = {"ClusterConfig": {"InstanceCount": 2, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}}


@dataclass(frozen=True, slots=True)
class Run:
    """What a monitoring job runs with; ``at`` says where that is written."""

    network: MonitoringNetworkConfig | NetworkConfig | None
    resources: MonitoringResources | None
    at: str = "NetworkConfig"


def run_of(schedule: Resource[MonitoringSchedule]) -> Run | NotApplicable:
    """Return what the jobs of a schedule run with, whether it says so itself or names a definition.

    Raises :class:`Unseen` where the definition was not seen.
    """
    config = schedule.data.MonitoringScheduleConfig
    if config is None:
        raise Unseen("AWS names no MonitoringScheduleConfig of the schedule")
    inline = config.MonitoringJobDefinition
    if inline is not None:
        at = "MonitoringScheduleConfig.MonitoringJobDefinition.NetworkConfig"
        return Run(inline.NetworkConfig, inline.MonitoringResources, at)
    name = config.MonitoringJobDefinitionName
    if not name:
        raise Unseen("AWS names no definition of the schedule's jobs")
    for kind in _DEFINITIONS:
        for edge in schedule.edges(kind):
            if edge.state == "missing":
                return NotApplicable(f"the definition {name} no longer exists: no job can start")
            definition = target(edge, "job definition").data
            return Run(definition.NetworkConfig, definition.JobResources,
                       f"NetworkConfig of the definition {name}")
    raise Unseen(f"AWS does not say of which type the definition {name} is")


def isolated(run: Run) -> Verdict:
    """Judge whether a monitoring job has no network."""
    if run.network is not None and run.network.EnableNetworkIsolation:
        return Pass()
    return Fail(f"EnableNetworkIsolation is not on in {run.at}: the job's container can call out")


def encrypted(run: Run) -> Verdict:
    """Judge whether the instances of a monitoring job, if it has several, encrypt their traffic."""
    cluster = run.resources.ClusterConfig if run.resources else None
    count = cluster.InstanceCount if cluster else None
    if count is None:
        raise Unseen("AWS names no InstanceCount of the job")
    if count < 2:
        return NotApplicable(f"the job runs on {count} instance")
    if run.network is not None and run.network.EnableInterContainerTrafficEncryption:
        return Pass()
    return Fail(f"EnableInterContainerTrafficEncryption is not on in {run.at}: {count} instances"
                " exchange data in the clear")


def redefine(what: str, change: str) -> str:
    """Return the fix for a definition, which cannot be changed.

    ``what`` is the middle of its commands (``data-quality``); ``change`` is jq's.
    """
    kind = "".join(word.capitalize() for word in what.split("-"))
    return (
        "A job definition cannot be changed; make another and let the schedule run it:"
        f" `aws sagemaker describe-{what}-job-definition --job-definition-name {{name}} --region"
        " {region} | jq 'del(.JobDefinitionArn, .CreationTime) | .JobDefinitionName = \"NEW_NAME\""
        f" | {change}' > definition.json`, `aws sagemaker create-{what}-job-definition --region"
        " {region} --cli-input-json file://definition.json`, for each schedule that names this one"
        " `aws sagemaker update-monitoring-schedule --region {region} --monitoring-schedule-name"
        " SCHEDULE --monitoring-schedule-config MonitoringJobDefinitionName=NEW_NAME,"
        f"MonitoringType={kind}` (with its ScheduleConfig, if it has one), and at last `aws"
        f" sagemaker delete-{what}-job-definition --job-definition-name {{name}} --region"
        " {region}`."
    )


def reschedule(change: str) -> str:
    """Return the fix for a schedule; ``change`` is jq's, under the job's definition."""
    return (
        "Where the schedule holds the definition itself: `aws sagemaker"
        " describe-monitoring-schedule --monitoring-schedule-name {name} --region {region} --query"
        f" MonitoringScheduleConfig | jq '.MonitoringJobDefinition.{change}' > config.json`, `aws"
        " sagemaker update-monitoring-schedule --monitoring-schedule-name {name} --region"
        " {region} --monitoring-schedule-config file://config.json`. Where it names one, replace"
        " that by another as the definition's own finding says, and name the new one here."
    )
