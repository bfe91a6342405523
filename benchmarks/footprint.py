"""What the auditor costs by itself: ``python benchmarks/footprint.py``.

Prints the CPU time of `auditor --help` beside that of an empty interpreter, and the wall time, CPU
time, peak memory and calls of a scan of the demo's AWS. Each figure is the best of several runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

RUNS = 5


@dataclass(frozen=True)
class Figures:
    """One process: seconds on the clock, seconds of CPU, peak memory in MiB."""

    wall: float
    cpu: float
    peak: float


def measured(command: list[str], environment: dict[str, str]) -> Figures:
    """Run a command to its end and return what it cost."""
    began = time.monotonic()
    child = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0  # wait4 has reaped it
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, KiB on Linux
    return Figures(
        time.monotonic() - began, usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * unit / 2**20,
    )


def best(command: list[str], environment: dict[str, str], runs: int = RUNS) -> Figures:
    """Return the least of each figure over several runs."""
    every = [measured(command, environment) for _ in range(runs)]
    return Figures(
        min(f.wall for f in every), min(f.cpu for f in every), min(f.peak for f in every)
    )


def main() -> None:
    """Measure, and print a line for each."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    bare = best([sys.executable, "-c", "pass"], environment)
    auditor = [sys.executable, "-m", "auditor"]
    helped = best([*auditor, "--help"], environment)
    print(f"auditor --help: {helped.cpu * 1000:.0f} ms of CPU,"
          f" {helped.cpu / bare.cpu:.1f} times an empty interpreter's")
    server = subprocess.Popen(
        [sys.executable, "-m", "auditor.aws.demo"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    assert server.stdin is not None and server.stdout is not None
    ready = json.loads(server.stdout.readline())
    with tempfile.TemporaryDirectory() as room:
        report = Path(room) / "report.json"
        environment |= {
            "AWS_ENDPOINT_URL": ready["url"], "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y", "XDG_CACHE_HOME": room,
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        regions = [a for r in ready["regions"] for a in ("--region", r)]
        scan = best(
            [*auditor, "scan", *regions, "-f", f"json={report}", "-f",
             f"html={Path(room) / 'report.html'}", "-f", "table"], environment,
        )
        calls = json.loads(report.read_text())["cost"]["calls"]
    server.stdin.close()
    server.wait()
    print(f"scan of the demo: {calls} calls, {scan.wall:.1f} s, {scan.cpu:.1f} s of CPU"
          f" ({scan.cpu / calls * 1000:.1f} ms a call), peak {scan.peak:.0f} MiB,"
          f" {scan.peak / bare.peak:.1f} times an empty interpreter's")


if __name__ == "__main__":
    main()
