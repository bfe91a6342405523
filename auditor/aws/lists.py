"""Lists read page by page: what is known is left alone, the rest searched for or described."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from auditor.aws.bulk import (
    WORTH,
    Found,
    newest_first,
    searchable,
    window,
)
from auditor.aws.follow import Follower
from auditor.aws.pace import Refused
from auditor.aws.parts import filled
from auditor.aws.plan import Call, plan
from auditor.aws.seen import Seen
from auditor.inventory import GLOBAL, Kind
from auditor.kind import IN_USE
from auditor.kinds import ML
from auditor.runs import made

DAY = 86400.0  # seconds
# Error codes that say, and can only say, that an endpoint does not have an operation. Source: the
# common errors of the JSON and the query protocol in each service's API reference.
NO_OPERATION = ("UnknownOperationException", "InvalidAction")


@dataclass
class Sweep:
    """One list on its way: what it is asked with, down to when, and how far it came."""

    kind: Kind[Any]
    region: str
    given: Mapping[str, Any]
    order: Mapping[str, Any] = field(default_factory=dict)
    until: float | None = None  # None: to its end
    whole: str = ""  # when it was last read to its end, where this time it is not
    newest: float = 0.0
    token: str = ""
    before: set[str] = field(default_factory=set)


class Lister(Follower):
    """Lists the kinds of one account."""

    def _begin(self, kind: Kind[Any]) -> None:
        """Start a kind everywhere it can be."""
        if kind.only and kind.only not in self._available[kind.service]:
            self.inventory.looked(
                kind, self.caller.account, GLOBAL, "unavailable",
                f"AWS has such in partitions with {kind.only} only",
            )
            return
        if kind.scope == "account":
            self._start(kind, GLOBAL)
            return
        for region in self.regions:
            self._start_where_offered(kind, region)

    def _start_where_offered(self, kind: Kind[Any], region: str) -> None:
        if region in self._available[kind.service]:
            self._start(kind, region)
        else:
            self.inventory.looked(
                kind, self.caller.account, region, "unavailable",
                f"AWS does not offer {kind.service} in {region}",
            )

    def _start(self, kind: Kind[Any], region: str) -> None:
        self._state.listed.add((kind.name, region))
        if kind.single:
            self._begin_single(kind, region)
        elif kind.parent is not None:
            self._looked(kind, region)  # listed under each of its parents as it is written down
        else:
            self._list(kind, region, {})

    def _begin_single(self, kind: Kind[Any], region: str) -> None:
        arn, _ = self.reader.identity(kind, region, {}, region)
        known = self.runs.known(kind, [arn]).get(arn)
        if known is not None and known.ours:
            self.runs.shown([known.number])
            self.inventory.looked(kind, self.caller.account, region, "done")
        else:
            self._todo(kind, region, lambda: self._single(kind, region))

    def _list(self, kind: Kind[Any], region: str, of: Mapping[str, Any]) -> None:
        """List a kind, or those of it that belong to one resource of its parent kind."""
        way = plan(kind)
        assert way.listing is not None
        order = newest_first(way.listing.call) if kind.settled or kind.search else {}
        for known in way.lists:
            given = {**filled(known, {"account": self.caller.account}), **of}
            sweep = Sweep(kind, region, given, order)
            if kind.recent:
                self._look_back(sweep)
            elif order and kind.settled and kind.parent is None and len(way.lists) == 1:
                until = self.runs.until(kind, region)
                if until is not None:
                    sweep.until, sweep.whole = until
                    self._describe_pending(sweep)
            self._todo(kind, region, partial(self._page, sweep))

    def _look_back(self, sweep: Sweep) -> None:
        """Set how far back a list is read of which only so many days count, or what is new."""
        sweep.until = time.time() - sweep.kind.recent * DAY
        known = self.runs.until(sweep.kind, sweep.region)
        if known is not None and known[0] - DAY > sweep.until:
            sweep.until, sweep.whole = known[0] - DAY, known[1]  # a day more: its order may lag

    def _describe_pending(self, sweep: Sweep) -> None:
        """Ask again for what was not settled in the last run and lies below the newest."""
        items = [
            item for item in self.runs.pending(sweep.kind, sweep.region)
            if (made(sweep.kind, item) or 0.0) < (sweep.until or 0.0)
        ]
        if items:
            self._found(sweep.kind, sweep.region, items)

    def _looked(self, kind: Kind[Any], region: str, because: str = "") -> None:
        """Say that a list came to its end, unless another list of the kind was refused there."""
        if (kind.name, region) not in self._state.refused:
            self.inventory.looked(kind, self.caller.account, region, "done", because)

    # -- in worker threads: make calls, return what to write

    def _single(self, kind: Kind[Any], region: str) -> list[Callable[[], None]]:
        seen = self.reader.single(kind, region)
        return [
            lambda: self.inventory.looked(kind, self.caller.account, region, "done"),
            lambda: self._write(seen),
        ]

    def _page(self, sweep: Sweep) -> list[Callable[[], None]]:
        kind, region = sweep.kind, sweep.region
        call = plan(kind).listing
        assert call is not None
        goes_on = {call.token_in: sweep.token} if sweep.token else {}
        try:
            items, following = self.reader.page(
                call, kind.only or region, {**sweep.given, **sweep.order, **goes_on}, sweep.before
            )
        except Refused as refused:
            if refused.means(kind.off):
                return [lambda: self._looked(kind, region)]
            why = refused  # Python unbinds the name at the end of this block
            if refused.code in NO_OPERATION and not sweep.token:
                return [lambda: self._unoffered(kind, region, call.call, why)]
            return [lambda: self._unlisted(kind, region, call.call, why)]
        if sweep.given and kind.describes != "":  # what it is listed under is part of its name
            items = [{**sweep.given, **item} for item in items]
        return [
            lambda: self._found(kind, region, items),
            lambda: self._go_on(sweep, items, following),
        ]

    def _describe(
        self, kind: Kind[Any], region: str, item: Any, tags: Mapping[str, str] | None = None
    ) -> list[Callable[[], None]]:
        seen = self.reader.listed(kind, region, item)
        return [] if seen is None else [lambda: self._write(seen, item, tags)]

    def _search(
        self, kind: Kind[Any], region: str, items: list[Any]
    ) -> list[Callable[[], None]]:
        try:
            found = self.bulk.search(kind, region, items)
        except Refused as refused:
            why = refused
            return [lambda: self._unsearched(kind, region, items, why)]
        return [lambda: self._searched(kind, region, found)]

    # -- in the writing thread

    def _go_on(self, sweep: Sweep, items: list[Any], following: str) -> None:
        """Ask for the next page of a list, or end it where enough of it was read."""
        times = [t for item in items if (t := made(sweep.kind, item)) is not None]
        sweep.newest = max([sweep.newest, *times])
        enough = sweep.until is not None and any(t < sweep.until for t in times)
        if following and not enough:
            sweep.before.add(following)
            sweep.token = following
            self._todo(sweep.kind, sweep.region, lambda: self._page(sweep))
            return
        because = ""
        if following:
            self._state.partly.add((sweep.kind.name, sweep.region))
            because = (
                f"only what is new: older ones are settled, and all were listed {sweep.whole}"
                if sweep.whole else f"only what is of the last {sweep.kind.recent} days"
            )
        if (sweep.order or sweep.kind.recent) and sweep.newest:
            whole = not following or not sweep.whole
            self.runs.reached(sweep.kind, sweep.region, sweep.newest, whole)
        self._looked(sweep.kind, sweep.region, because)

    def _found(self, kind: Kind[Any], region: str, items: list[Any]) -> None:
        """Take up the items of a list page; what is known and has not changed is left alone."""
        named = [(self.reader.identity(kind, region, item)[0], item) for item in items]
        known = self.runs.known(kind, [arn for arn, _ in named])
        still, sought, needed = [], [], []
        for arn, item in named:
            if arn in known and known[arn].is_still(made(kind, item)):
                still.append(arn)
            elif searchable(kind, item):
                sought.append(item)
            else:
                needed.append(item)
        self.runs.shown(known[arn].number for arn in still)
        self._remembered(kind, region, still)
        place = (kind.name, region)
        span = window(kind, sought) if sought else None
        if (
            len(sought) >= WORTH and region not in self._state.no_search
            and span != self._state.windows.get(place)  # hundreds may be made in one second
        ):
            self._state.windows[place] = span
            self._todo(kind, region, lambda: self._search(kind, region, sought))
        else:
            self._state.searchless[place] += len(sought)
            needed += sought
        for item in needed:
            self._take(kind, region, item)

    def _remembered(self, kind: Kind[Any], region: str, arns: list[str]) -> None:
        """Start what hangs on resources that were listed again and are known already."""
        if arns and kind in ML:
            self._wake(IN_USE, region)
        for arn in arns if kind.name in self._under else ():
            one = self.inventory.find(kind, arn)
            assert one is not None
            for child in self._under.get(kind.name, ()):
                self._list(child, one.region, self.reader.of_parent(child, Seen(
                    kind, one.region, one.arn, one.name, dict(one.data._raw), one.call, one.seen
                )))

    def _unsearched(
        self, kind: Kind[Any], region: str, items: list[Any], refused: Refused
    ) -> None:
        """Describe one by one what Search did not give, and remember what that cost."""
        self._state.no_search[region] = refused
        self._state.searchless[kind.name, region] += len(items)
        for item in items:
            self._take(kind, region, item)

    def _searched(self, kind: Kind[Any], region: str, found: list[Found]) -> None:
        """Write down what Search gave, and describe what it did not."""
        self._write_all(kind, [one for one in found if one.seen is not None])
        for one in found:
            if one.seen is None:
                self._todo(kind, region, partial(
                    self._describe, kind, region, one.item, one.tags
                ))

    def _gone(self) -> None:
        """Drop what whole lists no longer show; a list that was refused drops nothing."""
        for name, region in self._state.listed - self._state.partly - self._state.refused:
            self.runs.gone(self.inventory.kinds[name], region)

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

    def _unoffered(self, kind: Kind[Any], region: str, call: Call, refused: Refused) -> None:
        """Write down that AWS has no such list in a region, so that nothing can be there."""
        self._state.refused.add((kind.name, region))  # what an earlier run saw is not taken away
        for one in (kind, *self._under.get(kind.name, ())):
            self.inventory.looked(
                one, self.caller.account, region, "unavailable",
                f"AWS knows no {call.action} in {region} ({refused.code})",
            )

    def _unlisted(self, kind: Kind[Any], region: str, call: Call, refused: Refused) -> None:
        """Write down that a list was refused, and with it those of the kinds under it."""
        if kind in ML:
            self._wake(IN_USE, region)  # ML may be in use there
        for one in (kind, *self._under.get(kind.name, ())):
            gap = self.reader.gap(one, region, call, refused)
            self.inventory.gap(gap)
            self._state.refused.add((one.name, region))
            self.inventory.looked(
                one, self.caller.account, region, "refused", f"{gap.code}: {gap.message}"
            )
