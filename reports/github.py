"""The findings as annotations of a GitHub workflow: lines on standard output that it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from itertools import chain
from typing import IO, Any

from auditor.finding import Finding, Run
from auditor.findings import spooled
from auditor.verdict import Status

from ._text import visible
from ._told import chosen

MOST = 10  # annotations of a level that GitHub shows of a step
_LEVEL = {
    "critical": "error", "high": "error", "medium": "warning", "low": "notice", "info": "notice",
}


def write(
    run: Run, out: IO[bytes], *, outcomes: Collection[str] | None = None, **_: Any
) -> None:
    """Write the worst of what counts as far as GitHub shows it, and how many more there are.

    Unknown outcomes are warnings, and come before fails that are no graver.
    """
    findings = spooled(run.findings)
    counts: Counter[str] = Counter()
    fails = findings.of(Status.FAIL).by_severity()
    grave = [fails.pop(name) for name in ("critical", "high") if name in fails]
    left = 0
    worst_first = chain(*grave, findings.of(Status.UNKNOWN), *fails.values())
    for finding in chosen(worst_first, outcomes):
        unknown = finding.status == Status.UNKNOWN
        level = "warning" if unknown else _LEVEL[finding.severity]
        counts[level] += 1
        # one notice is kept for the words about the others
        if counts[level] > (MOST - 1 if level == "notice" else MOST):
            left += 1
            continue
        out.write(_line(level, finding))
    if left:
        out.write(f"::notice title=auditor::and {left:,} more; the other reports have all\n"
                  .encode())


def _line(level: str, finding: Finding) -> bytes:
    blind = "not determined: " if finding.status == Status.UNKNOWN else ""
    title = f"{finding.severity}: {finding.title}"
    place = f"{finding.account} {finding.region} {finding.resource.name}"
    message = f"{place}: {blind}{finding.message} ({finding.rule})"
    return f"::{level} title={_property(title)}::{_data(message)}\n".encode()


def _data(text: str) -> str:
    return visible(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
