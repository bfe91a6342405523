"""From a question to a witness: which callers, which Allow, and the proof read back.

A question is asked of every kind of caller and every Allow in turn. What the search finds is put
to ``concrete`` before it counts; if the two disagree, nothing is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import product

from . import concrete
from .actions import natural
from .concrete import Caller, Request
from .encode import literals
from .globs import Budget, GaveUp
from .model import Policy, Statement
from .solve import Domain, Literal, Problem, Tests, solve, weight
from .strangers import mentioned
from .variables import Reading, guessed, readings
from .worlds import CANONICAL, World

# From the Allows of an answer to plain pairs of an action and a resource.
Prefer = Callable[[Sequence[Statement]], Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Found:
    """A request that is allowed: by which statements, for which kind of caller."""

    request: Request
    world: World
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Is there such a request that every one of ``grants`` allows and none of ``all`` denies?

    With no ``grants`` whatever is not denied counts. ``actions`` and ``resources`` say which
    requests are meant, ``prefer`` which pairs of them make a plain example of a statement.
    """

    grants: tuple[Policy, ...]
    all: tuple[Policy, ...]
    worlds: Sequence[World]
    actions: Tests = ()
    resources: Tests = ()
    principals: bool = True
    counts: Callable[[Statement], bool] = lambda statement: True
    prefer: Prefer = lambda chosen: ()
    budget: Budget = field(default_factory=Budget)


def decide(question: Question) -> Found | None:
    """Return a request that answers yes, None where there is none (a proof), or raise GaveUp."""
    doubt: GaveUp | None = None
    question.budget.spend(sum(len(policy.statements) for policy in question.all))
    keys = frozenset().union(*(mentioned(policy) for policy in question.all))
    for world in question.worlds:
        try:
            found = _in_world(question, world, keys)
        except GaveUp as gave_up:
            doubt = doubt or gave_up
            if question.budget.spent:
                break
            continue
        if found:
            return found
    if doubt:
        raise doubt
    return None


def _in_world(question: Question, world: World, keys: frozenset[str]) -> Found | None:
    doubt: GaveUp | None = None
    for reading, there in readings(question.all, world, question.budget):
        try:
            for found in _requests(question, there, keys, reading):
                if not reading.wide and _holds(question, found.request):
                    return _plainer(question, found)
                if not reading.wide:
                    doubt = GaveUp("the search and the evaluation of its witness disagree")
                    continue
                doubt = GaveUp("it depends on what a policy variable stands for")
                again = guessed(
                    question.all, found.statements, there, found.request, question.budget
                )
                for exact in _requests(question, again[1], keys, again[0]):
                    if _holds(question, exact.request):
                        return _plainer(question, exact)
        except GaveUp as gave_up:
            doubt = doubt or gave_up
            if question.budget.spent:
                break
    if doubt:
        raise doubt
    return None


def _requests(
    question: Question, world: World, keys: frozenset[str], reading: Reading
) -> Iterator[Found]:
    """Yield a request for each choice of Allows that has one; at the end raise what gave up."""
    doubt: GaveUp | None = None
    denies = [
        row
        for policy in question.all
        for statement in policy.statements
        if not statement.allow and (row := _row(statement, world, reading, question)) is not None
    ]
    known = _Domains(question, world, keys, denies)
    for chosen, must in _allows(question, world, reading):
        try:
            problem = Problem(known.domains(chosen, must), must, denies)
            values = solve(problem, question.budget.quarter())
        except GaveUp as gave_up:
            doubt = doubt or (_at(chosen[0], gave_up) if chosen else gave_up)
            if question.budget.spent:
                break
            continue
        if values is not None:
            plain = {action.lower(): action for action, _ in question.prefer(chosen)}
            action = values["action"] or ""
            values["action"] = plain.get(action, action)
            yield Found(_request(world, values, keys), world, chosen)
    if doubt:
        raise doubt


def _row(
    statement: Statement, world: World, reading: Reading, question: Question
) -> list[Literal] | None:
    try:
        question.budget.spend(2 * _size(statement))
    except GaveUp as gave_up:
        raise _at(statement, gave_up) from gave_up
    return literals(statement, world, reading, principals=question.principals)


