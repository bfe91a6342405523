"""How often endpoints were called: CloudWatch is asked about five hundred of them at once.

``GetMetricData`` is the one call of the auditor's that AWS charges for by what is asked: a US cent
for each thousand metrics (Amazon CloudWatch pricing), and a metric is one variant or component.
``GetMetricStatistics`` is cheaper, a call among the free ones, but answers one metric a call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.aws.pace import Refused
from auditor.aws.parts import Reader
from auditor.aws.plan import Call
from auditor.aws.seen import Seen
from auditor.inventory import Inventory
from auditor.kinds import ENDPOINT, INFERENCE_COMPONENT, INVOCATIONS

METRICS = Call("cloudwatch", "GetMetricData")
QUERIES = 500  # the most of one call; its 100,800 values are more than 500 times 91 days
DAY = 86400  # seconds


def names_of(inventory: Inventory, account: str, region: str) -> list[str]:
    """Return what is called in a region: each endpoint's variants and each inference component.

    They are named as Application Auto Scaling names them: ``endpoint/NAME/variant/VARIANT`` and
    ``inference-component/NAME``.
    """
    found = [
        f"endpoint/{endpoint.name}/variant/{variant['VariantName']}"
        for endpoint in inventory.resources(ENDPOINT, account=account, region=region)
        for variant in endpoint.data._raw.get("ProductionVariants") or ()
        if isinstance(variant, dict) and variant.get("VariantName")
    ]
    components = inventory.resources(INFERENCE_COMPONENT, account=account, region=region)
    return [*found, *(f"inference-component/{one.name}" for one in components)]


def invocations(reader: Reader, region: str, names: Sequence[str]) -> Iterator[Seen]:
    """Yield what CloudWatch counted of each; raises :class:`Refused`.

    Where nothing was counted the answer has no values, and that is an answer. One that leaves out
    what was asked for is none.
    """
    now = datetime.now(UTC)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for start in range(0, len(names), QUERIES):
        asked = {f"q{i}": name for i, name in enumerate(names[start:start + QUERIES])}
        answer = reader.whole(METRICS, region, {
            "MetricDataQueries": [_query(id_, name) for id_, name in asked.items()],
            "StartTime": (today - timedelta(days=INVOCATIONS.recent)).isoformat(),
            "EndTime": now.isoformat(timespec="seconds"),
        })
        results = answer.get("MetricDataResults")
        told = {
            one.get("Id"): one for one in results if isinstance(one, dict)
        } if isinstance(results, list) else {}
        if not isinstance(results, list) or len(results) != len(asked) or any(
            told.get(id_, {}).get("Label") != name for id_, name in asked.items()
        ):
            raise Refused("MalformedAnswer", "the answer has not what was asked for", METRICS)
        for one in told.values():
            yield reader.document(INVOCATIONS, region, one, METRICS)


def _query(id_: str, name: str) -> dict[str, Any]:
    """Return what asks for one metric, by the dimensions that SageMaker publishes it with.

    Source: "SageMaker AI endpoint invocation metrics" in SageMaker's developer guide.
    """
    kind, called, *of_endpoint = name.split("/")
    dimensions = (
        {"EndpointName": called, "VariantName": of_endpoint[1]} if kind == "endpoint"
        else {"InferenceComponentName": called}
    )
    return {
        "Id": id_, "Label": name, "ReturnData": True, "MetricStat": {
            "Period": DAY, "Stat": "Sum", "Metric": {
                "Namespace": "AWS/SageMaker", "MetricName": "Invocations",
                "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
            },
        },
    }
