"""One concrete request against policies: does this policy allow this very request?

It is written apart from the search (no automata, no literals) so that each can catch the other's
mistakes: every witness is put to it before it is reported.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .model import (
    ONE,
    STAR,
    Condition,
    Item,
    Policy,
    Principal,
    Statement,
    Variable,
    moment,
    network,
    number,
    parse,
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: ``kind`` as in strangers, ``name`` the ARN, service, provider or canonical id.

    ``session`` is the ARN of a role's session, where a policy may name that.
    """

    kind: str
    name: str = ""
    session: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; ``keys`` are its condition keys, in lower case, with one value each."""

    caller: Caller
    action: str
    resource: str
    keys: Mapping[str, str]


def allows(policy: Policy, request: Request, *, principals: bool = True) -> bool:
    """Say whether some Allow of a policy matches a request and no Deny does."""
    return any(
        matches(one, request, principals=principals) for one in policy.statements if one.allow
    ) and not denies(policy, request, principals=principals)


def denies(policy: Policy, request: Request, *, principals: bool = True) -> bool:
    """Say whether some Deny of a policy matches a request."""
    return any(
        matches(one, request, principals=principals) for one in policy.statements if not one.allow
    )


def matches(statement: Statement, request: Request, *, principals: bool = True) -> bool:
    """Say whether a statement speaks of a request; a Deny that AWS would refuse never does."""
    if statement.faults and not statement.allow:
        return False
    if principals and not _names(statement, request.caller):
        return False
    if statement.actions is not None:
        action = request.action.lower()
        hit = any(_fits(parse(a.lower(), True, False), action) for a in statement.actions)
        if hit == statement.not_action:
            return False
    if statement.resources is not None:
        widen = statement.allow != statement.not_resource
        hit = any(
            _arn_fits(value, request.resource, statement, request, widen, resource=True)
            for value in statement.resources
        )
        if hit == statement.not_resource:
            return False
    return all(_holds(one, statement, request) for one in statement.conditions)


def _names(statement: Statement, caller: Caller) -> bool:
    if statement.principals is not None:
        return any(_is(one, caller, statement.allow) for one in statement.principals)
    if statement.not_principals is not None:
        return not any(_is(one, caller, not statement.allow) for one in statement.not_principals)
    return False


def _is(principal: Principal, caller: Caller, widen: bool) -> bool:
    other = caller.kind in ("service", "federated", "canonical")
    match principal.kind:
        case "everyone":
            return True
        case "wildcard":
            return widen
        case "account" | "arn" | "session" if other:
            return False
        case "account":
            parts = caller.name.split(":")
            return len(parts) > 5 and parts[2] == "iam" and parts[4] == principal.value
        case "arn":
            return caller.name == principal.value
        case "session":
            return caller.session == principal.value
        case "service" | "federated" | "canonical":
            return caller.kind == principal.kind and caller.name == principal.value
    return False


def _holds(condition: Condition, statement: Statement, request: Request) -> bool:
    if condition.fault:
        return statement.allow
    value = request.keys.get(condition.key)
    operator = condition.operator
    if operator.family == "null":
        return ("true" if value is None else "false") in [v.lower() for v in condition.values]
    if value is None:
        if condition.if_exists or condition.quantifier == "all":
            return True
        return operator.negated and condition.quantifier != "any"
    widen = statement.allow != operator.negated
    hit = any(_compares(condition, one, value, statement, request, widen)
              for one in condition.values)
    return hit != operator.negated


def _compares(
    condition: Condition, wanted: str, value: str, statement: Statement, request: Request,
    widen: bool,
) -> bool:
    operator = condition.operator
    match operator.family:
        case "bool":
            return wanted.lower() == value.lower()
        case "numeric":
            return _in_order(operator.style, number(value), number(wanted))
        case "date":
            return _in_order(operator.style, moment(value), moment(wanted))
        case "ip":
            net = network(wanted)
            try:
                place = ipaddress.ip_address(value)
            except ValueError:
                return False
            return net is not None and place in net
        case "arn":
            return _arn_fits(wanted, value, statement, request, widen, resource=False)
    text = _resolved(wanted, operator.style == "like", statement, request)
    if text is None:
        return False
    if operator.style == "fold":
        lower = [item.lower() if isinstance(item, str) else item for item in text]
        return _fits(lower, value.lower())
    return _fits(text, value)


def _in_order(style: str, value: float | None, bound: float | None) -> bool:
    if value is None or bound is None:
        return False
    match style:
        case "=":
            return value == bound
        case "<":
            return value < bound
        case "<=":
            return value <= bound
        case ">":
            return value > bound
    return value >= bound


def _resolved(
    text: str, wildcards: bool, statement: Statement, request: Request
) -> list[Item] | None:
    """Return a value with its variables put in, or None where the request lacks one."""
    items: list[Item] = []
    for item in parse(text, wildcards, statement.variables):
        if isinstance(item, Variable):
            value = request.keys.get(item.key, item.default)
            if value is None:
                return None
            items.extend(value)
        else:
            items.append(item)
    return items


def _arn_fits(
    wanted: str, value: str, statement: Statement, request: Request, widen: bool, *, resource: bool
) -> bool:
    """Compare ARNs segment by segment; see A4 and A11 for what is no ARN."""
    items = _resolved(wanted, True, statement, request)
    if items is None:
        return False
    if resource and items == [STAR]:
        return True
    segments: list[list[Item]] = [[]]
    for item in items:
        if item == ":" and len(segments) < 6:
            segments.append([])
        else:
            segments[-1].append(item)
    if len(segments) < 6:
        loose = resource or items[-1:] == [STAR]
        return widen and loose and _fits(items, value)
    parts = value.split(":", 5)
    return len(parts) == 6 and all(map(_fits, segments, parts))


def _fits(pattern: Iterable[Item | Variable], text: str) -> bool:
    """Say whether a text fits a pattern: go on, and come back to the last star when stuck."""
    items = list(pattern)
    place = at = 0
    star, mark = -1, 0
    while at < len(text):
        item = items[place] if place < len(items) else None
        if item is STAR:
            star, mark = place, at
            place += 1
        elif item is ONE or item == text[at]:
            place, at = place + 1, at + 1
        elif star >= 0:
            mark += 1
            place, at = star + 1, mark
        else:
            return False
    return all(item is STAR for item in items[place:])
