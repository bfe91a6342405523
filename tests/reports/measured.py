"""How much a report writes, and how much memory that takes."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable


class Sink(io.RawIOBase):
    """Counts what is written and keeps nothing."""

    size = 0

    def writable(self):
        return True

    def write(self, data):
        self.size += len(data)
        return len(data)


def peak(action: Callable[[], None]) -> int:
    """Return how many bytes more than before were held at once during an action."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        action()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
