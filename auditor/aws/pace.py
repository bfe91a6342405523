"""Every call goes through here: paced, retried, counted, and its failure put into words."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions
import botocore.parsers

from auditor.aws.plan import Call
from auditor.aws.session import MalformedAnswer, ReadOnlyViolation, Session

THROTTLED = {
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
    "RequestThrottledException", "TooManyRequestsException", "RequestLimitExceeded",
    "BandwidthLimitExceeded", "LimitExceededException", "SlowDown", "PriorRequestNotComplete",
    "EC2ThrottledException", "ProvisionedThroughputExceededException", "TransactionInProgress",
}
TRANSIENT = {
    "InternalFailure", "InternalError", "InternalServerError", "InternalServerException",
    "ServiceUnavailable", "ServiceUnavailableException", "RequestTimeout",
    "RequestTimeoutException", "InternalServiceError", "InternalServiceException",
}
ATTEMPTS = 4
PATIENCE = 300.0  # seconds without one success of an operation before throttling is a gap


class Refused(Exception):
    """A call that gave no answer: AWS's error code, or the name of what broke on the way."""

    def __init__(self, code: str, message: str, call: Call | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.call = call  # which call it was, where the one who catches it may not know

    def means(self, codes: tuple[str, ...]) -> bool:
        """Tell whether the error is one of these: ``Code`` or ``Code:piece of the message``."""
        for wanted in codes:
            code, _, piece = wanted.partition(":")
            if self.code == code and piece in self.message:
                return True
        return False


@dataclass
class Count:
    """What one operation in one region cost so far."""

    calls: int = 0
    retries: int = 0
    throttled: int = 0
    seconds: float = 0.0


@dataclass
class _Bucket:
    """The pace of one operation in one region: unlimited until AWS first says too fast."""

    rate: float = 0.0  # calls a second; 0 = not limited
    due: float = 0.0
    last_success: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)
    recent: list[float] = field(default_factory=list)
    slowed: float = 0.0  # when the rate was last halved
    given_up: str = ""  # the error code of the throttling that outlasted our patience

    def wait(self) -> float:
        """Return the seconds until this call's turn, and book the turn."""
        with self.lock:
            now = time.monotonic()
            self.recent = [t for t in self.recent if now - t < 1.0][-200:]
            self.recent.append(now)
            if not self.rate:
                return 0.0
            self.due = max(self.due, now) + 1.0 / self.rate
            return self.due - now

    def slower(self, sent: float) -> None:
        """Halve the rate, but once for all the calls that were sent before it was halved last."""
        with self.lock:
            if sent < self.slowed:
                return
            self.slowed = time.monotonic()
            self.rate = max(0.2, (self.rate or max(2.0, len(self.recent))) / 2)

    def success(self) -> None:
        with self.lock:
            self.last_success = time.monotonic()
            if self.rate:
                self.rate += 0.05  # creep up: AWS's buckets refill


class Pace:
    """Makes the calls of one account; safe to use from many threads."""

    def __init__(
        self,
        session: Session,
        account: str,
        *,
        patience: float = PATIENCE,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self.session = session
        self.account = account
        self.patience = patience
        self.counts: dict[tuple[str, str, str], Count] = {}
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}
        self._lock = threading.Lock()
        self.stopped = threading.Event()
        self._sleep = sleep or self.stopped.wait  # a stop wakes all who wait

    def call(self, call: Call, region: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Make a call and return AWS's answer without its metadata; raises :class:`Refused`."""
        place = (call.service, call.operation, region)
        with self._lock:
            count = self.counts.setdefault(place, Count())
            bucket = self._buckets.setdefault(place, _Bucket())
        attempt = 0
        while True:
            self._pause(0.0 if bucket.given_up else bucket.wait(), bucket)
            if self.stopped.is_set():
                raise Refused("Interrupted", "the scan was stopped")
            if bucket.given_up:
                # nothing waits behind an operation that AWS will not let us call
                raise Refused(bucket.given_up, self._patience_over(), call)
            started = time.monotonic()
            try:
                answer = self._once(call, region, params)
            except Refused as refused:
                self._add(count, started, refused.code in THROTTLED)
                if refused.code in THROTTLED:
                    bucket.slower(started)
                    if time.monotonic() - bucket.last_success > self.patience:
                        bucket.given_up = refused.code
                        raise Refused(refused.code, self._patience_over(), call) from None
                    pause = min(0.2 * 2 ** min(attempt, 6), 5.0)
                elif refused.code in TRANSIENT and attempt < ATTEMPTS - 1:
                    pause = 0.1 * 2**attempt
                else:
                    refused.call = call
                    raise
                attempt += 1
                with self._lock:
                    count.retries += 1
                # jitter only; nothing secret hangs on it
                self._pause(pause * (0.5 + random.random() / 2), bucket)
                continue
            self._add(count, started, False)
            bucket.success()
            return answer

    def _pause(self, seconds: float, bucket: _Bucket) -> None:
        """Wait, but no longer than there is something to wait for."""
        while seconds > 0 and not bucket.given_up and not self.stopped.is_set():
            self._sleep(min(seconds, 1.0))
            seconds -= 1.0

    def _patience_over(self) -> str:
        return f"throttled for {self.patience:g} s on end"

    def _add(self, count: Count, started: float, throttled: bool) -> None:
        with self._lock:
            count.calls += 1
            count.throttled += throttled
            count.seconds += time.monotonic() - started

    def _once(self, call: Call, region: str, params: Mapping[str, Any]) -> dict[str, Any]:
        try:
            client = self.session.client(call.service, region)
            answer = client._make_api_call(call.operation, dict(params))
        except ReadOnlyViolation:
            raise
        except botocore.exceptions.ClientError as error:
            told = error.response.get("Error", {})
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            code = str(told.get("Code") or status or "Unknown")
            if status >= 500 and code not in THROTTLED and code not in TRANSIENT:
                code = "InternalFailure" if code.isdigit() or code == "Unknown" else code
            raise Refused(code, str(told.get("Message") or "")) from None
        except MalformedAnswer as error:
            raise Refused("MalformedAnswer", str(error)) from None
        except (
            botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError,
        ) as error:
            timeout = isinstance(
                error,
                botocore.exceptions.ReadTimeoutError | botocore.exceptions.ConnectTimeoutError,
            )
            raise Refused("RequestTimeout" if timeout else "ServiceUnavailable",
                          f"{type(error).__name__}: {error}") from None
        except botocore.parsers.ResponseParserError as error:
            raise Refused("MalformedAnswer", str(error)) from None
        except botocore.exceptions.BotoCoreError as error:
            raise Refused(type(error).__name__, str(error)) from None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # botocore's parser meets a body that is JSON or XML, but not of AWS's shape
            raise Refused("MalformedAnswer", f"{type(error).__name__}: {error}") from None
        answer.pop("ResponseMetadata", None)
        return dict(answer)
