"""A policy document as data: statements, principals, conditions, and the values in them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple


class Wild:
    """A wildcard in a text; there are two of them, STAR and ONE."""

    def __init__(self, sign: str) -> None:
        self.sign = sign

    def __repr__(self) -> str:
        return self.sign


STAR: Final = Wild("*")
ONE: Final = Wild("?")
Item = str | Wild  # one character that stands for itself, or a wildcard


class Variable(NamedTuple):
    """A policy variable in a text: ``${aws:username}``, ``${aws:PrincipalTag/team, 'none'}``."""

    key: str
    default: str | None


Text = tuple[Item | Variable, ...]


class Operator(NamedTuple):
    """A condition operator: what it compares, how, and whether it is the negated one."""

    family: str
    style: str
    negated: bool = False


# The operators of the IAM user guide, "Condition operators".
OPERATORS: Final[Mapping[str, Operator]] = {
    "stringequals": Operator("string", "exact"),
    "stringnotequals": Operator("string", "exact", True),
    "stringequalsignorecase": Operator("string", "fold"),
    "stringnotequalsignorecase": Operator("string", "fold", True),
    "stringlike": Operator("string", "like"),
    "stringnotlike": Operator("string", "like", True),
    "binaryequals": Operator("string", "exact"),
    "arnequals": Operator("arn", "like"),
    "arnlike": Operator("arn", "like"),
    "arnnotequals": Operator("arn", "like", True),
    "arnnotlike": Operator("arn", "like", True),
    "numericequals": Operator("numeric", "="),
    "numericnotequals": Operator("numeric", "=", True),
    "numericlessthan": Operator("numeric", "<"),
    "numericlessthanequals": Operator("numeric", "<="),
    "numericgreaterthan": Operator("numeric", ">"),
    "numericgreaterthanequals": Operator("numeric", ">="),
    "dateequals": Operator("date", "="),
    "datenotequals": Operator("date", "=", True),
    "datelessthan": Operator("date", "<"),
    "datelessthanequals": Operator("date", "<="),
    "dategreaterthan": Operator("date", ">"),
    "dategreaterthanequals": Operator("date", ">="),
    "bool": Operator("bool", "fold"),
    "ipaddress": Operator("ip", "in"),
    "notipaddress": Operator("ip", "in", True),
    "null": Operator("null", "is"),
}


# Keys that hold the resource owner's own account or organization, whoever calls.
OWNER_KEYS: Final = frozenset({
    "aws:resourceaccount", "s3:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths",
})


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator. ``fault`` says why it cannot be read, else it is empty."""

    operator: Operator
    quantifier: str  # "" | "all" | "any"
    if_exists: bool
    key: str  # in lower case, as keys are compared
    name: str  # as it is written
    values: tuple[str, ...]
    fault: str = ""

    @property
    def if_missing(self) -> bool:
        """Whether it holds for a request that lacks the key."""
        if self.operator.family == "null":
            return any(value.lower() == "true" for value in self.values)
        if self.if_exists or self.quantifier == "all":
            return True
        return self.operator.negated and self.quantifier != "any"


@dataclass(frozen=True, slots=True)
class Principal:
    """One name in a Principal: ``kind`` says whom it means.

    everyone · account · arn · session · unique (the id of a deleted principal) · service ·
    federated · canonical · wildcard (a pattern, which AWS does not accept). ``element`` is the
    member of Principal that it stands in, in lower case.
    """

    kind: str
    value: str
    element: str = "aws"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. None for an element that it lacks; ``faults`` is what AWS would refuse."""

    number: int
    sid: str
    allow: bool
    principals: tuple[Principal, ...] | None
    not_principals: tuple[Principal, ...] | None
    actions: tuple[str, ...] | None
    not_action: bool
    resources: tuple[str, ...] | None
    not_resource: bool
    conditions: tuple[Condition, ...]
    variables: bool  # whether the document's version knows policy variables
    faults: tuple[str, ...]
    source: str = ""  # the name of the policy, where several are judged together

    @property
    def label(self) -> str:
        """The Sid, or "statement 2"; after the policy's name, where several are judged together."""
        source = f"{self.source}: " if self.source else ""
        return source + (self.sid or f"statement {self.number}")

    @property
    def place(self) -> str:
        """Where it is, in words: "statement 2", with its Sid and its policy where it has them."""
        sid = f" ({self.sid})" if self.sid else ""
        source = f" of {self.source}" if self.source else ""
        return f"statement {self.number}{sid}{source}"


@dataclass(frozen=True, slots=True)
class Policy:
    """A document: its statements, or why it cannot be read at all (``unreadable``)."""

    statements: tuple[Statement, ...] = ()
    unreadable: str = ""
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


def number(text: str) -> float | None:
    """Read a number, or return None."""
    if re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", text, re.ASCII):
        return float(text)
    return None


def moment(text: str) -> float | None:
    """Read a date (ISO 8601, UTC unless it says otherwise, or epoch seconds) as epoch seconds."""
    if re.fullmatch(r"-?\d{1,15}(\.\d+)?", text, re.ASCII):
        return float(text)
    if not re.match(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return None
    try:
        date = datetime.fromisoformat(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Read a CIDR, or an address as a network of one, or return None."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


_VARIABLE = re.compile(r"\$\{([^{}]*)\}")


@lru_cache(maxsize=1024)
def parse(text: str, wildcards: bool, variables: bool) -> Text:
    """Split a value into characters, wildcards and variables."""
    found: list[Item | Variable] = []
    place = 0
    while place < len(text):
        match = _VARIABLE.match(text, place) if variables and text[place] == "$" else None
        if match:
            inner = match[1].strip()
            if inner in ("*", "?", "$"):
                found.append(inner)
            else:
                key, comma, default = inner.partition(",")
                found.append(
                    Variable(key.strip().lower(), default.strip().strip("'") if comma else None)
                )
            place = match.end()
            continue
        char = text[place]
        if wildcards and char in "*?":
            found.append(STAR if char == "*" else ONE)
        else:
            found.append(char)
        place += 1
    return tuple(found)


def plain(text: str) -> tuple[Item, ...]:
    """Split a value without variables into characters and wildcards."""
    return tuple(item for item in parse(text, True, False) if not isinstance(item, Variable))


def colons(text: Text) -> int:
    """Return how many of the colons that part an ARN a value has, outside its variables."""
    return sum(item == ":" for item in text)
