"""The findings as OCSF 1.8 Compliance Findings (class 2003), one a line, as data lakes take."""

from __future__ import annotations

from collections.abc import Collection
from typing import IO, Any

from auditor.finding import Finding, PastFinding, RuleCard, Run
from auditor.verdict import Status

from ._text import plain_json
from ._told import accepted, chosen, closed, ended, moment_of

VERSION = "1.8.0"
_CREATE, _UPDATE, _CLOSE = 1, 2, 3
_ACTIVITY = {_CREATE: "Create", _UPDATE: "Update", _CLOSE: "Close"}
_NEW, _SUPPRESSED, _RESOLVED = 1, 3, 4
_STATE = {_NEW: "New", _SUPPRESSED: "Suppressed", _RESOLVED: "Resolved"}
_SEVERITY = {"info": (1, "Informational"), "low": (2, "Low"), "medium": (3, "Medium"),
             "high": (4, "High"), "critical": (5, "Critical")}
_COMPLIANCE = {
    Status.PASS: (1, "Pass"), Status.UNKNOWN: (2, "Warning"), Status.FAIL: (3, "Fail"),
    Status.WAIVED: (3, "Fail"),
}


def write(
    run: Run, out: IO[bytes], *, outcomes: Collection[str] | None = None, **_: Any
) -> None:
    """Write an event for each finding that applies, and a Close for what the baseline had.

    Times are milliseconds since 1970. An event of a fail that the baseline knows is an Update, one
    of a fail that is mended or gone a Close; without a baseline each is a Create.
    """
    cards = {card.id: card for card in run.rules}
    left = closed(run)
    for finding in chosen(run.findings, outcomes):
        if finding.status != Status.NOT_APPLICABLE:
            mended = left.pop(finding.fingerprint, None) is not None
            out.write(plain_json(_event(run, finding, cards.get(finding.rule), mended)) + b"\n")
    for past in left.values():
        out.write(plain_json(_gone(run, past)) + b"\n")


def _event(
    run: Run, finding: Finding, card: RuleCard | None, mended: bool
) -> dict[str, Any]:
    status = Status(finding.status)
    known = finding.change in ("unchanged", "reopened")
    activity = _CLOSE if mended else _UPDATE if known else _CREATE
    state = (
        _RESOLVED if status == Status.PASS
        else _SUPPRESSED if status == Status.WAIVED or finding.historical else _NEW
    )
    number, word = _COMPLIANCE[status]
    severity, label = _SEVERITY["info" if status == Status.PASS else finding.severity]
    resource = finding.resource
    first_seen = _milliseconds(finding.first_seen or ended(run))
    event = _base(run, activity, state, finding.account, finding.region) | {
        "severity_id": severity, "severity": label, "message": finding.message,
        "finding_info": {
            "uid": finding.fingerprint, "title": finding.title, "desc": finding.message,
            "created_time": first_seen, "first_seen_time": first_seen,
            "types": ["Software and Configuration Checks"],
            "product_uid": "sagemaker-auditor",
        },
        "compliance": {
            "control": finding.rule, "status_id": number, "status": word,
            "status_detail": finding.message,
            "standards": list(finding.controls) or ["auditor"],
            "requirements": [f"{name} {id}" for name, ids in finding.controls.items()
                             for id in ids],
            "checks": [{
                "uid": finding.rule, "name": finding.title, "desc": finding.message,
                "status_id": number, "status": word, "severity_id": severity, "severity": label,
                "standards": list(finding.controls),
            }],
        },
        "resources": [{
            "uid": resource.arn, "name": resource.name, "type": resource.kind,
            "region": finding.region, "cloud_partition": finding.partition,
            "tags": [{"name": key, "value": value}
                     for key, value in (resource.tags or {}).items()],
        }],
    }
    if finding.fix:
        references = [card.help_url] if card else []
        event["remediation"] = {"desc": finding.fix, "references": references}
    if finding.waiver:
        event["comment"] = accepted(finding.waiver)
    return event


def _gone(run: Run, past: PastFinding) -> dict[str, Any]:
    """Return the Close of a fail whose resource is gone, or passes but is not reported here."""
    severity, label = _SEVERITY[past.severity]
    fixed = past.change == "fixed"
    return _base(run, _CLOSE, _RESOLVED, past.account, past.region) | {
        "severity_id": severity, "severity": label, "message": f"{past.title}: {past.change}",
        "finding_info": {"uid": past.fingerprint, "title": past.title,
                         "product_uid": "sagemaker-auditor"},
        "compliance": {
            "control": past.rule, "standards": ["auditor"],
            "status_id": 1 if fixed else 99, "status": "Pass" if fixed else "Gone",
        },
        "resources": [{"uid": past.arn, "region": past.region}],
    }


def _base(run: Run, activity: int, state: int, account: str, region: str) -> dict[str, Any]:
    return {
        "category_uid": 2, "category_name": "Findings", "class_uid": 2003,
        "class_name": "Compliance Finding", "activity_id": activity,
        "activity_name": _ACTIVITY[activity], "type_uid": 200300 + activity,
        "type_name": f"Compliance Finding: {_ACTIVITY[activity]}",
        "time": _milliseconds(ended(run)),
        "status_id": state, "status": _STATE[state],
        "metadata": {
            "version": VERSION, "profiles": ["cloud"],
            "product": {"name": "auditor", "vendor_name": "sagemaker-auditor",
                        "uid": "sagemaker-auditor", "version": run.run.version},
            "correlation_uid": run.run.id,
        },
        "cloud": {"provider": "AWS", "region": region, "account": _account(account)},
    }


def _account(account: str) -> dict[str, Any]:
    return {"uid": account, "type": "AWS Account", "type_id": 10}


def _milliseconds(at: str) -> int:
    return int(moment_of(at).timestamp() * 1000)
