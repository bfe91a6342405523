"""The progress bar: on a terminal only, and on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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

        def show(*, done: int, waiting: int, resources: int, throttled: int) -> None:
            words = f"{resources} resources"
            if throttled:
                words += f" · throttled {throttled} times, waiting"
            bar.update(task, completed=done, total=done + waiting, words=words)

        yield show
