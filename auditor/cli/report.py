"""``auditor report``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from auditor.cli._output import (
    conclude,
    parse_formats,
    parse_outcomes,
    report_options,
    write,
)
from auditor.cli._since import checked_since, load_run, since_options, tell


@click.command(name="report")
@click.argument("file", metavar="RUN.json", type=click.Path(path_type=Path))
@report_options
@since_options
def command(file: Path, **options: Any) -> None:
    """Write the reports of a finished run again, from its JSON report."""
    outputs = parse_formats(options["formats"])
    outcomes = parse_outcomes(options["outcomes"])
    run = load_run(file)
    since = checked_since(options, {
        name: rule.id for rule in run.rules for name in (rule.id, *rule.aliases)
    })
    run = since.over(run)
    if not options["quiet"]:
        tell(run)
    write(run, outputs, outcomes=outcomes, color=options["color"], verbose=options["verbose"])
    decision = conclude(
        run, outputs, fail_on=options["fail_on"], max_unknown=options["max_unknown"],
        allow_incomplete=options["allow_incomplete"],
        count_historical=options["count_historical"], new_only=options["new_only"],
        quiet=options["quiet"],
    )
    raise click.exceptions.Exit(decision.code)
