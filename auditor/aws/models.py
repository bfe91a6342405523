"""botocore's service models: read once for the whole process, and only what reads."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import botocore.loaders
from botocore.model import ServiceModel

READS = re.compile(r"^(List|Describe|Get|Head|Search|BatchGet)[A-Z]")
# Read although their names do not begin so: they change nothing.
ALSO = {
    ("sts", "AssumeRole"), ("sagemaker", "Search"),
    ("iam", "SimulatePrincipalPolicy"),  # IAM reckons what a policy would allow; `auditor doctor`
}
# Not read although their names begin so: they hand out data or credentials, which no audit needs.
NEVER = {
    ("s3", "GetObject"), ("s3", "GetObjectTorrent"), ("secretsmanager", "GetSecretValue"),
    ("secretsmanager", "BatchGetSecretValue"), ("ssm", "GetParameter"), ("ssm", "GetParameters"),
    ("ssm", "GetParametersByPath"), ("sts", "GetSessionToken"), ("sts", "GetFederationToken"),
    ("ecr", "GetAuthorizationToken"), ("sagemaker-runtime", "GetObject"),
}


def reads(service: str, operation: str) -> bool:
    """Tell whether an operation is one of those that an audit may call: the list is for ever."""
    place = (service, operation)
    return (bool(READS.match(operation)) or place in ALSO) and place not in NEVER


class Models(botocore.loaders.JSONFileLoader):  # type: ignore[misc]
    """Reads botocore's models without their documentation and without what does not read.

    A client made of them has no operation that writes; and it takes a third of the memory.
    """

    def load_file(self, path: str) -> Any:
        """Return what a file of botocore's holds, or None where there is none."""
        found = _undocumented(super().load_file(path))
        if found is not None and Path(path).name == "service-2":
            _only_reading(found, Path(path).parts[-3])
        return found


def _only_reading(model: dict[str, Any], service: str) -> None:
    """Leave in a model the operations that read, and the structures that they reach."""
    operations = {n: op for n, op in model["operations"].items() if reads(service, n)}
    waiting = [
        reference["shape"]
        for operation in operations.values()
        for reference in (
            operation.get("input"), operation.get("output"), *operation.get("errors", ()),
        )
        if reference
    ]
    reached: dict[str, Any] = {}
    while waiting:
        name = waiting.pop()
        if name not in reached:
            shape = reached[name] = model["shapes"][name]
            inner = (shape.get("member"), shape.get("key"), shape.get("value"))
            waiting += [r["shape"] for r in (*shape.get("members", {}).values(), *inner) if r]
    model["operations"], model["shapes"] = operations, reached


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
    """Return botocore's model of a service, as far as it reads."""
    return ServiceModel(loader().load_service_model(service, "service-2"), service_name=service)
