"""The search for a request: values of independent variables that make one statement match.

A literal says something about one variable: whether it may be absent, and which values suit. An
Allow is a row of literals that must all hold, a Deny a row of which at least one must not. The
search takes the plainest request for the Allow, finds a Deny that hits it, makes one of that
Deny's literals false, and goes on until none hits (a witness) or nothing is left (a proof).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from .globs import Budget, GaveUp, Pattern, find, is_exact, matches
from .model import moment, number


class Test(Protocol):
    """A set of values."""

    def has(self, value: str) -> bool:
        """Say whether a value is in the set."""


Tests = tuple[tuple[Test, bool], ...]  # sets of values, and whether to be in or out


@dataclass(frozen=True, slots=True)
class Everything:
    """Every value: what ``Null`` asks for."""

    def has(self, value: str) -> bool:
        """Say yes."""
        return True


@dataclass(frozen=True, slots=True)
class Globs:
    """The texts that fit one of several patterns."""

    patterns: tuple[Pattern, ...]

    def has(self, value: str) -> bool:
        """Say whether a text fits."""
        return any(matches(pattern, value) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class Order:
    """The numbers, or the moments as epoch seconds, that compare with one of several as said."""

    style: str  # = < <= > >=
    bounds: tuple[float, ...]
    dates: bool = False

    def has(self, value: str) -> bool:
        """Say whether a number or moment suits; another text does not."""
        found = moment(value) if self.dates else number(value)
        if found is None:
            return False
        match self.style:
            case "=":
                return found in self.bounds
            case "<":
                return any(found < bound for bound in self.bounds)
            case "<=":
                return any(found <= bound for bound in self.bounds)
            case ">":
                return any(found > bound for bound in self.bounds)
        return any(found >= bound for bound in self.bounds)


# Addresses as one line of numbers: IPv4 first, IPv6 behind it.
_V6 = 1 << 32
_END = _V6 + (1 << 128)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def span(net: Network) -> tuple[int, int]:
    """Return the numbers of a network's first address and of the one behind its last."""
    start = int(net.network_address) + (_V6 if net.version == 6 else 0)
    return start, start + net.num_addresses


