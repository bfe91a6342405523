"""From an inventory to reports and an exit code: what scan and evaluate share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from auditor import config as _config
from auditor import scan as _scan
from auditor.cli import _output
from auditor.cli._since import checked_since, tell
from auditor.errors import AuditorError, nearest
from auditor.inventory import Inventory
from auditor.plugins import load_rules


def checked(options: dict[str, Any]) -> dict[str, Any]:
    """Check every option that can be wrong before the long work begins."""
    settings = _config.read(options["config"])
    rules = load_rules(options["local"])
    _scan.choose(rules, options["select"], options["ignore"], options["framework"])
    by_id = {r.id: r for r in rules}
    for name, given in settings.rules.items():
        if name not in by_id:
            raise AuditorError(f"[rules.{name}]: no such rule{nearest(name, by_id)}")
        known = [s.name for s in by_id[name].settings]
        for key in given:
            if key not in known:
                raise AuditorError(
                    f"[rules.{name}]: no setting {key}{nearest(key, known)}"
                    + ("" if known else "; it has none")
                )
    return {
        "settings": settings,
        "gate": _output.gate_of(settings.gate, options),
        "outputs": _output.parse_formats(options["formats"]),
        "outcomes": _output.parse_outcomes(options["outcomes"]),
        "since": checked_since(options, rules),
    }


def judge(inventory: Inventory, options: dict[str, Any], ready: dict[str, Any]) -> None:
    """Evaluate, write the reports, exit with the code of the gate."""
    run = _scan.evaluate(
        inventory, select=options["select"], ignore=options["ignore"], local=options["local"],
        window_days=ready["settings"].jobs.window, settings=ready["settings"].rules,
        ml_only=options["scope"] == "ml", framework=options["framework"],
    )
    run = ready["since"].over(run)
    if not options["quiet"]:
        tell(run)
    _output.write(
        run, ready["outputs"], outcomes=ready["outcomes"], color=options["color"],
        verbose=options["verbose"],
    )
    ready["since"].settle(run)
    decision = _output.conclude(run, ready["outputs"], ready["gate"], quiet=options["quiet"])
    raise click.exceptions.Exit(decision.code)


def default_inventory(given: Path | None, account: str) -> Path:
    """Return the inventory file to use."""
    return given or _scan.cache_path(account)
