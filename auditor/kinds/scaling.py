"""Application Auto Scaling of endpoint variants and inference components."""

from __future__ import annotations

from auditor.kind import IN_USE, Kind, Link
from auditor.shapes import application_autoscaling

from .sagemaker_serving import ENDPOINT, INFERENCE_COMPONENT

_SCALED = (
    Link("[ResourceId][?@ && starts_with(@, 'endpoint/')]", ENDPOINT),
    Link("[ResourceId][?@ && starts_with(@, 'inference-component/')]", INFERENCE_COMPONENT),
)

SCALABLE_TARGET = Kind(
    "AWS::ApplicationAutoScaling::ScalableTarget", application_autoscaling.ScalableTarget,
    service="application-autoscaling", lists="DescribeScalableTargets", items="ScalableTargets",
    list_given={"ServiceNamespace": "sagemaker"}, describes="",
    id="{ResourceId}/{ScalableDimension}",
    arn="arn:{partition}:application-autoscaling:{region}:{account}:scalable-target/{name}",
    on_demand=IN_USE, links=_SCALED,
)
SCALING_POLICY = Kind(
    "AWS::ApplicationAutoScaling::ScalingPolicy", application_autoscaling.ScalingPolicy,
    service="application-autoscaling", lists="DescribeScalingPolicies", items="ScalingPolicies",
    list_given={"ServiceNamespace": "sagemaker"}, describes="", id="PolicyName", arn="PolicyARN",
    on_demand=IN_USE, links=_SCALED,
)
