"""Do the calls; a refusal becomes a Gap, and everything that AWS answered goes into the inventory.

Worker threads make calls and return what they saw; one thread writes it down and decides what to
ask next. So the inventory has one writer, and memory holds no more than the calls under way.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Protocol

from auditor.aws.lanes import WORKERS, Lanes, Work
from auditor.aws.pace import Pace, Refused
from auditor.aws.parts import Asked, Reader
from auditor.aws.plan import Call, listing, plan, reach
from auditor.aws.session import Caller, Session
from auditor.errors import Gap
from auditor.inventory import GLOBAL, Inventory, Kind
from auditor.kinds import BUCKET, POLICY, ROLE
from auditor.masks import Masker

ROLES_IN_BULK = Call("iam", "GetAccountAuthorizationDetails")
TAGS_IN_BULK = Call("resourcegroupstaggingapi", "GetResources")


class Progress(Protocol):
    """What the collector tells while it works."""

    def __call__(self, *, done: int, waiting: int, resources: int, throttled: int) -> None:
        """Take the counts of calls done and waiting, resources found, calls throttled."""


@dataclass
class _Answer:
    """What was asked for under one name: who waits for the answer, and the answer."""

    values: list[str] = field(default_factory=list)
    state: str = ""  # "" until it is there
    arn: str = ""
    gap: int | None = None


@dataclass
class _State:
    """What one account's collection knows so far; touched by the writing thread only."""

    todo: Lanes = field(default_factory=Lanes)
    asked: dict[tuple[str, str, str], _Answer] = field(default_factory=dict)
    groups: set[tuple[str, str]] = field(default_factory=set)
    held_roles: list[tuple[str, str]] = field(default_factory=list)
    have: set[tuple[str, str]] = field(default_factory=set)
    roles_ready: bool = False
    roles_begun: bool = False
    resources: int = 0
    done: int = 0


