"""The report as one page: for people, to keep and to hand on; needs no network and no script."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import IO, Any

import jinja2
import msgspec
from markupsafe import Markup

from auditor.finding import (
    CallCost,
    ControlCard,
    Evidence,
    Finding,
    FrameworkCard,
    RuleCard,
    Run,
)
from auditor.lineage import drawn

from ._digest import (
    GRAVEST_FIRST,
    Digest,
    counted,
    moment,
    noun,
)
from ._text import as_json, visible

_ROOM = Path(__file__).parent


def write(
    run: Run, out: IO[bytes], *, outcomes: Collection[str] | None = None, **_: Any
) -> None:
    """Write the page to ``out``, piece by piece; ``outcomes`` narrows the findings shown."""
    style, script = (_ROOM / "html.css").read_text(), (_ROOM / "html.js").read_text()
    for piece in _template().generate(
        run=run, digest=Digest(run, outcomes), outcomes=sorted(outcomes or ()),
        style=Markup(style), style_hash=_hash(style),
        script=Markup(script), script_hash=_hash(script),
        first_time=_FirstTime(), documents=_Documents(), neighbours=_Neighbours(run),
    ):
        out.write(piece.encode())


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_ROOM), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined, finalize=_shown,
    )
    environment.filters |= {
        "moment": moment, "noun": noun, "islice": islice,
        "pieces": pieces, "lines": lines, "answers": answers, "remedy": remedy,
        "by_kind": by_kind, "segments": segments, "states": states, "ours": ours,
        "operations": operations, "number": "{:,}".format,
    }
    environment.globals |= {
        "counted": counted, "severities": GRAVEST_FIRST, "newline": Markup("\n"),
        "searched": searched,
    }
    return environment.get_template("html.jinja")


def _shown(value: Any) -> Any:
    """Make every text that the page shows harmless; our own style and script are no ``str``."""
    return visible(value) if type(value) is str else value


def _hash(text: str) -> str:
    """Return what a Content-Security-Policy calls a text that may act."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


class _Neighbours:
    """What points at a resource, and at what it points: the steps from data to endpoint."""

    MOST = 8

    def __init__(self, run: Run) -> None:
        self._lineage = drawn(run.lineage)

    def __call__(self, arn: str) -> list[tuple[str, list[tuple[str, str, str]], int]]:
        """Return both sides: the word for it, kind, ARN and member of each, how many more."""
        sides = [
            ("Pointed at by", [(k.source_kind, k.source, k.member) for k in self._lineage.to(arn)]),
            ("Points at", [(k.target_kind, k.target, k.member) for k in self._lineage.of(arn)]),
        ]
        return [
            (word, found[:self.MOST], max(0, len(found) - self.MOST))
            for word, found in sides if found
        ]


class _FirstTime:
    """Tells whether something is asked for the first time: long texts stand in the page once."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def __call__(self, name: str) -> bool:
        known = name in self._known
        self._known.add(name)
        return not known


@dataclass(frozen=True, slots=True)
class Document:
    """A long value: it stands in the page once, however many findings judged it."""

    number: int
    evidence: Evidence
    length: int  # in lines


class _Documents:
    """Numbers the long values as findings meet them."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], Document] = {}

    def __call__(self, evidence: Evidence, shown: list[str]) -> Document:
        """Return the document that a value is."""
        digest = hashlib.sha256(as_json(shown)).hexdigest()
        return self._known.setdefault(
            (evidence.arn, evidence.member, digest),
            Document(len(self._known) + 1, evidence, len(shown)),
        )

    def __iter__(self) -> Iterator[Document]:
        return iter(self._known.values())


# -- what the template asks for


def pieces(text: str) -> list[tuple[bool, str]]:
    """Return a text in pieces, each with whether it is code: what stands between backticks."""
    return [(i % 2 == 1, part) for i, part in enumerate(text.split("`")) if part]


