"""What AWS answered, as AWS answered it, in one SQLite file."""

from __future__ import annotations

import json
import re
from array import array
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import msgspec

from auditor.errors import Gap, Unseen
from auditor.keeping import Broken
from auditor.kind import Kind, Link, Part
from auditor.ledger import Ledger
from auditor.shape import Shape, record
from auditor.store import GLOBAL, New

__all__ = ["GLOBAL", "Edge", "Gap", "Inventory", "Kind", "Link", "New", "Part", "Resource"]

S = TypeVar("S", bound=Shape)
SEARCH = "sagemaker:Search"  # the call whose records leave out some members of a description


@dataclass(frozen=True, slots=True)
class Edge:
    """A link found in a resource: where it stands, its value, and what became of it.

    ``state`` is ``here`` (``target`` is the resource), ``missing`` (AWS said it does not exist),
    ``foreign`` (another account owns it) or ``unseen`` (``gap`` says why; None where it appeared
    after its kind was listed).
    """

    path: str
    value: str
    state: str
    target: Resource[Any] | None = None
    gap: Gap | None = None
    owner: str = ""  # account id of a foreign one, where the value tells it


class Resource(Generic[S]):
    """One resource as it was seen. ``data`` is AWS's answer, read by AWS's names."""

    __slots__ = (
        "_id", "_inventory", "_linked", "_users", "account", "arn", "call", "data", "kind",
        "known_tags", "name", "partition", "region", "seen", "unseen",
    )

    def __init__(
        self,
        inventory: Inventory,
        kind: Kind[S],
        row: tuple[Any, ...],
        unseen: Mapping[str, Gap],
        tags: dict[str, str] | None,
    ) -> None:
        self._inventory = inventory
        self._linked: Linked | None = None
        self._users: dict[tuple[str, str], tuple[int, Resources[Any]]] = {}
        (self._id, _, self.account, self.partition, self.region, self.arn, self.name,
         document, self.seen, self.call) = row
        self.kind = kind
        self.unseen = unseen
        self.known_tags = tags
        self.data: S = kind.shape(_parsed(document), source=self, unseen=unseen)

    @property
    def tags(self) -> dict[str, str]:
        """Return the tags; raises :class:`Unseen` where they were not seen."""
        if self.known_tags is None:
            gap = self.unseen.get("Tags") or self._inventory.untold_tags(self.account, self.region)
            raise Unseen(f"the tags of {self.name} were not seen: {gap or 'not asked for'}", gap)
        record(self.data, "Tags", self.known_tags)
        return self.known_tags

    def edges(self, kind: Kind[Any], path: str = "") -> list[Edge]:
        """Return what this points at of that kind, found or not; ``path`` narrows to one link."""
        if "" in self.unseen:
            raise Unseen(f"{self.name} was not seen: {self.unseen['']}", self.unseen[""])
        return list(self._inventory.edges(self, kind, path))

    def to(self, kind: Kind[T], path: str = "") -> list[Resource[T]]:
        """Return the resources of that kind which this one points at.

        Raises :class:`Unseen` where one could not be seen or belongs to another account; one
        that AWS says does not exist is left out.
        """
        found = []
        for edge in self.edges(kind, path):
            if edge.state == "here" and edge.target is not None:
                found.append(edge.target)
            elif edge.state == "unseen":
                raise Unseen(f"{edge.value} was not seen: {edge.gap or 'not listed'}", edge.gap)
            elif edge.state == "foreign":
                owner = f"account {edge.owner}" if edge.owner else "another account"
                raise Unseen(f"{edge.value} belongs to {owner}, which was not scanned")
        return found

    def used_by(self, kind: Kind[T], path: str = "") -> Sequence[Resource[T]]:
        """Return the resources of that kind which point at this one.

        Raises :class:`Unseen` where one that might was not seen.
        """
        self._inventory.demand(kind, self.account)
        self._inventory.demand_links(kind, self.kind, self.account)
        return self._inventory.pointing_at(self, kind, path)

    def all(self, kind: Kind[T], region: str = "") -> Sequence[Resource[T]]:
        """Return every resource of that kind in this account (and region, if given).

        Raises :class:`Unseen` if a list of that kind was refused there.
        """
        self._inventory.demand(kind, self.account, region)
        return self._inventory.every(kind, self.account, region)

    def named(self, kind: Kind[T], name: str) -> Resource[T] | None:
        """Return the resource of that kind and name in the same region; None if there is none.

        Raises :class:`Unseen` if a list of that kind was refused there.
        """
        self._inventory.demand(kind, self.account, self.region)
        return self._inventory.named_so(kind, self.account, self.region, name)

    def __repr__(self) -> str:
        return f"<{self.kind.name} {self.arn}>"


