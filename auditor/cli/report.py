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
from auditor.errors import AuditorError


@click.command(name="report")
@click.argument("file", metavar="RUN.json", type=click.Path(path_type=Path))
@report_options
def command(file: Path, **options: Any) -> None:
    """Write the reports of a finished run again, from its JSON report."""
    import msgspec

    from auditor.finding import SCHEMA
    from auditor.saved import read

    outputs = parse_formats(options["formats"])
    outcomes = parse_outcomes(options["outcomes"])
    try:
        with file.open("rb") as opened:
            run = read(opened)
    except OSError as error:
        raise AuditorError(f"{file}: cannot be read ({error.strerror})") from None
    except msgspec.DecodeError as error:
        raise AuditorError(
            f"{file}: not a JSON report ({error}); `auditor scan -f json=FILE` writes one"
        ) from None
    if run.schema != SCHEMA:
        raise AuditorError(f"{file}: a report of schema {run.schema}; this reads {SCHEMA}")
    write(run, outputs, outcomes=outcomes, color=options["color"], verbose=options["verbose"])
    decision = conclude(
        run, outputs, fail_on=options["fail_on"], max_unknown=options["max_unknown"],
        allow_incomplete=options["allow_incomplete"],
        count_historical=options["count_historical"], quiet=options["quiet"],
    )
    raise click.exceptions.Exit(decision.code)
