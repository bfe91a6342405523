"""What AWS answered, as AWS answered it, in one SQLite file."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from auditor.errors import AuditorError, Gap, Unseen
from auditor.kind import Kind, Link, Part
from auditor.shape import Shape

__all__ = ["Edge", "Gap", "Inventory", "Kind", "Link", "Part", "Resource"]

S = TypeVar("S", bound=Shape)
FORMAT = 1
GLOBAL = "global"  # the region of what belongs to the account as a whole


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
        "_id", "_inventory", "account", "arn", "call", "data", "kind", "known_tags", "name",
        "partition", "region", "seen", "unseen",
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
        (self._id, _, self.account, self.partition, self.region, self.arn, self.name,
         document, self.seen, self.call) = row
        self.kind = kind
        self.unseen = unseen
        self.known_tags = tags
        self.data: S = kind.shape(json.loads(document), source=self, unseen=unseen)

    @property
    def tags(self) -> dict[str, str]:
        """Return the tags; raises :class:`Unseen` where they were not seen."""
        if self.known_tags is None:
            raise Unseen(f"the tags of {self.name} were not seen")
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

    def used_by(self, kind: Kind[T], path: str = "") -> list[Resource[T]]:
        """Return the resources of that kind which point at this one.

        Raises :class:`Unseen` where one that might was not seen.
        """
        self._inventory.demand(kind, self.account)
        self._inventory.demand_links(kind, self.kind, self.account)
        return list(self._inventory.pointing_at(self, kind, path))

    def all(self, kind: Kind[T], region: str = "") -> list[Resource[T]]:
        """Return every resource of that kind in this account (and region, if given).

        Raises :class:`Unseen` if a list of that kind was refused there.
        """
        self._inventory.demand(kind, self.account, region)
        return list(self._inventory.resources(kind, account=self.account, region=region))

    def __repr__(self) -> str:
        return f"<{self.kind.name} {self.arn}>"


T = TypeVar("T", bound=Shape)

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE resource (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, account TEXT NOT NULL, partition TEXT NOT NULL,
  region TEXT NOT NULL, arn TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
  seen TEXT NOT NULL, call TEXT NOT NULL, UNIQUE (kind, account, region, arn));
CREATE TABLE edge (
  source INTEGER NOT NULL REFERENCES resource (id), kind TEXT NOT NULL, path TEXT NOT NULL,
  position INTEGER NOT NULL, value TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
  PRIMARY KEY (source, kind, path, position)) WITHOUT ROWID;
CREATE INDEX edge_value ON edge (kind, account, region, value);
CREATE TABLE name (
  kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, value TEXT NOT NULL,
  state TEXT NOT NULL, arn TEXT NOT NULL, gap INTEGER,
  PRIMARY KEY (kind, account, region, value)) WITHOUT ROWID;
CREATE INDEX name_arn ON name (kind, arn);
CREATE TABLE gap (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, service TEXT NOT NULL,
  operation TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, action TEXT NOT NULL,
  kind TEXT NOT NULL, arn TEXT NOT NULL, member TEXT NOT NULL);
CREATE INDEX gap_arn ON gap (kind, arn);
CREATE TABLE tag (arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (arn, key)) WITHOUT ROWID;
CREATE TABLE call (
  service TEXT NOT NULL, operation TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
  calls INTEGER NOT NULL, retries INTEGER NOT NULL, throttled INTEGER NOT NULL,
  seconds REAL NOT NULL, PRIMARY KEY (service, operation, account, region)) WITHOUT ROWID;
CREATE TABLE looked (
  kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, state TEXT NOT NULL,
  because TEXT NOT NULL, PRIMARY KEY (kind, account, region)) WITHOUT ROWID;
"""
_ROW = "id, kind, account, partition, region, arn, name, document, seen, call"


