"""What documents point at is asked for, once, and everything that was seen is written down."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from auditor.aws.bulk import ROLES, Bulk, Found
from auditor.aws.lanes import Lanes, Work
from auditor.aws.pace import Pace, Refused
from auditor.aws.parts import Reader
from auditor.aws.plan import reach
from auditor.aws.seen import Asked, Seen
from auditor.aws.session import Caller
from auditor.inventory import GLOBAL, Kind, New
from auditor.kind import IN_USE
from auditor.kinds import BUCKET, ML, POLICY, ROLE
from auditor.masks import Masker
from auditor.runs import Runs, made


@dataclass
class Answer:
    """What was asked for under one name: who waits for the answer, and the answer."""

    values: dict[str, None] = field(default_factory=dict)  # each once, in their order
    state: str = ""  # "" until it is there
    arn: str = ""
    gap: int | None = None


@dataclass
class State:
    """What one account's collection knows so far; touched by the writing thread only."""

    todo: Lanes = field(default_factory=Lanes)
    asked: dict[tuple[str, str, str], Answer] = field(default_factory=dict)
    groups: set[tuple[str, str]] = field(default_factory=set)
    held_roles: list[tuple[str, str]] = field(default_factory=list)
    have: set[tuple[str, str]] = field(default_factory=set)
    refused: set[tuple[str, str]] = field(default_factory=set)  # kinds and regions, in part
    listed: set[tuple[str, str]] = field(default_factory=set)  # kinds and regions begun
    partly: set[tuple[str, str]] = field(default_factory=set)  # those not read to the end
    searchless: Counter[tuple[str, str]] = field(default_factory=Counter)  # described instead
    windows: dict[tuple[str, str], tuple[int, int] | None] = field(default_factory=dict)
    no_search: dict[str, Refused] = field(default_factory=dict)  # by region
    unroled: Refused | None = None
    roles_ready: bool = False
    roles_begun: bool = False
    resources: int = 0
    done: int = 0


