"""The run as JSON Lines: the run's own line, then a line for each link and each finding."""

from __future__ import annotations

from collections.abc import Collection
from typing import IO, Any

from auditor.finding import Run

from ._text import as_json
from ._told import chosen

_LONG = ("lineage", "findings")  # the members that have lines of their own


def write(
    run: Run, out: IO[bytes], *, outcomes: Collection[str] | None = None, **_: Any
) -> None:
    """Write the run to ``out``, one object a line, each with its ``type``: run, link, finding."""
    members = {n: getattr(run, n) for n in run.__struct_fields__ if n not in _LONG}
    out.write(as_json({"type": "run", **members}) + b"\n")
    for link in run.lineage:
        out.write(b'{"type": "link", %s\n' % as_json(link)[1:])
    for finding in chosen(run.findings, outcomes):
        out.write(b'{"type": "finding", %s\n' % as_json(finding)[1:])
