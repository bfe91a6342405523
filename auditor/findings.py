"""The findings of a run, however many: in a private temporary file, read in the run's order."""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

import msgspec

from auditor.finding import Evidence, Finding, ResourceCard, WaiverCard
from auditor.verdict import Severity, Status

T = TypeVar("T")
HISTORICAL = "historical"  # the outcome of a fail that does not count; the others are statuses
_BATCH = 500
# A file without a name is sqlite's own: readable by its owner only, deleted as soon as it is open,
# so that nothing stays behind however the process ends, and not even made while it is small. What
# a run is read in the order of is the key, so reading it is reading on.
_SCHEMA = """
PRAGMA page_size = 16384;
PRAGMA cache_size = -8192;
PRAGMA journal_mode = OFF;
CREATE TABLE stem (id INTEGER PRIMARY KEY, rank INTEGER NOT NULL, rule NOT NULL);
CREATE TABLE finding (
  stem INTEGER NOT NULL, account NOT NULL, region NOT NULL, arn NOT NULL,
  number INTEGER NOT NULL, outcome TEXT NOT NULL, status TEXT NOT NULL,
  historical INTEGER NOT NULL, gap INTEGER, name NOT NULL, message NOT NULL,
  body NOT NULL,
  PRIMARY KEY (stem, account, region, arn, number)) WITHOUT ROWID;
"""
_COLUMNS = (
    "f.stem, f.account, f.region, f.arn, f.status, f.historical, f.gap, f.name, f.message, f.body"
)


class Stem(msgspec.Struct, frozen=True, array_like=True):
    """What all the findings of a rule at one severity have in common."""

    rule: str
    severity: str
    title: str
    kind: str
    controls: dict[str, list[str]]


class _Body(msgspec.Struct, frozen=True, array_like=True):
    """What is left of a finding, and nobody asks for by itself."""

    partition: str
    tags: dict[str, str] | None
    fingerprint: str
    evidence: list[Evidence]
    fix: str
    first_seen: str | None
    ml: bool | None
    ml_because: str
    waiver: WaiverCard | None
    change: str


class Told(NamedTuple):
    """What a finding is counted by."""

    rule: str
    severity: str
    outcome: str
    historical: bool
    change: str = ""


class Reason(NamedTuple):
    """A message: how many findings say it, and of which rules they are."""

    message: str
    times: int
    rules: list[str]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Body).decode


def stored(word: str) -> str | bytes:
    """Return a text as sqlite can hold it: AWS may answer lone surrogates, which UTF-8 lacks."""
    if not word.isascii():
        try:
            word.encode()
        except UnicodeEncodeError:
            return word.encode("utf-8", "surrogatepass")
    return word


def text(held: str | bytes) -> str:
    """Return the text that :func:`stored` made storable."""
    return held if isinstance(held, str) else held.decode("utf-8", "surrogatepass")


def _packed(body: _Body) -> bytes | str:
    try:
        return _encode(body)
    except (UnicodeEncodeError, OverflowError):  # msgpack has no lone surrogates, no huge numbers
        return json.dumps(msgspec.to_builtins(body))


def _unpacked(packed: bytes | str) -> _Body:
    if isinstance(packed, str):
        return msgspec.convert(json.loads(packed), _Body)
    return _decode(packed)


class Sized(Collection[T]):
    """What is read as it is asked for; like a list, it equals what holds the same."""

    __hash__ = None  # type: ignore[assignment]

    def __contains__(self, wanted: object) -> bool:
        return any(one == wanted for one in self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Collection):
            return NotImplemented
        return len(self) == len(other) and all(
            one == two for one, two in zip(self, other, strict=True)
        )