def _size(statement: Statement) -> int:
    """Return how many values a statement has in all."""
    values = (
        statement.principals, statement.not_principals, statement.actions, statement.resources,
        *(condition.values for condition in statement.conditions),
    )
    return sum(len(one) for one in values if one)


def _at(statement: Statement, gave_up: GaveUp) -> GaveUp:
    return GaveUp(f"{gave_up}, at {statement.place}")


def _allows(
    question: Question, world: World, reading: Reading
) -> Iterator[tuple[tuple[Statement, ...], list[Literal]]]:
    """Yield each choice of one Allow from every granting policy, and what must hold for it."""
    sides: list[list[tuple[Statement, list[Literal]]]] = []
    for policy in question.grants:
        side = []
        for statement in policy.statements:
            if statement.allow and question.counts(statement):
                row = _row(statement, world, reading, question)
                if row is not None:
                    side.append((statement, row))
        sides.append(side)
    for choice in product(*sides):
        yield tuple(s for s, _ in choice), [one for _, row in choice for one in row]


class _Domains:
    """What each variable of a question can be in a world: of most it is the same for each Allow."""

    def __init__(
        self, question: Question, world: World, keys: frozenset[str],
        denies: Sequence[Sequence[Literal]],
    ) -> None:
        self.question = question
        self.world = world
        used = {one.variable for row in denies for one in row}
        self.used = used | {world.view(key).variable for key in keys} | {"principal"}
        self.known: dict[str, Domain] = {}

    def domains(
        self, chosen: Sequence[Statement], must: Sequence[Literal]
    ) -> Mapping[str, Domain]:
        """Return what each variable can be where some Allows are chosen."""
        question = self.question
        used = self.used | {one.variable for one in must}
        question.budget.spend(20 + 4 * len(used))
        pairs = list(question.prefer(chosen))
        actions = (*question.actions, *self.world.actions)
        # The action first: most Allows that are not meant fail by it.
        return {
            "action": Domain(False, True, actions, prefer=tuple(a.lower() for a, _ in pairs)),
            "resource": Domain(False, True, question.resources, prefer=tuple(r for _, r in pairs)),
            **{name: self.domain(name) for name in sorted(used - {"action", "resource"})},
        }

    def domain(self, variable: str) -> Domain:
        """Return what a variable can be."""
        if variable not in self.known:
            found = self.known[variable] = self.world.domain(variable)
            self.question.budget.spend(sum(map(weight, found.tests)))
        return self.known[variable]


def _request(world: World, values: Mapping[str, str | None], keys: frozenset[str]) -> Request:
    found = {}
    for key in sorted(keys):
        view = world.view(key)
        value = values.get(view.variable)
        if value is not None:
            found[key] = _shown(key, view.of(value))
    name = world.name if world.kind == CANONICAL else values.get("principal") or world.name
    session = world.name if ":assumed-role/" in world.name else ""
    caller = Caller(world.kind, name, session)
    return Request(caller, values["action"] or "", values["resource"] or "", found)


def _shown(key: str, value: str) -> str:
    if key == "aws:currenttime":
        try:
            return datetime.fromtimestamp(float(value), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (ValueError, OverflowError, OSError):
            return value
    return value


def _plainer(question: Question, found: Found) -> Found:
    """Return what was found, with an action that goes with its resource where there is one."""
    request = found.request
    if natural(request.action, request.resource):
        return found
    for action, resource in question.prefer(found.statements):
        other = replace(request, action=action, resource=resource)
        if natural(action, resource) and _asked(question, found.world, other):
            return replace(found, request=other)
    return found


def _asked(question: Question, world: World, request: Request) -> bool:
    """Say whether a request is one that the question is about, and answers it."""
    actions = (*question.actions, *world.actions)
    return (
        all(test.has(request.action.lower()) == wanted for test, wanted in actions)
        and all(test.has(request.resource) == wanted for test, wanted in question.resources)
        and _holds(question, request)
    )


def _holds(question: Question, request: Request) -> bool:
    return all(
        any(
            one.allow and concrete.matches(one, request, principals=question.principals)
            for one in policy.statements
        )
        for policy in question.grants
    ) and not any(
        concrete.denies(policy, request, principals=question.principals)
        for policy in question.all
    )

