"""What each format costs: ``python benchmarks/formats.py [--findings 100000]``.

Prints the seconds for so many findings, the peak of memory and its ratio to that of a tenth of
them, and the size of the file.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from auditor.plugins import load_report, report_names
from tests.reports import made


class Sink(io.RawIOBase):
    """Counts what is written and keeps nothing."""

    size = 0

    def writable(self) -> bool:
        """Say that it takes what is written."""
        return True

    def write(self, data: Any) -> int:
        """Count."""
        self.size += len(data)
        return len(data)


def peak(name: str, run: Any) -> int:
    """Return how many bytes more than before a report holds at once."""
    tracemalloc.start()
    load_report(name).write(run, Sink())
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return held


def main() -> int:
    """Print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--findings", type=int, default=100_000)
    given = options.parse_args()
    many, tenth, few = (made.large(given.findings // part) for part in (1, 10, 100))
    print(f"{len(many.findings):,} findings      s   MB written  peak MiB of a tenth, over a 100th")
    for name in report_names():
        sink = Sink()
        start = time.process_time()
        load_report(name).write(many, sink)
        took = time.process_time() - start
        held = peak(name, tenth)
        print(f"  {name:14}{took:10.1f}{sink.size / 1e6:13.1f}{held / 2**20:12.1f}"
              f"{held / peak(name, few):10.2f}x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
