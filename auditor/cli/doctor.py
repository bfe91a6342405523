"""``auditor doctor``."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from auditor.cli._aws import aws_options

if TYPE_CHECKING:
    from auditor.aws.doctor import Diagnosis


@click.command(name="doctor")
@aws_options
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def command(
    profile: str | None, regions: tuple[str, ...], patience: float, share: float, as_json: bool
) -> None:
    """Say before a scan what it will not be allowed to see.

    Who we are, which regions answer, and which of the permissions that a scan needs are missing:
    by IAM's simulation where that is allowed, else by trying. Exits 0 where nothing is missing, 3
    where something is or could not be tried, 2 without usable credentials. It only reads.
    """
    from auditor.aws.doctor import examine
    from auditor.aws.session import Session
    from auditor.gate import CLEAN, INCOMPLETE
    from auditor.kinds import TABLE

    found = examine(Session(profile), TABLE, regions, patience=patience, share=share)
    if as_json:
        click.echo(json.dumps({**dataclasses.asdict(found), "sound": found.sound}, indent=2))
    else:
        click.echo("\n".join(_table(found)))
    raise click.exceptions.Exit(CLEAN if found.sound else INCOMPLETE)


def _table(found: Diagnosis) -> Iterator[str]:
    yield f"who          {found.caller.arn}"
    yield f"account      {found.caller.account}, partition {found.caller.partition}"
    yield f"endpoint     {found.endpoint or 'AWS itself'}"
    yield f"clock        {_clock(found.skew)}"
    answering = [p.region for p in found.regions if p.state == "open"]
    yield from _wrapped("regions", f"{len(answering)} answer: {', '.join(answering) or 'none'}")
    because: dict[str, list[str]] = {}
    for place in found.shut:
        because.setdefault(place.because, []).append(place.region)
    for why, places in because.items():
        if len(places) == 1:
            yield f"             {places[0]}: {why}"
        else:
            yield from _wrapped("", f"{len(places)} do not, {why}: {', '.join(places)}")
    states = [p.state for p in found.permissions]
    how = "by IAM's simulation" if found.simulated else "by trying"
    yield (
        f"permissions  {states.count('allowed')} of {len(states)} allowed, {how};"
        f" {states.count('denied')} missing, {states.count('untried')} undecided"
    )
    for permission in found.missing:
        yield f"  missing    {permission.action}: {permission.because}"
    if found.undecided:
        yield from _wrapped("  undecided", ", ".join(p.action for p in found.undecided))
    yield ""
    for note in found.notes:
        yield textwrap.fill(note, 78)
    if found.missing:
        yield "`auditor permissions` prints the policy that allows all of it."


def _clock(skew: float | None) -> str:
    if skew is None:
        return "AWS told no time"
    if abs(skew) < 5:
        return "as AWS's"
    return f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} AWS's; it refuses 300 s"


def _wrapped(head: str, text: str) -> Iterator[Any]:
    yield from textwrap.wrap(
        text, 92, initial_indent=f"{head:<13}", subsequent_indent=" " * 13, break_on_hyphens=False
    )
