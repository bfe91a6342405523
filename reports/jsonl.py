"""The run as JSON Lines: the run's own line first, then a line for each finding."""

from __future__ import annotations

from collections.abc import Collection
from typing import IO, Any

from auditor.finding import Run

from ._text import as_json
from ._told import chosen


def write(
    run: Run, out: IO[bytes], *, outcomes: Collection[str] | None = None, **_: Any
) -> None:
    """Write the run to ``out``, one object a line, each with its ``type``: run, then finding."""
    members = {n: getattr(run, n) for n in run.__struct_fields__ if n != "findings"}
    out.write(as_json({"type": "run", **members}) + b"\n")
    for finding in chosen(run.findings, outcomes):
        out.write(b'{"type": "finding", %s\n' % as_json(finding)[1:])
