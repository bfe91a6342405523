"""Do the calls; a refusal becomes a Gap, and everything that AWS answered goes into the inventory.

Worker threads make calls and return what they saw; one thread writes it down and decides what to
ask next. So the inventory has one writer, and memory holds no more than the calls under way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from math import isinf
from typing import Any, Protocol

from auditor.aws.bulk import (
    FULL,
    ROLES,
    SEARCH,
    TAGS,
    WORTH,
    Tagged,
    lacking,
)
from auditor.aws.crew import Crew
from auditor.aws.lanes import THREADS, Work
from auditor.aws.lists import Lister
from auditor.aws.measure import METRICS, invocations, names_of
from auditor.aws.pace import Pace, Refused
from auditor.aws.quotas import quota
from auditor.aws.seen import NOWHERE
from auditor.aws.session import Caller, Session
from auditor.errors import Gap
from auditor.inventory import Kind
from auditor.kinds import INVOCATIONS
from auditor.runs import Runs

GRACE = 0.5  # seconds for calls to end in, once all is stopped
COMMIT = 0.25  # seconds of work that a kill loses at most
WAITED = 60.0  # seconds under one quota from which on a scan says what it waited for


class Progress(Protocol):
    """What the collector tells while it works."""

    def __call__(
        self, *, done: int, waiting: int, resources: int, calls: int, throttled: int
    ) -> None:
        """Take the counts of steps done and waiting, resources found, calls made and throttled."""


class Collector(Lister):
    """Collects one account into an inventory."""

    def __init__(
        self,
        session: Session,
        caller: Caller,
        regions: list[str],
        kinds: Iterable[Kind[Any]],
        runs: Runs,
        *,
        patience: float,
        share: float,
        progress: Progress | None = None,
    ) -> None:
        pace = Pace(session, caller.account, patience=patience, share=share)
        super().__init__(pace, caller, regions, kinds, runs)
        self._progress = progress

    def run(self) -> None:
        """Collect everything; returns when there is nothing left to ask."""
        self.inventory.put(
            "unsearched", {k.name: list(lacking(k)) for k in self.kinds if k.search}
        )
        followed = [kind for kind in self.kinds if kind.asked or kind.on_demand]
        for kind, region, value in self.inventory.open_values(*followed):
            self._follow(kind, region, value)  # what is kept points at what can change
        for kind in self.kinds:
            if not (kind.asked or kind.on_demand):
                self._begin(kind)
        self._drain()
        self._gone()
        self._invocations()
        self.inventory.settle()
        if self._learn_denials():
            self._buckets_of_others()
            self._drain()
            self._buckets_of_others()  # the others that mean the same
            self.inventory.settle()
        self._tags()
        self._notes()
        self.runs.end()
        self.inventory.bill(
            (service, operation, self.caller.account, region, c.calls, c.retries, c.throttled,
             c.seconds, c.waited, c.bytes)
            for (service, operation, region), c in self.pace.counts.items()
        )
        self.inventory.commit()

    def _drain(self) -> None:
        """Do what there is to do, and what comes of it, until nothing is left."""
        state = self._state
        committed = time.monotonic()
        crew = Crew(THREADS)
        running: dict[Future[list[Callable[[], None]]], str] = {}
        try:
            while state.todo or running:
                asleep = self.pace.asleep()
                while taken := state.todo.take(asleep):
                    lane, work = taken
                    running[crew.submit(self._in_lane, lane, work)] = lane
                finished, _ = wait(running, timeout=COMMIT, return_when=FIRST_COMPLETED)
                for future in finished:
                    state.todo.finished(running.pop(future))
                    for write in future.result():
                        write()
                    state.done += 1
                if self._progress:
                    cost = self.pace.total
                    self._progress(
                        done=state.done, waiting=len(state.todo) + len(running),
                        resources=state.resources, calls=cost.calls, throttled=cost.throttled,
                    )
                if time.monotonic() - committed > COMMIT:
                    self.inventory.commit()
                    committed = time.monotonic()
        except BaseException:
            self.pace.stopped.set()
            for future in running:
                future.cancel()
            wait(running, timeout=GRACE)
            raise
        finally:
            crew.dismiss()

    def _in_lane(self, lane: str, work: Work) -> list[Callable[[], None]]:
        """Do a piece of work, in a worker thread, as one of its lane."""
        self.pace.lane.name = lane
        return work()

    def _invocations(self) -> None:
        """Ask how often each endpoint was called, where there are any."""
        if INVOCATIONS not in self.kinds:
            return
        for region in self.regions:
            measured = names_of(self.inventory, self.caller.account, region)
            try:
                for seen in invocations(self.reader, region, measured):
                    self._write(seen)
            except Refused as refused:
                self._unlisted(INVOCATIONS, region, METRICS, refused)
            else:
                self._looked(INVOCATIONS, region)

    def _notes(self) -> None:
        """Write down what it cost that a bulk answer was refused: calls, one for each thing."""
        notes = []
        if self._state.unroled is not None:
            notes.append(f"{ROLES.action} was refused ({self._state.unroled.code}): roles and"
                         " policies were asked for one by one")
        for (name, region), count in sorted(self._state.searchless.items()):
            refused = self._state.no_search.get(region)
            if refused is not None and count >= WORTH:
                notes.append(f"{SEARCH.action} was refused in {region} ({refused.code}): {count}"
                             f" of {name} were described one by one")
        for (service, operation, region), cost in sorted(
            self.pace.counts.items(), key=lambda one: one[0]
        ):
            known = quota(service, operation)
            if known is not None and not isinf(self.pace.share) and cost.waited > WAITED:
                notes.append(
                    f"{service}:{operation} waited {cost.waited:.0f} s in {region}: AWS allows"
                    f" {known.rate:g} calls a second, and no more than {self.pace.share:g} of that"
                    " was used (--share takes another part)"
                )
        self.inventory.put("notes", notes)

    def _tags(self) -> None:
        """Read the tags of every region that holds something, a hundred resources at a time."""
        offered = self.pace.session.regions_of(TAGS.service, self.caller.partition)
        everywhere = {*self.regions, *self.pace.session.regions_of("s3", self.caller.partition)}
        unseen = []
        for region in self.inventory.populated([*sorted(everywhere), NOWHERE]):
            if region not in offered:
                unseen.append(region)
                continue
            try:
                for arn, tags in self.bulk.tags(region, self._untagged(region)):
                    self.inventory.tag(arn, tags)
            except Refused as refused:
                unseen.append(region)
                self.inventory.gap(Gap(
                    self.caller.account, region, TAGS.service, TAGS.operation, refused.code,
                    self.reader.masker.tokens(refused.message)[:500], TAGS.action, "", "", "Tags",
                ))
        self.inventory.put("tags_unseen", unseen)

    def _untagged(self, region: str) -> Tagged:
        """Return what has no tags yet in a region.

        A kind of which Search tagged many is left out of the region's list, and what it left is
        asked for by ARN: 100,000 jobs would be a thousand pages of tags that are known.
        """
        counts = self.inventory.tagged(region)
        full = {kind for kind, tagged, _ in counts if tagged > FULL}
        if not full:
            return Tagged()
        types, arns = set(), []
        for kind, _, untagged in counts:
            if kind in full:
                arns += self.inventory.untagged(kind, region) if untagged else []
            elif untagged:
                types |= self.inventory.types(kind, region)
        return Tagged(sorted(types), arns, whole=len(types) > 100)
