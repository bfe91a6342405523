"""From a document to data. Reading never raises.

What AWS would refuse is kept as a fault of its statement, and the statement is read so that nobody
is thought safe for it: an Allow does not restrict by a malformed part, a Deny with a malformed part
denies nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

from .answer import Document
from .model import (
    OPERATORS,
    OWNER_KEYS,
    Condition,
    Operator,
    Policy,
    Principal,
    Statement,
    Variable,
    moment,
    network,
    number,
    parse,
)


def read(document: Document, source: str = "") -> Policy:
    """Read a document; None is a policy without statements."""
    if document is None:
        return Policy()
    data: Any = document
    if isinstance(document, str):
        # IAM's own answers carry documents in URL encoding (RFC 3986).
        text = unquote(document) if document.lstrip()[:3].upper() == "%7B" else document
        try:
            data = json.loads(text, object_pairs_hook=_no_twins)
        except _Twins as error:
            return Policy(unreadable=f"the document has {error} twice in one place")
        except (ValueError, RecursionError):
            return Policy(unreadable="the document is not JSON")
    if not isinstance(data, Mapping):
        return Policy(unreadable="the document is not a JSON object")
    top, twins = _members(data)
    if twins:
        return Policy(unreadable=f"the document has {twins[0]} twice")
    if "statement" not in top:
        return Policy(unreadable="the document has no Statement")
    raw = top["statement"]
    statements = [raw] if isinstance(raw, Mapping) else raw
    if not isinstance(statements, list | tuple):
        return Policy(unreadable="its Statement is neither an object nor a list")
    for place, one in enumerate(statements, 1):
        if not isinstance(one, Mapping):
            return Policy(unreadable=f"statement {place} is not an object")
    version = top.get("version", "2008-10-17")
    faults = []
    if version not in ("2012-10-17", "2008-10-17"):
        faults.append(f"the document's Version is {_show(version)}, which AWS does not know")
    variables = version != "2008-10-17"
    read_ones = tuple(
        _statement(one, place, variables, source) for place, one in enumerate(statements, 1)
    )
    return Policy(_resources_agree(read_ones), faults=tuple(faults), notes=tuple(_notes(read_ones)))


def _resources_agree(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """Mark what lacks a Resource among statements that have one.

    Trust policies and ECR's have none at all, so it is missed only beside others that have it.
    """
    if all(one.resources is None for one in statements):
        return statements
    return tuple(
        one if one.resources is not None
        else _with_fault(one, "it has neither Resource nor NotResource")
        for one in statements
    )


def _with_fault(statement: Statement, fault: str) -> Statement:
    return replace(statement, faults=(*statement.faults, fault))


class _Twins(Exception):
    """A JSON object names the same member twice."""


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Twins(_show(name))
        found[name] = value
    return found


def _members(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return an object's members by name in lower case, and the names it has in two spellings."""
    found: dict[str, Any] = {}
    twins = []
    for name, value in data.items():
        low = str(name).lower()
        if low in found:
            twins.append(_show(name))
        found[low] = value
    return found, twins


def _show(value: object) -> str:
    """Return a value for a message: foreign text, cut short, or what sort of thing it is."""
    if not isinstance(value, str):
        return f"a {type(value).__name__}"
    return value if len(value) <= 60 else value[:57] + "..."


_ELEMENTS: Final = frozenset({
    "sid", "effect", "principal", "notprincipal", "action", "notaction", "resource", "notresource",
    "condition",
})


