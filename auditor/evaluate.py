"""(inventory, rules) -> findings: the same inventory and rules always give the same findings."""

from __future__ import annotations

import re
import shlex
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from itertools import chain, islice
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
    LinkCard,
    Look,
    ResourceCard,
    RuleCard,
    Run,
    RunCard,
    fingerprint,
)
from auditor.findings import HISTORICAL, Findings
from auditor.frameworks import controls_of, ours
from auditor.frameworks.tally import tallied
from auditor.inventory import GLOBAL, Inventory, Kind, Resource
from auditor.keeping import Broken
from auditor.kind import IN_USE
from auditor.lineage import Lineage
from auditor.rule import Rule
from auditor.scope import Scope, Use
from auditor.shape import Read, recording, when
from auditor.verdict import Fail, NotApplicable, Pass, Status

WINDOW_DAYS = 90
_MOST_EVIDENCE = 40
_PASS, _FAIL, _NOT_APPLICABLE, _UNKNOWN = (  # as a finding holds them
    status.value for status in (Status.PASS, Status.FAIL, Status.NOT_APPLICABLE, Status.UNKNOWN)
)


def card(rule: Rule[Any]) -> RuleCard:
    """Return a rule as plain data."""
    controls = controls_of(rule.controls)
    return RuleCard(
        id=rule.id, title=rule.title, severity=rule.severity.value, kind=rule.on.name,
        rationale=rule.rationale, fix=rule.fix, help_url=rule.help_url, pack=rule.pack,
        controls=controls, ours=ours(rule.id, controls), aliases=list(rule.aliases),
    )


class _Asked:
    """A rule as it is asked in one evaluation: what all its findings have in common."""

    def __init__(self, rule: Rule[Any], settings: Mapping[str, Any] | None) -> None:
        self.rule = rule
        self.settings = settings or {}
        self.controls = controls_of(rule.controls)
        self.severity = rule.severity.value


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
    past = _historical(resource, now - timedelta(days=window_days))
    return _judged(_Asked(rule, settings), resource, _about(resource), past, gaps or {})


def _about(resource: Resource[Any], use: Use | None = None) -> ResourceCard:
    return ResourceCard(
        kind=resource.kind.name, arn=resource.arn, name=resource.name, tags=resource.known_tags,
        ml=use.ml if use else None, ml_because=use.because if use else "",
    )


