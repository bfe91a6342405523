"""The account document: what its entries may be, and the check that AWS could have answered so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote

from botocore.utils import parse_timestamp

from tests.fakeaws.select import Generated
from tests.fakeaws.service import known_services, service

EMPTY = "(nothing else of this service is here)"
# Members that botocore's models require of an answer and real answers are seen without.
OFTEN_ABSENT = {
    "ModelArtifacts", "FailureReason", "SecondaryStatus", "StoppingCondition", "NextToken",
}
# Kinds of resource whose document is a structure of the model's and not an operation's answer.
STRUCTURES = {
    ("iam", "Role"): "RoleDetail", ("iam", "Policy"): "ManagedPolicyDetail",
    ("kms", "Key"): "KeyMetadata", ("cloudtrail", "Trail"): "Trail", ("s3", "Bucket"): "Bucket",
    ("cloudwatch", "MetricData"): "MetricDataResult",
    ("s3control", "MultiRegionAccessPoint"): "MultiRegionAccessPointReport",
}


class IllegalDocument(Exception):
    """A document that AWS could not have answered; the text says where and why."""


class Error(Exception):
    """An error that AWS answers: its code and its words."""

    def __init__(self, code, message="", status=None, headers=None):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message or code
        self.status = status
        self.headers = dict(headers or {})


@dataclass(frozen=True)
class By:
    """An operation's answers by the value of a parameter; ``missing`` is for any other value.

    By several parameters the answers' keys are tuples of their values.
    """

    parameter: str | tuple[str, ...]
    answers: Mapping[Any, Any]
    missing: Any = field(default_factory=lambda: Error("ResourceNotFoundException"))

    def answer(self, params):
        """Return the answer that the parameters choose."""
        if isinstance(self.parameter, str):
            chosen: Any = str(params.get(self.parameter))
        else:
            chosen = tuple(str(params.get(p)) for p in self.parameter)
        return self.answers.get(chosen, self.missing)


@dataclass(frozen=True)
class Chosen:
    """Items of which a parameter names some by id (all, where it is not given).

    ``member`` is the answer's list, ``parameter`` the list of ids, ``id`` the items' member.
    """

    member: str
    parameter: str
    id: str
    items: list[dict[str, Any]]
    missing: Error

    def answer(self, params):
        """Return the answer; raises ``missing`` where an id is not there."""
        wanted = params.get(self.parameter)
        if wanted is None:
            return {self.member: self.items}
        by_id = {item[self.id]: item for item in self.items}
        if any(one not in by_id for one in wanted):
            raise self.missing
        return {self.member: [by_id[one] for one in wanted]}


# Lists that are not called after what describes their items.
LISTS = {"AutoMLJobV2": "ListAutoMLJobs"}


def describing(of, noun):
    """Return the name of the operation that describes a kind of resource, or ""."""
    return next((n for n in (f"Describe{noun}", f"Get{noun}") if n in of.operations), "")


def listing(of, noun):
    """Return the name of the operation that lists a kind of resource, or ""."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    name = LISTS.get(noun, f"List{plural}")
    return name if name in of.operations else ""


def items_of(operation):
    """Return the member in which a list operation answers, and the shape of its items."""
    return next(
        (n, m.member) for n, m in operation.output_shape.members.items() if m.type_name == "list"
    )


def summarised(shape, resource):
    """Return a resource as a list shows it: its own members of those, and its ``_summary``."""
    return {k: resource[k] for k in shape.members if resource.get(k) is not None} | resource.get(
        "_summary", {})


def own(resource):
    """Return the members of a resource that are AWS's description of it."""
    return {k: v for k, v in resource.items() if not k.startswith("_")}


def load(accounts):
    """Return a document as it is served: checked, and IAM's policies as IAM writes them.

    Raises :class:`IllegalDocument`, which lists all that is wrong.
    """
    wrong: list[str] = []
    loaded = {
        account: {
            region: {
                name: _service(name, entries, f"{account}/{region}/{name}", wrong)
                for name, entries in services.items()
            }
            for region, services in regions.items()
        }
        for account, regions in accounts.items()
    }
    if wrong:
        raise IllegalDocument("not as AWS answers:\n" + "\n".join(wrong))
    return loaded