T = TypeVar("T", bound=Shape)


class Resources(Sequence[Resource[T]]):
    """Resources of one kind, each read when it is asked for: a bucket may have 100,000 users."""

    def __init__(self, inventory: Inventory, kind: Kind[T], numbers: Iterable[int]) -> None:
        self._inventory = inventory
        self._kind = kind
        self._numbers = array("q", numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Resource[T]: ...

    @overload
    def __getitem__(self, index: slice) -> Resources[T]: ...

    def __getitem__(self, index: int | slice) -> Resource[T] | Resources[T]:
        if isinstance(index, slice):
            return Resources(self._inventory, self._kind, self._numbers[index])
        return self._inventory.numbered(self._kind, self._numbers[index])

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __repr__(self) -> str:
        return f"<{len(self)} of {self._kind.name}>"


@dataclass(frozen=True, slots=True)
class Linked:
    """The links of a resource as they lie in the file: by kind, since how many changes of it."""

    changes: int
    rows: Mapping[str, list[tuple[Any, ...]]]


def _parsed(document: str) -> Any:
    """Return a stored document; the quick reader refuses what JSON only tolerates.

    Raises :class:`Broken` where it is not what was stored.
    """
    try:
        return msgspec.json.decode(document)
    except msgspec.DecodeError:  # a lone surrogate, a number beyond all bounds
        try:
            return json.loads(document)
        except ValueError as error:
            raise Broken(f"a stored document is not JSON: {error}") from None


_ROW = "id, kind, account, partition, region, arn, name, document, seen, call"


class Inventory(Ledger):
    """The file: resources, the edges between them, the gaps, the calls that were made.

    Writing is for ``auditor/aws``; it is done from one thread. Reading gives :class:`Resource`.
    """

    def __init__(self, path: str | Path = ":memory:", kinds: Iterable[Kind[Any]] = ()) -> None:
        """Open an inventory to read, or an empty one in memory; see :meth:`create`."""
        super().__init__(path, kinds)
        self._held: OrderedDict[int, Resource[Any]] = OrderedDict()
        self._tags_refused: set[str] | None = None
        self._lacking: dict[tuple[str, str, str], dict[str, Gap]] = {}
        # looked up again and again, and true until the file is written to
        self._changes = -1
        self._numbers: dict[tuple[str, str], int] = {}  # kind, ARN -> number
        self._refusals: dict[tuple[str, str, str], Gap | None] = {}
        self._gapped: dict[str, bool] = {}  # kind -> whether single ones of it have gaps
        self._present: dict[str, bool] = {}  # kind -> whether there is any of it
        self._every: dict[tuple[str, str, str], Resources[Any]] = {}  # kind, account, region

    def commit(self) -> None:
        """Make what was written so far survive a kill, and be read from now on."""
        super().commit()
        self._held.clear()
        self._tags_refused = None

    def forget(self) -> None:
        """Forget what was read, because rows were deleted."""
        self._lacking.clear()
        super().forget()

    # -- reading

    def _unchanged(self) -> int:
        """Forget what was looked up before the file was last written to; return its changes."""
        changes = self._db.total_changes
        if changes != self._changes:
            self._changes = changes
            self._numbers.clear()
            self._refusals.clear()
            self._gapped.clear()
            self._present.clear()
            self._every.clear()
        return changes

    def _has_gaps(self, kind: Kind[Any]) -> bool:
        """Tell whether a gap hides any single resource of a kind, or a member of it."""
        self._unchanged()
        found = self._gapped.get(kind.name)
        if found is None:
            found = self._gapped[kind.name] = self._db.execute(
                "SELECT 1 FROM gap WHERE kind = ? AND arn > '' LIMIT 1", (kind.name,)
            ).fetchone() is not None
        return found

    def _has(self, kind: Kind[Any]) -> bool:
        """Tell whether there is any resource of a kind."""
        self._unchanged()
        found = self._present.get(kind.name)
        if found is None:
            found = self._present[kind.name] = self._db.execute(
                "SELECT 1 FROM resource WHERE kind = ? LIMIT 1", (kind.name,)
            ).fetchone() is not None
        return found

    def listed(self, kind: Kind[Any], account: str) -> bool:
        """Tell whether every list of a kind in an account was read to its end."""
        return self._refusal(kind, account, "") is None

    def resources(
        self, kind: Kind[T], *, account: str = "", region: str = ""
    ) -> Iterator[Resource[T]]:
        """Yield the resources of a kind in a fixed order: account, region, ARN."""
        rows = self._db.execute(
            f"SELECT {_ROW} FROM resource WHERE kind = ? AND (? = '' OR account = ?)"
            " AND (? = '' OR region = ?) ORDER BY account, region, arn",
            (kind.name, account, account, region, region),
        )
        for row in rows:
            yield self._resource(kind, row)

    def every(self, kind: Kind[T], account: str, region: str = "") -> Resources[T]:
        """Return the resources of a kind in an account (and region, if given), as they come."""
        self._unchanged()
        key = (kind.name, account, region)
        if key not in self._every:
            self._every[key] = Resources(self, kind, (number for (number,) in self._db.execute(
                "SELECT id FROM resource WHERE kind = ? AND account = ? AND (? = '' OR region = ?)"
                " ORDER BY account, region, arn", (kind.name, account, region, region),
            )))
        return self._every[key]

    def numbered(self, kind: Kind[T], number: int) -> Resource[T]:
        """Return the resource of that number; there is one."""
        held = self._held.get(number)
        if held is not None:
            self._held.move_to_end(number)
            return held
        return self._resource(kind, self._db.execute(
            f"SELECT {_ROW} FROM resource WHERE id = ?", (number,)
        ).fetchone())

    def find(self, kind: Kind[T], arn: str) -> Resource[T] | None:
        """Return the resource of that ARN, or None."""
        self._unchanged()
        held = self._held.get(self._numbers.get((kind.name, arn), 0))
        if held is not None:
            self._held.move_to_end(held._id)
            return held
        row = self._db.execute(
            f"SELECT {_ROW} FROM resource WHERE arn = ? AND kind = ?", (arn, kind.name)
        ).fetchone()
        if row is None:
            return None
        if len(self._numbers) > 4096:
            self._numbers.clear()
        self._numbers[kind.name, arn] = row[0]
        return self._resource(kind, row)

    def named_so(
        self, kind: Kind[T], account: str, region: str, name: str
    ) -> Resource[T] | None:
        """Return the resource of that name in an account and region, or None."""
        row = self._db.execute(
            f"SELECT {_ROW} FROM resource WHERE name = ? AND kind = ? AND account = ?"
            " AND region = ? ORDER BY arn", (name, kind.name, account, region),
        ).fetchone()
        return None if row is None else self._resource(kind, row)

    def edges(self, source: Resource[Any], kind: Kind[Any], path: str = "") -> Iterator[Edge]:
        """Yield what a resource points at of a kind, in the order of the document."""
        for row in self._links(source).get(kind.name, ()):
            if path in ("", row[0]):
                yield self._edge(kind, *row)

    def _links(self, source: Resource[Any]) -> Mapping[str, list[tuple[Any, ...]]]:
        """Return the links of a resource by kind: rules ask for one kind after the other."""
        changes = self._unchanged()
        if source._linked is None or source._linked.changes != changes:
            rows: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
            for kind, *row in self._db.execute(
                "SELECT t.kind, p.path, t.value, t.account, t.region, t.state, t.arn, t.gap"
                " FROM edge e JOIN path p ON p.id = e.path JOIN target t ON t.id = e.target"
                " WHERE e.source = ? ORDER BY p.path, e.position", (source._id,),
            ):
                rows[kind].append(tuple(row))
            source._linked = Linked(changes, rows)
        return source._linked.rows

    def _edge(
        self, kind: Kind[Any], path: str, value: str, account: str, region: str, state: str,
        arn: str, gap: int | None,
    ) -> Edge:
        if not state:
            refused = self._refusal(kind, account, region)
            if refused is not None:
                return Edge(path, value, "unseen", gap=refused)
            return Edge(path, value, "missing")
        if state == "here":
            # ours, and yet in no list: made while we looked
            target = self.find(kind, arn)
            return Edge(path, value, "unseen" if target is None else "here", target)
        owner = arn if state == "foreign" else ""
        return Edge(path, value, state, gap=self._gap(gap) if gap else None, owner=owner)

    def pointing_at(
        self, target: Resource[Any], kind: Kind[T], path: str = ""
    ) -> Resources[T]:
        """Return the resources of a kind that point at ``target``, by account, region, ARN."""
        changes = self._unchanged()
        since, found = target._users.get((kind.name, path), (-1, None))
        if found is None or since != changes:
            numbers = self._pointing(target, kind, path) if self._has(kind) else []
            found = Resources(self, kind, numbers)
            target._users[kind.name, path] = changes, found
        return found

    def _pointing(self, target: Resource[Any], kind: Kind[Any], path: str) -> Iterable[int]:
        # +kind: not by the index of the kind, which may have a hundred thousand, but by the links
        rows = self._db.execute(
            "SELECT id FROM resource WHERE +kind = ? AND id IN (SELECT e.source FROM target t"
            " JOIN edge e ON e.target = t.id JOIN path p ON p.id = e.path WHERE t.kind = ?"
            " AND t.arn = ? AND t.state = 'here' AND (? = '' OR p.path = ?))"
            " ORDER BY account, region, arn",
            (kind.name, target.kind.name, target.arn, path, path),
        )
        return (number for (number,) in rows)

    def demand(self, kind: Kind[Any], account: str, region: str = "") -> None:
        """Raise :class:`Unseen` if a list of that kind was refused there."""
        gap = self._refusal(kind, account, region)
        if gap is not None:
            raise Unseen(f"{kind.name} could not be listed: {gap}", gap)

    def demand_links(self, kind: Kind[Any], target: Kind[Any], account: str) -> None:
        """Raise :class:`Unseen` if a link from ``kind`` to ``target`` may lie in what was refused.
        """
        if not self._has_gaps(kind):
            return
        heads = {
            re.split(r"[.\[]", link.path)[0] for link in kind.links if link.to is target
        }
        for gap in self.gaps(kind=kind.name, account=account):
            if gap.arn and (not gap.member or gap.member in heads):
                raise Unseen(f"{gap.arn} was not seen: {gap}", gap)

    def _refusal(self, kind: Kind[Any], account: str, region: str) -> Gap | None:
        self._unchanged()
        key = (kind.name, account, region)
        if key not in self._refusals:
            self._refusals[key] = next((
                gap for gap in self.gaps(kind=kind.name, account=account, arn="")
                if not gap.member and (region in ("", gap.region) or gap.region == GLOBAL)
            ), None)
        return self._refusals[key]

    def untold_tags(self, account: str, region: str) -> Gap | None:
        """Return why the tags of a region were not seen; None where AWS offers none there."""
        return next((
            gap for gap in self.gaps(kind="", account=account, arn="")
            if gap.member == "Tags" and gap.region == region
        ), None)

    @property
    def _untagged(self) -> set[str]:
        """The regions whose tags were refused; what belongs to no region is tagged in none."""
        if self._tags_refused is None:
            self._tags_refused = set(self.get("tags_unseen", []))
        return self._tags_refused

    def _unsearched(self, kind: Kind[Any], account: str, region: str) -> dict[str, Gap]:
        """Return why the members are unseen that a record of Search leaves out."""
        key = (kind.name, account, region)
        if key not in self._lacking:
            service, _, operation = SEARCH.partition(":")
            self._lacking[key] = {
                member: Gap(
                    account, region, service, operation, "NotCarried",
                    "Search leaves it out, and what it tells does not ask for a description",
                    f"{kind.service}:Describe{kind.noun}", kind.name, "", member,
                )
                for member in self.get("unsearched", {}).get(kind.name, ())
            }
        return self._lacking[key]

    def _resource(self, kind: Kind[T], row: tuple[Any, ...]) -> Resource[T]:
        held = self._held.get(row[0])
        if held is not None:
            self._held.move_to_end(row[0])
            return held
        unseen = {} if not self._has_gaps(kind) else {
            g.member: g for g in self.gaps(kind=kind.name, arn=row[5]) if g.arn
        }
        if row[9] == SEARCH:
            unseen = {**self._unsearched(kind, row[2], row[4]), **unseen}
        untold = row[4] in self._untagged or "Tags" in unseen
        tags = None if untold else self.tags_of(row[5])
        made = Resource(self, kind, row, unseen, tags)
        self._held[row[0]] = made
        if len(self._held) > 512:  # enough for the neighbours of one resource, and flat memory
            self._held.popitem(last=False)
        return made
