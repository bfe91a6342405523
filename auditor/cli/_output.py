"""Where reports go: ``-f FORMAT[=PATH]``, checked before the work begins."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import click
import msgspec

from auditor.config import Gate
from auditor.errors import AuditorError, full, nearest, no_space
from auditor.finding import Run
from auditor.frameworks import frameworks
from auditor.gate import Decision, decide
from auditor.plugins import load_report, report_names
from auditor.verdict import Severity, Status

F = TypeVar("F", bound=Callable[..., Any])
_STATUSES = [s.value for s in Status]


@dataclass(frozen=True, slots=True)
class Output:
    """One report to write: the module that writes it, and where (None = standard output)."""

    name: str
    module: Any
    path: Path | None


config_option = click.option(
    "--config", metavar="FILE", type=click.Path(path_type=Path),
    help="The configuration. Default: auditor.toml here.",
)


def report_options(command: F) -> F:
    """Add the options that say what is reported, and how."""
    for option in reversed((
        click.option(
            "-f", "--format", "formats", multiple=True, metavar="FORMAT[=PATH]",
            help=f"A report to write ({', '.join(report_names())}), to PATH (packed where it ends"
            " in .gz) or to standard output. Repeatable. Default: table.",
        ),
        click.option(
            "--outcomes", metavar="LIST",
            help=f"Report only these outcomes: {', '.join(_STATUSES)}. Default: all.",
        ),
        click.option(
            "--color", type=click.Choice(["auto", "always", "never"]), default="auto",
            show_default=True, help="Colour on a terminal; NO_COLOR is honoured.",
        ),
        click.option("-v", "--verbose", is_flag=True, help="List every resource in the table."),
        click.option("-q", "--quiet", is_flag=True, help="No progress and no closing words."),
    )):
        command = option(command)
    return command


def gate_options(command: F) -> F:
    """Add the options that say what makes the exit code."""
    for option in reversed((
        click.option(
            "--fail-on", type=click.Choice([s.value for s in Severity]),
            help="Exit 1 for findings at or above this severity. Default: low, or [gate].",
        ),
        click.option(
            "--max-unknown", type=click.IntRange(min=0),
            help="Exit 3 when more outcomes than this are unknown. Default: 0, or [gate].",
        ),
        click.option(
            "--allow-incomplete", is_flag=True,
            help="Do not exit 3 for what could not be seen; it is reported all the same.",
        ),
        click.option(
            "--count-historical", is_flag=True,
            help="Let findings on jobs that ended before the window count.",
        ),
    )):
        command = option(command)
    return command


def rule_options(command: F) -> F:
    """Add the options that say which rules judge."""
    for option in reversed((
        click.option("--select", multiple=True, metavar="RULE",
                     help="Only these rules: an id or a glob. Repeatable."),
        click.option("--ignore", multiple=True, metavar="RULE",
                     help="Not these rules: an id or a glob. Repeatable."),
        click.option("--framework", default="", metavar="ID",
                     help="Only rules that speak to this framework; `auditor frameworks` lists"
                     " them."),
        click.option("--rules", "local", multiple=True, metavar="DIR",
                     type=click.Path(path_type=Path),
                     help="A directory with rules of your own. Repeatable."),
        click.option("--scope", type=click.Choice(["all", "ml"]), default="all",
                     show_default=True,
                     help="ml: leave out buckets, keys, roles, repositories, log groups, file"
                     " systems and secrets that machine learning does not use."),
        config_option,
    )):
        command = option(command)
    return command


def parse_formats(formats: Iterable[str]) -> list[Output]:
    """Return the reports to write; refuses unknown formats and places that cannot be written."""
    outputs = []
    for given in list(formats) or ["table"]:
        name, _, place = given.partition("=")
        module = load_report(name)
        path = None if place in ("", "-") else Path(place)
        if path is not None:
            folder = path.parent
            if path.is_dir():
                raise AuditorError(f"{path}: is a directory; name a file in it")
            if not folder.is_dir():
                raise AuditorError(f"{path}: there is no directory {folder}; make it first")
            if not os.access(path if path.exists() else folder, os.W_OK):
                raise AuditorError(f"{path}: cannot be written; name another place")
        outputs.append(Output(name, module, path))
    if sum(o.path is None for o in outputs) > 1:
        raise AuditorError(
            "two reports cannot both go to standard output; give one a place: -f json=FILE"
        )
    return outputs


def parse_outcomes(outcomes: str | None) -> frozenset[str] | None:
    """Return the outcomes to report, None for all."""
    if outcomes is None:
        return None
    wanted = frozenset(o.strip() for o in outcomes.split(",") if o.strip())
    if unknown := wanted - set(_STATUSES):
        raise AuditorError(
            f"--outcomes: no outcome {', '.join(sorted(unknown))}; there are"
            f" {', '.join(_STATUSES)}"
        )
    return wanted


def wants_color(color: str, stream: IO[Any]) -> bool:
    """Tell whether to colour; https://no-color.org."""
    if color != "auto":
        return color == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and (
        os.environ.get("TERM") != "dumb"
    )


