"""What several formats say of a run and its findings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime

from auditor.finding import Finding, PastFinding, Run, WaiverCard


def chosen(findings: Iterable[Finding], outcomes: Collection[str] | None) -> Iterator[Finding]:
    """Yield the findings of some outcomes, of all where None are given."""
    return (f for f in findings if outcomes is None or f.status in outcomes)


def closed(run: Run) -> dict[str, PastFinding]:
    """Return the fails of the baseline that are mended or gone, by fingerprint."""
    past = run.baseline.closed if run.baseline else ()
    return {one.fingerprint: one for one in past if one.change in ("fixed", "gone")}


def accepted(waiver: WaiverCard) -> str:
    """Return why a fail is accepted, until when and by whom."""
    return f"{waiver.reason} (until {waiver.expires}, {waiver.owner})"


def ended(run: Run) -> str:
    """Return when a run finished, or began where it did not."""
    return run.run.finished or run.run.started


def moment_of(at: str) -> datetime:
    """Return a time of a run; 1970 where the run's file tells none."""
    try:
        when = datetime.fromisoformat(at)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return when if when.tzinfo else when.replace(tzinfo=UTC)
