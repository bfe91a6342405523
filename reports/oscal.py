"""The run as OSCAL 1.2.1 assessment results: findings by control, observations by outcome."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable, Iterator
from typing import IO, Any

from auditor.finding import ControlCard, Finding, FrameworkCard, Run
from auditor.findings import HISTORICAL, Selection, spooled
from auditor.verdict import Status

from ._text import plain_json
from ._told import ended

VERSION = "1.2.1"
_SPACE = uuid.UUID("6f0f2a3e-8d5c-5b7e-9a55-2f6d1f0c4c11")  # of the names below, for ever
_REASON = {"failed": "fail", "passed": "pass"}
_TOLD = ("failed", "passed", "not_evaluated", "set_aside")


def write(
    run: Run, out: IO[bytes], *, outcomes: Collection[str] | None = None, **_: Any
) -> None:
    """Write the document to ``out``; the same run gives the same UUIDs.

    A control is satisfied only where something passed and nothing failed or stayed unseen; one
    that was not evaluated is not satisfied, and its remarks say so. Controls that no rule speaks
    to, or to which nothing here applies, are not among the reviewed.
    """
    wanted = {s.value for s in Status} if outcomes is None else set(outcomes)
    wanted.discard(Status.NOT_APPLICABLE.value)
    if Status.FAIL in wanted:
        wanted.add(HISTORICAL)
    shown = spooled(run.findings).of(*wanted)
    controls = [
        (framework, control) for framework in run.frameworks for control in framework.controls
        if control.state in _TOLD
    ]
    at = ended(run)
    head = {
        "uuid": _uuid("results", run.run.id),
        "metadata": {
            "title": f"Audit of {', '.join(run.run.accounts) or 'unknown'} by auditor",
            "last-modified": at, "version": run.run.id or "0", "oscal-version": VERSION,
        },
        "import-ap": {"href": "#" + _uuid("plan", *run.run.rules)},
    }
    reviewed = [{"control-id": _token(framework, control.id)} for framework, control in controls]
    selection: dict[str, Any] = {"include-controls": reviewed} if reviewed else {"include-all": {}}
    result = {
        "uuid": _uuid("result", run.run.id), "title": "Automated assessment",
        "description": _description(run), "start": run.run.started or at, "end": at,
        "reviewed-controls": {"control-selections": [selection]},
    }
    out.write(b'{"assessment-results": ' + plain_json(head)[:-1] + b', "results": [')
    out.write(plain_json(result)[:-1])
    _list(out, b"observations", (_observation(finding, at) for finding in shown))
    by_rule = shown.by_rule()
    separator = b', "findings": ['
    for framework, control in controls:
        out.write(separator + b"\n")
        _finding(out, run, framework, control, by_rule)
        separator = b","
    out.write((b"]" if controls else b"") + b"}]}}\n")


def _list(out: IO[bytes], name: bytes, values: Iterable[Any]) -> None:
    """Write a member that is a list; OSCAL has no empty ones."""
    separator = b', "' + name + b'": ['
    first = separator
    for value in values:
        out.write(separator + b"\n" + plain_json(value))
        separator = b","
    if separator is not first:
        out.write(b"]")


def _description(run: Run) -> str:
    unknown = run.coverage.outcomes.get(Status.UNKNOWN, 0)
    gaps = "; ".join(f"{gap.call} answered {gap.code}" for gap in run.gaps[:20])
    return (
        f"{run.coverage.rules_selected} rules judged what {run.cost.calls} calls told."
        f" {unknown} outcomes could not be determined. {gaps}"
    ).strip()


def _observation(finding: Finding, at: str) -> dict[str, Any]:
    state = HISTORICAL if finding.historical and finding.status == Status.FAIL else finding.status
    return {
        "uuid": _uuid("observation", finding.fingerprint),
        "title": finding.title, "description": finding.message or finding.title,
        "props": [
            {"name": "rule", "value": finding.rule},
            {"name": "outcome", "value": state},
            {"name": "severity", "value": finding.severity},
        ],
        "methods": ["TEST"], "types": ["finding"],
        "subjects": [{
            "subject-uuid": _uuid("resource", finding.resource.arn), "type": "resource",
            "title": finding.resource.arn or "unknown",
        }],
        "collected": finding.evidence[0].seen if finding.evidence else at,
    }


def _finding(
    out: IO[bytes], run: Run, framework: FrameworkCard, control: ControlCard,
    by_rule: dict[str, Selection],
) -> None:
    status: dict[str, Any] = {
        "state": "satisfied" if control.state == "passed" else "not-satisfied",
        "reason": _REASON.get(control.state, "other"),
    }
    if control.state not in _REASON:
        status["remarks"] = {
            "not_evaluated": "not evaluated: something was not seen",
            "set_aside": "nothing but fails that are waived, or on jobs that ended long ago",
        }[control.state]
    title = control.title or f"{framework.name} {control.id}"
    out.write(plain_json({
        "uuid": _uuid("finding", run.run.id, framework.id, control.id), "title": title,
        "description": f"{framework.title}, {control.id}: {control.state.replace('_', ' ')},"
        f" {control.failed} failed, {control.unknown} unknown, {control.passed} passed,"
        f" {control.waived} waived",
        "target": {"type": "objective-id", "target-id": _token(framework, control.id),
                   "status": status},
    })[:-1])
    _list(out, b"related-observations", _related(control, by_rule))
    out.write(b"}")


def _related(control: ControlCard, by_rule: dict[str, Selection]) -> Iterator[dict[str, str]]:
    for rule in control.rules:
        for finding in by_rule.get(rule, ()):
            yield {"observation-uuid": _uuid("observation", finding.fingerprint)}


def _token(framework: FrameworkCard, control: str) -> str:
    """Return a control's id as OSCAL writes ids: NIST's own as NIST does, ``ac-2.1``."""
    if framework.id == "nist-800-53-r5":
        return re.sub(r"\((\d+)\)", r".\1", control).lower()
    return re.sub(r"[^A-Za-z0-9._-]", "_", f"{framework.id}_{control}")


def _uuid(*names: str) -> str:
    joined = "\n".join(names).encode("utf-8", "backslashreplace").decode()
    return str(uuid.uuid5(_SPACE, joined))
