"""The findings as GitLab's code quality report: what a merge request shows."""

from __future__ import annotations

from collections.abc import Collection
from typing import IO, Any

from auditor.finding import Run
from auditor.findings import spooled
from auditor.verdict import Status

from ._place import path
from ._text import plain_json
from ._told import chosen

_SEVERITY = {
    "critical": "blocker", "high": "critical", "medium": "major", "low": "minor", "info": "info",
}


def write(
    run: Run, out: IO[bytes], *, outcomes: Collection[str] | None = None, **_: Any
) -> None:
    """Write what counts: fails that are neither waived nor historical, and what is unknown."""
    separator = b"["
    counting = spooled(run.findings).of(Status.FAIL, Status.UNKNOWN)
    for finding in chosen(counting, outcomes):
        blind = "not determined: " if finding.status == Status.UNKNOWN else ""
        out.write(separator + b"\n  " + plain_json({
            "description": f"{finding.resource.name}: {blind}{finding.message}",
            "check_name": finding.rule, "fingerprint": finding.fingerprint,
            "severity": _SEVERITY[finding.severity],
            "location": {"path": path(finding), "lines": {"begin": 1}},
        }))
        separator = b","
    out.write(b"[]\n" if separator == b"[" else b"\n]\n")
