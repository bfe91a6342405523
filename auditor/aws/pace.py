"""Every call goes through here: paced, retried, counted, and its failure put into words.

Where AWS has written a quota down (``quotas.py``), no more than a share of it is ever used. Where
it has not, calls go freely until AWS says "too fast", and from then on as fast as AWS answers. A
throttled call waits for its next turn and is never lost, until its operation had no success for
as long as our patience lasts.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions
import botocore.parsers

from auditor.aws.plan import Call
from auditor.aws.quotas import SHARE, Allowance, quota
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
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
ATTEMPTS = 4
PATIENCE = 300.0  # seconds of throttling without one success of an operation before it is a gap
_UNREACHABLE = (
    botocore.exceptions.ConnectTimeoutError, botocore.exceptions.EndpointConnectionError,
    botocore.exceptions.ProxyConnectionError,
)
_NO_CREDENTIALS = (
    botocore.exceptions.NoCredentialsError, botocore.exceptions.CredentialRetrievalError,
    botocore.exceptions.TokenRetrievalError, botocore.exceptions.SSOError,
)
FLOOR = 0.2  # calls a second, however much AWS throttles
LONG = 0.1  # seconds: who waits less for a turn under a quota is not counted as asleep


class Refused(Exception):
    """A call that gave no answer: AWS's error code, or the name of what broke on the way."""

    def __init__(self, code: str, message: str, call: Call | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.call = call  # which call it was, where the one who catches it may not know
        self.unreachable = False  # nothing listens at the endpoint, whatever we would ask
        self.ended = False  # there are no credentials any more

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
    waited: float = 0.0  # seconds in which calls stood back, for a quota or to try again
    bytes: int = 0  # of the bodies that were answered


@dataclass
class _Silence:
    """How often on end nothing came back; calls that were under way together count once."""

    times: int = 0
    since: float = float("-inf")

    def again(self, sent: float, now: float) -> bool:
        """Take up that a call sent then gave nothing; tell whether that is enough."""
        if sent >= self.since:
            self.times += 1
            self.since = now
        return self.times >= ATTEMPTS

    def broken(self) -> None:
        """Take up that something answered."""
        self.times = 0


@dataclass
class _Bucket:
    """The pace of one operation in one region: unlimited until AWS first says too fast."""

    rate: float = 0.0  # calls a second; 0 = not limited
    clock: Callable[[], float] = time.monotonic
    allowance: Allowance | None = None
    throttled_since: float | None = None  # None after a success
    silence: _Silence = field(default_factory=_Silence)
    given_up: Refused | None = None
    _slowed: float = float("-inf")  # when the rate was last lowered
    _queue: float = 0.0  # turns that are taken and not yet over
    _drained: float = 0.0
    _sent: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    _answered: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def queue(self) -> float:
        """Take the next turn; return how many are before it."""
        with self._lock:
            now = self.clock()
            self._sent.append(now)
            if not self.rate:
                return 0.0
            ahead = max(0.0, self._queue - (now - self._drained) * self.rate)
            self._queue, self._drained = ahead + 1.0, now
            return ahead

    def slower(self, sent: float) -> None:
        """Lower the rate, but once for all the calls that were sent before it was lowered last.

        It goes down to a little less than AWS has answered in the last second, but by half at
        most.
        """
        with self._lock:
            now = self.clock()
            if self.throttled_since is None:
                self.throttled_since = sent
            if sent < self._slowed:
                return
            answered = _last_second(self._answered, now)
            if self.rate:
                lower = min(self.rate, max(self.rate / 2, 0.9 * answered))
            else:
                lower = max(1.0, answered, _last_second(self._sent, now) / 2)
                self._queue, self._drained = 0.0, now
            self.rate = max(FLOOR, lower)
            self._slowed = now

    def success(self) -> None:
        """Take up that AWS answered, yes or no: creep up, for AWS's buckets refill."""
        with self._lock:
            self.throttled_since = None
            self.silence.broken()
            self._answered.append(self.clock())
            if self.rate:
                self.rate += max(0.03, self.rate * 0.003)

    def impatient(self, patience: float) -> bool:
        """Tell whether throttling has lasted longer than our patience."""
        since = self.throttled_since
        return since is not None and self.clock() - since >= patience


def _last_second(times: deque[float], now: float) -> int:
    return sum(now - then < 1.0 for then in times)


class Pace:
    """Makes the calls of one account; safe to use from many threads.

    ``share`` is what we take of AWS's documented quotas, infinity where none are to be kept.
    """

    def __init__(
        self,
        session: Session,
        account: str,
        *,
        patience: float = PATIENCE,
        share: float = SHARE,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.session = session
        self.account = account
        self.patience = patience
        self.share = share
        self.counts: dict[tuple[str, str, str], Count] = {}
        self.total = Count()
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}
        self._allowances: dict[tuple[str, str], Allowance] = {}
        self._endpoints: dict[tuple[str, str], _Silence] = {}
        self._dead: dict[tuple[str, str], Refused] = {}
        self._ended: Refused | None = None
        self._lock = threading.Lock()
        self._clock = clock
        self.lane = threading.local()  # its name is what a worker thread works for
        self._asleep: Counter[str] = Counter()
        self.stopped = threading.Event()
        self._sleep = sleep or self.stopped.wait  # a stop wakes all who wait

    def call(self, call: Call, region: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Make a call and return AWS's answer without its metadata; raises :class:`Refused`."""
        count, bucket = self._place(call, region)
        endpoint = (call.service, region)
        attempt = 0
        while True:
            self._hopeless(bucket, call, endpoint)
            self._take_turn(bucket, count)
            self._hopeless(bucket, call, endpoint)
            started, key = self._clock(), self.session.key()
            try:
                answer = self._once(call, region, params)
            except Refused as refused:
                refused.call = call
                self._add(count, started, refused.code in THROTTLED)
                attempt += refused.code not in THROTTLED
                pause = self._after(refused, bucket, endpoint, started, attempt, key)
                with self._lock:
                    count.retries += 1
                    self.total.retries += 1
                # jitter only; nothing secret hangs on it
                self._stand_back(pause * (0.5 + random.random() / 2), bucket, count)
                continue
            self._add(count, started, False)
            bucket.success()
            self._endpoints[endpoint].broken()
            return answer

    def _place(self, call: Call, region: str) -> tuple[Count, _Bucket]:
        """Return where the calls of an operation in a region are counted and paced."""
        place = (call.service, call.operation, region)
        with self._lock:
            bucket = self._buckets.get(place)
            if bucket is None:
                self.counts[place] = Count()
                self._endpoints.setdefault((call.service, region), _Silence())
                bucket = _Bucket(clock=self._clock, allowance=self._allowance(call, region))
                self._buckets[place] = bucket
            return self.counts[place], bucket

    def _allowance(self, call: Call, region: str) -> Allowance | None:
        """Return our share of an operation's quota; operations that share one share it."""
        known = quota(call.service, call.operation)
        if known is None or math.isinf(self.share):
            return None
        place = (known.together or f"{call.service}:{call.operation}", region)
        if place not in self._allowances:
            self._allowances[place] = Allowance(known, self.share, self._clock)
        return self._allowances[place]

    def _hopeless(self, bucket: _Bucket, call: Call, endpoint: tuple[str, str]) -> None:
        """Raise what makes asking pointless: nothing waits behind what will not be answered."""
        if self.stopped.is_set():
            raise Refused("Interrupted", "the scan was stopped", call)
        known = self._ended or self._dead.get(endpoint) or bucket.given_up
        if known is not None:
            raise Refused(known.code, known.message, call)

    def _after(
        self, refused: Refused, bucket: _Bucket, endpoint: tuple[str, str], started: float,
        attempt: int, key: str,
    ) -> float:
        """Return the seconds until it is worth trying again; raises where it is not."""
        if refused.ended or refused.code in EXPIRED:
            if self.session.key() not in ("", key) and attempt < ATTEMPTS:
                return 0.0  # they were renewed while the call was under way
            self._ended = Refused(
                refused.code, "the credentials have expired; nothing more was asked. Get new ones"
                f" and scan again ({refused.message})",
            )
            raise Refused(self._ended.code, self._ended.message, refused.call) from None
        if refused.code in THROTTLED:
            bucket.slower(started)
            if bucket.impatient(self.patience):
                words = f"throttled for {self.patience:g} s on end"
                bucket.given_up = Refused(refused.code, words)
                raise Refused(refused.code, words, refused.call) from None
            return 0.1  # the rate says when
        if refused.unreachable and self._endpoints[endpoint].again(started, self._clock()):
            self._dead[endpoint] = refused
        if refused.code == "RequestTimeout" and bucket.silence.again(started, self._clock()):
            bucket.given_up = refused
        if refused.code not in TRANSIENT:  # a no is an answer too
            bucket.success()
            self._endpoints[endpoint].broken()
        elif attempt < ATTEMPTS:
            return 0.1 * 2.0 ** (attempt - 1)
        raise refused

    def _take_turn(self, bucket: _Bucket, count: Count) -> None:
        """Wait until AWS is likely to answer, and until our share of the quota allows it."""
        ahead = bucket.queue()
        while ahead > 0.001 and self._hopeful(bucket):  # the rest is the rounding of floats
            rate = bucket.rate  # who waits profits where it rises meanwhile
            seconds = min(ahead / rate, 0.25)
            self._wait(seconds, count)
            ahead -= seconds * rate
        if bucket.allowance is not None and self._hopeful(bucket):
            self._sleep_in(bucket.allowance.book(), bucket, count)

    def _sleep_in(self, seconds: float, bucket: _Bucket, count: Count) -> None:
        """Wait for a turn under a quota; where that is long, other lanes may work meanwhile."""
        lane = getattr(self.lane, "name", "")
        if not lane or seconds < LONG:
            self._stand_back(seconds, bucket, count)
            return
        with self._lock:
            self._asleep[lane] += 1
        try:
            self._stand_back(seconds, bucket, count)
        finally:
            with self._lock:
                self._asleep[lane] -= 1

    def asleep(self) -> dict[str, int]:
        """Return how many worker threads of each lane wait long for their turn under a quota."""
        with self._lock:
            return {lane: count for lane, count in self._asleep.items() if count}

    def _stand_back(self, seconds: float, bucket: _Bucket, count: Count) -> None:
        """Wait, but no longer than there is something to wait for."""
        while seconds > 0 and self._hopeful(bucket):
            self._wait(min(seconds, 1.0), count)
            seconds -= 1.0

    def _hopeful(self, bucket: _Bucket) -> bool:
        return not (bucket.given_up or self._ended or self.stopped.is_set())

    def _wait(self, seconds: float, count: Count) -> None:
        self._sleep(seconds)
        with self._lock:
            for one in (count, self.total):
                one.waited += seconds

    def _add(self, count: Count, started: float, throttled: bool) -> None:
        seconds, size = self._clock() - started, self.session.received()
        with self._lock:
            for one in (count, self.total):
                one.calls += 1
                one.throttled += throttled
                one.seconds += seconds
                one.bytes += size

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
            refused = Refused(code, str(told.get("Message") or ""))
            refused.ended = error.operation_name != call.operation  # our role was not given anew
            raise refused from None
        except MalformedAnswer as error:
            raise Refused("MalformedAnswer", str(error)) from None
        except (
            botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError,
        ) as error:
            timeout = isinstance(
                error,
                botocore.exceptions.ReadTimeoutError | botocore.exceptions.ConnectTimeoutError,
            )
            refused = Refused("RequestTimeout" if timeout else "ServiceUnavailable",
                              f"{type(error).__name__}: {error}")
            refused.unreachable = isinstance(error, _UNREACHABLE)
            raise refused from None
        except botocore.parsers.ResponseParserError as error:
            raise Refused("MalformedAnswer", str(error)) from None
        except botocore.exceptions.BotoCoreError as error:
            refused = Refused(type(error).__name__, str(error))
            refused.ended = isinstance(error, _NO_CREDENTIALS)
            raise refused from None
        except RuntimeError as error:  # botocore has no other for credentials that stay expired
            if "credentials" not in str(error):
                raise
            raise Refused("ExpiredToken", str(error)) from None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # botocore's parser meets a body that is JSON or XML, but not of AWS's shape
            raise Refused("MalformedAnswer", f"{type(error).__name__}: {error}") from None
        answer.pop("ResponseMetadata", None)
        return dict(answer)
