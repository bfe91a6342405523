"""Endpoints in use, or not: what CloudWatch counted of their invocations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ENDPOINT, INFERENCE_COMPONENT, INVOCATIONS
from auditor.rule import Other, Sample, Setting, rule
from auditor.shape import when
from auditor.shapes.cloudwatch import MetricDataResult
from auditor.shapes.sagemaker import DescribeEndpointOutput as Endpoint
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ENVIRONMENT, NIST
from ._status import unless

living = unless("EndpointStatus", "Deleting", "Failed")
_DAY = timedelta(days=1)  # each value is that of a day


def _called(measured: Resource[MetricDataResult], since: datetime) -> bool:
    """Tell whether anything was counted on a day that reaches beyond ``since``."""
    times, values = measured.data.Timestamps or (), measured.data.Values or ()
    return any(value > 0 and time + _DAY > since
               for time, value in zip(times, values, strict=False))


def _endpoint(**members: Any) -> dict[str, Any]:
    """Return an endpoint as AWS describes it, for the samples."""
    return {"EndpointName": "scorer", "EndpointStatus": "InService",
            "ProductionVariants": [{"VariantName": "main"}],
            "LastModifiedTime": "2025-06-01T08:00:00+00:00", **members}


def _counted(*values: tuple[str, float], label: str = "endpoint/scorer/variant/main") -> Other:
    """Return what CloudWatch answers of a variant, for the samples."""
    return Other(INVOCATIONS, {
        "Id": "q0", "Label": label, "StatusCode": "Complete",
        "Timestamps": [day for day, _ in values], "Values": [count for _, count in values],
    })


@rule(
    "sagemaker-endpoint-stale",
    "The endpoint is called",
    on=ENDPOINT,
    severity=Severity.LOW,
    controls=ENVIRONMENT | {NIST: ["CM-7"]},
    fix="Ask its owner, then `aws sagemaker delete-endpoint --endpoint-name {name} --region"
        " {region}`: its configuration and models stay, and the endpoint can be made of them again."
        " One that must be there for the rare call scales to zero or is serverless.",
    good=Sample(_endpoint(), (_counted(("2026-01-30T00:00:00+00:00", 212.0)),)),
    bad=[
        Sample(_endpoint(), (_counted(),)),
        Sample(_endpoint(), (_counted(("2025-12-02T00:00:00+00:00", 3.0)),)),
    ],
    settings=(Setting(
        "days", 30, f"Days without a call after which to ask; at most {INVOCATIONS.recent}."),),
)
@living
def is_called(endpoint: Resource[Endpoint], days: float) -> Verdict:
    """An endpoint that nobody calls is a door that nobody watches: its model, its image with all
    that was found in it since, and the credentials of its role stay within reach of whoever may
    invoke it, and its instances cost money. CloudWatch counts the calls of each variant and
    inference component, serverless and asynchronous ones too; days without any leave no value.
    Asking costs what AWS charges for GetMetricData: a US cent for a thousand variants, each scan.
    """
    status = endpoint.data.EndpointStatus
    variants = endpoint.data.ProductionVariants
    if status and status != "InService":
        return NotApplicable(f"EndpointStatus is {status}")
    if not status or not variants:
        raise Unseen(f"AWS names no EndpointStatus or no ProductionVariants of {endpoint.name}")
    if days > INVOCATIONS.recent:
        raise Unseen(f"CloudWatch is asked about {INVOCATIONS.recent} days, not {days:g}")
    names = [f"endpoint/{endpoint.name}/variant/{v.VariantName}" for v in variants]
    names += [f"inference-component/{c.name}" for c in endpoint.used_by(INFERENCE_COMPONENT)]
    measured = {name: endpoint.named(INVOCATIONS, name) for name in names}
    since = when(endpoint.seen) - timedelta(days=days)
    for name, one in measured.items():
        if one is not None and _called(one, since):
            return Pass(f"{name} was called")
    for name, one in measured.items():
        if one is None or one.data.StatusCode != "Complete":
            raise Unseen(f"CloudWatch did not tell all Invocations of {name}")
    changed = endpoint.data.LastModifiedTime or endpoint.data.CreationTime
    if changed is None:
        raise Unseen(f"AWS does not tell since when {endpoint.name} is what it is")
    if changed > since:
        return NotApplicable(f"LastModifiedTime is {changed:%Y-%m-%d}, less than {days:g} days ago")
    return Fail(f"InService since {changed:%Y-%m-%d}, and CloudWatch counted no Invocations in the"
                f" last {days:g} days")
