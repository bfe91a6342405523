"""What the author of a rule pack imports to run its samples and its edge cases."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from auditor.errors import Gap
from auditor.evaluate import judge as _judge
from auditor.finding import Finding
from auditor.inventory import GLOBAL, Inventory, Kind
from auditor.kinds import ACCOUNT, ACCOUNT_BLOCK, TABLE
from auditor.plugins import load_rules
from auditor.rule import Other, Rule, Sample
from auditor.shape import Shape, when

ACCOUNT_ID = "111122223333"
REGION = "eu-west-1"


@cache
def _installed() -> dict[str, Rule[Any]]:
    return {rule.id: rule for rule in load_rules()}


def world(
    entries: Iterable[Other], *, region: str = REGION, seen: str = "2026-01-31T00:00:00+00:00",
    unseen: Mapping[str, str] | None = None, name: str = "",
) -> tuple[Inventory, str]:
    """Return an inventory in memory of these resources, and the ARN of the first.

    ``unseen`` maps members of the first to the error code that refused them ("" = all of it).
    The account itself and its S3 block (all off, unless given) are always there; what another
    account owns is known by its names only.
    """
    inventory = Inventory(kinds=TABLE)
    for key, value in (("partition", "aws"), ("accounts", [ACCOUNT_ID]), ("finished", seen)):
        inventory.put(key, value)
    listed = list(entries)
    have = {e.kind for e in listed}
    listed += [Other(k, {}) for k in (ACCOUNT, ACCOUNT_BLOCK) if k not in have]
    first = ""
    theirs: list[tuple[Kind[Any], str, str, str]] = []
    for entry in listed:
        kind = entry.kind
        where = GLOBAL if kind.scope == "account" and kind.single else entry.region or region
        if entry.owner:
            theirs += [(kind, at, value, entry.owner) for value in entry.names
                       for at in (where, GLOBAL)]
            continue
        if not first:
            arn, called = kind.identity(entry.data, ACCOUNT_ID, "aws", where, name or "sample")
            first = arn
            for member, code in (unseen or {}).items():
                inventory.gap(Gap(
                    ACCOUNT_ID, where, kind.service, "Get", code, "refused by the test",
                    f"{kind.service}:Get", kind.name, arn, member,
                ))
        else:
            arn, called = kind.identity(entry.data, ACCOUNT_ID, "aws", where, "other")
        number = inventory.add(
            kind, account=ACCOUNT_ID, partition="aws", region=where, arn=arn, name=called,
            document=entry.data, seen=seen, call=f"{kind.service}:Describe",
        )
        inventory.connect(number, kind, entry.data, ACCOUNT_ID, where)
        inventory.tag(arn, entry.tags)
        for value in entry.names:
            for at in (where, GLOBAL):
                inventory.named(kind, ACCOUNT_ID, at, value, "here", arn)
    for kind, at, value, owner in theirs:
        inventory.named(kind, ACCOUNT_ID, at, value, "foreign", owner)
    inventory.settle()
    return inventory, first


def judge(
    rule: str | Rule[Any],
    data: Mapping[str, Any],
    *others: Other,
    unseen: Mapping[str, str] | None = None,
    name: str = "",
    region: str = REGION,
    seen: str = "2026-01-31T00:00:00+00:00",
    refused: Iterable[Kind[Any]] = (),
    tags: Mapping[str, str] | None = None,
    **settings: Any,
) -> Finding:
    """Judge one document by a rule (or its id) and return the finding.

    ``others`` are further resources of the account; ``refused`` are kinds whose list was denied;
    ``tags`` are what the resource itself carries.
    """
    one = _installed()[rule] if isinstance(rule, str) else rule
    inventory, arn = world(
        [Other(one.on, data, tags=tags or {}), *others], region=region, seen=seen,
        unseen=unseen, name=name,
    )
    for kind in refused:
        where = GLOBAL if kind.scope == "account" else region
        inventory.gap(Gap(
            ACCOUNT_ID, where, kind.service, "List", "AccessDeniedException",
            "refused by the test", f"{kind.service}:List", kind.name,
        ))
    resource = inventory.find(one.on, arn)
    assert resource is not None
    gaps = {gap: i for i, gap in enumerate(inventory.gaps())}
    return _judge(one, resource, now=when(seen), settings=settings, gaps=gaps)


def misfits(shape: type[Shape], document: Any, path: str = "") -> list[str]:
    """Return where a document is not what AWS's model says: unknown members, wrong types."""
    if not isinstance(document, Mapping):
        return [f"{path or shape.__name__} is not a structure"]
    hints = typing.get_type_hints(shape)
    wrong = []
    for member, value in document.items():
        where = f"{path}.{member}" if path else member
        if member not in hints:
            wrong.append(f"{where}: {shape.__name__} has no such member")
        elif value is not None:
            wrong += _misfit(hints[member], value, where)
    return wrong


def _misfit(hint: Any, value: Any, path: str) -> list[str]:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        hint = next(a for a in typing.get_args(hint) if a is not type(None))
    origin = typing.get_origin(hint)
    if origin is list:
        if not isinstance(value, list):
            return [f"{path} is not a list"]
        inner = typing.get_args(hint)[0]
        return [w for i, v in enumerate(value) for w in _misfit(inner, v, f"{path}[{i}]")]
    if origin is dict:
        if not isinstance(value, Mapping):
            return [f"{path} is not a map"]
        inner = typing.get_args(hint)[1]
        return [w for k, v in value.items() for w in _misfit(inner, v, f"{path}.{k}")]
    if isinstance(hint, type) and issubclass(hint, Shape):
        return misfits(hint, value, path)
    if hint is datetime:
        try:
            when(value)
        except (ValueError, TypeError):
            return [f"{path} is not a time"]
        return []
    if hint is str and path.rpartition(".")[2] in ("PolicyDocument", "Document",
                                                   "AssumeRolePolicyDocument"):
        return [] if isinstance(value, str | dict) else [f"{path} is not a document"]
    if isinstance(hint, type) and not isinstance(value, hint | int if hint is float else hint):
        return [f"{path} is {value!r}, not {hint.__name__}"]
    return []


def samples(rule: Rule[Any]) -> list[str]:
    """Return what is wrong with a rule's samples: an empty list means they all hold."""
    wrong = []
    for wanted, many in (("pass", rule.good), ("fail", rule.bad)):
        for i, sample in enumerate(many):
            wrong += [f"{rule.id} {wanted}[{i}]: {w}" for w in _sample(rule, sample, wanted)]
    return wrong


def _sample(rule: Rule[Any], sample: Sample, wanted: str) -> list[str]:
    wrong = misfits(rule.on.shape, sample.data)
    for other in sample.others:
        wrong += [f"{other.kind.noun}: {w}" for w in misfits(other.kind.shape, other.data)]
    if wrong:
        return wrong
    finding = judge(
        rule, sample.data, *sample.others, seen=sample.seen, tags=sample.tags,
        **dict(sample.settings),
    )
    if finding.status != wanted:
        return [f"is {finding.status}, not {wanted}: {finding.message}"]
    return []


def main() -> int:
    """Run the samples of every installed rule and say which do not hold."""
    rules = load_rules(sys.argv[1:])
    wrong = [line for rule in rules for line in samples(rule)]
    print("\n".join([*wrong, f"{len(rules)} rules, {len(wrong)} samples that do not hold"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
