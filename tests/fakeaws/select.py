"""Which of the resources a list or a search asks for, in which order; without making them all."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.utils import parse_timestamp

TIMES = ("CreationTime", "LastModifiedTime")


class Mapped(Sequence):
    """A sequence seen through a function that is applied to what is looked at only."""

    def __init__(self, of: Sequence, function: Callable[[Any], Any]) -> None:
        self._of = of
        self._function = function

    def __len__(self):
        return len(self._of)

    def __getitem__(self, at):
        if isinstance(at, slice):
            return [self._function(item) for item in self._of[at]]
        return self._function(self._of[at])

    def first(self, count):
        """Return the same, but of the first ``count`` items."""
        return Mapped(self._of[:count], self._function)


class Joined(Sequence):
    """Sequences one after the other."""

    def __init__(self, parts: Sequence[Sequence]) -> None:
        self._parts = parts

    def __len__(self):
        return sum(map(len, self._parts))

    def __getitem__(self, at):
        if not isinstance(at, slice):
            return self[at:at + 1][0]
        start, stop, _ = at.indices(len(self))
        found: list = []
        for part in self._parts:
            found += part[max(start, 0):max(stop, 0)]
            start, stop = start - len(part), stop - len(part)
        return found


class Generated(Sequence):
    """Resources made by a function of their number, none of which is kept.

    ``make(i)`` returns the i-th as its Describe operation answers it; both of its times must
    grow with ``i``, and its name and ARN end in ``i``'s digits.
    """

    def __init__(self, count: int, make: Callable[[int], dict[str, Any]]) -> None:
        self._count = count
        self.make = make

    def __len__(self):
        return self._count

    def __getitem__(self, at):
        if isinstance(at, slice):
            return [self.make(i) for i in range(self._count)[at]]
        return self.make(range(self._count)[at])

    def named(self, name):
        """Return those that may be called so: the one whose number ends the name, or none."""
        digits = re.search(r"(\d+)$", str(name))
        number = int(digits[1]) if digits else self._count
        return [self.make(number)] if number < self._count else []


@dataclass(frozen=True)
class Test:
    """What is asked of one member of a resource, in the words of Search's operators."""

    __test__ = False  # not pytest's
    member: str
    operator: str
    value: Any = None

    def holds(self, resource):
        """Tell whether a resource is one of those that are asked for."""
        found = _at(resource, self.member.split("."))
        if self.operator in ("Exists", "NotExists"):
            return bool(found) == (self.operator == "Exists")
        return any(self._compare(value) for value in found) or (
            self.operator == "NotEquals" and not found
        )

    def bounds(self, low, high, made, number):
        """Narrow a range of numbers to those in whose resources a time lies where it should."""
        def when(i):
            return moment(made(i)[self.member])

        span, wanted = range(number), moment(self.value)
        if self.operator == "GreaterThan":
            return max(low, bisect_right(span, wanted, key=when)), high
        if self.operator == "GreaterThanOrEqualTo":
            return max(low, bisect_left(span, wanted, key=when)), high
        if self.operator == "LessThan":
            return low, min(high, bisect_left(span, wanted, key=when))
        return low, min(high, bisect_right(span, wanted, key=when))

    @property
    def narrows(self):
        """Tell whether it is a bound on a time."""
        return self.member in TIMES and self.operator in _ORDERS

    def _compare(self, value):
        if self.operator in _ORDERS:
            return _ORDERS[self.operator](*_alike(value, self.value))
        if self.operator == "In":
            return str(value) in str(self.value).split(",")
        if self.operator == "Contains":
            return str(self.value) in str(value)
        one, other = _alike(value, self.value)
        return (one == other) == (self.operator == "Equals")


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": lambda a, b: a > b, "GreaterThanOrEqualTo": lambda a, b: a >= b,
    "LessThan": lambda a, b: a < b, "LessThanOrEqualTo": lambda a, b: a <= b,
}


def select(resources, tests, by="", descending=False):
    """Return the resources of which all the tests hold, in the order of a member.

    With no member they come as they stand in the document.
    """
    if isinstance(resources, Generated):
        return _of_generated(resources, tests, descending)
    found = [r for r in resources if all(t.holds(r) for t in tests)]
    if by:
        found.sort(key=lambda r: _rank(r.get(by)), reverse=descending)
    return found


def _of_generated(resources, tests, descending):
    low, high = 0, len(resources)
    for test in tests:
        if test.narrows:
            low, high = test.bounds(low, high, resources.make, len(resources))
    numbers: Sequence[int] = range(low, max(low, high))
    others = [t for t in tests if not t.narrows]
    if others:
        numbers = [i for i in numbers if all(t.holds(resources.make(i)) for t in others)]
    return Mapped(numbers[::-1] if descending else numbers, resources.make)


def moment(value):
    """Return a time as AWS or a document writes it, comparable to every other."""
    found = value if isinstance(value, datetime) else parse_timestamp(value)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _at(value, path):
    """Return the values at a dotted path, through lists."""
    for name in path:
        inner = [v for one in ([value] if isinstance(value, dict) else value or ())
                 for v in [one.get(name) if isinstance(one, dict) else None] if v is not None]
        value = [v for one in inner for v in (one if isinstance(one, list) else [one])]
    return value


def _alike(value, asked):
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC), moment(asked)
    if isinstance(value, bool):
        return str(value).lower(), str(asked).lower()
    if isinstance(value, int | float):
        return float(value), float(asked)
    return str(value), str(asked)


def _rank(value):
    if value is None:
        return 0, ""
    return 1, moment(value) if isinstance(value, datetime) else str(value)
