"""``auditor scan``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from auditor.cli._aws import again_options, aws_options
from auditor.cli._output import gate_options, report_options, rule_options
from auditor.cli._since import since_options


@click.command(name="scan")
@aws_options
@click.option("--inventory", type=click.Path(path_type=Path), metavar="FILE",
              help="Where to keep what AWS answered, from run to run. Default: in your cache"
              " directory.")
@again_options
@rule_options
@report_options
@since_options
@gate_options
def command(
    profile: str | None, regions: tuple[str, ...], patience: float, share: float,
    inventory: Path | None, refresh: bool, reconcile: float, **options: Any,
) -> None:
    """Collect an account, judge it, report it."""
    from auditor import scan
    from auditor.cli._judge import checked, default_inventory, judge
    from auditor.cli._progress import progress, teller

    ready = checked(options)
    plan = scan.prepare(profile, regions, patience, share)
    with progress(options["quiet"]) as show:
        found = scan.collect(
            plan, default_inventory(inventory, plan.caller.account), show, refresh=refresh,
            reconcile_days=reconcile, say=teller(options["quiet"]),
        )
    judge(found, options, ready)
