"""A statement as a row of literals about one kind of caller's request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product

from .globs import NO_COLON, REST, Pattern, arn, exact, like, run
from .model import (
    ONE,
    OWNER_KEYS,
    STAR,
    Condition,
    Item,
    Policy,
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
from .solve import Addresses, Domain, Everything, Globs, Literal, Order, Test, span
from .strangers import (
    ARN,
    CANONICAL,
    FEDERATED,
    ROLE,
    ROOT,
    SERVICE,
    USER,
    World,
    variables,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What policy variables stand for.

    ``values`` says it key by key (None: the request has no such key, so the comparison fails).
    With ``wide`` a variable is anything where that lets more in, and nothing where that does.
    """

    values: Mapping[str, str | None] = field(default_factory=dict)
    wide: bool = False


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


# -- what variables stand for

_COMBINATIONS = 12


def readings(policies: Sequence[Policy], world: World) -> Iterator[tuple[Reading, World]]:
    """Yield values for the variables of policies, and the world in which they have them.

    Where there are more values than are tried, the last reading is the wide one: it proves that
    there is no request, but its requests are no witnesses.
    """
    keys = sorted({key for policy in policies for key in variables(policy)})
    if not keys:
        yield Reading(), world
        return
    choices: dict[str, list[str | None]] = {}
    complete = True
    named = _named_values(policies)
    for key in keys:
        variable = world.view(key).variable
        if variable in choices:
            continue
        domain = world.domain(variable)
        values: list[str | None] = []
        if key in OWNER_KEYS:
            known = [v for v in named.get(key, ()) if domain.has(v)]
            values += list(domain.values or ()) or [*known, *domain.prefer]
        else:
            if domain.present:
                values += list(domain.values if domain.values is not None else domain.prefer[:2])
                whole = not world.view(key).part
                values += [v for v in named.get(key, ()) if whole and domain.has(v)]
                if not values and domain.has("x"):
                    values.append("x")
                complete &= domain.values is not None
            if domain.absent:
                values.append(None)
        choices[variable] = list(dict.fromkeys(values))
    every = product(*choices.values())
    for combination in islice(every, _COMBINATIONS):
        given = dict(zip(choices, combination, strict=True))
        fixed = {
            name: Domain(present=False) if value is None else Domain(False, values=(value,))
            for name, value in given.items()
        }
        seen = {}
        for key in keys:
            view = world.view(key)
            value = given[view.variable]
            seen[key] = None if value is None else view.of(value)
        yield Reading(seen), replace(world, fixed={**world.fixed, **fixed})
    if not complete or next(every, None) is not None:
        yield Reading(wide=True), world


def guessed(
    statements: Iterable[Statement], world: World, resource: str, keys: Mapping[str, str]
) -> tuple[Reading, World] | None:
    """Return the values of variables with which statements fit a request, as far as one can see.

    The request was found with each variable as a wildcard; what that wildcard stood for is what
    the variable must be. None where no text of a statement fits so.
    """
    seen: dict[str, str] = {}
    for statement in statements:
        texts = [(text, resource) for text in statement.resources or ()]
        for one in statement.conditions:
            texts += [(value, keys[one.key]) for value in one.values if one.key in keys]
        for text, value in texts if statement.variables else ():
            _capture(text, value, seen)
    if not seen:
        return None
    given: dict[str, str] = {}
    for key, value in seen.items():
        view = world.view(key)
        if not view.part and world.domain(view.variable).has(value):
            given[view.variable] = value
    fixed = {name: Domain(False, values=(value,)) for name, value in given.items()}
    values = {key: given.get(world.view(key).variable) for key in seen}
    return Reading(values), replace(world, fixed={**world.fixed, **fixed})


def _capture(text: str, value: str, seen: dict[str, str]) -> None:
    """Note what the variables of a text stand for in a value that fits it."""
    parts, names = [], []
    for item in parse(text, True, True):
        if isinstance(item, Variable):
            parts.append("([^/:]+)")
            names.append(item.key)
        else:
            parts.append(".*" if item is STAR else "." if item is ONE else re.escape(str(item)))
    match = re.fullmatch("".join(parts), value, re.DOTALL) if names else None
    if match:
        for name, found in zip(names, match.groups(), strict=True):
            seen.setdefault(name, found)


def _named_values(policies: Iterable[Policy]) -> dict[str, list[str]]:
    """Return the values that policies compare a key with, as far as they are plain texts."""
    found: dict[str, list[str]] = {}
    for policy in policies:
        for statement in policy.statements:
            for condition in statement.conditions:
                if condition.operator.family == "string":
                    plain = [v for v in condition.values if not any(c in v for c in "*?$")]
                    found.setdefault(condition.key, []).extend(plain[:3])
    return found

