"""Models and endpoint configurations that nothing runs: what is wrong with them can wait."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Kind, Resource
from auditor.kinds import ENDPOINT, ENDPOINT_CONFIG, INFERENCE_COMPONENT, TRANSFORM_JOB
from auditor.shapes.sagemaker import DescribeEndpointConfigOutput as EndpointConfig
from auditor.shapes.sagemaker import DescribeModelOutput as Model
from auditor.verdict import Fail, Severity


def fail(config: Resource[EndpointConfig], because: str) -> Fail:
    """Fail a configuration, informational where no endpoint uses it."""
    try:
        used = config.used_by(ENDPOINT, "EndpointConfigName")
    except Unseen:
        # Only the severity hangs on it; the configuration is unsound whoever uses it.
        return Fail(because)
    if used:
        return Fail(because)
    return Fail(f"{because} (no endpoint uses this configuration)", Severity.INFO)


# Besides endpoints; finished transform jobs count too, because they come again.
_RUN_IT: tuple[Kind[Any], ...] = (INFERENCE_COMPONENT, TRANSFORM_JOB)


def current(model: Resource[Model]) -> list[Resource[Any]]:
    """Return the endpoint configurations with this model that endpoints use now.

    An endpoint keeps to the configuration that it was last given; older ones are history. Raises
    :class:`Unseen` where endpoints or configurations were not all seen.
    """
    return [
        config for config in model.used_by(ENDPOINT_CONFIG)
        if config.used_by(ENDPOINT, "EndpointConfigName")
    ]


def fail_model(model: Resource[Model], because: str) -> Fail:
    """Fail a model, informational where no endpoint, inference component or job runs it."""
    try:
        used = bool(current(model)) or any(model.used_by(kind) for kind in _RUN_IT)
    except Unseen:
        return Fail(because)
    if used:
        return Fail(because)
    return Fail(f"{because} (nothing uses this model)", Severity.INFO)
