"""(inventory, rules) -> findings: the same inventory and rules always give the same findings."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import jmespath

from auditor.errors import Gap, Unseen
from auditor.finding import (
    CallCost,
    Cost,
    Coverage,
    Evidence,
    Finding,
    GapCard,
    Look,
    ResourceCard,
    RuleCard,
    Run,
    RunCard,
    fingerprint,
)
from auditor.inventory import Inventory, Kind, Resource
from auditor.rule import Rule
from auditor.shape import Read, recording, when
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Status

WINDOW_DAYS = 90
_MOST_EVIDENCE = 40


def card(rule: Rule[Any]) -> RuleCard:
    """Return a rule as plain data."""
    return RuleCard(
        id=rule.id, title=rule.title, severity=rule.severity.value, kind=rule.on.name,
        rationale=rule.rationale, fix=rule.fix, help_url=rule.help_url, pack=rule.pack,
        controls={name: list(ids) for name, ids in rule.controls.items()},
        aliases=list(rule.aliases),
    )


def judge(
    rule: Rule[Any],
    resource: Resource[Any],
    *,
    now: datetime,
    window_days: int = WINDOW_DAYS,
    settings: Mapping[str, Any] | None = None,
    gaps: Mapping[Gap, int] | None = None,
) -> Finding:
    """Judge one resource by one rule.

    What was not seen makes Unknown; so does a rule that breaks, and it says so.
    """
    settings = settings or {}
    gap: Gap | None = None
    severity = rule.severity
    try:
        verdict = rule(resource, **settings)
    except Unseen as unseen:
        status, message, gap = Status.UNKNOWN, str(unseen), unseen.gap
    except Exception as error:  # noqa: BLE001 - a rule of anyone's: its break is a finding
        status = Status.UNKNOWN
        message = (
            f"the rule broke ({type(error).__name__}: {error}); this is a fault of {rule.pack}"
        )
    else:
        match verdict:
            case Pass():
                status = Status.PASS
            case Fail():
                status = Status.FAIL
                severity = verdict.severity or rule.severity
            case NotApplicable():
                status = Status.NOT_APPLICABLE
            case _:
                status = Status.UNKNOWN
        message = verdict.because if isinstance(verdict, Pass | Fail | NotApplicable) else (
            f"the rule returned {verdict!r}, not a verdict; this is a fault of {rule.pack}"
        )
    evidence = _evidence(rule, resource, settings) if status is Status.FAIL else []
    return Finding(
        rule=rule.id, status=status.value, severity=severity.value, title=rule.title,
        message=message, account=resource.account, partition=resource.partition,
        region=resource.region,
        resource=ResourceCard(
            kind=resource.kind.name, arn=resource.arn, name=resource.name, tags=resource.known_tags
        ),
        fingerprint=fingerprint(
            rule.id, resource.partition, resource.account, resource.region, resource.arn
        ),
        evidence=evidence,
        controls={name: list(ids) for name, ids in rule.controls.items()},
        fix=mended(rule.fix, resource) if status is Status.FAIL else "",
        historical=_historical(resource, now, window_days),
        gap=(gaps or {}).get(gap) if gap else None,
    )


def mended(fix: str, resource: Resource[Any]) -> str:
    """Return the fix with the resource's own names, quoted for a shell."""
    names = {
        "name": resource.name, "arn": resource.arn, "account": resource.account,
        "region": resource.region, "partition": resource.partition,
    }
    return re.sub(
        r"\{(name|arn|account|region|partition)\}", lambda m: shlex.quote(names[m[1]]), fix
    )


def _historical(resource: Resource[Any], now: datetime, window_days: int) -> bool:
    ended = resource.kind.ended
    if not ended or {"", re.split(r"[.\[]", ended)[0]} & resource.unseen.keys():
        return False
    at = _compiled(ended).search(resource.data._raw)
    return bool(at) and when(at) < now - timedelta(days=window_days)


@cache
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)


def _evidence(
    rule: Rule[Any], resource: Resource[Any], settings: Mapping[str, Any]
) -> list[Evidence]:
    """Run a failed rule once more and return the fields it read, with their values."""
    with recording() as reads:
        rule(resource, **settings)
    seen: dict[tuple[str, str], Evidence] = {}
    for read in reads:
        source = read.source
        if isinstance(source, Resource) and (source.arn, read.path) not in seen:
            seen[source.arn, read.path] = Evidence(
                arn=source.arn, member=read.path, value=_plain(read), call=_call(source, read),
                seen=source.seen,
            )
    return list(seen.values())[:_MOST_EVIDENCE]


def _plain(read: Read) -> Any:
    return read.value.isoformat() if isinstance(read.value, datetime) else read.value


