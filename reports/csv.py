"""The findings as CSV: one flat line each, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from typing import IO, Any

from auditor.finding import Finding, Run

from ._text import visible
from ._told import chosen

COLUMNS = (
    "fingerprint", "rule", "status", "severity", "change", "title", "message", "account",
    "partition", "region", "kind", "arn", "name", "first_seen", "historical",
    "waiver_owner", "waiver_reason", "waiver_expires", "controls", "tags", "ml", "fix",
)
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write(
    run: Run, out: IO[bytes], *, outcomes: Collection[str] | None = None, **_: Any
) -> None:
    """Write a line of names and one for each finding, ended by CR LF as RFC 4180 has it."""
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(COLUMNS)
    for finding in chosen(run.findings, outcomes):
        writer.writerow([_safe(value) for value in _row(finding)])
        if line.tell() > 65_536:
            _moved(line, out)
    _moved(line, out)


def _moved(line: io.StringIO, out: IO[bytes]) -> None:
    out.write(line.getvalue().encode())
    line.seek(0)
    line.truncate()


def _row(finding: Finding) -> tuple[str, ...]:
    resource, waiver = finding.resource, finding.waiver
    return (
        finding.fingerprint, finding.rule, finding.status, finding.severity, finding.change,
        finding.title, finding.message, finding.account, finding.partition, finding.region,
        resource.kind, resource.arn, resource.name, finding.first_seen or "",
        "yes" if finding.historical else "no",
        waiver.owner if waiver else "", waiver.reason if waiver else "",
        waiver.expires if waiver else "",
        "; ".join(f"{name} {id}" for name, ids in finding.controls.items() for id in ids),
        "; ".join(f"{key}={value}" for key, value in (resource.tags or {}).items()),
        {True: "yes", False: "no", None: ""}[resource.ml], finding.fix,
    )


def _safe(value: str) -> str:
    return "'" + visible(value) if value.startswith(_FORMULA) else visible(value)