def _statement(
    data: Mapping[str, Any], place: int, variables: bool, source: str
) -> Statement:
    members, twins = _members(data)
    faults = [f"it has {name} in two spellings" for name in twins]
    faults += [f"AWS knows no element {_show(n)}" for n in members if n not in _ELEMENTS]
    effect = members.get("effect")
    if effect not in ("Allow", "Deny"):
        faults.append(f"its Effect is {_show(effect)}" if "effect" in members else "no Effect")
    allow = not (isinstance(effect, str) and effect.lower() == "deny")
    principals, not_principals = (
        _principals(members[name], faults) if name in members else None
        for name in ("principal", "notprincipal")
    )
    if principals is not None and not_principals is not None:
        faults.append("it has both Principal and NotPrincipal")
        principals, not_principals = _ANYONE, None
    actions, not_action = _texts(members, "action", faults)
    for action in actions or ():
        if ":" not in action and action.strip("*?"):
            faults.append(f"its Action {_show(action)} names no service")
            actions = None
    if actions is None and "action" not in members and "notaction" not in members:
        faults.append("it has neither Action nor NotAction")
    resources, not_resource = _texts(members, "resource", faults)
    for resource in resources or ():
        if not resource.startswith(("arn:", "*", "?", "${")):
            faults.append(f"its Resource {_show(resource)} is no ARN")
    sid = members.get("sid", "")
    return Statement(
        place, sid if isinstance(sid, str) else "", allow, principals, not_principals,
        actions, not_action, resources, not_resource,
        tuple(_conditions(members.get("condition", {}), variables, faults)), variables,
        tuple(faults), source,
    )


def _texts(
    members: Mapping[str, Any], name: str, faults: list[str]
) -> tuple[tuple[str, ...] | None, bool]:
    """Return the values of an element or of its negation, and which of the two it is."""
    if name in members and f"not{name}" in members:
        faults.append(f"it has both {name.title()} and Not{name.title()}")
        return None, False
    negated = f"not{name}" in members
    element = f"not{name}" if negated else name
    if element not in members:
        return None, False
    values = _scalars(members[element])
    if values is None or not all(isinstance(v, str) for v in values) or not values:
        faults.append(f"its {'Not' * negated}{name.title()} is not a text or a list of texts")
        return None, False
    return tuple(values), negated


def _scalars(value: Any) -> list[Any] | None:
    """Return a scalar or a list of scalars as a list, or None for anything else."""
    values = list(value) if isinstance(value, list | tuple) else [value]
    if not all(isinstance(v, str | int | float | bool) for v in values):
        return None
    # Python refuses to write out integers of thousands of digits.
    return None if any(isinstance(v, int) and v.bit_length() > 256 for v in values) else values


_ANYONE = (Principal("wildcard", "unreadable"),)


def _principals(value: Any, faults: list[str]) -> tuple[Principal, ...]:
    """Read a Principal; one that cannot be read is a wildcard, which may mean anyone."""
    if isinstance(value, str | list | tuple):
        value = {"AWS": value}
    if not isinstance(value, Mapping):
        faults.append("its Principal is neither * nor an object")
        return _ANYONE
    found = []
    for kind, names in value.items():
        texts = _scalars(names)
        if texts is None:
            faults.append(f"its Principal {_show(kind)} is not a text or a list of texts")
            return _ANYONE
        for text in texts:
            text = str(text)
            principal = _principal(str(kind).lower(), text)
            pattern = any(sign in text for sign in "*?") and principal.kind != "everyone"
            if pattern or principal.kind == "wildcard":
                faults.append(f"AWS does not accept {_show(text)} as a Principal")
            found.append(principal)
    return tuple(found)


_SESSION = re.compile(r"arn:[^:]*:sts::[^:]*:assumed-role/[^/]+/.+")


def _principal(kind: str, text: str) -> Principal:
    if kind == "aws":
        if text == "*":
            return Principal("everyone", text)
        if "*" in text or "?" in text:
            parts = text.split(":", 5)
            if len(parts) == 6 and re.fullmatch(r"\d{12}", parts[4]):
                return Principal("account", parts[4])
            return Principal("wildcard", text)
        if re.fullmatch(r"\d{12}", text):
            return Principal("account", text)
        if re.fullmatch(r"arn:[^:]*:iam::[^:]*:root", text):
            return Principal("account", text.split(":")[4])
        if re.fullmatch(r"(AIDA|AROA|AGPA)[A-Z0-9]{4,}", text):
            return Principal("unique", text)
        return Principal("session" if _SESSION.fullmatch(text) else "arn", text)
    if kind in ("service", "federated", "canonicaluser"):
        if "*" in text or "?" in text:
            return Principal("wildcard", text, kind)
        return Principal("canonical" if kind == "canonicaluser" else kind, text, kind)
    return Principal("wildcard", f"{kind}: {text}", kind)


