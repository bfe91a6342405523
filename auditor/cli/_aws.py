"""The options that say which AWS: shared by the commands that ask it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def aws_options(command: F) -> F:
    """Add the options of credentials, regions and patience."""
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
    )):
        command = option(command)
    return command
