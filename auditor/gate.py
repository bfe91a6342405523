"""A run and a policy -> an exit code; the only place that decides one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from auditor.config import Gate, Group
from auditor.finding import Finding, Run
from auditor.findings import HISTORICAL, Findings, spooled
from auditor.frameworks import frameworks
from auditor.shape import when
from auditor.verdict import Severity, Status

CLEAN, FINDINGS, USAGE, INCOMPLETE, FAULT = 0, 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Decision:
    """An exit code, and in words why; ``apart`` says what did not count."""

    code: int
    why: tuple[str, ...]
    apart: tuple[str, ...] = ()


@dataclass(slots=True)
class _Count:
    """The fails of one group of accounts that count, and what did not count and why."""

    failed: Counter[Severity] = field(default_factory=Counter)
    apart: Counter[str] = field(default_factory=Counter)


def decide(run: Run, gate: Gate = Gate()) -> Decision:  # noqa: B008 - it is frozen
    """Return the exit code of a run.

    1: unwaived findings at or above ``gate.fail_on``, or more waived than it allows. 3: more
    unknown outcomes than ``gate.max_unknown``, or less coverage than ``gate.min_coverage``; it
    outranks 1, because a scan that is blind cannot say what is all there is. With
    ``gate.allow_incomplete`` the gaps are named but do not count. Findings on jobs that ended
    before the window are historical and count only if asked; with ``gate.new_only`` those that the
    baseline has do not count.
    """
    found = spooled(run.findings)
    why, apart = [], Counter[str]()
    worst: list[Severity] = []
    for name, count in _counted(run, found, gate).items():
        apart.update(count.apart)
        group = gate.groups.get(name)
        allowed = gate.allowed if group is None or group.allowed is None else group.allowed
        over = {s: n for s, n in count.failed.items() if n > allowed.get(s, 0)}
        apart["allowed"] += count.failed.total() - sum(over.values())
        if over:
            worst += over
            what = "new findings" if gate.new_only else "findings"
            where = f" in {name}" if name else ""
            why.append(f"{sum(over.values())} {what}{where} at or above {_least(gate, group)},"
                       f" the worst {max(over)}")
    waived = sum(n for told, n in found.tally.items() if told.outcome == Status.WAIVED)
    many_waived = gate.max_waived is not None and waived > gate.max_waived
    if many_waived:
        why.append(f"{waived} findings are waived, more than {gate.max_waived}")
    blind, said = _blind(run, found, gate)
    why += said
    words = tuple(f"{n} {what}" for what, n in sorted(apart.items()) if n)
    if blind and not gate.allow_incomplete:
        return Decision(INCOMPLETE, tuple(why), words)
    if worst or many_waived:
        return Decision(FINDINGS, tuple(why), words)
    return Decision(CLEAN, (*why, "nothing that counts" if any(apart.values()) else "no findings"),
                    words)


def _least(gate: Gate, group: Group | None) -> Severity:
    return gate.fail_on if group is None or group.fail_on is None else group.fail_on


def _counted(run: Run, found: Findings, gate: Gate) -> dict[str, _Count]:
    """Return the fails of each group, "" being the accounts of none."""
    spoken = {frameworks()[id].name for id in gate.frameworks}
    outside = {card.id for card in run.rules if spoken and not spoken & card.controls.keys()}
    counts: dict[str, _Count] = {"": _Count()}
    for group, severity, rule, change, historical, grace, number in _fails(run, found, gate):
        count = counts.setdefault(group, _Count())
        least = _least(gate, gate.groups.get(group))
        if historical and not gate.count_historical:
            count.apart["historical"] += number
        elif severity < least:
            count.apart[f"below {least}"] += number
        elif rule in outside:
            count.apart["outside the frameworks"] += number
        elif gate.new_only and change == "unchanged":
            count.apart["known to the baseline"] += number
        elif grace:
            count.apart["in their days of grace"] += number
        else:
            count.failed[severity] += number
    return counts


def _fails(
    run: Run, found: Findings, gate: Gate
) -> Iterator[tuple[str, Severity, str, str, bool, bool, int]]:
    """Yield fails: group, severity, rule, change, historical, in grace, how many.

    They are read one by one only where an account or a day is asked for.
    """
    if not gate.groups and not gate.grace_days:
        for told, number in found.tally.items():
            if told.outcome in (Status.FAIL, HISTORICAL):
                yield ("", Severity(told.severity), told.rule, told.change,
                       told.outcome == HISTORICAL, False, number)
        return
    now = when(run.run.finished or run.run.started)
    for finding in found.of(Status.FAIL, HISTORICAL):
        name = next((name for name, group in gate.groups.items()
                     if any(fnmatchcase(finding.account, a) for a in group.accounts)), "")
        group = gate.groups.get(name)
        days = gate.grace_days if group is None or group.grace_days is None else group.grace_days
        yield (name, Severity(finding.severity), finding.rule, finding.change, finding.historical,
               _in_grace(finding, now, days), 1)


def _in_grace(finding: Finding, now: datetime, days: int) -> bool:
    """Tell whether a fail was first seen less than so many days ago; unknown since when: no."""
    return bool(days and finding.first_seen) and (
        now - when(finding.first_seen) < timedelta(days=days)
    )


def _blind(run: Run, found: Findings, gate: Gate) -> tuple[bool, list[str]]:
    """Tell whether too much was not seen, and say what was not."""
    # a report may hold fewer outcomes than its run had: --outcomes hides nothing from the gate
    held = Counter[str]()
    for told, n in found.tally.items():
        held[Status.FAIL if told.outcome == HISTORICAL else told.outcome] += n
    unknown = max(held[Status.UNKNOWN], run.coverage.outcomes.get(Status.UNKNOWN, 0))
    said = []
    hidden = run.coverage.outcomes.get(Status.FAIL, 0) - held[Status.FAIL]
    if hidden > 0:
        said.append(f"{hidden} fails were left out of the report by --outcomes")
    if unknown:
        said.append(f"{unknown} outcomes unknown because of what AWS did not let us see")
    nothing = bool(run.gaps) and not unknown and _nothing_seen(run)
    if nothing:
        said.append("AWS let us see nothing")
    whole = sum(run.coverage.outcomes.values())
    coverage = 1 - unknown / whole if whole else 1.0
    low = coverage < gate.min_coverage
    if low:
        said.append(f"{unknown} of {whole} outcomes are more than a coverage of"
                    f" {gate.min_coverage:g} allows")
    return low or hidden > 0 or max(unknown, int(nothing)) > gate.max_unknown, said


def _nothing_seen(run: Run) -> bool:
    return not any(
        count for kind, count in run.coverage.resources.items() if kind != "AWS::::Account"
    )
