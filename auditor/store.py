"""The file an inventory lies in: its tables, and all that writes them."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import msgspec

from auditor import keeping
from auditor.errors import AuditorError
from auditor.kind import Kind

FORMAT = 2
GLOBAL = "global"  # the region of what belongs to the account as a whole
# Of one operation: service, operation, account, region; calls, retries, throttled; the seconds
# that they took and those in which they waited; the bytes that were answered.
Bill = tuple[str, str, str, str, int, int, int, float, float, int]


@dataclass(frozen=True, slots=True)
class New:
    """A resource to store.

    ``created`` is when it was made, in seconds since 1970; ``settled`` whether AWS will not
    change it any more; ``run`` the run that saw it; ``tags`` those that came with it, or None.
    """

    account: str
    partition: str
    region: str
    arn: str
    name: str
    document: Mapping[str, Any]
    seen: str
    call: str
    created: float | None = None
    settled: bool = False
    run: int = 0
    tags: Mapping[str, str] | None = None


# What is read of every row comes before its document, which may fill many pages of the file.
_SCHEMA = f"""
PRAGMA application_id = {keeping.APPLICATION};
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE resource (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, account TEXT NOT NULL, partition TEXT NOT NULL,
  region TEXT NOT NULL, arn TEXT NOT NULL, name TEXT NOT NULL, seen TEXT NOT NULL,
  call TEXT NOT NULL, created REAL, settled INTEGER NOT NULL DEFAULT 0,
  tagged INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL DEFAULT 0, document TEXT NOT NULL,
  UNIQUE (kind, account, region, arn));
CREATE INDEX resource_arn ON resource (arn);
CREATE INDEX resource_name ON resource (name);
CREATE TABLE path (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE target (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
  value TEXT NOT NULL, state TEXT NOT NULL DEFAULT '', arn TEXT NOT NULL DEFAULT '', gap INTEGER,
  UNIQUE (kind, account, region, value));
CREATE INDEX target_arn ON target (kind, arn);
CREATE TABLE edge (
  source INTEGER NOT NULL REFERENCES resource (id), path INTEGER NOT NULL REFERENCES path (id),
  position INTEGER NOT NULL, target INTEGER NOT NULL REFERENCES target (id),
  PRIMARY KEY (source, path, position)) WITHOUT ROWID;
CREATE INDEX edge_target ON edge (target);
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
  seconds REAL NOT NULL, waited REAL NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY (service, operation, account, region)) WITHOUT ROWID;
CREATE TABLE looked (
  kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, state TEXT NOT NULL,
  because TEXT NOT NULL, PRIMARY KEY (kind, account, region)) WITHOUT ROWID;
CREATE TABLE sweep (
  kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, newest REAL NOT NULL,
  whole TEXT NOT NULL, PRIMARY KEY (kind, account, region)) WITHOUT ROWID;
CREATE TABLE shown (id INTEGER PRIMARY KEY);
CREATE TABLE pending (
  kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, arn TEXT NOT NULL,
  item TEXT NOT NULL, PRIMARY KEY (kind, account, region, arn)) WITHOUT ROWID;
