"""What there is to do, in lanes, so that nothing waits for an operation that does not move."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping

WORKERS = 48  # that make calls at once
THREADS = 128  # of which the others wait for their turn under a quota
WAITERS = 3  # of one lane that may wait so; its next calls would only queue behind them
ABREAST = 16  # of one lane while others wait; and as many are left over for lanes still to come
Work = Callable[[], list[Callable[[], None]]]  # makes calls; returns what to write


class Lanes:
    """Work waiting in lanes, one for each kind and region, which are served in turn.

    Of one lane only so many run at once that a few operations that are throttled, or hang, do
    not stop the others. Where no other lane has work, one may take what is to spare.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Work]] = {}
        self._running: Counter[str] = Counter()
        self._count = 0  # of all that waits
        self._busy = 0  # of all that runs

    def add(self, lane: str, work: Work) -> None:
        """Put work at the end of a lane."""
        self._waiting.setdefault(lane, deque()).append(work)
        self._count += 1

    def take(self, asleep: Mapping[str, int]) -> tuple[str, Work] | None:
        """Return the next piece of work and its lane, or None where none may begin now.

        ``asleep`` tells how many of each lane wait for their turn under a quota: they keep no
        other lane from its work.
        """
        idle = sum(asleep.values())
        if self._busy - idle >= WORKERS * 2 or self._busy >= THREADS:
            return None
        ready = [one for one in self._waiting if asleep.get(one, 0) < WAITERS]
        lane = next(
            (one for one in ready if self._running[one] - asleep.get(one, 0) < ABREAST), None
        )
        if lane is None and ready and self._busy - idle < WORKERS - ABREAST:
            lane = ready[0]
        if lane is None:
            return None
        rest = self._waiting.pop(lane)
        work = rest.popleft()
        if rest:
            self._waiting[lane] = rest  # the lane goes to the end of the queue
        self._running[lane] += 1
        self._busy += 1
        self._count -= 1
        return lane, work

    def finished(self, lane: str) -> None:
        """Say that a piece of a lane's work is done."""
        self._running[lane] -= 1
        self._busy -= 1

    def __len__(self) -> int:
        return self._count