def write(
    run: Run, outputs: Iterable[Output], *, outcomes: frozenset[str] | None, color: str,
    verbose: bool,
) -> None:
    """Write the reports; a file appears whole or not at all, a device or a pipe is written to.

    Files come first: whoever reads standard output may close it early.
    """
    width = shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80
    options = {"width": width, "outcomes": outcomes, "verbose": verbose}
    for output in sorted(outputs, key=lambda o: o.path is None):
        if output.path is None:
            tint = wants_color(color, sys.stdout)
            output.module.write(run, sys.stdout.buffer, color=tint, **options)
            sys.stdout.buffer.flush()
            continue
        whole = output.path.is_file() or not output.path.exists()
        part = output.path.with_name(output.path.name + ".part") if whole else output.path
        try:
            with part.open("wb") as file, packed(file, output.path) as place:
                output.module.write(run, place, color=False, **options)
            if whole:
                part.replace(output.path)
        except OSError as error:
            if full(error):
                raise no_space(output.path, error) from None
            raise AuditorError(f"{output.path}: cannot be written ({error.strerror})") from None
        finally:
            if whole:
                part.unlink(missing_ok=True)  # there only where something went wrong


def packed(file: IO[bytes], path: Path) -> AbstractContextManager[IO[bytes]]:
    """Return where to write so that a file whose name ends in .gz is packed, always the same."""
    if path.suffix != ".gz":
        return nullcontext(file)
    return cast(IO[bytes], gzip.GzipFile("", "wb", 6, file, mtime=0))


def gate_of(settings: Gate, options: Mapping[str, Any]) -> Gate:
    """Return the gate of the configuration, with what the command line says instead.

    Raises :class:`AuditorError` for a framework that is none.
    """
    for id in settings.frameworks:
        if id not in frameworks():
            raise AuditorError(f"[gate] frameworks: no framework {id}{nearest(id, frameworks())}")
    given = {name: options[name] for name in ("max_unknown",) if options[name] is not None}
    if options["fail_on"] is not None:
        given["fail_on"] = Severity(options["fail_on"])
    given |= {
        name: True for name in ("allow_incomplete", "count_historical", "new_only")
        if options[name]
    }
    return msgspec.structs.replace(settings, **given)


def conclude(run: Run, outputs: Iterable[Output], gate: Gate, *, quiet: bool) -> Decision:
    """Say where the reports are and what the exit code is and why."""
    decision = decide(run, gate)
    if not quiet:
        for output in outputs:
            if output.path is not None:
                click.echo(f"{output.name}: {output.path}", err=True)
        click.echo(f"exit {decision.code}: {'; '.join(decision.why)}", err=True)
        if decision.apart:
            click.echo(f"not counted: {', '.join(decision.apart)}", err=True)
    return decision
