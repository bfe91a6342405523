"""How close the pace comes to what a quota allows, beside botocore's own retries.

    python benchmarks/pace.py [--calls N] [--latency SECONDS]

A server on loopback answers DescribeTrainingJob so many times a second and throttles the rest, as
AWS does: a bucket that holds one second's calls. 32 threads make 400 calls. Prints, for each quota
and way, the seconds, their ratio to the least that is possible, and how many calls were lost and
throttled. The least is (calls - quota) / quota seconds: the bucket is full when it begins.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import botocore.config
import botocore.exceptions

from auditor.aws.pace import Pace, Refused
from auditor.aws.plan import Call
from auditor.aws.session import Session

THREADS = 32
REGION = "eu-west-1"
DESCRIBE = Call("sagemaker", "DescribeTrainingJob")


class Quota:
    """A token bucket of one second's calls."""

    def __init__(self, rate: float) -> None:
        self.rate = self.left = rate
        self.since = time.monotonic()
        self.throttled = 0
        self.lock = threading.Lock()

    def allow(self) -> bool:
        """Take a call; tell whether it is within the quota."""
        with self.lock:
            now = time.monotonic()
            self.left = min(self.rate, self.left + (now - self.since) * self.rate)
            self.since = now
            allowed = self.left >= 1
            self.left -= allowed
            self.throttled += not allowed
            return allowed


class Server(ThreadingHTTPServer):
    """Answers every request alike, or throttles it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, rate: float, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.quota = Quota(rate)
        self.latency = latency


class Handler(BaseHTTPRequestHandler):
    """One connection, kept open."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        """Answer a call of a JSON service."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(self.server.latency)
        allowed = self.server.quota.allow()
        told = {"TrainingJobName": "t"} if allowed else {
            "__type": "ThrottlingException", "message": "Rate exceeded",
        }
        body = json.dumps(told).encode()
        self.send_response(200 if allowed else 400)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def ours() -> Callable[[], object]:
    """Return one call through the pace."""
    pace = Pace(Session(), "111122223333")
    return lambda: pace.call(DESCRIBE, REGION, {"TrainingJobName": "t"})


def botocores(mode: str) -> Callable[[], Callable[[], object]]:
    """Return one call through botocore's retries, ten attempts each."""
    def made() -> Callable[[], object]:
        client = boto3.client("sagemaker", region_name=REGION, config=botocore.config.Config(
            retries={"mode": mode, "total_max_attempts": 10}, max_pool_connections=THREADS,
        ))
        return lambda: client.describe_training_job(TrainingJobName="t")
    return made


def measured(make: Callable[[], Callable[[], object]], calls: int) -> tuple[float, int]:
    """Return the seconds that the calls take and how many of them are lost."""
    call = make()

    def one(_: int) -> bool:
        try:
            call()
        except (Refused, botocore.exceptions.ClientError):
            return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        began = time.monotonic()
        got = sum(pool.map(one, range(calls)))
        return time.monotonic() - began, calls - got


def main() -> None:
    """Measure each way against each quota."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--latency", type=float, default=0.05)
    given = parser.parse_args()
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    print(f"{'quota':>6} {'way':<10} {'seconds':>8} {'of least':>9} {'lost':>5} {'throttled':>10}")
    for rate in (10, 20):
        least = (given.calls - rate) / rate
        for name, make in (
            ("pace", ours), ("adaptive", botocores("adaptive")), ("standard", botocores("standard"))
        ):
            server = Server(rate, given.latency)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{server.server_address[1]}"
            seconds, lost = measured(make, given.calls)
            print(f"{rate:>4}/s {name:<10} {seconds:>8.1f} {seconds / least:>9.3f} {lost:>5}"
                  f" {server.quota.throttled:>10}", flush=True)
            server.shutdown()
            server.server_close()


if __name__ == "__main__":
    main()