def address(place: int) -> str:
    """Return the address with a number."""
    if place < _V6:
        return str(ipaddress.IPv4Address(place))
    return str(ipaddress.IPv6Address(place - _V6))


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses in one of several spans."""

    spans: tuple[tuple[int, int], ...]

    def has(self, value: str) -> bool:
        """Say whether an address is in a span; another text is not."""
        try:
            place = span(ipaddress.ip_network(value))[0]
        except ValueError:
            return False
        return any(low <= place < high for low, high in self.spans)


@dataclass(frozen=True, slots=True)
class Part:
    """The values of which a part (the account of an ARN) is in a set that no pattern says."""

    test: Test
    part: Callable[[str], str]

    def has(self, value: str) -> bool:
        """Say whether the part of the value is in the set."""
        return self.test.has(self.part(value))


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """One thing said of one variable: it may be absent, or its value is (not) in a set."""

    variable: str
    absent: bool
    test: Test
    wanted: bool = True

    def holds(self, value: str | None) -> bool:
        """Say whether it holds for a value, or for None, the absent one."""
        if value is None:
            return self.absent
        return self.test.has(value) == self.wanted

    def negated(self) -> Literal:
        """Return the literal that holds exactly where this one does not."""
        return Literal(self.variable, not self.absent, self.test, not self.wanted)


@dataclass(frozen=True, slots=True)
class Domain:
    """What a variable can be: absent, present with a value that passes all tests, or either."""

    absent: bool = True
    present: bool = True
    tests: Tests = ()
    values: tuple[str, ...] | None = None  # the only ones, where they are few
    prefer: tuple[str, ...] = ()  # the plainest, tried first

    def has(self, value: str) -> bool:
        """Say whether a value is one of those."""
        if self.values is not None and value not in self.values:
            return False
        return all(test.has(value) == wanted for test, wanted in self.tests)


class Impossible(Exception):
    """No value fits; a proof."""


def choose(domain: Domain, literals: Sequence[Literal], budget: Budget) -> str | None:
    """Return a value for a variable (None: absent), raise Impossible (a proof) or GaveUp."""
    if domain.absent and all(literal.absent for literal in literals):
        return None
    if not domain.present:
        raise Impossible
    constraints = [*domain.tests, *((one.test, one.wanted) for one in literals)]

    cost = sum(map(weight, constraints))

    def fits(value: str) -> bool:
        budget.spend(cost * _length(value))
        return all(test.has(value) == wanted for test, wanted in constraints)

    for value in domain.values or domain.prefer:
        if fits(value):
            return value
    if domain.values is not None:
        raise Impossible
    kinds = {type(test) for test, _ in constraints} - {Everything}
    if any(isinstance(test, Everything) and not wanted for test, wanted in constraints):
        raise Impossible
    if kinds <= {Globs}:
        return _text(constraints, budget)
    if Addresses in kinds and kinds <= {Addresses, Globs}:
        return _address(constraints, budget)
    for value in _candidates(constraints, budget):
        if fits(value):
            return value
    if kinds == {Order} and len({t.dates for t, _ in constraints if isinstance(t, Order)}) == 1:
        raise Impossible
    raise GaveUp("one of its keys is compared in ways that cannot be weighed against each other")


def weight(constraint: tuple[Test, bool]) -> int:
    """Return in how many steps a value is compared."""
    match constraint[0]:
        case Globs(patterns):
            return len(patterns)
        case Addresses(spans):
            return len(spans)
        case Order(_, bounds):
            return len(bounds)
    return 1


def _length(value: str) -> int:
    """Return by how much the length of a value makes comparing it longer."""
    return 1 + len(value) // 16


_MANY = 12


def _text(constraints: Sequence[tuple[Test, bool]], budget: Budget) -> str:
    inside: list[tuple[Pattern, ...]] = []
    outside: list[Pattern] = []
    for test, wanted in constraints:
        if isinstance(test, Globs):
            if wanted:
                inside.append(test.patterns)
            else:
                outside.extend(test.patterns)
    text = None
    if any(len(group) > _MANY for group in inside):
        # Five hundred principals: most likely one of the first will do.
        text = find([group[:_MANY] for group in inside], outside, budget)
    if text is None:
        text = find(inside, outside, budget)
    if text is None:
        raise Impossible
    return text


def _address(constraints: Sequence[tuple[Test, bool]], budget: Budget) -> str:
    """Return an address in all wanted spans and in none of the others."""
    free = [(0, _END)]
    doubtful = False
    for test, wanted in constraints:
        if isinstance(test, Addresses):
            spans: Sequence[tuple[int, int]] = test.spans
        elif isinstance(test, Globs):
            spans, certain = _spans(test)
            doubtful |= not certain
            if not certain and wanted:
                spans = [(0, _END)]
        else:
            continue
        budget.spend(len(free) * len(spans))
        free = _cut(free, spans) if wanted else _without(free, spans)
    cost = sum(map(weight, constraints))
    for low, high in free:
        for value in (address(low + 1), address(low)):
            if low + 1 < high or value == address(low):
                budget.spend(cost)
                fit = all(test.has(value) == wanted for test, wanted in constraints)
                if fit:
                    return value
    if doubtful:
        raise GaveUp("an address is compared as a text")
    raise Impossible


def _spans(globs: Globs) -> tuple[list[tuple[int, int]], bool]:
    """Return the addresses that fit patterns of text, and whether these are all."""
    spans, certain = [], True
    for pattern in globs.patterns:
        text = is_exact(pattern)
        if text is None:
            head = is_exact(pattern[:-1]) if pattern and pattern[-1].star else None
            digits = head.removesuffix(".").split(".") if head and head.endswith(".") else []
            if head == "":
                spans.append((0, _END))
                continue
            try:
                start = ".".join((digits + ["0"] * 4)[:4])
                spans.append(span(ipaddress.ip_network(f"{start}/{8 * len(digits)}")))
            except ValueError:
                certain = False
            certain = certain and bool(digits)
        else:
            try:
                spans.append(span(ipaddress.ip_network(text)))
            except ValueError:
                continue
    return spans, certain


def _cut(
    free: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    return sorted(
        (max(a, c), min(b, d)) for a, b in free for c, d in spans if max(a, c) < min(b, d)
    )


def _without(
    free: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    left = list(free)
    for low, high in spans:
        left = [
            piece
            for a, b in left
            for piece in ((a, min(b, low)), (max(a, high), b))
            if piece[0] < piece[1]
        ]
    return left


def _candidates(constraints: Sequence[tuple[Test, bool]], budget: Budget) -> Iterator[str]:
    """Return values on, between and beside everything that is compared."""
    found = {b for test, _ in constraints if isinstance(test, Order) for b in test.bounds}
    # From above, so that a moment is one that the policy says rather than the present one.
    points = sorted(found, reverse=True)
    for point in points:
        yield from map(_number, (point, point + 1, point - 1))
    for high, low in pairwise(points):
        yield _number((low + high) / 2)
    globs = [(test, wanted) for test, wanted in constraints if isinstance(test, Globs)]
    for test, wanted in globs:
        for pattern in test.patterns if wanted else ():
            text = is_exact(pattern)
            if text is not None:
                yield text
    if globs:
        try:
            yield _text(globs, budget)
        except Impossible:
            return


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is asked: literals that must hold, rows of which at least one literal must not."""

    domains: Mapping[str, Domain]
    must: Sequence[Literal]
    denies: Sequence[Sequence[Literal]]