class Findings(Sized[Finding]):
    """The findings of a run: the worst first, then by rule, account, region and ARN.

    They may be iterated as often as wanted, also inside an iteration; memory stays flat however
    many there are. All are added before the first is read.
    """

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self._db = sqlite3.connect("", check_same_thread=False)
        weakref.finalize(self, self._db.close)
        self._db.executescript(_SCHEMA)
        self._stems: list[Stem] = []
        self._numbers: dict[bytes, int] = {}  # packed stem -> number
        self._recent: dict[tuple[str, str], int] = {}  # rule, severity -> number
        self._counts: Counter[tuple[int, str, bool, str]] = Counter()
        self._waiting: list[tuple[Any, ...]] = []
        self._size = 0
        for finding in findings:
            self.add(finding)

    def add(self, finding: Finding) -> None:
        """Add one finding."""
        stem = self._stem(finding)
        status, historical, resource = finding.status, finding.historical, finding.resource
        outcome = HISTORICAL if historical and status == Status.FAIL else status
        self._counts[stem, outcome, historical, finding.change] += 1
        self._waiting.append((
            stem, stored(finding.account), stored(finding.region), stored(resource.arn),
            self._size, outcome, status, historical, finding.gap, stored(resource.name),
            stored(finding.message), _packed(_Body(
                finding.partition, resource.tags, finding.fingerprint, finding.evidence,
                finding.fix, finding.first_seen, resource.ml, resource.ml_because,
                finding.waiver, finding.change,
            )),
        ))
        self._size += 1
        if len(self._waiting) >= _BATCH:
            self._flush()

    def _stem(self, finding: Finding) -> int:
        key = finding.rule, finding.severity
        recent = self._recent.get(key)
        if recent is not None:
            stem = self._stems[recent]
            if (stem.title == finding.title and stem.kind == finding.resource.kind
                    and stem.controls == finding.controls):
                return recent
        stem = Stem(*key, finding.title, finding.resource.kind, finding.controls)
        packed = json.dumps(msgspec.to_builtins(stem)).encode()
        number = self._numbers.setdefault(packed, len(self._stems))
        if number == len(self._stems):
            self._stems.append(stem)
            self._db.execute("INSERT INTO stem VALUES (?,?,?)", (
                number, Severity(stem.severity).rank, stored(stem.rule)))
        self._recent[key] = number
        return number

    def _flush(self) -> None:
        self._db.executemany(
            "INSERT INTO finding VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", self._waiting
        )
        self._waiting.clear()

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.of(*{outcome for _, outcome, *_ in self._counts}))

    @property
    def tally(self) -> Counter[Told]:
        """Return how many findings there are of each rule, severity, outcome and change."""
        found: Counter[Told] = Counter()
        for (number, outcome, historical, change), count in self._counts.items():
            stem = self._stems[number]
            found[Told(stem.rule, stem.severity, outcome, historical, change)] += count
        return found

    def of(self, *outcomes: str) -> Selection:
        """Return the findings of some outcomes: statuses, or ``historical``."""
        counts: Counter[int] = Counter()
        for (number, outcome, *_), count in self._counts.items():
            if outcome in outcomes:
                counts[number] += count
        return Selection(self, counts, "f.outcome IN (SELECT value FROM json_each(?))",
                         (json.dumps(outcomes),))

    def concerned(self) -> Iterator[str]:
        """Yield the ARNs of what has a fail, waived or not but not historical, or an unknown."""
        for (arn,) in self.query(
            "SELECT DISTINCT arn FROM finding WHERE outcome IN ('fail', 'waived', 'unknown')"
            " ORDER BY arn"
        ):
            yield text(arn)

    def behind(self, groups: Sequence[Collection[int]]) -> list[Selection]:
        """Return the unknown findings behind each group of gaps; a gap is in one group."""
        group_of = {gap: i for i, group in enumerate(groups) for gap in group}
        counts: list[Counter[int]] = [Counter() for _ in groups]
        for gap, number, count in self.query(
            "SELECT gap, stem, count(*) FROM finding WHERE outcome = 'unknown' AND gap IS NOT NULL"
            " GROUP BY gap, stem"
        ):
            if gap in group_of:
                counts[group_of[gap]][number] += count
        where = "f.outcome = 'unknown' AND f.gap IN (SELECT value FROM json_each(?))"
        return [
            Selection(self, one, where, (json.dumps(list(group)),))
            for one, group in zip(counts, groups, strict=True)
        ]

    def unexplained(self, gaps: int) -> Selection:
        """Return the unknown findings behind which none of the run's ``gaps`` gaps lies."""
        where = "f.outcome = 'unknown' AND (f.gap IS NULL OR f.gap < 0 OR f.gap >= ?)"
        counts = Counter(dict(self.query(
            f"SELECT stem, count(*) FROM finding f WHERE {where} GROUP BY stem", (gaps,)
        )))
        return Selection(self, counts, where, (gaps,))

    def query(self, sql: str, given: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """Ask the file, for the selections."""
        self._flush()
        return self._db.execute(sql, given)

    def stem(self, number: int) -> Stem:
        """Return what the findings of that stem have in common."""
        return self._stems[number]

    def made(self, row: tuple[Any, ...]) -> Finding:
        """Return the finding that a row holds."""
        number, account, region, arn, status, historical, gap, name, message, packed = row
        stem, body = self._stems[number], _unpacked(packed)
        return Finding(
            rule=stem.rule, status=status, severity=stem.severity, title=stem.title,
            message=text(message), account=text(account), partition=body.partition,
            region=text(region),
            resource=ResourceCard(
                kind=stem.kind, arn=text(arn), name=text(name), tags=body.tags, ml=body.ml,
                ml_because=body.ml_because,
            ),
            fingerprint=body.fingerprint, evidence=body.evidence, controls=stem.controls,
            fix=body.fix, historical=bool(historical), first_seen=body.first_seen, gap=gap,
            waiver=body.waiver, change=body.change,
        )


class Selection(Sized[Finding]):
    """Some of the findings of a run, in its order; how many they are is known beforehand."""

    def __init__(
        self, findings: Findings, counts: Counter[int], where: str, given: tuple[Any, ...]
    ) -> None:
        """Select by an SQL condition; ``counts`` are the findings of each stem that meet it."""
        self._findings = findings
        self._where, self._given = where, given

        def place(number: int) -> tuple[int, str, int]:
            stem = findings.stem(number)
            return -Severity(stem.severity).rank, stem.rule, number

        self._counts = {n: counts[n] for n in sorted(counts, key=place) if counts[n]}

    def __len__(self) -> int:
        return sum(self._counts.values())

    def __iter__(self) -> Iterator[Finding]:
        for number in self._counts:
            for row in self._findings.query(
                f"SELECT {_COLUMNS} FROM finding f WHERE f.stem = ? AND {self._where}"
                " ORDER BY f.account, f.region, f.arn, f.number", (number, *self._given),
            ):
                yield self._findings.made(row)

    @property
    def first(self) -> Finding:
        """Return the first; there is one."""
        return next(iter(self))

    def _parts(self, member: str) -> dict[str, Selection]:
        groups: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for number, count in self._counts.items():
            groups[getattr(self._findings.stem(number), member)][number] = count
        return {
            name: Selection(self._findings, counts, self._where, self._given)
            for name, counts in groups.items()
        }

    def by_rule(self) -> dict[str, Selection]:
        """Return the findings of each rule, in the order in which the rules come."""
        return self._parts("rule")

    def by_severity(self) -> dict[str, Selection]:
        """Return the findings of each severity that has any, the gravest first."""
        return self._parts("severity")

    def by_kind(self) -> dict[str, Selection]:
        """Return the findings on each kind of resource, by its name."""
        return dict(sorted(self._parts("kind").items()))

    @property
    def _condition(self) -> str:
        return f"f.stem IN ({','.join(map(str, self._counts))}) AND {self._where}"

    @property
    def resources(self) -> int:
        """Return how many resources they are on."""
        return int(self._findings.query(
            "SELECT count(*) FROM (SELECT DISTINCT account, region, arn FROM finding f"
            f" WHERE {self._condition})", self._given,
        ).fetchone()[0])

    def by_resource(self) -> Iterator[list[Finding]]:
        """Yield the findings of each resource, those with the gravest first, then by name."""
        ranks = [f"sum(s.rank = {s.rank}) AS r{s.rank}" for s in Severity]
        order = ", ".join(f"r.r{s.rank} DESC" for s in reversed(Severity))
        rows = self._findings.query(
            f"SELECT {_COLUMNS} FROM finding f JOIN stem s ON s.id = f.stem JOIN ("
            f"SELECT f.account, f.region, f.arn, min(f.name) AS name, {', '.join(ranks)}"
            f" FROM finding f JOIN stem s ON s.id = f.stem WHERE {self._condition}"
            " GROUP BY f.account, f.region, f.arn) r USING (account, region, arn)"
            f" WHERE {self._condition} ORDER BY {order}, r.name, f.account, f.region, f.arn,"
            " s.rank DESC, s.rule, f.number", self._given * 2,
        )
        for _, same in groupby(rows, key=lambda row: row[1:4]):
            yield [self._findings.made(row) for row in same]

    def by_message(self) -> Iterator[tuple[str, Iterator[Finding]]]:
        """Yield the findings that say the same, the most frequent first.

        Each group is read before the next.
        """
        rows = self._findings.query(
            f"SELECT {_COLUMNS} FROM finding f JOIN stem s ON s.id = f.stem JOIN ("
            f"SELECT message, count(*) AS many FROM finding f WHERE {self._condition}"
            f" GROUP BY message) m USING (message) WHERE {self._condition} ORDER BY m.many DESC,"
            " f.message, s.rank DESC, s.rule, f.account, f.region, f.arn, f.number",
            self._given * 2,
        )
        for message, same in groupby(rows, key=lambda row: row[8]):
            yield text(message), map(self._findings.made, same)

    def reasons(self) -> Iterator[Reason]:
        """Yield what they say, the most frequent first."""
        rows = self._findings.query(
            "SELECT message, stem, sum(many) OVER (PARTITION BY message) AS total FROM ("
            f"SELECT message, stem, count(*) AS many FROM finding f WHERE {self._condition}"
            " GROUP BY message, stem) JOIN stem s ON s.id = stem"
            " ORDER BY total DESC, message, s.rank DESC, s.rule", self._given,
        )
        for (message, total), same in groupby(rows, key=lambda row: (row[0], row[2])):
            rules = dict.fromkeys(self._findings.stem(number).rule for _, number, _ in same)
            yield Reason(text(message), total, list(rules))

    @property
    def reason_count(self) -> int:
        """Return how many different things they say."""
        return int(self._findings.query(
            f"SELECT count(DISTINCT message) FROM finding f WHERE {self._condition}", self._given
        ).fetchone()[0])


def spooled(findings: Collection[Finding]) -> Findings:
    """Return the findings of a run as what can be asked, whatever holds them."""
    return findings if isinstance(findings, Findings) else Findings(findings)
