"""botocore's service models: read once for the whole process, and without their documentation."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.loaders
from botocore.model import ServiceModel


class Models(botocore.loaders.JSONFileLoader):  # type: ignore[misc]
    """Reads botocore's models without their documentation: half of their memory, read by nobody."""

    def load_file(self, path: str) -> Any:
        """Return what a file of botocore's holds, or None where there is none."""
        return _undocumented(super().load_file(path))


def _undocumented(node: Any) -> Any:
    if isinstance(node, dict):
        if isinstance(node.get("documentation"), str):
            node["documentation"] = ""  # the key itself is read by botocore
        for inner in node.values():
            _undocumented(inner)
    elif isinstance(node, list):
        for inner in node:
            _undocumented(inner)
    return node


@cache
def loader() -> botocore.loaders.Loader:
    """Return the loader of botocore's models that the whole process shares."""
    made = botocore.loaders.create_loader()
    made.file_loader = Models()
    return made


@cache
def model(service: str) -> ServiceModel:
    """Return botocore's model of a service."""
    return ServiceModel(loader().load_service_model(service, "service-2"), service_name=service)
