"""Endpoints in service: do they follow their load, and does anybody watch what they answer."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ENDPOINT, MONITORING_SCHEDULE, SCALABLE_TARGET, SCALING_POLICY
from auditor.rule import Other, Sample, rule
from auditor.shapes.sagemaker import DescribeEndpointOutput as Endpoint
from auditor.shapes.sagemaker import ProductionVariantSummary as Variant
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import AVAILABILITY, MONITORING
from ._status import unless

# Of an endpoint that is being created AWS names no variants yet, and none of them can be scaled.
living = unless("EndpointStatus", "Creating", "Deleting", "Failed")

_COUNT = "sagemaker:variant:DesiredInstanceCount"
_SERVERLESS = NotApplicable("the endpoint is serverless: there are no instances")


def _on_instances(endpoint: Resource[Endpoint]) -> list[Variant]:
    """Return the variants that run on instances, not serverless.

    Raises :class:`Unseen` where AWS names no variants, which every endpoint that works has.
    """
    variants = endpoint.data.ProductionVariants
    if not variants:
        raise Unseen(f"AWS names no ProductionVariants of {endpoint.name}")
    return [v for v in variants if v.CurrentServerlessConfig is None]


def _served(*variants: dict[str, Any]) -> dict[str, Any]:
    """Return an endpoint as AWS describes it, for the samples."""
    return {"EndpointName": "scorer", "EndpointStatus": "InService",
            "ProductionVariants": list(variants)}


_VARIANT = {"VariantName": "main", "CurrentInstanceCount": 2, "DesiredInstanceCount": 2}
_SCALED = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/scorer/variant/main",
           "ScalableDimension": _COUNT}
_TARGET = Other(SCALABLE_TARGET, {**_SCALED, "MinCapacity": 2, "MaxCapacity": 8})
_POLICY = Other(SCALING_POLICY, {**_SCALED, "PolicyName": "load",
                                 "PolicyType": "TargetTrackingScaling"})


@rule(
    "sagemaker-endpoint-autoscaling",
    "Every variant on instances follows its load",
    on=ENDPOINT,
    severity=Severity.LOW,
    controls=AVAILABILITY,
    fix="For each variant that is named: `aws application-autoscaling register-scalable-target"
        " --region {region} --service-namespace sagemaker --scalable-dimension"
        f" {_COUNT} --resource-id endpoint/{{name}}/variant/VARIANT --min-capacity 2"
        " --max-capacity 8`, then `aws application-autoscaling put-scaling-policy --region {region}"
        f" --service-namespace sagemaker --scalable-dimension {_COUNT} --resource-id"
        " endpoint/{name}/variant/VARIANT --policy-name load --policy-type TargetTrackingScaling"
        " --target-tracking-scaling-policy-configuration '{\"TargetValue\": 700,"
        ' "PredefinedMetricSpecification": {"PredefinedMetricType":'
        ' "SageMakerVariantInvocationsPerInstance"}}\'`.',
    good=[
        Sample(_served(_VARIANT), (_TARGET, _POLICY)),
        _served({**_VARIANT, "ManagedInstanceScaling": {"Status": "ENABLED"}}),
    ],
    bad=[
        _served(_VARIANT),
        Sample(_served(_VARIANT), (_TARGET,)),
        Sample(_served(_VARIANT), (Other(SCALABLE_TARGET, {**_TARGET.data, "SuspendedState": {
            "DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True,
            "ScheduledScalingSuspended": True}}), _POLICY)),
    ],
)
@living
def follows_load(endpoint: Resource[Endpoint]) -> Verdict:
    """A fixed number of instances is too few for a burst, which anyone who may call the endpoint
    can cause, and too many at night. Application Auto Scaling needs two things for each variant: a
    scalable target, and a policy that moves it; one suspended moves nothing. Variants whose
    instances SageMaker scales itself count as well.
    """
    hosted = _on_instances(endpoint)
    if not hosted:
        return _SERVERLESS
    left = [v for v in hosted if not (v.ManagedInstanceScaling
                                      and v.ManagedInstanceScaling.Status == "ENABLED")]
    if not left:
        return Pass()
    targets = {
        t.data.ResourceId: t.data for t in endpoint.all(SCALABLE_TARGET, endpoint.region)
        if t.data.ScalableDimension == _COUNT
    }
    policies = {
        p.data.ResourceId for p in endpoint.all(SCALING_POLICY, endpoint.region)
        if p.data.ScalableDimension == _COUNT
    }
    wrong = []
    for variant in left:
        where = f"endpoint/{endpoint.name}/variant/{variant.VariantName}"
        target = targets.get(where)
        if target is None:
            wrong.append(f"{variant.VariantName} has no scalable target")
        elif where not in policies:
            wrong.append(f"{variant.VariantName} has a scalable target but no scaling policy")
        elif target.SuspendedState and target.SuspendedState.DynamicScalingOutSuspended:
            wrong.append(f"scaling out of {variant.VariantName} is suspended")
    return Fail("; ".join(wrong) + ": the number of instances stays as it is") if wrong else Pass()


@rule(
    "sagemaker-endpoint-model-monitor",
    "A monitoring schedule watches the endpoint",
    on=ENDPOINT,
    severity=Severity.LOW,
    controls=MONITORING,
    fix="Switch data capture on (sagemaker-endpoint-config-data-capture), make a baseline of the"
        " training data, and schedule a monitor: `aws sagemaker create-monitoring-schedule"
        " --region {region} --monitoring-schedule-name NAME --monitoring-schedule-config"
        " file://schedule.json`, whose job definition names the endpoint {name}. One that is"
        " Stopped runs on with `aws sagemaker start-monitoring-schedule"
        " --monitoring-schedule-name NAME --region {region}`.",
    good=Sample(_served(_VARIANT), (Other(MONITORING_SCHEDULE, {
        "MonitoringScheduleName": "drift", "MonitoringScheduleStatus": "Scheduled",
        "EndpointName": "scorer"}),)),
    bad=[
        _served(_VARIANT),
        Sample(_served(_VARIANT), (Other(MONITORING_SCHEDULE, {
            "MonitoringScheduleName": "drift", "MonitoringScheduleStatus": "Stopped",
            "EndpointName": "scorer"}),)),
    ],
)
@living
def is_watched(endpoint: Resource[Endpoint]) -> Verdict:
    """What an endpoint is asked drifts away from what it was trained on, by itself or because
    somebody feeds it; a model that was replaced answers differently. A monitor compares captured
    requests and answers with a baseline and tells. Serverless endpoints cannot be monitored.
    """
    if not _on_instances(endpoint):
        return _SERVERLESS
    schedules = endpoint.used_by(MONITORING_SCHEDULE)
    for schedule in schedules:
        if schedule.data.MonitoringScheduleStatus == "Scheduled":
            return Pass(f"{schedule.name} is Scheduled")
    if schedules:
        states = ", ".join(f"{s.name} is {s.data.MonitoringScheduleStatus}" for s in schedules)
        return Fail(f"no monitoring schedule of the endpoint is active: {states}")
    return Fail("no monitoring schedule names the endpoint: a drift of its answers goes unnoticed")
