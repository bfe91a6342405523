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
from auditor.frameworks import controls_of, frameworks
from auditor.inventory import Inventory, Kind
from auditor.keeping import plain
from auditor.kinds import TABLE
from auditor.plugins import load_rules
from auditor.rule import Rule
from auditor.runs import RECONCILE_DAYS, Runs

if TYPE_CHECKING:
    from auditor.aws.session import Caller, Session

PATIENCE = 300.0
SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom to ask: who we are to AWS and the regions to look at."""

    session: Session
    caller: Caller
    regions: list[str]
    patience: float = PATIENCE
    share: float = SHARE


def prepare(
    profile: str | None = None, regions: Sequence[str] = (), patience: float = PATIENCE,
    share: float = SHARE,
) -> Plan:
    """Find out who we are and which regions to scan.

    ``patience`` is in seconds, ``share`` what we take of AWS's documented quotas. Raises
    :class:`AuditorError` where there are no usable credentials, or no such region.
    """
    from auditor.aws.session import Session

    session = Session(profile)
    caller = session.caller(regions[0] if regions else None)
    return Plan(session, caller, session.regions(caller.partition, regions), patience, share)


def cache_path(account: str) -> Path:
    """Return where the inventory of an account lies when nobody says otherwise."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "sagemaker-auditor" / f"{account}.inventory"


def collect(
    plan: Plan,
    path: str | Path,
    progress: Callable[..., None] | None = None,
    *,
    kinds: Sequence[Kind[Any]] | None = None,
    refresh: bool = False,
    reconcile_days: float = RECONCILE_DAYS,
    say: Callable[[str], object] = lambda _: None,
) -> Inventory:
    """Collect an account into the inventory file ``path`` and return it open.

    What the file holds from earlier runs and AWS does not change any more is not asked for again,
    and a run that was cut off is gone on with, unless ``refresh``. Lists that are read from their
    new end only are read whole every ``reconcile_days``. ``kinds`` are those to collect, by
    default all; ``say`` takes a line for people. Raises :class:`AuditorError` where the file is
    another account's, damaged or no inventory, where another scan writes it, or where the disk is
    full.
    """
    kinds = TABLE if kinds is None else kinds
    if refresh:
        home = Path(path) == cache_path(plan.caller.account)
        inventory = Inventory.create(path, kinds, at_home=home)
    else:
        inventory = Inventory.keep(path, kinds)
    with plain(path):
        _collect(plan, inventory, kinds, reconcile_days, progress, say)
    return inventory


def _collect(
    plan: Plan, inventory: Inventory, kinds: Sequence[Kind[Any]], reconcile_days: float,
    progress: Callable[..., None] | None, say: Callable[[str], object],
) -> None:
    """Collect into an open inventory; it is closed where that does not end well."""
    from auditor.aws.collect import Collector

    began = time.monotonic()
    try:
        client = plan.session.client("sagemaker", plan.regions[0])
        custom = plan.session.custom_endpoint(client)
        runs = Runs.begin(inventory, {
            "id": str(uuid.uuid4()), "version": __version__,
            "accounts": [plan.caller.account], "partition": plan.caller.partition,
            "regions": plan.regions, "caller": plan.caller.arn,
            "endpoint": client.meta.endpoint_url if custom else "",
        }, plan.regions, reconcile_days=reconcile_days)
        if runs.resumed:
            say(f"going on with the scan begun at {inventory.get('started')}, which was cut off:"
                f" {runs.kept} resources are seen already")
        Collector(
            plan.session, plan.caller, plan.regions, kinds, runs, patience=plan.patience,
            share=plan.share, progress=progress,
        ).run()
        inventory.put("finished", _now())
        inventory.put("seconds", round(time.monotonic() - began, 3))
        inventory.commit()
    except BaseException:
        inventory.abandon()
        raise


def load(path: str | Path) -> Inventory:
    """Open an inventory that ``collect`` wrote.

    Raises :class:`AuditorError` where the file is not one, or its collection never finished.
    """
    inventory = Inventory(path, TABLE)
    with plain(path):
        finished = inventory.get("finished")
    if not finished:
        raise AuditorError(
            f"{path}: its collection was cut off; `auditor collect -o {path}` goes on with it"
        )
    return inventory


def choose(
    rules: Sequence[Rule[Any]], select: Iterable[str] = (), ignore: Iterable[str] = (),
    framework: str = "",
) -> list[Rule[Any]]:
    """Return the rules that ids or globs select and do not ignore, of one framework if given.

    Where nothing is selected, those that are on by default.
    Raises :class:`AuditorError` for a pattern that matches no rule and for a framework that is
    none, with the nearest ids.
    """
    names = {name: r for r in rules for name in (r.id, *r.aliases)}

    def matched(pattern: str) -> set[str]:
        found = {r.id for name, r in names.items() if fnmatchcase(name, pattern)}
        if not found:
            raise AuditorError(
                f"no rule {pattern}{nearest(pattern, names)}; `auditor rules` lists them"
            )
        return found

    if framework and framework not in frameworks():
        raise AuditorError(
            f"no framework {framework}{nearest(framework, frameworks())};"
            " `auditor frameworks` lists them"
        )
    name = frameworks()[framework].name if framework else ""
    wanted = {i for pattern in select for i in matched(pattern)} or {
        r.id for r in rules if r.default
    }
    dropped = {i for pattern in ignore for i in matched(pattern)}
    return [
        r for r in rules
        if r.id in wanted - dropped and (not name or name in controls_of(r.controls))
    ]


def evaluate(
    inventory: Inventory,
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    local: Iterable[str | Path] = (),
    window_days: int = WINDOW_DAYS,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    ml_only: bool = False,
    framework: str = "",
) -> Run:
    """Judge an inventory by the installed rules and those in the ``local`` directories.

    With ``ml_only``, buckets, keys, roles, policies, repositories, log groups, file systems and
    secrets that machine learning is seen not to use are left out. ``framework`` is the id of one
    whose rules alone judge.
    """
    rules = load_rules(local)
    with plain(inventory.path):
        return _evaluate(
            inventory, choose(rules, select, ignore, framework), version=__version__,
            available=len(rules), window_days=window_days, settings=settings, ml_only=ml_only,
            framework=framework,
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
