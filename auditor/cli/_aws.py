"""The options that say which AWS, and what to ask it again: shared by the commands that ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def aws_options(command: F) -> F:
    """Add the options of credentials, regions and pace."""
    for option in reversed((
        click.option("--profile", metavar="NAME", help="An AWS profile. Default: the standard"
                     " credential chain."),
        click.option("--region", "regions", multiple=True, metavar="REGION",
                     help="Only this region. Repeatable. Default: all that are enabled for the"
                     " account and have SageMaker."),
        click.option("--patience", type=click.FloatRange(min=0), default=300.0,
                     show_default=True, envvar="AUDITOR_PATIENCE", metavar="SECONDS",
                     help="How long an operation may be throttled on end before it counts as not"
                     " seen."),
        click.option("--share", type=click.FloatRange(min=0, min_open=True), default=0.5,
                     show_default=True, envvar="AUDITOR_SHARE", metavar="PART",
                     help="How much of each quota that AWS documents we use at most; 1 is all of"
                     " it."),
    )):
        command = option(command)
    return command


def again_options(command: F) -> F:
    """Add the options of what is kept from run to run."""
    for option in reversed((
        click.option("--refresh", is_flag=True,
                     help="Start over: ask again also for what AWS does not change any more."),
        click.option("--reconcile", type=click.FloatRange(min=0), default=7.0, show_default=True,
                     metavar="DAYS",
                     help="How long finished jobs and the like may be listed from their new end"
                     " only, before their whole lists are read for what was deleted."),
    )):
        command = option(command)
    return command
