"""``auditor scan``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from auditor.cli._aws import aws_options
from auditor.cli._output import report_options, rule_options


@click.command(name="scan")
@aws_options
@click.option("--inventory", type=click.Path(path_type=Path), metavar="FILE",
              help="Where to keep what AWS answered. Default: in your cache directory.")
@rule_options
@report_options
def command(
    profile: str | None, regions: tuple[str, ...], patience: float, inventory: Path | None,
    **options: Any,
) -> None:
    """Collect an account, judge it, report it."""
    from auditor import scan
    from auditor.cli._judge import checked, default_inventory, judge
    from auditor.cli._progress import progress

    ready = checked(options)
    plan = scan.prepare(profile, regions, patience)
    with progress(options["quiet"]) as show:
        found = scan.collect(plan, default_inventory(inventory, plan.caller.account), show)
    judge(found, options, ready)
