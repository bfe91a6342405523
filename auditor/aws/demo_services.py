"""What the demo's AWS says of what moto lacks, or has and says wrongly: answers from a table.

A row of `demo_estate.ANSWERS` is one answer of one operation; a resource of SageMaker's in
`demo_estate.RESOURCES` is what its Describe operation answers, and its list derives from it.
botocore's models tell which operation a request means and how its answer is written.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError

from auditor.aws.demo_estate import ANSWERS, MISSING, RESOURCES, Refusal
from auditor.aws.models import model

# Services by the name that their requests are signed for; of these moto is asked nothing.
OURS: dict[str, tuple[str, ...]] = {
    "access-analyzer": ("accessanalyzer",), "apigateway": ("apigateway", "apigatewayv2"),
    "backup": ("backup",), "config": ("config",), "ecr": ("ecr",), "elasticfilesystem": ("efs",),
    "guardduty": ("guardduty",), "inspector2": ("inspector2",), "lambda": ("lambda",),
    "macie2": ("macie2",), "route53profiles": ("route53profiles",),
    "secretsmanager": ("secretsmanager",), "securityhub": ("securityhub",),
}  # fmt: skip


def understand(signed_for: str, method: str, path: str, operation: str) -> tuple[str, str, Data]:
    """Return botocore's names of the service and the operation, and what the path tells."""
    for service in OURS.get(signed_for, (signed_for,)):
        if " " not in operation:
            return service, operation, {}
        for verb, pattern, name in _routes(service):
            found = pattern.fullmatch(path) if verb == method else None
            if found:
                return service, name, {k: unquote(v) for k, v in found.groupdict().items()}
    return signed_for, operation, {}


@functools.cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    """Return the ways to a service's operations, those with the most fixed text first."""
    found = []
    for name in model(service).operation_names:
        operation = model(service).operation_model(name)
        path = operation.http["requestUri"].partition("?")[0].rstrip("/")
        shape = operation.input_shape
        members = {m.serialization.get("name", n): n for n, m in shape.members.items()} if (
            shape) else {}
        pattern = re.sub(
            r"\\\{(\w+)(\\\+)?\\\}", lambda m, names=members: f"(?P<{names[m[1]]}>"  # type: ignore[misc]
            + (".+)" if m[2] or m[1].endswith("Arn") else "[^/]+)"), re.escape(path),
        )
        found.append((operation.http["method"], re.compile(f"{pattern}/?"), name))
    return sorted(found, key=lambda row: len(re.sub(r"\(.*?\)", "", row[1].pattern)), reverse=True)


class Services:
    """Answers for one account; `ids` gives what stands for `@name` in a region."""

    def __init__(self, ids: Any) -> None:
        """Take the ids that AWS gave to what the tables name."""
        self._ids = ids

    def answer(
        self, service: str, region: str, operation: str, given: Mapping[str, Any]
    ) -> Data | Refusal | None:
        """Return the answer as it is written on the wire, or None where the table has none."""
        modelled = _operation(service, operation)
        if modelled is None:
            return None
        shape = modelled.output_shape
        for at, name, asked, said in ANSWERS.get(service, ()):
            if at in (region, "*") and name in (operation, "*") and all(
                _agrees(given.get(k), v) for k, v in asked.items()
            ):
                return said if isinstance(said, Refusal) else self._wire(region, shape, said)
        found = self._resources(region, operation, given) if service == "sagemaker" else None
        if isinstance(found, dict):
            return self._wire(region, shape, found)
        return found

    def nothing(self, service: str, operation: str) -> Data | Refusal | None:
        """Return what an account says that has none of what is asked for; None if unknown."""
        if (service, operation) in MISSING:
            return MISSING[service, operation]
        modelled = _operation(service, operation)
        if modelled is None or modelled.output_shape is None:
            return None
        lists = [
            m.serialization.get("name", n) for n, m in modelled.output_shape.members.items()
            if m.type_name == "list"
        ]
        return {name: [] for name in lists} if lists else None

    def tags(self, region: str) -> list[Data]:
        """Return the tags of the resources of a region, as the tagging API lists them."""
        return [
            {"ResourceARN": self._ids(region, each[_arn_of(noun, each)]), "Tags": each["_tags"]}
            for (at, noun), resources in RESOURCES.items() if at == region
            for each in resources if "_tags" in each
        ]

    def _resources(
        self, region: str, operation: str, given: Mapping[str, Any]
    ) -> Data | Refusal | None:
        """Answer from SageMaker's resources: their list, one of them, or something about it."""
        nouns = {noun for _, noun in RESOURCES}
        verb, of = re.match(r"(List|Describe|Get)?(.*)", operation).groups()  # type: ignore[union-attr]
        noun = next((n for n in nouns if of in (n, plural(n), f"{n}Policy")), "")
        if not noun:
            return None
        here = RESOURCES.get((region, noun), [])
        if verb == "List":
            model_of = model("sagemaker").operation_model(operation).output_shape
            member, items = next(
                (n, m.member) for n, m in model_of.members.items() if m.type_name == "list"
            )
            wanted = {k.removesuffix("Equals"): v for k, v in given.items()}
            return {member: [
                {k: each[k] for k in items.members if k in each} | each.get("_summary", {})
                for each in here if all(each.get(k, v) == v for k, v in wanted.items())
            ]}  # fmt: skip
        for each in here:
            names = {self._ids(region, v) for k, v in each.items() if k.endswith(("Name", "Arn"))}
            if all(v == self._ids(region, each.get(k, v)) or v in names for k, v in given.items()):
                if verb == "Get":
                    answer: Data | Refusal = each.get(operation, MISSING["sagemaker", operation])
                    return answer
                return {k: v for k, v in each.items() if k[0] != "_" and not k.startswith("Get")}
        return Refusal("ResourceNotFound", 400, f"there is no such {noun}")

    def _wire(self, region: str, shape: Any, value: Any) -> Data:
        written: Data = _wire(shape, self._ids(region, value))
        return written


Data = dict[str, Any]


def plural(noun: str) -> str:
    """Return the plural in which SageMaker lists something."""
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


@functools.cache
def _operation(service: str, name: str) -> Any:
    """Return botocore's model of an operation, or None where it has none."""
    try:
        return model(service).operation_model(name)
    except (OperationNotFoundError, UnknownServiceError):
        return None


def _agrees(given: Any, wanted: Any) -> bool:
    """Whether a parameter is what a row says; of a list or an image any part will do."""
    parts = [given, *(given if isinstance(given, list) else ())]
    return any(
        part == wanted or (isinstance(part, dict) and wanted in part.values()) for part in parts
    )


def _arn_of(noun: str, resource: Data) -> str:
    return next(k for k in (f"{noun}Arn", "JobDefinitionArn") if k in resource)


def _wire(shape: Any, value: Any) -> Any:
    """Return a value as JSON carries it: members by their names there, times in their form."""
    if shape.type_name == "structure":
        return {
            shape.members[k].serialization.get("name", k): _wire(shape.members[k], v)
            for k, v in value.items()
        }
    if shape.type_name == "list":
        return [_wire(shape.member, v) for v in value]
    if shape.type_name == "map":
        return {k: _wire(shape.value, v) for k, v in value.items()}
    if isinstance(value, datetime):
        iso = shape.serialization.get("timestampFormat") == "iso8601"
        return value.strftime("%Y-%m-%dT%H:%M:%SZ") if iso else value.timestamp()
    return value
