"""``auditor collect``."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli._aws import again_options, aws_options


@click.command(name="collect")
@aws_options
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help="The inventory file to write, or to bring up to date.")
@again_options
@click.option("-q", "--quiet", is_flag=True, help="No progress and no closing words.")
def command(
    profile: str | None, regions: tuple[str, ...], patience: float, share: float, output: Path,
    refresh: bool, reconcile: float, quiet: bool,
) -> None:
    """Collect an account into an inventory file, without judging it."""
    from auditor import scan
    from auditor.cli._progress import progress, teller
    from auditor.gate import CLEAN, INCOMPLETE

    plan = scan.prepare(profile, regions, patience, share)
    with progress(quiet) as show:
        inventory = scan.collect(
            plan, output, show, refresh=refresh, reconcile_days=reconcile, say=teller(quiet)
        )
    gaps = inventory.gaps()
    if not quiet:
        click.echo(
            f"{output}: {sum(inventory.counts().values())} resources,"
            f" {len(gaps)} gaps; judge it with `auditor evaluate {output}`", err=True,
        )
        for gap in gaps[:5]:
            click.echo(f"not seen: {gap} (allow {gap.action})", err=True)
    inventory.close()
    raise click.exceptions.Exit(INCOMPLETE if gaps else CLEAN)