class Follower(ABC):
    """Writes down what was seen in one account, and follows its links.

    Worker threads make calls and return what to write; the methods below the line are for the
    one thread that writes.
    """

    def __init__(
        self,
        pace: Pace,
        caller: Caller,
        regions: list[str],
        kinds: Iterable[Kind[Any]],
        runs: Runs,
    ) -> None:
        self.inventory = runs.inventory
        self.runs = runs
        self.caller = caller
        self.regions = regions
        self.kinds = reach(kinds)
        self.pace = pace
        self.reader = Reader(pace, caller, regions[0] if regions else "", Masker(runs.salt))
        self.bulk = Bulk(self.reader)
        self._available = {
            service: set(pace.session.regions_of(service, caller.partition))
            for service in {k.service for k in self.kinds}
        }
        self._under: dict[str, list[Kind[Any]]] = {}
        for kind in self.kinds:
            if kind.parent is not None:
                self._under.setdefault(kind.parent.name, []).append(kind)
        self._state = State()

    @abstractmethod
    def _start_where_offered(self, kind: Kind[Any], region: str) -> None:
        """List a kind in a region."""

    @abstractmethod
    def _list(self, kind: Kind[Any], region: str, of: Mapping[str, Any]) -> None:
        """List a kind, or those of it that belong to one resource of its parent kind."""

    def _todo(self, kind: Kind[Any], region: str, work: Work) -> None:
        self._state.todo.add(f"{kind.name} {region}", work)

    def _ask(self, kind: Kind[Any], region: str, value: str) -> list[Callable[[], None]]:
        asked = self.reader.asked(kind, region, value)
        return [lambda: self._answered(kind, region, value, asked)]

    def _roles(self) -> list[Callable[[], None]]:
        """Fetch every role and policy in a few calls; where refused, roles are asked for singly."""
        try:
            seen = list(self.bulk.roles())
        except Refused as refused:
            why = refused
            return [lambda: self._roles_ready(why)]
        return [
            *(lambda kind=kind: self._write_all(
                kind, [Found(None, one) for one in seen if one.kind is kind]
            ) for kind in (POLICY, ROLE)),
            self._roles_ready,
        ]

    # -- in the writing thread

    def _roles_ready(self, refused: Refused | None = None) -> None:
        state = self._state
        state.unroled = refused
        state.roles_ready = True
        if refused is not None:
            self._unlisted_roles(refused)
        for name, value in state.held_roles:
            self._ask_once(ROLE if name == ROLE.name else POLICY, GLOBAL, value)
        state.held_roles.clear()

    def _unlisted_roles(self, refused: Refused) -> None:
        """Say that only those roles and policies are known that something points at."""
        for kind in (ROLE, POLICY):
            gap = self.reader.gap(kind, GLOBAL, ROLES, refused)
            self.inventory.gap(gap)
            self.inventory.looked(
                kind, self.caller.account, GLOBAL, "refused", f"{gap.code}: {gap.message}"
            )

    def _learn_denials(self) -> bool:
        """Learn what a 403 for a bucket means; tell whether there are buckets to ask about."""
        account = self.caller.account
        named = next(self.inventory.open_values(BUCKET), None)
        if named is None or not self.inventory.listed(BUCKET, account):
            return False
        ours = self.inventory.resources(BUCKET, account=account)
        self.reader.try_denials(list(islice(ours, 3)))
        return True

    def _buckets_of_others(self) -> None:
        """Ask of each bucket that is named but not among ours whose it is, if anybody's.

        Each is asked about by the first address that means it; done again once the answers are
        there, this gives them to all the others, of which no list is kept.
        """
        for kind, region, value in self.inventory.open_values(BUCKET):
            word = (kind.name, region, self.reader.meant(kind, region, value))
            known = self._state.asked.get(word)
            if known is None or known.state:
                self._ask_once(kind, region, value)

    def _write(
        self, seen: Seen, item: Any = None, tags: Mapping[str, str] | None = None
    ) -> None:
        """Write down a resource; ``item`` is what its list said, ``tags`` what came with it."""
        self._write_all(seen.kind, [Found(item, seen, tags)])

    def _write_all(self, kind: Kind[Any], every: list[Found]) -> None:
        """Write down resources of one kind, and follow what they point at."""
        seen = [one.seen for one in every if one.seen is not None]
        numbers = self.inventory.add_all(kind, [
            New(
                self.caller.account, self.caller.partition, one.seen.region, one.seen.arn,
                one.seen.name, one.seen.document, one.seen.at, one.seen.call,
                made(kind, one.item or one.seen.document),
                not one.seen.gaps and kind.is_settled(one.seen.document), self.runs.number,
                _own_tags(one.seen) if one.seen.region == GLOBAL else one.tags,
            )
            for one in every if one.seen is not None
        ])
        self.runs.shown(numbers)
        self._state.resources += len(numbers)
        for one in seen:
            if kind in ML:
                self._wake(IN_USE, one.region)
            for gap in one.gaps:
                self.inventory.gap(gap)
        for target, region, value in self.inventory.connect_all(kind, [
            (number, one.document, self.caller.account, one.region)
            for number, one in zip(numbers, seen, strict=True)
        ]):
            self._follow(target, region, value)
        for child in self._under.get(kind.name, ()):
            for one in seen:
                self._list(child, one.region, self.reader.of_parent(child, one))

    def _wake(self, group: str, region: str) -> None:
        """Start the kinds of a group in a region, once."""
        if (group, region) not in self._state.groups:
            self._state.groups.add((group, region))
            for one in self.kinds:
                if one.on_demand == group:
                    self._start_where_offered(one, region)

    def _follow(self, kind: Kind[Any], region: str, value: str) -> None:
        """Ask for what a link points at, once."""
        if kind.on_demand:
            self._wake(kind.on_demand, region)
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
            arn = self.runs.named(kind, kind.canon(value), region)
            self._state.asked[word] = known = Answer({value: None}, "here" if arn else "", arn)
            if arn:
                self._named(kind, region, value, known)
            else:
                self._todo(kind, region, lambda: self._ask(kind, region, value))
        elif known.state:
            self._named(kind, region, value, known)
        else:
            known.values[value] = None

    def _answered(self, kind: Kind[Any], region: str, value: str, asked: Asked) -> None:
        """Write what became of a link's value, and of the others that mean the same."""
        if asked.seen is not None:
            self._write(asked.seen)
        answer = self._state.asked[kind.name, region, self.reader.meant(kind, region, value)]
        answer.state, answer.arn = asked.state, asked.arn
        answer.gap = None if asked.gap is None else self.inventory.gap(asked.gap)
        for each in answer.values:
            self._named(kind, region, each, answer)

    def _named(self, kind: Kind[Any], region: str, value: str, answer: Answer) -> None:
        self.inventory.named(
            kind, self.caller.account, region, value, answer.state, answer.arn, answer.gap
        )


def _own_tags(seen: Seen) -> dict[str, str]:
    """Return the tags of what belongs to no region: it carries them itself."""
    return {t["Key"]: t["Value"] for t in seen.document.get("Tags") or ()}
