"""(run, waivers, baseline) -> the run again, with what is waived and what is new."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from auditor.baseline import Compared, Earlier
from auditor.errors import AuditorError
from auditor.finding import Finding, Run, WaiverUse
from auditor.findings import HISTORICAL, Findings
from auditor.frameworks.tally import tallied
from auditor.verdict import Status
from auditor.waivers import Waivers


def truth(finding: Finding) -> Finding:
    """Return a finding without its waiver, as the rule judged it."""
    if finding.status != Status.WAIVED:
        return finding
    return msgspec.structs.replace(finding, status=Status.FAIL.value, waiver=None)


def revised(
    run: Run, *, waivers: Waivers | None = None, without_waivers: bool = False,
    compare: bool = False, before: Earlier | None = None,
) -> Run:
    """Return the run with its findings waived and compared; memory stays flat.

    Raises :class:`AuditorError` for a run that was written with --outcomes: what it leaves out
    cannot be counted again.

    ``waivers`` take the place of those the run was written with, ``without_waivers`` takes them
    away. With ``compare`` it is compared with ``before``, None being a first run, to which all is
    new. What the run already says is kept where nothing is given.
    """
    if len(run.findings) < sum(run.coverage.outcomes.values()):
        raise AuditorError(
            "the report was written with --outcomes; waivers and a baseline need a whole one"
        )
    compared = Compared(run, before) if compare else None

    def told() -> Iterator[Finding]:
        for finding in run.findings:
            if waivers is not None or without_waivers:
                finding = truth(finding)
            if waivers is not None:
                finding = waivers.applied(finding)
            yield compared.told(finding) if compared is not None else finding

    found = Findings(told())
    outcomes = dict.fromkeys((s.value for s in Status), 0)
    for one, count in found.tally.items():
        outcomes[Status.FAIL if one.outcome == HISTORICAL else one.outcome] += count
    only = run.frameworks[0].id if len(run.frameworks) == 1 else ""
    return msgspec.structs.replace(
        run, findings=found,
        coverage=msgspec.structs.replace(
            run.coverage, outcomes=outcomes, historical=len(found.of(HISTORICAL))
        ),
        frameworks=tallied(run.rules, found.tally, only),
        waivers=_uses(run, waivers, without_waivers),
        baseline=compared.card() if compared is not None else run.baseline,
    )


def _uses(run: Run, waivers: Waivers | None, without_waivers: bool) -> list[WaiverUse]:
    if waivers is not None:
        return waivers.uses(set(run.run.rules))
    return [] if without_waivers else run.waivers
