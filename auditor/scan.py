"""Accounts and regions -> an inventory -> a run: the auditor as a library."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor import __version__
from auditor.errors import AuditorError, nearest
from auditor.evaluate import WINDOW_DAYS
from auditor.evaluate import evaluate as _evaluate
from auditor.finding import Run
from auditor.inventory import Inventory
from auditor.kinds import TABLE
from auditor.plugins import load_rules
from auditor.rule import Rule

if TYPE_CHECKING:
    from auditor.aws.session import Caller, Session

PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom to ask: who we are to AWS and the regions to look at."""

    session: Session
    caller: Caller
    regions: list[str]
    patience: float = PATIENCE


def prepare(
    profile: str | None = None, regions: Sequence[str] = (), patience: float = PATIENCE
) -> Plan:
    """Find out who we are and which regions to scan.

    Raises :class:`AuditorError` where there are no usable credentials, or no such region.
    """
    from auditor.aws.session import Session

    session = Session(profile)
    caller = session.caller(regions[0] if regions else None)
    return Plan(session, caller, session.regions(caller.partition, regions), patience)


def cache_path(account: str) -> Path:
    """Return where the inventory of an account lies when nobody says otherwise."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "sagemaker-auditor" / f"{account}.inventory"


def collect(
    plan: Plan, path: str | Path, progress: Callable[..., None] | None = None
) -> Inventory:
    """Collect an account into the inventory file ``path``, which is replaced; return it open."""
    from auditor.aws.collect import Collector

    inventory = Inventory.create(path, TABLE)
    began = time.monotonic()
    client = plan.session.client("sagemaker", plan.regions[0])
    custom = plan.session.custom_endpoint(client)
    for key, value in {
        "id": str(uuid.uuid4()), "started": _now(), "version": __version__,
        "accounts": [plan.caller.account], "partition": plan.caller.partition,
        "regions": plan.regions, "caller": plan.caller.arn,
        "endpoint": client.meta.endpoint_url if custom else "",
    }.items():
        inventory.put(key, value)
    Collector(
        plan.session, inventory, plan.caller, plan.regions, TABLE, patience=plan.patience,
        progress=progress,
    ).run()
    inventory.put("finished", _now())
    inventory.put("seconds", round(time.monotonic() - began, 3))
    inventory.commit()
    return inventory


def load(path: str | Path) -> Inventory:
    """Open an inventory that ``collect`` wrote.

    Raises :class:`AuditorError` where the file is not one, or its collection never finished.
    """
    inventory = Inventory(path, TABLE)
    if not inventory.get("finished"):
        raise AuditorError(f"{path}: its collection was cut off; run `auditor collect` again")
    return inventory


def choose(
    rules: Sequence[Rule[Any]], select: Iterable[str] = (), ignore: Iterable[str] = ()
) -> list[Rule[Any]]:
    """Return the rules that ids or globs select and do not ignore.

    Raises :class:`AuditorError` for a pattern that matches no rule, with the nearest ids.
    """
    names = {name: r for r in rules for name in (r.id, *r.aliases)}

    def matched(pattern: str) -> set[str]:
        found = {r.id for name, r in names.items() if fnmatchcase(name, pattern)}
        if not found:
            raise AuditorError(
                f"no rule {pattern}{nearest(pattern, names)}; `auditor rules` lists them"
            )
        return found

    wanted = {i for pattern in select for i in matched(pattern)} or {r.id for r in rules}
    dropped = {i for pattern in ignore for i in matched(pattern)}
    return [r for r in rules if r.id in wanted - dropped]


def evaluate(
    inventory: Inventory,
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    local: Iterable[str | Path] = (),
    window_days: int = WINDOW_DAYS,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> Run:
    """Judge an inventory by the installed rules and those in the ``local`` directories."""
    rules = load_rules(local)
    return _evaluate(
        inventory, choose(rules, select, ignore), version=__version__, available=len(rules),
        window_days=window_days, settings=settings,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
