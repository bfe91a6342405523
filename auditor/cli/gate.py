"""``auditor gate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from auditor import config
from auditor.cli._output import conclude, config_option, gate_of, gate_options
from auditor.cli._since import checked_since, known_rules, since_options, tell
from auditor.saved import load


@click.command(name="gate")
@click.argument("file", metavar="RUN.json", type=click.Path(path_type=Path))
@since_options
@gate_options
@config_option
def command(file: Path, **options: Any) -> None:
    """Decide a finished run's exit code, from its JSON report."""
    gate = gate_of(config.read(options["config"]).gate, options)
    run = load(file)
    since = checked_since(options, known_rules(run))
    run = since.over(run)
    tell(run)
    since.settle(run)
    decision = conclude(run, (), gate, quiet=False)
    raise click.exceptions.Exit(decision.code)
