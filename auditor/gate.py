"""A run -> an exit code; the only place that decides one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from auditor.finding import Run
from auditor.findings import HISTORICAL, spooled
from auditor.verdict import Severity, Status

CLEAN, FINDINGS, USAGE, INCOMPLETE, FAULT = 0, 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Decision:
    """An exit code, and in words why."""

    code: int
    why: tuple[str, ...]


def decide(
    run: Run,
    *,
    fail_on: Severity = Severity.LOW,
    max_unknown: int = 0,
    allow_incomplete: bool = False,
    count_historical: bool = False,
    new_only: bool = False,
) -> Decision:
    """Return the exit code of a run.

    1: unwaived findings at or above ``fail_on``. 3: more unknown findings than ``max_unknown``;
    it outranks 1, because a scan that is blind cannot say what is all there is. With
    ``allow_incomplete`` the gaps are named but do not count. Findings on jobs that ended before
    the window are historical and count only if asked; with ``new_only`` those that the baseline has
    do not count.
    """
    failed: Counter[Severity] = Counter()
    unknown = known = 0
    for told, count in spooled(run.findings).tally.items():
        counts = told.outcome == Status.FAIL or (count_historical and told.outcome == HISTORICAL)
        if counts and Severity(told.severity) >= fail_on:
            if new_only and told.change == "unchanged":
                known += count
            else:
                failed[Severity(told.severity)] += count
        elif told.outcome == Status.UNKNOWN:
            unknown += count
    blind = max(unknown, 1 if run.gaps and unknown == 0 and _nothing_seen(run) else 0)
    why = []
    if failed:
        why.append(
            f"{failed.total()} {'new ' if new_only else ''}findings at or above {fail_on.value},"
            f" the worst {max(failed).value}"
        )
    if known:
        why.append(f"{known} findings that the baseline has do not count")
    if unknown:
        why.append(f"{unknown} outcomes unknown because of what AWS did not let us see")
    elif blind:
        why.append("AWS let us see nothing")
    if blind > max_unknown and not allow_incomplete:
        return Decision(INCOMPLETE, tuple(why))
    if failed:
        return Decision(FINDINGS, tuple(why))
    return Decision(CLEAN, (*why, "nothing new" if known else "no findings"))


def _nothing_seen(run: Run) -> bool:
    return not any(
        count for kind, count in run.coverage.resources.items() if kind != "AWS::::Account"
    )