"""


class Store:
    """One SQLite file, written by one thread of one process at a time."""

    def __init__(self, path: str | Path = ":memory:", kinds: Iterable[Kind[Any]] = ()) -> None:
        """Open an inventory to read, or an empty one in memory; see :meth:`create`."""
        self.path = str(path)
        self.kinds = {kind.name: kind for kind in kinds}
        self._last = 0  # the highest number given to a resource
        if self.path == ":memory:":
            self._db = sqlite3.connect(self.path, check_same_thread=False)
            self._db.executescript(_SCHEMA)
            self.put("format", FORMAT)
            return
        if not Path(path).is_file():
            raise AuditorError(f"{path}: no such file; make one with `auditor collect -o {path}`")
        uri = f"{Path(path).absolute().as_uri()}?mode=rw"
        self._db = sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=1.0)
        try:
            found = self.get("format")
        except (sqlite3.Error, keeping.Broken) as error:
            self._db.close()
            raise keeping.unusable(path, error) from None
        if found is None:
            self._db.close()
            raise keeping.unusable(path, ValueError("it tells no format"))
        if found != FORMAT:
            raise AuditorError(
                f"{path}: an inventory of format {found}; this reads {FORMAT}: start it over with"
                " `auditor scan --refresh` or `auditor collect --refresh`"
            )

    @classmethod
    def create(
        cls, path: str | Path, kinds: Iterable[Kind[Any]] = (), *, at_home: bool = False
    ) -> Self:
        """Make an empty inventory file, readable by its owner only, replacing one of that name.

        A file of that name that is not an inventory, or that another process is writing, is
        refused. ``at_home`` says that nobody but us puts files there: see
        :func:`auditor.keeping.start_over`.
        """
        target = Path(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            raise AuditorError(
                f"{path}: cannot be written ({error.strerror}); name another place"
            ) from None
        script = f"{_SCHEMA} INSERT INTO meta VALUES ('format', '{FORMAT}');"
        with keeping.plain(path):
            keeping.start_over(target, script, at_home=at_home)
        return cls.keep(target, kinds)

    @classmethod
    def keep(cls, path: str | Path, kinds: Iterable[Kind[Any]] = ()) -> Self:
        """Open an inventory file to write to it, and to go on with what it holds.

        One that is not there is made. Only one may write at a time; the others are refused.
        """
        target = Path(path)
        if not target.exists() or not target.stat().st_size:
            return cls.create(path, kinds)
        made = cls(target, kinds)
        try:
            with keeping.plain(path):
                target.chmod(0o600)
                keeping.lock(made._db)
        except OSError as error:
            made._db.close()
            raise AuditorError(
                f"{path}: cannot be written ({error.strerror}); name another place"
            ) from None
        except BaseException:
            made._db.close()
            raise
        return made

    def close(self) -> None:
        """Commit and close."""
        try:
            self._db.commit()
        finally:
            self._db.close()

    def abandon(self) -> None:
        """Close, without what was written since the last commit: it may be half of something."""
        self._db.rollback()
        self._db.close()

    def commit(self) -> None:
        """Make what was written so far survive a kill, and be read from now on."""
        self._db.commit()

    def forget(self) -> None:
        """Forget what was read, because rows were deleted."""
        self.commit()

    @property
    def db(self) -> sqlite3.Connection:
        """The file itself, for what keeps it from run to run (``auditor/runs.py``)."""
        return self._db

    # -- facts of the scan

    def put(self, key: str, value: Any) -> None:
        """Store one fact of the scan (JSON)."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    def get(self, key: str, default: Any = None) -> Any:
        """Return one fact of the scan."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        try:
            return default if row is None else json.loads(row[0])
        except ValueError:
            raise keeping.Broken(f"the fact {key} is not JSON") from None

    # -- writing

    def add(self, kind: Kind[Any], **facts: Any) -> int:
        """Store one resource, by the names of :class:`New`, and return its number."""
        return self.add_all(kind, [New(**facts)])[0]

    def add_all(self, kind: Kind[Any], rows: Sequence[New]) -> list[int]:
        """Store resources of one kind and return their numbers; those already there are replaced.

        The plus makes SQLite look for their ARNs, and not among all that there is of a kind.
        """
        db = self._db
        there = [
            found for row in rows for found in db.execute(
                "SELECT id FROM resource WHERE arn = ? AND +kind = ? AND +region = ?",
                (row.arn, kind.name, row.region),
            )
        ]
        if there:
            db.executemany("DELETE FROM edge WHERE source = ?", there)
            db.executemany("DELETE FROM resource WHERE id = ?", there)
        if not self._last:
            self._last = int(db.execute("SELECT ifnull(max(id), 0) FROM resource").fetchone()[0])
        first = self._last + 1  # no number twice: readers may hold the earlier one
        self._last += len(rows)
        db.executemany(
            "INSERT OR REPLACE INTO resource (id, kind, account, partition, region, arn, name,"
            " seen, call, created, settled, tagged, run, document)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [
                (first + i, kind.name, row.account, row.partition, row.region, row.arn, row.name,
                 row.seen, row.call, row.created, row.settled, row.tags is not None, row.run,
                 _json(row.document))
                for i, row in enumerate(rows)
            ],
        )
        tags = [
            (row.arn, key, value) for row in rows for key, value in (row.tags or {}).items()
        ]
        if tags:
            db.executemany("INSERT OR REPLACE INTO tag VALUES (?,?,?)", tags)
        return list(range(first, first + len(rows)))

    def populated(self, regions: Iterable[str]) -> list[str]:
        """Return those of the regions in which a resource with an identity of its own lies."""
        found = {row[0] for row in self._db.execute("SELECT DISTINCT region FROM resource")}
        return [region for region in regions if region in found]

    def tagged(self, region: str) -> list[tuple[str, int, int]]:
        """Return for each kind in a region how many came with their tags, and how many did not."""
        return self._db.execute(
            "SELECT kind, sum(tagged), sum(NOT tagged) FROM resource WHERE region = ?"
            " GROUP BY kind ORDER BY kind", (region,)
        ).fetchall()

    def untagged(self, kind: str, region: str) -> list[str]:
        """Return the ARNs of the resources of a kind in a region whose tags did not come."""
        return [arn for (arn,) in self._db.execute(
            "SELECT arn FROM resource WHERE kind = ? AND region = ? AND NOT tagged ORDER BY arn",
            (kind, region),
        )]

    def types(self, kind: str, region: str) -> set[str]:
        """Return what ARNs call a kind, as ``service:type``; ``service`` where they do not say."""
        arns = (arn.split(":", 5) for arn in self.untagged(kind, region))
        found = set()
        for _, _, service, _, _, rest in arns:
            word = re.split(r"[/:]", rest)[0]
            found.add(service if word == rest else f"{service}:{word}")
        return found


def _json(document: Mapping[str, Any]) -> str:
    """Return a document as it is stored."""
    try:
        return msgspec.json.encode(document, enc_hook=str).decode()
    except ValueError:  # half of a surrogate pair, which JSON can hold and UTF-8 cannot
        return json.dumps(document, separators=(",", ":"), default=str)
