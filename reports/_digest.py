"""A run put in the order in which people read it; what the table and the page share."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from auditor.finding import Finding, GapCard, RuleCard, Run
from auditor.findings import HISTORICAL, Selection, spooled
from auditor.verdict import Severity, Status

ACCOUNT = "AWS::::Account"  # not a thing that was found: it is there in every scan
GRAVEST_FIRST = tuple(reversed(Severity))


@dataclass(frozen=True, slots=True)
class Blind:
    """One refusal, however often it was met: what AWS said, and the outcomes it left unknown."""

    call: str
    code: str
    action: str
    gaps: list[GapCard]
    findings: Selection

    @property
    def remedy(self) -> str:
        """Return what to do so that the next scan sees it; the action is between backticks."""
        if re.search(r"Denied|Unauthori[sz]ed|Authorization|Forbidden|^403$", self.code):
            return f"allow `{self.action}`"
        if re.search(r"Throttl|SlowDown|TooManyRequests|LimitExceeded", self.code):
            return "scan again when the account is quieter, or with a longer --patience"
        if re.search(r"Expired|Token|Credential", self.code):
            return "renew the credentials and scan again"
        return f"scan again; the call needs `{self.action}`"

    @property
    def places(self) -> list[str]:
        """Return the regions in which it was met."""
        return sorted({gap.region for gap in self.gaps})

    @property
    def kinds(self) -> list[str]:
        """Return the kinds of resource that it hides."""
        return sorted({gap.kind for gap in self.gaps if gap.kind})


@dataclass(slots=True)
class _Refusal:
    """A refusal as it is put together: its gaps, and their numbers."""

    gaps: list[GapCard] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)


class Digest:
    """The findings of a run by what became of them, and the numbers that belong beside them.

    ``outcomes`` narrows what is selected; the numbers stay those of the whole run. Selections are
    read when they are iterated, so a digest is small however many findings there are.
    """

    def __init__(self, run: Run, outcomes: Collection[str] | None = None) -> None:
        self.run = run
        self.cards = {card.id: card for card in run.rules}
        self._findings = spooled(run.findings)
        self._outcomes = outcomes
        self.current = self._selected(Status.FAIL)
        self.historical = self._selected(HISTORICAL)
        self.waived = self._selected(Status.WAIVED)
        self.unknown = self._selected(Status.UNKNOWN)
        self.not_applicable = self._selected(Status.NOT_APPLICABLE)
        self.passed = self._selected(Status.PASS)
        # rule -> how many of each outcome
        self.tally: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._judged: Counter[str] = Counter()
        for told, count in self._findings.tally.items():
            self.tally[told.rule][told.outcome] += count
            if not told.historical and told.outcome in (Status.PASS, Status.FAIL, Status.WAIVED):
                self._judged[told.rule] += count

    def _selected(self, outcome: str) -> Selection:
        """Return the findings of an outcome, unless others are asked for."""
        status = Status.FAIL if outcome == HISTORICAL else outcome
        shown = self._outcomes is None or status in self._outcomes
        return self._findings.of(*([outcome] if shown else []))

    @property
    def whole(self) -> bool:
        """Tell whether every outcome is in the run: its file may have been narrowed."""
        return len(self._findings) == sum(self.run.coverage.outcomes.values())

    def judged(self, rule: str) -> int:
        """Return on how many resources a rule came to a verdict that counts; 0: not known."""
        return self._judged[rule] if self.whole else 0

    @property
    def sums(self) -> dict[str, int]:
        """Return how many outcomes of each sort the whole run had."""
        outcomes, historical = self.run.coverage.outcomes, self.run.coverage.historical
        return {
            "failed": outcomes.get(Status.FAIL, 0) - historical,
            "unknown": outcomes.get(Status.UNKNOWN, 0),
            "historical": historical,
            "waived": outcomes.get(Status.WAIVED, 0),
            "n/a": outcomes.get(Status.NOT_APPLICABLE, 0),
            "passed": outcomes.get(Status.PASS, 0),
        }

    @property
    def matrix(self) -> dict[str, Counter[str]]:
        """Return the same, each by severity, of the outcomes that are in the run."""
        found: dict[str, Counter[str]] = {name: Counter() for name in self.sums}
        names: dict[str, str] = {
            Status.FAIL: "failed", Status.NOT_APPLICABLE: "n/a", Status.PASS: "passed",
        }
        for told, count in self._findings.tally.items():
            found[names.get(told.outcome, told.outcome)][told.severity] += count
        return found

    def card(self, finding: Finding) -> RuleCard:
        """Return the rule of a finding; a bare card where the run brings none."""
        return self.cards.get(finding.rule) or RuleCard(
            id=finding.rule, title=finding.title, severity=finding.severity,
            kind=finding.resource.kind, rationale="", fix=finding.fix,
            controls=finding.controls, help_url="",
        )

    @property
    def resources(self) -> int:
        """Return how many resources were seen."""
        return sum(n for kind, n in self.run.coverage.resources.items() if kind != ACCOUNT)

    @property
    def kinds(self) -> int:
        """Return of how many kinds they were."""
        return sum(bool(n) for kind, n in self.run.coverage.resources.items() if kind != ACCOUNT)

    @property
    def severities(self) -> dict[Severity, int]:
        """Return how many current findings there are of each severity, the gravest first."""
        counts = {name: len(found) for name, found in self.current.by_severity().items()}
        return {severity: counts.get(severity, 0) for severity in GRAVEST_FIRST}

    @cached_property
    def refusals(self) -> list[Blind]:
        """Return the refusals, those that hide most first."""
        found: defaultdict[tuple[str, str, str], _Refusal] = defaultdict(_Refusal)
        for number, gap in enumerate(self.run.gaps):
            one = found[gap.call, gap.code, gap.action]
            one.gaps.append(gap)
            one.numbers.append(number)
        behind = self._findings.behind(
            [one.numbers if self.unknown else [] for one in found.values()]
        )
        blind = [
            Blind(*key, gaps=one.gaps, findings=hidden)
            for (key, one), hidden in zip(found.items(), behind, strict=True)
        ]
        return sorted(blind, key=lambda b: (-len(b.findings), b.call, b.code))

    @cached_property
    def unexplained(self) -> Selection:
        """Return the unknown outcomes behind which no refusal lies; their messages say why."""
        if not self.unknown:
            return self.unknown
        return self._findings.unexplained(len(self.run.gaps))

    @property
    def unavailable(self) -> list[tuple[str, list[str]]]:
        """Return the kinds that AWS does not offer in some of the regions, with those."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for look in self.run.coverage.looks:
            if look.state == "unavailable":
                found[look.kind].add(look.region)
        return [(kind, sorted(regions)) for kind, regions in sorted(found.items())]


def noun(kind: str) -> str:
    """Return a kind as people say it: ``AWS::SageMaker::Model`` is ``SageMaker Model``."""
    return " ".join(part for part in kind.split("::") if part not in ("", "AWS")) or kind


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, as in ``1 finding`` or ``1,024 findings``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def moment(text: str) -> str:
    """Return a time as people read it, in UTC; what is no time as it came."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return text
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
