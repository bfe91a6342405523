"""A statement as a row of literals about one kind of caller's request."""

from __future__ import annotations

from collections.abc import Iterable

from .globs import NO_COLON, REST, Pattern, arn, exact, like, run
from .model import (
    STAR,
    Condition,
    Item,
    Principal,
    Statement,
    Variable,
    colons,
    moment,
    network,
    number,
    parse,
    plain,
)
from .solve import Addresses, Everything, Globs, Literal, Order, Test, span
from .variables import Reading
from .worlds import ARN, CANONICAL, FEDERATED, ROLE, ROOT, SERVICE, USER, World


def literals(
    statement: Statement, world: World, reading: Reading, *, principals: bool = True
) -> list[Literal] | None:
    """Return what must hold for a statement to match, or None where it matches no request.

    A Deny with a fault matches nothing, a faulty part of an Allow does not restrict.
    ``principals`` is False for identity policies, which name none.
    """
    if statement.faults and not statement.allow:
        return None
    found: list[Literal] = []
    if principals:
        who = _who(statement, world)
        if who is False:
            return None
        if who is not True:
            found.append(who)
    if statement.actions is not None:
        patterns = tuple(like(plain(a.lower())) for a in statement.actions)
        found.append(Literal("action", False, Globs(patterns), not statement.not_action))
    if statement.resources is not None:
        widen = statement.allow != statement.not_resource
        texts = _patterns(statement.resources, statement, reading, "resource", widen)
        found.append(Literal("resource", False, Globs(texts), not statement.not_resource))
    for condition in statement.conditions:
        if not condition.fault:
            found.append(_condition(condition, statement, world, reading))
    return found


def _condition(
    condition: Condition, statement: Statement, world: World, reading: Reading
) -> Literal:
    view = world.view(condition.key)
    operator, values = condition.operator, condition.values
    test: Test
    match operator.family:
        case "null":
            present = any(value.lower() == "false" for value in values)
            return view.literal(condition.if_missing, Everything(), present)
        case "numeric":
            bounds = tuple(b for value in values if (b := number(value)) is not None)
            test = Order(operator.style, bounds, view.variable == "time")
        case "date":
            bounds = tuple(b for value in values if (b := moment(value)) is not None)
            test = Order(operator.style, bounds, True)
        case "ip":
            test = Addresses(tuple(span(n) for v in values if (n := network(v)) is not None))
        case "bool":
            test = Globs(tuple(exact(value.lower(), True) for value in values))
        case family:
            widen = statement.allow != operator.negated
            style = "arn" if family == "arn" else operator.style
            test = Globs(_patterns(values, statement, reading, style, widen))
    return view.literal(condition.if_missing, test, not operator.negated)


def _patterns(
    values: Iterable[str], statement: Statement, reading: Reading, style: str, widen: bool
) -> tuple[Pattern, ...]:
    """Return the patterns of values; ``widen`` says which way a doubtful one is read."""
    found = []
    for value in values:
        text = parse(value, style in ("like", "arn", "resource"), statement.variables)
        items = _resolve(text, reading, widen)
        if items is None:
            continue
        if style in ("exact", "like", "fold"):
            found.append(like(items, style == "fold"))
        elif colons(items) >= 5:
            found.append(arn(items))
        elif style == "resource":
            if widen or items == (STAR,):
                found.append(like(items))
        elif widen and items[-1:] == (STAR,):
            found.append(like(items))
    return tuple(found)


def _resolve(text: Iterable[Item | Variable], reading: Reading, widen: bool) -> (
    tuple[Item, ...] | None
):
    """Put in what variables stand for; None where one stands for nothing."""
    items: list[Item] = []
    for item in text:
        if not isinstance(item, Variable):
            items.append(item)
            continue
        if reading.wide and item.key not in reading.values:
            if not widen:
                return None
            items.append(STAR)
            continue
        value = reading.values.get(item.key)
        value = item.default if value is None else value
        if value is None:
            return None
        items.extend(value)
    return tuple(items)


# -- who is meant


def _who(statement: Statement, world: World) -> bool | Literal:
    """Say whether a statement speaks of a caller: always, never, or with which name."""
    if statement.not_principals is not None and statement.principals is None:
        meant = _meant(statement.not_principals, world, not statement.allow)
        return meant.negated() if isinstance(meant, Literal) else not meant
    if statement.principals is None:
        return False
    return _meant(statement.principals, world, statement.allow)


def _meant(principals: Iterable[Principal], world: World, widen: bool) -> bool | Literal:
    patterns: list[Pattern] = []
    for principal in principals:
        match principal.kind:
            case "everyone":
                return True
            case "wildcard":
                if widen:
                    return True
            case "account" | "arn" if _is_outside(principal, world):
                continue
            case "account":
                head = (
                    *exact("arn:"), *run(NO_COLON), *exact(":iam::"), *exact(principal.value),
                    *exact(":"), *REST,
                )
                patterns.append(head)
            case "arn":
                patterns.append(exact(principal.value))
            case "session" if world.kind == ROLE and world.name == principal.value:
                return True
            case "federated" if world.kind == FEDERATED and world.name == principal.value:
                return True
            case "canonical" if world.kind == CANONICAL and world.name == principal.value:
                return True
            case "service" if world.kind == SERVICE and world.name == principal.value:
                return True
    if patterns and world.kind in (USER, ROLE, ROOT, ARN):
        return Literal("principal", False, Globs(tuple(patterns)))
    return False


def _is_outside(principal: Principal, world: World) -> bool:
    """Say whether a named principal is one that no stranger is, which saves a search."""
    parts = principal.value.split(":", 5)
    account = parts[4] if len(parts) == 6 else principal.value
    return account in world.outside.accounts


def role_patterns(session: str) -> tuple[Pattern, ...]:
    """Return the patterns of the role behind a session's ARN, whose path the ARN leaves out."""
    head, _, rest = session.partition(":assumed-role/")
    role = rest.partition("/")[0]
    base = exact(head.replace(":sts::", ":iam::") + ":role/")
    return (*base, *exact(role)), (*base, *REST, *exact("/" + role))
