"""Waivers and the baseline: the options, read and checked before the work begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from auditor import waivers as _waivers
from auditor.baseline import Earlier, earlier
from auditor.errors import AuditorError
from auditor.finding import RuleCard, Run, WaiverUse
from auditor.plugins import load_rules
from auditor.revise import revised
from auditor.rule import Rule
from auditor.saved import load
from auditor.shape import when

F = TypeVar("F", bound=Callable[..., Any])
HERE = Path("waivers.toml")


def since_options(command: F) -> F:
    """Add the options that say what is accepted and what was known before."""
    for option in reversed((
        click.option("--waivers", "waiver_file", metavar="FILE", type=click.Path(path_type=Path),
                     help="Fails that are accepted for a while. Default: waivers.toml here."),
        click.option("--no-waivers", is_flag=True, help="Show the truth: waive nothing."),
        click.option("--strict-waivers", is_flag=True,
                     help="Exit 2 for a waiver that matches nothing."),
        click.option("--baseline", metavar="RUN.json", type=click.Path(path_type=Path),
                     help="An earlier JSON report: say what is new, fixed or gone since."),
        click.option("--missing-baseline", type=click.Choice(["all-new", "all-old"]),
                     default="all-new", show_default=True,
                     help="What fails are where the baseline does not exist."),
        click.option("--new-only", is_flag=True,
                     help="Let only new and reopened findings count for the exit code."),
    )):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Since:
    """What is accepted and what was known before, ready to be laid over a run."""

    waivers: _waivers.Waivers | None
    without_waivers: bool
    compare: bool
    before: Earlier | None
    strict: bool

    def over(self, run: Run) -> Run:
        """Return the run waived and compared.

        Waivers stand as on the day of the run: a report written again says the same.
        """
        if self.waivers is None and not self.without_waivers and not self.compare:
            return run
        held = self.waivers
        if held is not None:
            at = run.run.finished or run.run.started
            held = _waivers.Waivers(held.waivers, when(at).date() if at else held.on, held.source)
        return revised(
            run, waivers=held, without_waivers=self.without_waivers, compare=self.compare,
            before=self.before,
        )

    def settle(self, run: Run) -> None:
        """Raise :class:`AuditorError` for a waiver that matches nothing, with --strict-waivers.

        That is after the reports are written: they are in every case.
        """
        unused = [use for use in run.waivers if use.state == "unused"]
        if self.strict and unused:
            raise AuditorError("; ".join(map(_words, unused)))


def checked_since(
    options: Mapping[str, Any], rules: Iterable[RuleCard | Rule[Any]]
) -> Since:
    """Read the waivers and the baseline; ``rules`` are those that a waiver may name.

    Raises :class:`AuditorError` where either is wrong.
    """
    given, baseline = options["waiver_file"], options["baseline"]
    if given and options["no_waivers"]:
        raise AuditorError("--waivers and --no-waivers exclude each other")
    if options["new_only"] and baseline is None:
        raise AuditorError("--new-only needs a --baseline to tell what is new")
    path = given or (HERE if HERE.is_file() else None)
    held = None
    if path is not None and not options["no_waivers"]:
        names = {name: rule.id for rule in rules for name in (rule.id, *rule.aliases)}
        held = _waivers.read(path, names, _today())
    return Since(
        held, options["no_waivers"], baseline is not None,
        _baseline(baseline, options["missing_baseline"]) if baseline else None,
        options["strict_waivers"],
    )


def known_rules(run: Run) -> Iterator[RuleCard | Rule[Any]]:
    """Yield the rules that a waiver of a saved run may name: those installed, and the run's."""
    yield from load_rules()
    yield from run.rules


def tell(run: Run) -> None:
    """Say on standard error which waivers want somebody's attention."""
    for use in run.waivers:
        if use.state not in ("active", "idle"):
            click.echo(f"waivers: {_words(use)}", err=True)


def _words(use: WaiverUse) -> str:
    what = f"{use.rule} on {use.resource} (owner {use.owner})"
    match use.state:
        case "expired":
            return f"{what} expired on {use.expires}: {use.matched:,} findings count again"
        case "ending":
            return f"{what} ends on {use.expires}"
        case _:
            return f"{what} matches nothing; remove it"


def _baseline(path: Path, missing: str) -> Earlier | None:
    if not path.exists():
        click.echo(f"baseline: {path} does not exist: every fail is"
                   f" {'new' if missing == 'all-new' else 'taken as known'}", err=True)
        return Earlier("", "", {}, others="new" if missing == "all-new" else "unchanged")
    return earlier(load(path), str(path))


def _today() -> date:
    return datetime.now(UTC).date()
