"""``auditor permissions``."""

from __future__ import annotations

import click


@click.command(name="permissions")
def command() -> None:
    """Print the least-privilege IAM policy that a scan needs."""
    from auditor.aws.plan import permissions_text
    from auditor.kinds import TABLE

    click.echo(permissions_text(TABLE))
