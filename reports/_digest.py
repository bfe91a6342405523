"""A run put in the order in which people read it; what the table and the page share."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from auditor.finding import Finding, GapCard, RuleCard, Run
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
    findings: list[Finding]

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


class Digest:
    """The findings of a run by what became of them, and the numbers that belong beside them.

    ``outcomes`` narrows the lists; the numbers stay those of the whole run. The lists hold the
    run's own findings, so a digest costs little beside the run.
    """

    def __init__(self, run: Run, outcomes: Collection[str] | None = None) -> None:
        self.run = run
        self.cards = {card.id: card for card in run.rules}
        self.current: list[Finding] = []
        self.historical: list[Finding] = []
        self.waived: list[Finding] = []
        self.unknown: list[Finding] = []
        self.not_applicable: list[Finding] = []
        self.passed: list[Finding] = []
        # rule -> how many outcomes of each status, fails that are historical under that name
        self.tally: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._judged: Counter[str] = Counter()
        lists = {
            Status.WAIVED: self.waived, Status.UNKNOWN: self.unknown,
            Status.NOT_APPLICABLE: self.not_applicable, Status.PASS: self.passed,
        }
        for finding in run.findings:
            status = Status(finding.status)
            past = finding.historical and status is Status.FAIL
            self.tally[finding.rule]["historical" if past else status] += 1
            self._judged[finding.rule] += not finding.historical and status in (
                Status.PASS, Status.FAIL, Status.WAIVED
            )
            if outcomes is None or status in outcomes:
                failed = self.historical if past else self.current
                lists.get(status, failed).append(finding)

    @property
    def whole(self) -> bool:
        """Tell whether every outcome is in the run: its file may have been narrowed."""
        return len(self.run.findings) == sum(self.run.coverage.outcomes.values())

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
        names = {
            Status.FAIL: "failed", Status.UNKNOWN: "unknown", Status.WAIVED: "waived",
            Status.NOT_APPLICABLE: "n/a", Status.PASS: "passed",
        }
        for finding in self.run.findings:
            past = finding.historical and finding.status == Status.FAIL
            found["historical" if past else names[Status(finding.status)]][finding.severity] += 1
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
        counts = Counter(finding.severity for finding in self.current)
        return {severity: counts[severity] for severity in GRAVEST_FIRST}

    @cached_property
    def refusals(self) -> list[Blind]:
        """Return the refusals, those that hide most first."""
        found: dict[tuple[str, str, str], Blind] = {}
        by_gap: defaultdict[int | None, list[Finding]] = defaultdict(list)
        for finding in self.unknown:
            by_gap[finding.gap].append(finding)
        for number, gap in enumerate(self.run.gaps):
            key = (gap.call, gap.code, gap.action)
            one = found.setdefault(key, Blind(*key, gaps=[], findings=[]))
            one.gaps.append(gap)
            one.findings.extend(by_gap[number])
        return sorted(found.values(), key=lambda b: (-len(b.findings), b.call, b.code))

    @property
    def unexplained(self) -> list[Finding]:
        """Return the unknown outcomes behind which no refusal lies; their messages say why."""
        known = range(len(self.run.gaps))
        return [finding for finding in self.unknown if finding.gap not in known]

    @property
    def unavailable(self) -> list[tuple[str, list[str]]]:
        """Return the kinds that AWS does not offer in some of the regions, with those."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for look in self.run.coverage.looks:
            if look.state == "unavailable":
                found[look.kind].add(look.region)
        return [(kind, sorted(regions)) for kind, regions in sorted(found.items())]


def by_rule(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Return the findings of each rule, in the order in which the rules come."""
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.rule].append(finding)
    return list(groups.items())


def by_message(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Return the findings that say the same, the most frequent first."""
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.message].append(finding)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


def by_severity(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Return the findings of each severity that has any, the gravest first."""
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.severity].append(finding)
    return [(severity.value, groups[severity]) for severity in GRAVEST_FIRST if severity in groups]


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