class Collector:
    """Collects one account into an inventory."""

    def __init__(
        self,
        session: Session,
        inventory: Inventory,
        caller: Caller,
        regions: list[str],
        kinds: Iterable[Kind[Any]],
        *,
        patience: float,
        progress: Progress | None = None,
    ) -> None:
        self.inventory = inventory
        self.caller = caller
        self.regions = regions
        self.kinds = reach(kinds)
        self.pace = Pace(session, caller.account, patience=patience)
        self.reader = Reader(
            self.pace, caller, regions[0] if regions else "", Masker(secrets.token_bytes(16))
        )
        self._available = {
            service: set(session.regions_of(service, caller.partition))
            for service in {k.service for k in self.kinds}
        }
        self._progress = progress
        self._state = _State()

    # -- the loop

    def run(self) -> None:
        """Collect everything; returns when there is nothing left to ask."""
        for kind in self.kinds:
            if not (kind.asked or kind.on_demand):
                self._begin(kind)
        self._drain()
        self.inventory.settle()
        self._buckets_of_others()
        self.inventory.settle()
        self._tags()
        self.inventory.bill(
            (service, operation, self.caller.account, region, c.calls, c.retries, c.throttled,
             c.seconds)
            for (service, operation, region), c in self.pace.counts.items()
        )
        self.inventory.commit()

    def _buckets_of_others(self) -> None:
        """Ask of each bucket that is named but not among ours whose it is, if anybody's."""
        account = self.caller.account
        named = self.inventory.open_values(BUCKET)
        if not named or not self.inventory.listed(BUCKET, account):
            return
        ours = self.inventory.resources(BUCKET, account=account)
        self.reader.try_denials(list(islice(ours, 3)))
        for region, value in named:
            self._ask_once(BUCKET, region, value)
        self._drain()

    def _drain(self) -> None:
        """Do what there is to do, and what comes of it, until nothing is left."""
        state = self._state
        pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="auditor")
        running: dict[Future[list[Callable[[], None]]], str] = {}
        try:
            while state.todo or running:
                while len(running) < WORKERS * 2 and (taken := state.todo.take()):
                    lane, work = taken
                    running[pool.submit(work)] = lane
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    state.todo.finished(running.pop(future))
                    for write in future.result():
                        write()
                    state.done += 1
                if self._progress:
                    self._progress(
                        done=state.done, waiting=len(state.todo) + len(running),
                        resources=state.resources,
                        throttled=sum(c.throttled for c in list(self.pace.counts.values())),
                    )
                if state.done % 64 == 0:
                    self.inventory.commit()
        except BaseException:
            self.pace.stopped.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, kind: Kind[Any]) -> None:
        """Start a kind everywhere it can be."""
        if kind.scope == "account":
            self._start(kind, GLOBAL)
            return
        for region in self.regions:
            if region in self._available[kind.service]:
                self._start(kind, region)
            else:
                self.inventory.looked(
                    kind, self.caller.account, region, "unavailable",
                    f"AWS does not offer {kind.service} in {region}",
                )

    def _start(self, kind: Kind[Any], region: str) -> None:
        if kind.single:
            self._todo(kind, region, lambda: self._single(kind, region))
        else:
            self._todo(kind, region, lambda: self._page(kind, region, {}, set()))

    def _todo(self, kind: Kind[Any], region: str, work: Work) -> None:
        self._state.todo.add(f"{kind.name} {region}", work)

    # -- in worker threads: make calls, return what to write

    def _single(self, kind: Kind[Any], region: str) -> list[Callable[[], None]]:
        seen = self.reader.single(kind, region)
        return [
            lambda: self.inventory.looked(kind, self.caller.account, region, "done"),
            lambda: self._write(seen),
        ]

    def _page(
        self, kind: Kind[Any], region: str, token: Mapping[str, Any], before: set[str]
    ) -> list[Callable[[], None]]:
        call = plan(kind).listing
        assert call is not None
        try:
            items, following = self.reader.page(call, region, {**kind.list_given, **token}, before)
        except Refused as refused:
            why = refused  # Python unbinds the name at the end of this block
            return [lambda: self._unlisted(kind, region, call.call, why)]
        writes: list[Callable[[], None]] = [lambda: self._found(kind, region, items)]
        if following:
            goes_on = {call.token_in: following}
            writes.append(lambda: self._todo(
                kind, region, lambda: self._page(kind, region, goes_on, {*before, following})
            ))
        else:
            writes.append(
                lambda: self.inventory.looked(kind, self.caller.account, region, "done")
            )
        return writes

    def _describe(self, kind: Kind[Any], region: str, item: Any) -> list[Callable[[], None]]:
        seen = self.reader.listed(kind, region, item)
        return [] if seen is None else [lambda: self._write(seen)]

    def _ask(self, kind: Kind[Any], region: str, value: str) -> list[Callable[[], None]]:
        asked = self.reader.asked(kind, region, value)
        return [lambda: self._answered(kind, region, value, asked)]

    def _roles(self) -> list[Callable[[], None]]:
        """Fetch every role and policy in a few calls; where refused, roles are asked for singly."""
        pages: list[Mapping[str, Any]] = []
        token: dict[str, Any] = {}
        given = {"Filter": ["Role", "LocalManagedPolicy", "AWSManagedPolicy"], "MaxItems": 1000}
        try:
            while True:
                answer = self.pace.call(ROLES_IN_BULK, self.reader.home, {**given, **token})
                pages.append(answer)
                if not answer.get("IsTruncated"):
                    break
                if answer["Marker"] == token.get("Marker"):
                    raise Refused("RepeatedToken", "IAM gave the same page token twice")
                token = {"Marker": answer["Marker"]}
        except Refused as refused:
            message = f"{ROLES_IN_BULK.action} refused ({refused.code}); roles asked for singly"
            return [lambda: self.inventory.put("roles_bulk_refused", message), self._roles_ready]
        seen = [
            self.reader.document(kind, GLOBAL, document, ROLES_IN_BULK)
            for page in pages
            for kind, member in ((POLICY, "Policies"), (ROLE, "RoleDetailList"))
            for document in page.get(member) or ()
        ]
        return [*((lambda one=one: self._write(one)) for one in seen), self._roles_ready]

    # -- in the writing thread

    def _roles_ready(self) -> None:
        state = self._state
        state.roles_ready = True
        for name, value in state.held_roles:
            self._ask_once(ROLE if name == ROLE.name else POLICY, GLOBAL, value)
        state.held_roles.clear()

    def _found(self, kind: Kind[Any], region: str, items: list[Any]) -> None:
        """Take up the items of a list page."""
        for item in items:
            self._take(kind, region, item)

    def _take(self, kind: Kind[Any], region: str, item: Any) -> None:
        """Go on to an item's description, unless another region has it already."""
        home = item.get("HomeRegion") if isinstance(item, dict) else None
        if home and home != region and home in self.regions:
            return  # a trail shows in every region; its own region tells it
        region = home or region
        if home:
            arn, _ = self.reader.identity(kind, region, item)
            if (kind.name, arn) in self._state.have:
                return
            self._state.have.add((kind.name, arn))
        self._todo(kind, region, lambda: self._describe(kind, region, item))

    def _unlisted(self, kind: Kind[Any], region: str, call: Call, refused: Refused) -> None:
        gap = self.reader.gap(kind, region, call, refused)
        self.inventory.gap(gap)
        self.inventory.looked(
            kind, self.caller.account, region, "refused", f"{gap.code}: {gap.message}"
        )

    def _write(self, seen: Any) -> None:
        number = self.inventory.add(
            seen.kind, account=self.caller.account, partition=self.caller.partition,
            region=seen.region, arn=seen.arn, name=seen.name, document=seen.document,
            seen=seen.at, call=seen.call,
        )
        self._state.resources += 1
        if seen.region == GLOBAL:  # what belongs to no region carries its tags itself
            tags = seen.document.get("Tags") or ()
            self.inventory.tag(seen.arn, {t["Key"]: t["Value"] for t in tags})
        for gap in seen.gaps:
            self.inventory.gap(gap)
        pointed = self.inventory.connect(
            number, seen.kind, seen.document, self.caller.account, seen.region
        )
        for kind, region, value in pointed:
            self._follow(kind, region, value)

    def _follow(self, kind: Kind[Any], region: str, value: str) -> None:
        """Ask for what a link points at, once."""
        if kind.on_demand:
            if (kind.on_demand, region) not in self._state.groups:
                self._state.groups.add((kind.on_demand, region))
                for one in self.kinds:
                    if one.on_demand == kind.on_demand:
                        self._start(one, region)
        elif kind in (ROLE, POLICY) and not self._state.roles_ready:
            self._state.held_roles.append((kind.name, value))
            if not self._state.roles_begun:
                self._state.roles_begun = True
                self._todo(ROLE, GLOBAL, self._roles)
        elif kind.asked:
            self._ask_once(kind, region, value)

    def _ask_once(self, kind: Kind[Any], region: str, value: str) -> None:
        """Ask what a value means, once for all the values that mean the same."""
        if kind in (ROLE, POLICY) and self.inventory.find(kind, kind.canon(value)) is not None:
            return
        word = (kind.name, region, self.reader.meant(kind, region, value))
        known = self._state.asked.get(word)
        if known is None:
            self._state.asked[word] = _Answer([value])
            self._todo(kind, region, lambda: self._ask(kind, region, value))
        elif known.state:
            self._named(kind, region, value, known)
        elif value not in known.values:
            known.values.append(value)

    def _answered(self, kind: Kind[Any], region: str, value: str, asked: Asked) -> None:
        """Write what became of a link's value, and of the others that mean the same."""
        if asked.seen is not None:
            self._write(asked.seen)
        answer = self._state.asked[kind.name, region, self.reader.meant(kind, region, value)]
        answer.state, answer.arn = asked.state, asked.arn
        answer.gap = None if asked.gap is None else self.inventory.gap(asked.gap)
        for each in answer.values:
            self._named(kind, region, each, answer)

    def _named(self, kind: Kind[Any], region: str, value: str, answer: _Answer) -> None:
        self.inventory.named(
            kind, self.caller.account, region, value, answer.state, answer.arn, answer.gap
        )

    def _tags(self) -> None:
        """Read the tags of every region that holds something, a hundred resources at a time."""
        offered = self.pace.session.regions_of(TAGS_IN_BULK.service, self.caller.partition)
        everywhere = {*self.regions, *self.pace.session.regions_of("s3", self.caller.partition)}
        unseen = []
        for region in self.inventory.populated(sorted(everywhere)):
            if region not in offered:
                unseen.append(region)
                continue
            try:
                self._tags_of(region)
            except Refused as refused:
                unseen.append(region)
                self.inventory.gap(Gap(
                    self.caller.account, region, TAGS_IN_BULK.service, TAGS_IN_BULK.operation,
                    refused.code, self.reader.masker.tokens(refused.message)[:500],
                    TAGS_IN_BULK.action, "", "", "Tags",
                ))
        self.inventory.put("tags_unseen", unseen)

    def _tags_of(self, region: str) -> None:
        page = listing("resourcegroupstaggingapi", "GetResources", "ResourceTagMappingList")
        token: str = ""
        before: set[str] = set()
        while True:
            given = {page.token_in: token} if token else {}
            items, token = self.reader.page(page, region, given, before)
            for item in items:
                self.inventory.tag(
                    item["ResourceARN"],
                    self.reader.masker.scrub({t["Key"]: t["Value"] for t in item["Tags"]}),
                )
            if not token:
                return
            before.add(token)


def now() -> str:
    """Return the time as inventories write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