class Inventory:
    """The file: resources, the edges between them, the gaps, the calls that were made.

    Writing is for ``auditor/aws``; it is done from one thread. Reading gives :class:`Resource`.
    """

    def __init__(self, path: str | Path = ":memory:", kinds: Iterable[Kind[Any]] = ()) -> None:
        """Open an inventory to read, or an empty one in memory; see :meth:`create`."""
        self.path = str(path)
        self.kinds = {kind.name: kind for kind in kinds}
        self._held: OrderedDict[int, Resource[Any]] = OrderedDict()
        self._tags_refused: set[str] | None = None
        if self.path == ":memory:":
            self._db = sqlite3.connect(self.path, check_same_thread=False)
            self._db.executescript(_SCHEMA)
            self.put("format", FORMAT)
            return
        if not Path(path).is_file():
            raise AuditorError(f"{path}: no such file; make one with `auditor collect -o {path}`")
        try:
            uri = f"{Path(path).absolute().as_uri()}?mode=rw"
            self._db = sqlite3.connect(uri, uri=True, check_same_thread=False)
            found = self.get("format")
        except sqlite3.Error as error:
            raise AuditorError(
                f"{path}: not an inventory ({error}); `auditor collect -o FILE` makes one"
            ) from None
        if found != FORMAT:
            raise AuditorError(f"{path}: an inventory of format {found}; this reads {FORMAT}")

    @classmethod
    def create(cls, path: str | Path, kinds: Iterable[Kind[Any]] = ()) -> Inventory:
        """Make an empty inventory file, readable by its owner only, replacing one of that name.

        A file of that name that is not an inventory is refused.
        """
        target = Path(path)
        if target.exists() and target.stat().st_size:
            cls(target).close()  # refuses what is not ours to replace
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            raise AuditorError(
                f"{path}: cannot be written ({error.strerror}); name another place"
            ) from None
        with sqlite3.connect(target) as db:
            db.executescript(_SCHEMA)
            db.execute("INSERT INTO meta VALUES ('format', ?)", (str(FORMAT),))
        db.close()
        made = cls(target, kinds)
        made._db.execute("PRAGMA synchronous = OFF")
        return made

    def close(self) -> None:
        """Commit and close."""
        self._db.commit()
        self._db.close()

    def commit(self) -> None:
        """Make what was written so far survive a kill, and be read from now on."""
        self._db.commit()
        self._held.clear()
        self._tags_refused = None

    # -- facts of the scan

    def put(self, key: str, value: Any) -> None:
        """Store one fact of the scan (JSON)."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    def get(self, key: str, default: Any = None) -> Any:
        """Return one fact of the scan."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return default if row is None else json.loads(row[0])

    # -- writing

    def add(
        self,
        kind: Kind[Any],
        *,
        account: str,
        partition: str,
        region: str,
        arn: str,
        name: str,
        document: Mapping[str, Any],
        seen: str,
        call: str,
    ) -> int:
        """Store a resource and return its number; one already there is replaced."""
        text = json.dumps(document, separators=(",", ":"), default=str)
        cursor = self._db.execute(
            "INSERT INTO resource (kind, account, partition, region, arn, name, document, seen,"
            " call) VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (kind, account, region, arn) DO UPDATE"
            " SET document = excluded.document, seen = excluded.seen, call = excluded.call"
            " RETURNING id",
            (kind.name, account, partition, region, arn, name, text, seen, call),
        )
        return int(cursor.fetchone()[0])

    def link(
        self, source: int, kind: Kind[Any], path: str, position: int, value: str,
        account: str, region: str,
    ) -> None:
        """Store that ``source`` names ``value`` at ``path``."""
        self._db.execute(
            "INSERT OR REPLACE INTO edge VALUES (?,?,?,?,?,?,?)",
            (source, kind.name, path, position, value, account, region),
        )

    def named(
        self, kind: Kind[Any], account: str, region: str, value: str, state: str,
        arn: str = "", gap: int | None = None,
    ) -> None:
        """Store what became of a link's value: see :class:`Edge` for the states."""
        self._db.execute(
            "INSERT OR REPLACE INTO name VALUES (?,?,?,?,?,?,?)",
            (kind.name, account, region, value, state, arn, gap),
        )

    def connect(self, source: int, kind: Kind[Any], document: Mapping[str, Any], account: str,
                region: str) -> list[tuple[Kind[Any], str, str]]:
        """Store the edges of a document; return what they point at: kind, region, value."""
        pointed = []
        for link, position, value in kind.values(document):
            where = GLOBAL if link.to.scope == "account" else region
            self.link(source, link.to, link.path, position, value, account, where)
            pointed.append((link.to, where, value))
        return pointed

    def settle(self) -> None:
        """Find, by name or ARN, the resource that each link's value means.

        Values that a call has already settled (:meth:`named`) are left alone.
        """
        open_values = self._db.execute(
            "SELECT DISTINCT e.kind, e.account, e.region, e.value FROM edge e LEFT JOIN name n"
            " ON n.kind = e.kind AND n.account = e.account AND n.region = e.region"
            " AND n.value = e.value WHERE n.kind IS NULL"
        ).fetchall()
        for name, account, region, value in open_values:
            kind = self.kinds[name]
            owner = kind.foreign(value)
            meant = kind.canon(value)
            row = self._db.execute(
                "SELECT arn FROM resource WHERE kind = ? AND account = ? AND (name = ? OR arn = ?)"
                " AND (? = 'account' OR region = ?)",
                (name, account, meant, meant, kind.scope, region),
            ).fetchone()
            if row is not None:
                self.named(kind, account, region, value, "here", row[0])
            elif owner and owner != account:
                self.named(kind, account, region, value, "foreign", owner)

    def open_values(self, kind: Kind[Any]) -> list[tuple[str, str]]:
        """Return the region and value of each link to a kind that nothing has settled yet."""
        return self._db.execute(
            "SELECT DISTINCT e.region, e.value FROM edge e LEFT JOIN name n ON n.kind = e.kind"
            " AND n.account = e.account AND n.region = e.region AND n.value = e.value"
            " WHERE e.kind = ? AND n.kind IS NULL ORDER BY e.region, e.value", (kind.name,)
        ).fetchall()

    def listed(self, kind: Kind[Any], account: str) -> bool:
        """Tell whether every list of a kind in an account was read to its end."""
        return self._refusal(kind, account, "") is None

    def populated(self, regions: Iterable[str]) -> list[str]:
        """Return those of the regions in which a resource with an identity of its own lies."""
        found = {row[0] for row in self._db.execute("SELECT DISTINCT region FROM resource")}
        return [region for region in regions if region in found]

    def gap(self, gap: Gap) -> int:
        """Store a gap and return its number."""
        cursor = self._db.execute(
            "INSERT INTO gap (account, region, service, operation, code, message, action, kind,"
            " arn, member) VALUES (?,?,?,?,?,?,?,?,?,?) RETURNING id",
            (gap.account, gap.region, gap.service, gap.operation, gap.code, gap.message,
             gap.action, gap.kind, gap.arn, gap.member),
        )
        return int(cursor.fetchone()[0])

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Store the tags of a resource."""
        self._db.executemany(
            "INSERT OR REPLACE INTO tag VALUES (?,?,?)", [(arn, k, v) for k, v in tags.items()]
        )

    def looked(
        self, kind: Kind[Any], account: str, region: str, state: str, because: str = ""
    ) -> None:
        """Store that a kind was listed there: ``done``, ``refused`` or ``unavailable``."""
        self._db.execute(
            "INSERT OR REPLACE INTO looked VALUES (?,?,?,?,?)",
            (kind.name, account, region, state, because),
        )

    def bill(self, rows: Iterable[tuple[str, str, str, str, int, int, int, float]]) -> None:
        """Store the calls made: service, operation, account, region and the counts."""
        self._db.executemany("INSERT OR REPLACE INTO call VALUES (?,?,?,?,?,?,?,?)", rows)

    # -- reading

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

    def find(self, kind: Kind[T], arn: str) -> Resource[T] | None:
        """Return the resource of that ARN, or None."""
        row = self._db.execute(
            f"SELECT {_ROW} FROM resource WHERE kind = ? AND arn = ?", (kind.name, arn)
        ).fetchone()
        return None if row is None else self._resource(kind, row)

    def edges(self, source: Resource[Any], kind: Kind[Any], path: str = "") -> Iterator[Edge]:
        """Yield what a resource points at of a kind, in the order of the document."""
        rows = self._db.execute(
            "SELECT path, value, account, region FROM edge WHERE source = ? AND kind = ?"
            " AND (? = '' OR path = ?) ORDER BY path, position",
            (source._id, kind.name, path, path),
        ).fetchall()
        for at, value, account, region in rows:
            yield self._edge(kind, at, value, account, region)

    def _edge(self, kind: Kind[Any], path: str, value: str, account: str, region: str) -> Edge:
        row = self._db.execute(
            "SELECT state, arn, gap FROM name"
            " WHERE kind = ? AND account = ? AND region = ? AND value = ?",
            (kind.name, account, region, value),
        ).fetchone()
        if row is None:
            refused = self._refusal(kind, account, region)
            if refused is not None:
                return Edge(path, value, "unseen", gap=refused)
            return Edge(path, value, "missing")
        state, arn, gap = row
        if state == "here":
            # ours, and yet in no list: made while we looked
            target = self.find(kind, arn)
            return Edge(path, value, "unseen" if target is None else "here", target)
        owner = arn if state == "foreign" else ""
        return Edge(path, value, state, gap=self._gap(gap) if gap else None, owner=owner)

    def pointing_at(
        self, target: Resource[Any], kind: Kind[T], path: str = ""
    ) -> Iterator[Resource[T]]:
        """Yield the resources of a kind that point at ``target``."""
        rows = self._db.execute(
            f"SELECT DISTINCT {', '.join('r.' + c for c in _ROW.split(', '))} FROM name n"
            " JOIN edge e ON e.kind = n.kind AND e.account = n.account AND e.region = n.region"
            " AND e.value = n.value JOIN resource r ON r.id = e.source"
            " WHERE n.kind = ? AND n.arn = ? AND n.state = 'here' AND r.kind = ?"
            " AND (? = '' OR e.path = ?) ORDER BY r.account, r.region, r.arn",
            (target.kind.name, target.arn, kind.name, path, path),
        ).fetchall()
        for row in rows:
            yield self._resource(kind, row)

    def demand(self, kind: Kind[Any], account: str, region: str = "") -> None:
        """Raise :class:`Unseen` if a list of that kind was refused there."""
        gap = self._refusal(kind, account, region)
        if gap is not None:
            raise Unseen(f"{kind.name} could not be listed: {gap}", gap)

    def demand_links(self, kind: Kind[Any], target: Kind[Any], account: str) -> None:
        """Raise :class:`Unseen` if a link from ``kind`` to ``target`` may lie in what was refused.
        """
        heads = {
            re.split(r"[.\[]", link.path)[0] for link in kind.links if link.to is target
        }
        for gap in self.gaps(kind=kind.name, account=account):
            if gap.arn and (not gap.member or gap.member in heads):
                raise Unseen(f"{gap.arn} was not seen: {gap}", gap)

    def _refusal(self, kind: Kind[Any], account: str, region: str) -> Gap | None:
        for gap in self.gaps(kind=kind.name, account=account, arn=""):
            if not gap.member and (region in ("", gap.region) or gap.region == GLOBAL):
                return gap
        return None

    def gaps(
        self, *, kind: str | None = None, account: str = "", arn: str | None = None
    ) -> list[Gap]:
        """Return the gaps, all or those of one kind, account or resource ("" = of lists)."""
        rows = self._db.execute(
            "SELECT account, region, service, operation, code, message, action, kind, arn, member"
            " FROM gap WHERE (? IS NULL OR kind = ?) AND (? = '' OR account = ?)"
            " AND (? IS NULL OR arn = ?) ORDER BY id",
            (kind, kind, account, account, arn, arn),
        ).fetchall()
        return [Gap(*row) for row in rows]

    def _gap(self, number: int) -> Gap:
        row = self._db.execute(
            "SELECT account, region, service, operation, code, message, action, kind, arn, member"
            " FROM gap WHERE id = ?", (number,)
        ).fetchone()
        return Gap(*row)

    def looks(self) -> list[tuple[str, str, str, str, str]]:
        """Return where each kind was listed: kind, account, region, state, because."""
        return cast(
            "list[tuple[str, str, str, str, str]]",
            self._db.execute(
                "SELECT kind, account, region, state, because FROM looked"
                " ORDER BY kind, account, region"
            ).fetchall(),
        )

    def calls(self) -> list[tuple[str, str, str, str, int, int, int, float]]:
        """Return the calls made, as :meth:`bill` stored them."""
        return self._db.execute(
            "SELECT service, operation, account, region, calls, retries, throttled, seconds"
            " FROM call ORDER BY service, operation, account, region"
        ).fetchall()

    def counts(self) -> dict[str, int]:
        """Return how many resources there are of each kind."""
        return dict(
            self._db.execute("SELECT kind, count(*) FROM resource GROUP BY kind ORDER BY kind")
        )

    def tags_of(self, arn: str) -> dict[str, str]:
        """Return the tags seen on a resource."""
        return dict(
            self._db.execute("SELECT key, value FROM tag WHERE arn = ? ORDER BY key", (arn,))
        )

    @property
    def _untagged(self) -> set[str]:
        """The regions whose tags were refused; what belongs to no region is tagged in none."""
        if self._tags_refused is None:
            self._tags_refused = set(self.get("tags_unseen", []))
        return self._tags_refused

    def _resource(self, kind: Kind[T], row: tuple[Any, ...]) -> Resource[T]:
        held = self._held.get(row[0])
        if held is not None:
            self._held.move_to_end(row[0])
            return held
        unseen = {g.member: g for g in self.gaps(kind=kind.name, arn=row[5]) if g.arn}
        tags = None if row[4] in self._untagged else self.tags_of(row[5])
        made = Resource(self, kind, row, unseen, tags)
        self._held[row[0]] = made
        if len(self._held) > 512:  # enough for the neighbours of one resource, and flat memory
            self._held.popitem(last=False)
        return made