def remedy(finding: Finding, card: RuleCard) -> list[tuple[bool, str]]:
    """Return of a finding's fix what its rule's does not say: the commands with real names.

    All of them where one has such a name, for they belong together; all of the text where only
    its words have.
    """
    if finding.fix == card.fix:
        return []
    parts, known = pieces(finding.fix), pieces(card.fix)
    commands = [part for part in parts if part[0]]
    return commands if any(command not in known for command in commands) else parts


def lines(value: Any) -> list[str]:
    """Return a value as JSON in lines: short ones in one, also JSON that is itself in a text.

    A policy is such a text. It is laid out by its tokens, not read, so that nothing that a reader
    would drop (a key given twice) is missing.
    """
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return msgspec.json.format(value, indent=2).split("\n")
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            pass  # no JSON after all: a text like any other
    text = as_json(value)
    return (msgspec.json.format(text, indent=2) if len(text) > 72 else text).decode().split("\n")


@dataclass(frozen=True, slots=True)
class Answer:
    """The members that decided, of one answer."""

    call: str
    seen: str
    arn: str
    members: list[Evidence]


def answers(finding: Finding) -> list[Answer]:
    """Return the evidence of a finding, put together by answer."""
    found: dict[tuple[str, str, str], Answer] = {}
    for one in finding.evidence:
        key = (one.call, one.seen, one.arn)
        found.setdefault(key, Answer(*key, members=[])).members.append(one)
    return list(found.values())


def by_kind(cards: Iterable[RuleCard]) -> list[tuple[str, list[RuleCard]]]:
    """Return the rules of each kind."""
    groups: defaultdict[str, list[RuleCard]] = defaultdict(list)
    for card in cards:
        groups[card.kind].append(card)
    return sorted(groups.items())


def segments(counts: dict[str, int]) -> list[tuple[str, float, float]]:
    """Return the parts of a bar of length 100: name, where it begins, how long it is."""
    total = sum(counts.values()) or 1
    found, start = [], 0.0
    for name, count in counts.items():
        length = 100 * count / total
        if count:
            found.append((name, round(start, 3), round(length, 3)))
        start += length
    return found


def states(controls: Iterable[ControlCard]) -> dict[str, list[ControlCard]]:
    """Return the controls by what became of them."""
    found: defaultdict[str, list[ControlCard]] = defaultdict(list)
    for control in controls:
        found[control.state].append(control)
    return found


def ours(framework: FrameworkCard, cards: Iterable[RuleCard]) -> dict[str, str]:
    """Return the rules whose mapping to a framework is the auditor's own, with the reason."""
    return {card.id: card.ours[framework.name] for card in cards if framework.name in card.ours}


@dataclass(slots=True)
class KindRow:
    """A kind: how many there are, and the regions by what became of looking for it there."""

    kind: str
    resources: int
    regions: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def searched(run: Run) -> list[KindRow]:
    """Return kind by kind what was looked for and seen."""
    rows = {kind: KindRow(kind, count) for kind, count in run.coverage.resources.items()}
    for look in run.coverage.looks:
        row = rows.setdefault(look.kind, KindRow(look.kind, 0))
        if look.region not in row.regions[look.state]:
            row.regions[look.state].append(look.region)
    return [rows[kind] for kind in sorted(rows)]


def operations(costs: Iterable[CallCost]) -> Iterator[CallCost]:
    """Yield what each operation cost in all places together, the most called first."""
    groups: defaultdict[str, list[CallCost]] = defaultdict(list)
    for cost in costs:
        groups[cost.call].append(cost)
    sums = [
        CallCost(
            call=call, account="", region="", calls=sum(c.calls for c in same),
            retries=sum(c.retries for c in same), throttled=sum(c.throttled for c in same),
            seconds=sum(c.seconds for c in same), waited=sum(c.waited for c in same),
            bytes=sum(c.bytes for c in same),
        )
        for call, same in groups.items()
    ]
    yield from sorted(sums, key=lambda c: (-c.calls, c.call))
