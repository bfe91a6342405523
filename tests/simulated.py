"""A clock that jumps, and an AWS with a quota behind it: hours of waiting in no time."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable

from botocore.exceptions import ClientError


class Time:
    """A clock for threads that all sleep by it: once all of them sleep, it jumps to the first."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._awake = 0
        self._sleepers: list[tuple[float, int, threading.Event]] = []
        self._number = 0
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        woken = threading.Event()
        with self._lock:
            self._number += 1
            until = self.now + max(0.0, seconds)
            heapq.heappush(self._sleepers, (until, self._number, woken))
            self._awake = max(0, self._awake - 1)  # one that run() did not start counts too
            self._jump()
        woken.wait()

    def run(self, works: list[Callable[[], None]]) -> float:
        """Do each work in a thread of its own; return the seconds that went by."""
        began = self.now
        self._awake = len(works)

        def one(work: Callable[[], None]) -> None:
            try:
                work()
            finally:
                with self._lock:
                    self._awake -= 1
                    self._jump()

        threads = [threading.Thread(target=one, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.now - began

    def _jump(self) -> None:
        if self._awake > 0 or not self._sleepers:
            return
        self.now, _, woken = heapq.heappop(self._sleepers)
        self._awake = 1
        woken.set()


class Server:
    """Stands for a session whose AWS answers after a while, so many times a second.

    ``fate`` is asked first and may raise.
    """

    def __init__(
        self, time: Time, *, rate: float = 0.0, latency: float = 0.05,
        fate: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.time = time
        self.rate = rate
        self.latency = latency
        self.fate = fate
        self.sent: list[tuple[float, str]] = []
        self.answered = 0
        self.throttled = 0
        self._left, self._since = rate, time.now
        self._lock = threading.Lock()

    def client(self, service: str, region: str) -> Server:
        return self

    def key(self) -> str:
        return "key"

    def received(self) -> int:
        return 10

    def _make_api_call(self, operation: str, params: dict) -> dict:
        with self._lock:
            self.sent.append((self.time.now, operation))
        self.fate(operation)
        self.time.sleep(self.latency)
        with self._lock:
            now = self.time.now
            self._left = min(self.rate, self._left + (now - self._since) * self.rate)
            self._since = now
            if self.rate and self._left < 1:
                self.throttled += 1
                raise error("ThrottlingException", operation)
            self._left -= 1
            self.answered += 1
        return {"Answer": params.get("number")}


def error(code: str, operation: str, words: str = "no") -> ClientError:
    """Return what botocore raises for AWS's error."""
    return ClientError({"Error": {"Code": code, "Message": words},
                        "ResponseMetadata": {"HTTPStatusCode": 400}}, operation)
