"""The run as SARIF 2.1.0, as GitHub code scanning and other readers of static analysis take it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain, islice
from typing import IO, Any

from auditor.finding import Finding, RuleCard, Run
from auditor.findings import HISTORICAL, spooled
from auditor.verdict import Status

from ._place import path
from ._text import plain_json
from ._told import accepted

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST = 25_000  # results of a run that GitHub takes; further ones are in runs of their own
_LEVEL = {
    "critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note",
}
# GitHub's steps: critical is above 9.0, high from 7.0, medium from 4.0, low from 0.1.
_SCORE = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.1"}
_KIND = {
    Status.PASS: "pass", Status.FAIL: "fail", Status.NOT_APPLICABLE: "notApplicable",
    Status.WAIVED: "fail",
}


def write(
    run: Run, out: IO[bytes], *, outcomes: Collection[str] | None = None, **_: Any
) -> None:
    """Write the run to ``out``, in SARIF runs of at most 25,000 results, the worst first.

    Results are the fails, waived ones with a suppression; where ``outcomes`` asks for them also
    what passed and did not apply. What is unknown is a notification of the invocation, which then
    counts as not successful: a reader must not take it for clean.
    """
    findings = spooled(run.findings)
    wanted = {Status.FAIL.value, Status.WAIVED.value} if outcomes is None else set(outcomes)
    counted = {HISTORICAL if one == Status.FAIL else one for one in wanted} | wanted
    shown = findings.of(*(counted - {Status.UNKNOWN.value}))
    results = iter(shown)
    blind = findings.of(Status.UNKNOWN) if outcomes is None or "unknown" in outcomes else ()
    numbers = {card.id: number for number, card in enumerate(run.rules)}
    out.write(plain_json({"version": "2.1.0", "$schema": SCHEMA})[:-1] + b', "runs": [')
    for number, start in enumerate(range(0, max(len(shown), 1), MOST)):
        out.write(b"," if start else b"")
        _run(run, out, number, islice(results, MOST), () if start else blind, numbers)
    out.write(b"\n]}\n")


def _run(
    run: Run, out: IO[bytes], number: int, part: Iterable[Finding], blind: Iterable[Finding],
    numbers: Mapping[str, int],
) -> None:
    about = "+".join(run.run.accounts) if len(run.run.accounts) < 4 else "accounts"
    # GitHub's category is what comes before the last slash; two runs of one category are refused
    part_of = f"auditor/{about}/{number + 1}/" if number else f"auditor/{about}/"
    guid = {"automationDetails": {"id": part_of}}
    out.write(b"\n{" + plain_json({"tool": {"driver": {
        "name": "auditor", "semanticVersion": run.run.version, "version": run.run.version,
        "informationUri": "https://sagemaker-auditor.readthedocs.io/",
        "rules": [_descriptor(card) for card in run.rules],
    }}, **guid, "columnKind": "unicodeCodePoints"})[1:-1] + b', "results": [')
    _joined(out, (_result(finding, numbers) for finding in part))
    whole = not run.gaps and not run.coverage.outcomes.get(Status.UNKNOWN)
    out.write(b'], "invocations": [' + plain_json({
        "executionSuccessful": whole, **_times(run),
    })[:-1] + b', "toolExecutionNotifications": [')
    _joined(out, chain(
        (_refused(gap.call, gap.code, gap.message, gap.action) for gap in run.gaps if not number),
        (_notification(finding, numbers) for finding in blind),
    ))
    out.write(b"]}]}")


def _joined(out: IO[bytes], values: Iterable[Any]) -> None:
    separator = b"\n"
    for value in values:
        out.write(separator + plain_json(value))
        separator = b",\n"


def _times(run: Run) -> dict[str, str]:
    times = {"startTimeUtc": run.run.started, "endTimeUtc": run.run.finished}
    return {name: at.replace("+00:00", "Z") for name, at in times.items() if at}


def _descriptor(card: RuleCard) -> dict[str, Any]:
    return {
        "id": card.id, "shortDescription": {"text": card.title},
        "fullDescription": {"text": card.rationale}, "helpUri": card.help_url,
        "help": {"text": card.fix, "markdown": card.fix},
        "defaultConfiguration": {"level": _LEVEL[card.severity]},
        "properties": {
            "security-severity": _SCORE[card.severity], "precision": "high",
            "tags": ["security", *(
                f"{name} {id}" for name, ids in card.controls.items() for id in ids)],
        },
    }


def _rule(finding: Finding, numbers: Mapping[str, int]) -> dict[str, Any]:
    known = finding.rule in numbers
    return {"id": finding.rule} | ({"index": numbers[finding.rule]} if known else {})


def _locations(finding: Finding) -> list[dict[str, Any]]:
    return [{
        "physicalLocation": {
            "artifactLocation": {"uri": path(finding)},
            "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
        },
        "logicalLocations": [{
            "fullyQualifiedName": finding.resource.arn,
            "name": finding.resource.name, "kind": "resource",
        }],
    }]


def _result(finding: Finding, numbers: Mapping[str, int]) -> dict[str, Any]:
    kind = _KIND[Status(finding.status)]
    rule = _rule(finding, numbers)
    told: dict[str, Any] = {
        "ruleId": finding.rule, **({"ruleIndex": rule["index"]} if "index" in rule else {}),
        "kind": kind, "level": _LEVEL[finding.severity] if kind == "fail" else "none",
        "message": {"text": f"{finding.resource.name}: {finding.message}"},
        "locations": _locations(finding),
        "partialFingerprints": {
            "primaryLocationLineHash": f"{finding.fingerprint}:1",
            "auditorFingerprint/v1": finding.fingerprint,
        },
        "properties": {
            "severity": finding.severity, "account": finding.account, "region": finding.region,
            "historical": finding.historical, "fix": finding.fix,
        },
    }
    if finding.change:
        told["baselineState"] = "unchanged" if finding.change == "unchanged" else "new"
    reason = finding.waiver and accepted(finding.waiver)
    if finding.historical and finding.status == Status.FAIL:
        reason = "the job ended before the window; it cannot be mended"
    if reason or finding.status == Status.WAIVED:
        told["suppressions"] = [{
            "kind": "external", "status": "accepted", "justification": reason or "waived",
        }]
    return told


def _notification(finding: Finding, numbers: Mapping[str, int]) -> dict[str, Any]:
    return {
        "level": "warning", "associatedRule": _rule(finding, numbers),
        "message": {"text": f"{finding.resource.name}: {finding.message}"},
        "locations": _locations(finding),
    }


def _refused(call: str, code: str, message: str, action: str) -> dict[str, Any]:
    return {
        "level": "error", "descriptor": {"id": code or "refused"},
        "message": {"text": f"{call} answered {code}: {message} (needs {action})"},
    }
