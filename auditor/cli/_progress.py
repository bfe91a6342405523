"""The progress bar: on a terminal only, and on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def to_go(done: int, waiting: int, seconds: float) -> str:
    """Return in words how long the rest will take at the pace so far, "" while nobody can say.

    It is the least: what is done brings new things to do.
    """
    if seconds < 3 or not done or not waiting:
        return ""
    left = seconds / done * waiting
    return f" · at least {left:.0f} s to go" if left < 100 else (
        f" · at least {left / 60:.0f} min to go"
    )


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[..., None] | None]:
    """Give a function that shows the collector's counts, or None where nobody watches."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(), TextColumn("[bold]collecting"), BarColumn(bar_width=24),
        TextColumn("{task.completed} of {task.total} steps · {task.fields[words]}"),
        TimeElapsedColumn(), console=Console(stderr=True), transient=True,
    ) as bar:
        task = bar.add_task("", total=1, words="")

        began = time.monotonic()

        def show(
            *, done: int, waiting: int, resources: int, calls: int, throttled: int
        ) -> None:
            words = f"{resources} resources · {calls} calls"
            if throttled:
                words += f" · throttled {throttled} times, waiting"
            words += to_go(done, waiting, time.monotonic() - began)
            bar.update(task, completed=done, total=done + waiting, words=words)

        yield show


def teller(quiet: bool) -> Callable[[str], None]:
    """Give a function that says a line on standard error, or nothing where nobody wants it."""
    return (lambda line: None) if quiet else (lambda line: print(line, file=sys.stderr))