def _service(name, entries, where, wrong):
    if name == "*" and entries is EMPTY:
        return EMPTY
    if name not in known_services():
        wrong.append(f"{where}: no such service")
        return {}
    of, loaded = service(name), {}
    for key, entry in entries.items():
        at = f"{where}.{key}"
        if key == "*":
            if entry is not EMPTY:
                wrong.append(f"{at}: only EMPTY may stand for the rest")
            loaded[key] = entry
        elif key in of.operations:
            loaded[key] = _operation(of, key, entry, at, wrong)
        elif isinstance(entry, Generated):
            for i in sorted({0, len(entry) // 2, len(entry) - 1} & set(range(len(entry)))):
                _resource(of, key, entry[i], f"{at}[{i}]", wrong)
            loaded[key] = entry
        elif isinstance(entry, list):
            loaded[key] = [_resource(of, key, r, f"{at}[{i}]", wrong) for i, r in enumerate(entry)]
        else:
            wrong.append(f"{at}: neither an operation of {name} nor a list of resources")
    return loaded


def _operation(of, name, entry, where, wrong):
    shape = of.operations[name].output_shape
    if isinstance(entry, Error):
        return entry
    if isinstance(entry, By):
        answers = {
            value: answer if isinstance(answer, Error)
            else _as_served(shape, answer, f"{where}[{value}]", wrong)
            for value, answer in entry.answers.items()
        }
        missing = entry.missing if isinstance(entry.missing, Error) else _as_served(
            shape, entry.missing, f"{where}[*]", wrong)
        return By(entry.parameter, answers, missing)
    if isinstance(entry, Chosen):
        items = _as_served(shape, {entry.member: entry.items}, where, wrong)[entry.member]
        return Chosen(entry.member, entry.parameter, entry.id, items, entry.missing)
    return _as_served(shape, entry, where, wrong)


def _resource(of, noun, resource, where, wrong):
    described = describing(of, noun)
    if (of.name, noun) in STRUCTURES:
        shape = of.model.shape_for(STRUCTURES[of.name, noun])
    elif described:
        shape = of.operations[described].output_shape
    else:
        wrong.append(f"{where}: nothing in {of.name} describes a {noun}")
        return {}
    answers = {k: v for k, v in resource.items() if k in of.operations}
    members = {k: v for k, v in own(resource).items() if k not in answers}
    private = {k: v for k, v in resource.items() if k.startswith("_")}
    if listing(of, noun):
        summary = items_of(of.operations[listing(of, noun)])[1]
        _as_served(summary, summarised(summary, resource), f"{where} as listed", wrong)
    return private | _as_served(shape, members, where, wrong) | {
        name: _operation(of, name, answer, f"{where}.{name}", wrong)
        for name, answer in answers.items()
    }


def _as_served(shape, value, where, wrong):
    """Return a value as it is served, having noted in ``wrong`` what the model does not allow."""
    if shape is None:
        return value
    if shape.name == "policyDocumentType" and isinstance(value, dict):
        return quote(json.dumps(value))  # IAM answers documents URL-encoded
    if shape.name == "Policy" and shape.type_name == "string" and isinstance(value, dict):
        return json.dumps(value)  # S3 answers the text that was put
    match shape.type_name:
        case "structure" if isinstance(value, dict):
            wrong += [f"{where}: no member {k} in {shape.name}" for k in value
                      if k not in shape.members]
            wrong += [f"{where}: {shape.name} requires {k}" for k in shape.required_members
                      if k not in value and k not in OFTEN_ABSENT]
            return {
                k: _as_served(shape.members[k], v, f"{where}.{k}", wrong)
                for k, v in value.items() if k in shape.members
            }
        case "list" if isinstance(value, list):
            return [
                _as_served(shape.member, v, f"{where}[{i}]", wrong) for i, v in enumerate(value)
            ]
        case "map" if isinstance(value, dict):
            return {k: _as_served(shape.value, v, f"{where}.{k}", wrong) for k, v in value.items()}
        case kind:
            if not _fits(shape, kind, value):
                wrong.append(f"{where}: {value!r} is no {shape.name}")
            return value


def _fits(shape, kind, value):
    match kind:
        case "string":
            return isinstance(value, str) and (not shape.enum or value in shape.enum)
        case "integer" | "long":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float" | "double":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "blob":
            return isinstance(value, bytes | str)
        case "timestamp":
            return _is_time(value)
        case _:
            return False


def _is_time(value):
    if isinstance(value, date):
        return True
    try:
        parse_timestamp(value)
    except (ValueError, TypeError):
        return False
    return True
