"""``auditor report``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from auditor import config
from auditor.cli._output import (
    conclude,
    config_option,
    gate_of,
    gate_options,
    parse_formats,
    parse_outcomes,
    report_options,
    write,
)
from auditor.cli._since import checked_since, known_rules, since_options, tell
from auditor.saved import load


@click.command(name="report")
@click.argument("file", metavar="RUN.json", type=click.Path(path_type=Path))
@report_options
@config_option
@since_options
@gate_options
def command(file: Path, **options: Any) -> None:
    """Write the reports of a finished run again, from its JSON report."""
    gate = gate_of(config.read(options["config"]).gate, options)
    outputs = parse_formats(options["formats"])
    outcomes = parse_outcomes(options["outcomes"])
    run = load(file)
    since = checked_since(options, known_rules(run))
    run = since.over(run)
    if not options["quiet"]:
        tell(run)
    write(run, outputs, outcomes=outcomes, color=options["color"], verbose=options["verbose"])
    since.settle(run)
    decision = conclude(run, outputs, gate, quiet=options["quiet"])
    raise click.exceptions.Exit(decision.code)
