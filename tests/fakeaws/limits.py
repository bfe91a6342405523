"""How often a fake may be asked: quotas, as AWS keeps them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from fnmatch import fnmatchcase
from time import monotonic


class Quotas:
    """Token buckets, one for each account, region and operation that a glob names.

    ``rates`` maps globs such as ``sagemaker:ListTrainingJobs`` to calls a second; the first that
    matches counts. A bucket holds one second's calls, and at least one.
    """

    def __init__(self, rates: Mapping[str, float]) -> None:
        self._rates = dict(rates)
        self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}
        self._lock = threading.Lock()

    def allow(self, call) -> bool:
        """Take a call; tell whether it was within the quota."""
        name = f"{call.service}:{call.operation}"
        rate = next((r for glob, r in self._rates.items() if fnmatchcase(name, glob)), None)
        if rate is None:
            return True
        place = (call.account, call.region, name)
        most, now = max(rate, 1.0), monotonic()
        with self._lock:
            left, since = self._buckets.get(place, (most, now))
            left = min(most, left + (now - since) * rate)
            self._buckets[place] = (left - 1 if left >= 1 else left, now)
            return left >= 1
