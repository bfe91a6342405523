"""What policy variables stand for: values tried one by one, and the wide reading for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product

from .concrete import Request
from .globs import Budget, GaveUp
from .model import ONE, OWNER_KEYS, STAR, Policy, Statement, Variable, parse
from .solve import Domain, Impossible, choose
from .strangers import variables
from .worlds import World


@dataclass(frozen=True, slots=True)
class Reading:
    """What policy variables stand for.

    ``values`` says it key by key (None: the request has no such key, so the comparison fails).
    With ``wide`` a variable is anything where that lets more in, and nothing where that does.
    """

    values: Mapping[str, str | None] = field(default_factory=dict)
    wide: bool = False


_COMBINATIONS = 12


def readings(
    policies: Sequence[Policy], world: World, budget: Budget
) -> Iterator[tuple[Reading, World]]:
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
                values = values or _any(domain, budget)
                complete &= domain.values is not None
            if domain.absent:
                values.append(None)
        choices[variable] = list(dict.fromkeys(values))
    every = product(*choices.values())
    for combination in islice(every, _COMBINATIONS):
        budget.spend(10 * len(keys))
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


_SEARCH = 40_000  # steps for the plainest value of a variable


def _any(domain: Domain, budget: Budget) -> list[str | None]:
    try:
        return [choose(replace(domain, absent=False), (), budget.part(_SEARCH))]
    except (Impossible, GaveUp):
        return []


def guessed(
    policies: Sequence[Policy], statements: Iterable[Statement], world: World, request: Request,
    budget: Budget,
) -> tuple[Reading, World]:
    """Return the values of variables with which statements fit a request, as far as one can see.

    The request was found with each variable as a wildcard; what that wildcard stood for is what
    the variable must be. The others have their plainest value.
    """
    seen: dict[str, str] = {}
    for statement in statements:
        texts = [(text, request.resource) for text in statement.resources or ()]
        for one in statement.conditions:
            if one.key in request.keys:
                texts += [(value, request.keys[one.key]) for value in one.values]
        for text, value in texts if statement.variables else ():
            budget.spend(len(text) + len(value))
            _capture(text, value, seen)
    reading, there = next(iter(readings(policies, world, budget)))
    values, fixed = dict(reading.values), dict(there.fixed)
    for key, value in seen.items():
        view = world.view(key)
        if not view.part and world.domain(view.variable).has(value):
            values[key] = value
            fixed[view.variable] = Domain(False, values=(value,))
    return Reading(values), replace(world, fixed=fixed)


def _capture(text: str, value: str, seen: dict[str, str]) -> None:
    """Note what the variables of a text stand for in a value that fits it.

    Each variable stands for one or more characters, none of them a slash or colon. Bit n of a
    number says that the items so far fit the first n characters: no foreign text is backtracked.
    """
    items = parse(text, True, True)
    if not any(isinstance(item, Variable) for item in items):
        return
    every = (1 << len(value)) - 1
    inner = sum(1 << n for n, char in enumerate(value) if char not in "/:")
    reached = [1]
    for item in items:
        here = reached[-1]
        if item is STAR:
            after = -(here & -here) & (every << 1 | 1)
        elif isinstance(item, Variable):
            after, step = 0, (here & inner) << 1
            while step & ~after:
                after |= step
                step = (step & inner) << 1
        else:
            fits = every if item is ONE else sum(1 << n for n, c in enumerate(value) if c == item)
            after = (here & fits) << 1
        reached.append(after)
    end = len(value)
    if not reached[-1] >> end & 1:
        return
    for item, before in zip(reversed(items), reversed(reached[:-1]), strict=True):
        if item is STAR:
            end = (before & -before).bit_length() - 1
        elif isinstance(item, Variable):
            start = max(value.rfind("/", 0, end), value.rfind(":", 0, end)) + 1
            left = before >> start
            start += (left & -left).bit_length() - 1
            seen.setdefault(item.key, value[start:end])
            end = start
        else:
            end -= 1


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

