"""``auditor evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from auditor.cli._output import gate_options, report_options, rule_options
from auditor.cli._since import since_options


@click.command(name="evaluate")
@click.argument("file", type=click.Path(path_type=Path))
@rule_options
@report_options
@since_options
@gate_options
def command(file: Path, **options: Any) -> None:
    """Judge an inventory file, without asking AWS anything."""
    from auditor import scan
    from auditor.cli._judge import checked, judge

    judge(scan.load(file), options, checked(options))
