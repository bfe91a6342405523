"""The findings as JUnit XML: a test suite for each rule, a test case for each resource."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from itertools import groupby
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

from auditor.finding import Finding, Run
from auditor.findings import HISTORICAL, spooled
from auditor.verdict import Status

from ._text import visible
from ._told import accepted, chosen, ended

_COUNTED = {
    Status.FAIL: "failures", Status.UNKNOWN: "errors", Status.WAIVED: "skipped",
    HISTORICAL: "skipped", Status.NOT_APPLICABLE: "skipped",
}


def write(
    run: Run, out: IO[bytes], *, outcomes: Collection[str] | None = None, **_: Any
) -> None:
    """Write the suites to ``out``.

    A fail is a failure, an unknown an error; what is waived, historical or not applicable is
    skipped, with the reason.
    """
    findings = spooled(run.findings)
    counts: dict[tuple[str, str], Counter[str]] = {}
    whole: Counter[str] = Counter()
    for told, count in findings.tally.items():
        status = Status.FAIL.value if told.outcome == HISTORICAL else told.outcome
        if outcomes is None or status in outcomes:
            for counter in (counts.setdefault((told.rule, told.severity), Counter()), whole):
                counter["tests"] += count
                counter[_COUNTED.get(told.outcome, "")] += count
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(f"<testsuites name={_attribute('auditor')}{_counts(whole)}>\n".encode())
    stamp = _attribute(ended(run)[:19])
    for key, same in groupby(chosen(findings, outcomes), key=lambda f: (f.rule, f.severity)):
        out.write(
            f"  <testsuite name={_attribute(key[0])}{_counts(counts[key])} timestamp={stamp}>\n"
            .encode()
        )
        for finding in same:
            out.writelines(_case(finding))
        out.write(b"  </testsuite>\n")
    out.write(b"</testsuites>\n")


def _case(finding: Finding) -> Iterator[bytes]:
    head = (
        f"    <testcase classname={_attribute(finding.rule)}"
        f" name={_attribute(finding.resource.arn)} time=\"0\""
    )
    inner = _inner(finding)
    yield (f"{head}>{inner}</testcase>\n" if inner else f"{head}/>\n").encode()


def _inner(finding: Finding) -> str:
    """Return what a test case holds, "" for a pass."""
    message = _attribute(finding.message)
    if finding.status == Status.FAIL and not finding.historical:
        return (
            f"<failure type={_attribute(finding.severity)} message={message}>"
            f"{escape(visible(_words(finding)))}</failure>"
        )
    match finding.status:
        case Status.PASS:
            return ""
        case Status.UNKNOWN:
            return f'<error type="unknown" message={message}/>'
        case Status.WAIVED if finding.waiver:
            words = f"waived: {accepted(finding.waiver)}"
            return f"<skipped message={_attribute(words)}/>"
        case Status.FAIL:
            words = f"on a job that ended long ago: {finding.message}"
            return f"<skipped message={_attribute(words)}/>"
        case _:
            return f"<skipped message={message}/>"


def _words(finding: Finding) -> str:
    place = f"{finding.account} {finding.region} {finding.resource.name}"
    return f"{finding.title} - {place} - {finding.fix}"


def _counts(counter: Counter[str]) -> str:
    return "".join(f' {n}="{counter[n]}"' for n in ("tests", "failures", "errors", "skipped"))


def _attribute(text: str) -> str:
    return quoteattr(visible(text))