def _conditions(block: Any, variables: bool, faults: list[str]) -> Iterator[Condition]:
    if not isinstance(block, Mapping):
        faults.append("its Condition is not an object")
        return
    for written, keys in block.items():
        operator, quantifier, if_exists = _operator(str(written))
        if not isinstance(keys, Mapping):
            faults.append(f"its condition {_show(written)} is not an object")
            continue
        for name, value in keys.items():
            values = _scalars(value)
            texts = tuple(_scalar(v) for v in values or ())
            if operator is None:
                fault = f"AWS knows no operator {_show(written)}"
            elif not texts:
                fault = f"{_show(name)} has no value that can be read"
            else:
                fault = _bad_value(operator, texts, variables)
            if fault:
                faults.append(fault)
            yield _turned(Condition(
                operator or Operator("unknown", ""), quantifier, if_exists, str(name).lower(),
                str(name), texts, fault,
            ), variables)


def _turned(condition: Condition, variables: bool) -> Condition:
    """Return a comparison of an owner's key with a variable from the variable's side.

    ``ResourceAccount = ${PrincipalAccount}`` says the same as ``PrincipalAccount =
    ${ResourceAccount}``, also for a request without the key; only the second says who calls.
    """
    if not variables or condition.key not in OWNER_KEYS or len(condition.values) != 1:
        return condition
    text = parse(condition.values[0], False, True)
    if (
        condition.operator.family != "string" or condition.fault or condition.if_exists
        or condition.quantifier == "all" or len(text) != 1
    ):
        return condition
    variable = text[0]
    if not isinstance(variable, Variable) or variable.key in OWNER_KEYS or variable.default:
        return condition
    return Condition(
        condition.operator, "", False, variable.key, variable.key, (f"${{{condition.key}}}",)
    )


def _operator(written: str) -> tuple[Operator | None, str, bool]:
    """Return an operator, its quantifier and whether it ends in IfExists."""
    name = written.lower()
    quantifier = ""
    for prefix, short in (("forallvalues:", "all"), ("foranyvalue:", "any")):
        if name.startswith(prefix):
            name, quantifier = name.removeprefix(prefix), short
    if_exists = name.endswith("ifexists")
    operator = OPERATORS.get(name.removesuffix("ifexists"))
    if operator is not None and operator.family == "null" and if_exists:
        operator = None
    return operator, quantifier, if_exists


def _scalar(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _bad_value(operator: Operator, values: Iterable[str], variables: bool) -> str:
    """Say which value an operator cannot read, or nothing."""
    for value in values:
        if variables and "${" in value and operator.family in ("string", "arn"):
            continue
        match operator.family:
            case "numeric":
                good = number(value) is not None
            case "date":
                good = moment(value) is not None
            case "ip":
                good = network(value) is not None
            case "bool" | "null":
                good = value.lower() in ("true", "false")
            case _:
                good = True
        if not good:
            return f"{_show(value)} is no value of its kind ({operator.family})"
    return ""




def _notes(statements: tuple[Statement, ...]) -> Iterator[str]:
    """Say what AWS accepts but hardly means."""
    for one in statements:
        for principal in one.principals or ():
            if principal.kind == "unique":
                yield f"{one.place} names {_show(principal.value)}, a deleted principal"
        for condition in one.conditions:
            if condition.operator.family == "arn" and not condition.fault:
                for value in condition.values:
                    if not any("${" in v for v in condition.values) and value.count(":") < 5:
                        yield f"{one.place} compares {condition.name} with {_show(value)}, no ARN"