def _call(source: Resource[Any], read: Read) -> str:
    head = re.split(r"[.\[]", read.path)[0]
    call = next((p.call for p in source.kind.parts if p.member == head), source.call)
    return call.replace(".", ":", 1)  # the table of kinds writes service.Operation


def findings(
    inventory: Inventory,
    rules: Iterable[Rule[Any]],
    *,
    now: datetime,
    window_days: int = WINDOW_DAYS,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> Iterator[Finding]:
    """Yield the findings of each kind of resource in turn, by account, region, ARN and rule.

    A resource is read once for all the rules that judge it: there may be a hundred thousand.
    """
    gaps = {gap: i for i, gap in reversed(list(enumerate(inventory.gaps())))}
    partition = inventory.get("partition", "aws")
    by_kind: dict[Kind[Any], list[Rule[Any]]] = {}
    for rule in rules:
        by_kind.setdefault(rule.on, []).append(rule)
    for kind, group in by_kind.items():
        for gap in inventory.gaps(kind=kind.name, arn=""):
            if not gap.member:
                for rule in group:
                    yield _unlisted(rule, kind, gap, gaps[gap], partition)
        for resource in inventory.resources(kind):
            for rule in group:
                yield judge(
                    rule, resource, now=now, window_days=window_days,
                    settings=(settings or {}).get(rule.id), gaps=gaps,
                )


def _unlisted(
    rule: Rule[Any], kind: Kind[Any], gap: Gap, number: int, partition: str
) -> Finding:
    arn = f"arn:{partition}:{kind.service}:{gap.region}:{gap.account}:*"
    return Finding(
        rule=rule.id, status=Status.UNKNOWN.value, severity=rule.severity.value,
        title=rule.title, message=f"{kind.name} could not be listed: {gap}",
        account=gap.account, partition=partition, region=gap.region,
        resource=ResourceCard(kind=kind.name, arn=arn, name="(all)"),
        fingerprint=fingerprint(rule.id, partition, gap.account, gap.region, arn),
        controls={name: list(ids) for name, ids in rule.controls.items()}, gap=number,
    )


def evaluate(
    inventory: Inventory,
    rules: Iterable[Rule[Any]],
    *,
    version: str,
    available: int | None = None,
    window_days: int = WINDOW_DAYS,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> Run:
    """Judge an inventory by the rules and return the run, whole."""
    rules = list(rules)
    meta = {key: inventory.get(key) for key in (
        "id", "started", "finished", "partition", "caller", "endpoint",
    )}
    accounts = inventory.get("accounts", [])
    regions = inventory.get("regions", [])
    now = when(meta["finished"] or meta["started"])
    found = sorted(
        findings(inventory, rules, now=now, window_days=window_days, settings=settings),
        key=lambda f: (
            -Severity(f.severity).rank, f.rule, f.account, f.region, f.resource.arn
        ),
    )
    calls = [
        CallCost(call=f"{service}:{operation}", account=account, region=region, calls=count,
                 retries=retries, throttled=throttled, seconds=round(seconds, 3),
                 waited=round(waited, 3), bytes=size)
        for service, operation, account, region, count, retries, throttled, seconds, waited, size
        in inventory.calls()
    ]
    outcomes = Counter(f.status for f in found)
    return Run(
        run=RunCard(
            id=meta["id"] or "", started=meta["started"] or "", finished=meta["finished"] or "",
            version=version, accounts=accounts, regions=regions,
            partition=meta["partition"] or "", caller=meta["caller"] or "",
            rules=[r.id for r in rules], endpoint=meta["endpoint"] or "",
        ),
        coverage=Coverage(
            resources=inventory.counts(),
            outcomes={s.value: outcomes.get(s.value, 0) for s in Status},
            looks=[
                Look(kind=kind, account=account, region=region, state=state, because=because)
                for kind, account, region, state, because in inventory.looks()
            ],
            rules_selected=len(rules),
            rules_available=len(rules) if available is None else available,
            historical=sum(f.historical and f.status == Status.FAIL.value for f in found),
            jobs_window_days=window_days,
            tags_unseen=inventory.get("tags_unseen", []),
            notes=inventory.get("notes", []),
        ),
        gaps=[
            GapCard(account=g.account, region=g.region, call=f"{g.service}:{g.operation}",
                    code=g.code, message=g.message, action=g.action, kind=g.kind, arn=g.arn,
                    member=g.member)
            for g in inventory.gaps()
        ],
        cost=Cost(
            calls=sum(c.calls for c in calls), retries=sum(c.retries for c in calls),
            throttled=sum(c.throttled for c in calls),
            seconds=inventory.get("seconds", 0.0), waited=round(sum(c.waited for c in calls), 3),
            bytes=sum(c.bytes for c in calls), by_operation=calls,
        ),
        rules=[card(r) for r in rules],
        findings=found,
    )