Assignment = dict[str, str | None]


def solve(problem: Problem, budget: Budget) -> Assignment | None:
    """Return values that answer a problem, None where there are none (a proof), or GaveUp."""
    if any(not deny for deny in problem.denies):
        return None
    known: dict[tuple[str, tuple[int, ...]], tuple[str | None] | None] = {}
    doubt: GaveUp | None = None

    def pick(variable: str, literals: tuple[Literal, ...]) -> str | None:
        key = (variable, tuple(map(id, literals)))
        if key not in known:
            try:
                known[key] = (choose(problem.domains[variable], literals, budget),)
            except Impossible:
                known[key] = None
        found = known[key]
        if found is None:
            raise Impossible
        return found[0]

    truths: dict[tuple[int, str | None], bool] = {}

    def holds(one: Literal, value: str | None) -> bool:
        key = (id(one), value)
        if key not in truths:
            budget.spend(weight((one.test, one.wanted)) * _length(value or ""))
            truths[key] = one.holds(value)
        return truths[key]

    budget.spend(len(problem.must) + sum(map(len, problem.denies)))
    opposite = {id(one): one.negated() for deny in problem.denies for one in deny}
    start: dict[str, tuple[Literal, ...]] = dict.fromkeys(problem.domains, ())
    for one in problem.must:
        start[one.variable] += (one,)
    try:
        values: Assignment = {variable: pick(variable, held) for variable, held in start.items()}
    except Impossible:
        return None
    # An explicit stack: a hostile document has more statements than Python has frames.
    stack = [(start, values)]
    seen: set[frozenset[int]] = set()
    while stack:
        held, values = stack.pop()
        budget.spend(10 + len(problem.denies))
        hit = min(
            (d for d in problem.denies if all(holds(o, values[o.variable]) for o in d)),
            key=len,
            default=None,
        )
        if hit is None:
            return values
        for one in reversed(hit):
            other = opposite[id(one)]
            literals = held[one.variable]
            if other in literals:
                continue
            budget.spend(10 + sum(map(len, held.values())) + len(held))
            longer = {**held, one.variable: (*literals, other)}
            mark = frozenset(id(o) for group in longer.values() for o in group)
            if mark in seen:
                continue
            seen.add(mark)
            try:
                value = pick(one.variable, longer[one.variable])
            except Impossible:
                continue
            except GaveUp as gave_up:
                doubt = gave_up
                continue
            stack.append((longer, {**values, one.variable: value}))
    if doubt:
        raise doubt
    return None