def _judged(
    asked: _Asked, resource: Resource[Any], about: ResourceCard, historical: bool,
    gaps: Mapping[Gap, int],
) -> Finding:
    rule = asked.rule
    gap: Gap | None = None
    severity, fix = asked.severity, ""
    evidence: list[Evidence] = []
    try:
        verdict = rule(resource, **asked.settings)
    except Unseen as unseen:
        status, message, gap = _UNKNOWN, str(unseen), unseen.gap
    except (Broken, sqlite3.Error):
        raise  # no fault of the rule's
    except Exception as error:  # noqa: BLE001 - a rule of anyone's: its break is a finding
        status = _UNKNOWN
        message = (
            f"the rule broke ({type(error).__name__}: {error}); this is a fault of {rule.pack}"
        )
    else:
        match verdict:
            case Pass(message):
                status = _PASS
            case NotApplicable(message):
                status = _NOT_APPLICABLE
            case Fail(message):
                status = _FAIL
                severity = (verdict.severity or rule.severity).value
                evidence = _evidence(rule, resource, asked.settings)
                fix = mended(rule.fix, resource)
            case _:
                status = _UNKNOWN
                message = (
                    f"the rule returned {verdict!r}, not a verdict; this is a fault of {rule.pack}"
                )
    return Finding(
        rule=rule.id, status=status, severity=severity, title=rule.title,
        message=message, account=resource.account, partition=resource.partition,
        region=resource.region, resource=about,
        fingerprint=fingerprint(
            rule.id, resource.partition, resource.account, resource.region, resource.arn
        ),
        evidence=evidence, controls=asked.controls, fix=fix, historical=historical,
        gap=gaps.get(gap) if gap else None,
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


def _historical(resource: Resource[Any], window: datetime) -> bool:
    """Tell whether it is a job that ended before the window begins."""
    ended = resource.kind.ended
    if not ended or {"", _head(ended)} & resource.unseen.keys():
        return False
    at = _compiled(ended).search(resource.data._raw)
    return bool(at) and when(at) < window


def _head(path: str) -> str:
    """Return the member of the answer that a path begins with."""
    return path.partition(".")[0].partition("[")[0]


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
    call: str = source.call
    head = _head(read.path)
    if head == "Tags" and head not in source.kind.shape.members():
        call = "resourcegroupstaggingapi.GetResources"
    if source.kind.parts:
        call = next((p.call for p in source.kind.parts if p.member == head), call)
    return call.replace(".", ":", 1)  # the table of kinds writes service.Operation


def findings(
    inventory: Inventory,
    rules: Iterable[Rule[Any]],
    *,
    now: datetime,
    window_days: int = WINDOW_DAYS,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    ml_only: bool = False,
    left_out: Counter[str] | None = None,
) -> Iterator[Finding]:
    """Yield the findings of each kind of resource in turn, by account, region, ARN and rule.

    A resource is read once for all the rules that judge it: there may be a hundred thousand.
    With ``ml_only`` what machine learning is seen not to use is left out, and counted by kind.
    """
    scope = Scope(inventory)
    gaps = {gap: i for i, gap in reversed(list(enumerate(inventory.gaps())))}
    partition = inventory.get("partition", "aws")
    window = now - timedelta(days=window_days)
    by_kind: dict[Kind[Any], list[_Asked]] = {}
    for rule in rules:
        by_kind.setdefault(rule.on, []).append(_Asked(rule, (settings or {}).get(rule.id)))
    for kind, group in by_kind.items():
        for because, gap in _unlooked(inventory, kind):
            for asked in group:
                yield _unlisted(asked, kind, because, gap, gaps[gap], partition)
        for resource in inventory.resources(kind):
            use = scope.of(resource)
            if ml_only and use is not None and use.ml is False:
                if left_out is not None:
                    left_out[kind.name] += 1
                continue
            about, past = _about(resource, use), _historical(resource, window)
            for asked in group:
                yield _judged(asked, resource, about, past, gaps)


def _unlooked(inventory: Inventory, kind: Kind[Any]) -> Iterator[tuple[str, Gap]]:
    """Yield what hides resources of a kind as a whole, in words and as the gap.

    That is a list that was refused; or, of a kind that is asked for by name, a first description
    in each Region that was refused of what is not another account's; and of one that is asked for
    or listed only where something points at it, whatever might have pointed there and was not seen.
    """
    described = {
        (account, region) for name, account, region, _, _ in inventory.looks()
        if name == kind.name and kind.on_demand
    }
    for gap in inventory.gaps(kind=kind.name):
        place = (gap.account, gap.region)
        if gap.member:
            continue
        if not gap.arn:
            described.add(place)
            yield f"{kind.name} could not be listed: {gap}", gap
        elif kind.asked and place not in described and (
            kind.foreign(gap.arn) in ("", gap.account)
        ):
            described.add(place)
            yield f"{kind.name} could not be described: {gap}", gap
    followed = _followed(inventory, kind)
    for other in inventory.kinds.values() if followed else ():
        heads = {"", *(link.head for link in other.links if link.to in followed)}
        for gap in inventory.gaps(kind=other.name) if len(heads) > 1 else ():
            place = (gap.account, GLOBAL if kind.scope == "account" else gap.region)
            if gap.member in heads and place not in described:
                described.add(place)
                yield f"what may point at {kind.name} was not seen: {gap}", gap


def _followed(inventory: Inventory, kind: Kind[Any]) -> set[Kind[Any]]:
    """Return the kinds by whose links alone a kind is found, with itself; none if it is listed."""
    def follows(one: Kind[Any]) -> bool:
        return one.asked or one.on_demand not in ("", IN_USE)

    found = {kind} if follows(kind) else set()
    while True:
        groups = {one.on_demand for one in found} - {"", IN_USE}
        more = {
            one for one in inventory.kinds.values() if follows(one) and (
                one.on_demand in groups or any(link.to in found for link in one.links)
            )
        } - found
        if not more or not found:
            return found
        found |= more


def _unlisted(
    asked: _Asked, kind: Kind[Any], because: str, gap: Gap, number: int, partition: str
) -> Finding:
    rule = asked.rule
    region = GLOBAL if kind.scope == "account" else gap.region
    arn = f"arn:{partition}:{kind.service}:{region}:{gap.account}:*"
    return Finding(
        rule=rule.id, status=_UNKNOWN, severity=asked.severity, title=rule.title, message=because,
        account=gap.account, partition=partition, region=region,
        resource=ResourceCard(kind=kind.name, arn=arn, name="(all)"),
        fingerprint=fingerprint(rule.id, partition, gap.account, region, arn),
        controls=asked.controls, gap=number,
    )


def evaluate(
    inventory: Inventory,
    rules: Iterable[Rule[Any]],
    *,
    version: str,
    available: int | None = None,
    window_days: int = WINDOW_DAYS,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    ml_only: bool = False,
    framework: str = "",
) -> Run:
    """Judge an inventory by the rules and return the run, whole, in memory that stays flat.

    ``framework`` is the id of the one that the rules were chosen for, "" for all.
    """
    rules = list(rules)
    meta = {key: inventory.get(key) for key in (
        "id", "started", "finished", "partition", "caller", "endpoint",
    )}
    accounts = inventory.get("accounts", [])
    regions = inventory.get("regions", [])
    now = when(meta["finished"] or meta["started"])
    left_out: Counter[str] = Counter()
    found = Findings(findings(
        inventory, rules, now=now, window_days=window_days, settings=settings, ml_only=ml_only,
        left_out=left_out,
    ))
    cards = [card(r) for r in rules]
    calls = [
        CallCost(call=f"{service}:{operation}", account=account, region=region, calls=count,
                 retries=retries, throttled=throttled, seconds=round(seconds, 3),
                 waited=round(waited, 3), bytes=size)
        for service, operation, account, region, count, retries, throttled, seconds, waited, size
        in inventory.calls()
    ]
    outcomes = dict.fromkeys((s.value for s in Status), 0)
    for told, count in found.tally.items():
        outcomes[Status.FAIL if told.outcome == HISTORICAL else told.outcome] += count
    return Run(
        run=RunCard(
            id=meta["id"] or "", started=meta["started"] or "", finished=meta["finished"] or "",
            version=version, accounts=accounts, regions=regions,
            partition=meta["partition"] or "", caller=meta["caller"] or "",
            rules=[r.id for r in rules], endpoint=meta["endpoint"] or "",
        ),
        coverage=Coverage(
            resources=inventory.counts(),
            outcomes=outcomes,
            looks=[
                Look(kind=kind, account=account, region=region, state=state, because=because)
                for kind, account, region, state, because in inventory.looks()
            ],
            rules_selected=len(rules),
            rules_available=len(rules) if available is None else available,
            historical=len(found.of(HISTORICAL)),
            jobs_window_days=window_days,
            tags_unseen=inventory.get("tags_unseen", []),
            scope="ml" if ml_only else "all", left_out=dict(sorted(left_out.items())),
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
        rules=cards, frameworks=tallied(cards, found.tally, framework),
        lineage=_lineage(inventory, found), findings=found,
    )


def _lineage(inventory: Inventory, found: Findings) -> Lineage:
    """Return what points at what, of all that stands and of the jobs that have a finding."""
    standing = [kind.name for kind in inventory.kinds.values() if not kind.ended]
    jobs = [kind.name for kind in inventory.kinds.values() if kind.ended]
    concerned = found.concerned()
    some = iter(lambda: list(islice(concerned, 500)), [])
    rows = chain(
        inventory.drawn(standing),
        chain.from_iterable(inventory.drawn(jobs, arns) for arns in some),
    )
    return Lineage(
        LinkCard(source=source, source_kind=source_kind, member=member, target=target,
                 target_kind=target_kind)
        for source, source_kind, member, target, target_kind in rows
    )
