"""What one inventory file keeps from run to run, and what each run sees anew.

A document is kept where AWS will not change it any more (``Kind.settled``); it is known again by
its ARN and the time of its making, for a name may be given anew. Everything else is dropped when
a run begins and asked for again, so nothing old is ever judged as if it had just been seen. A run
that was cut off is taken up where it was, by the same caller, for a day.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.errors import AuditorError
from auditor.inventory import GLOBAL, Inventory, Kind
from auditor.keeping import Broken
from auditor.shape import when

RECONCILE_DAYS = 7.0  # how long a list may go on being read from its new end only
RESUME = timedelta(hours=24)
# Lists are read a little beyond the newest item of the last run: AWS may list one late.
OVERLAP = 3600.0  # seconds
_PLAIN = 1e10  # a number below this counts seconds, whoever tells it


@dataclass(frozen=True, slots=True)
class Known:
    """A resource that the file has: its number, and when it was made."""

    number: int
    created: float | None
    settled: bool
    ours: bool  # whether this run saw it

    def is_still(self, created: float | None) -> bool:
        """Tell whether it need not be asked for again, listed as made at ``created``."""
        if self.ours and created is None:
            return True
        return (self.ours or self.settled) and created is not None and self.created == created


@dataclass
class Runs:
    """The runs of one inventory file: begin one, ask what is known, end it.

    Used from the one thread that writes the inventory.
    """

    inventory: Inventory
    account: str
    number: int = 0
    resumed: bool = False  # whether this run goes on where one was cut off
    kept: int = 0  # resources that need not be asked for again, when the run began
    reconcile_days: float = RECONCILE_DAYS
    _reached: dict[tuple[str, str], tuple[float, bool]] = field(default_factory=dict)

    @classmethod
    def begin(
        cls,
        inventory: Inventory,
        facts: Mapping[str, Any],
        regions: Sequence[str],
        *,
        reconcile_days: float = RECONCILE_DAYS,
    ) -> Runs:
        """Begin a run, or take up the one that was cut off; drop what is to be asked anew.

        ``facts`` are stored as facts of the scan; they name ``accounts``, ``partition`` and
        ``caller``. Raises :class:`AuditorError` where the file holds another account.
        """
        account = facts["accounts"][0]
        held = inventory.get("accounts"), inventory.get("partition")
        if held[0] is not None and held != (facts["accounts"], facts["partition"]):
            raise AuditorError(
                f"{inventory.path}: holds account {', '.join(held[0])} of {held[1]}, not {account}"
                f" of {facts['partition']}; name another file, or start it over with --refresh"
            )
        runs = cls(
            inventory, account, inventory.get("run", 0), _goes_on(inventory, facts),
            reconcile_days=reconcile_days,
        )
        if held[0] is not None and inventory.get("endpoint") != facts["endpoint"]:
            for table in ("resource", "sweep", "pending"):  # another AWS, whatever it calls itself
                inventory.db.execute(f"DELETE FROM {table}")
        if not runs.resumed:
            runs.number += 1
            inventory.put("started", _now())
            for key, value in facts.items():
                inventory.put(key, value)
        if inventory.get("salt") is None:
            inventory.put("salt", secrets.token_hex(16))
        inventory.put("version", facts["version"])
        inventory.db.execute("DELETE FROM meta WHERE key IN ('finished', 'notes', 'tags_unseen')")
        inventory.put("run", runs.number)
        runs._drop(regions)
        inventory.commit()
        return runs

    @property
    def salt(self) -> bytes:
        """The salt of masked secrets: one for the file, so that a hash stays what it was."""
        try:
            return bytes.fromhex(self.inventory.get("salt"))
        except (TypeError, ValueError):
            raise Broken("the salt of masked secrets is not one") from None

    def _drop(self, regions: Sequence[str]) -> None:
        """Forget what this run sees for itself: all but settled documents and its own."""
        db = self.inventory.db
        # what was refused is asked again also by the run that goes on
        db.execute("UPDATE resource SET run = 0, settled = 0 WHERE arn IN (SELECT arn FROM gap)")
        rows = db.execute(
            "SELECT r.kind, r.account, r.region, r.arn, r.name, r.created, r.document"
            " FROM resource r JOIN sweep s ON s.kind = r.kind AND s.account = r.account"
            " AND s.region = r.region WHERE NOT r.settled AND r.run != ?", (self.number,)
        ).fetchall()
        for kind, account, region, arn, name, created, document in rows:
            if kind not in self.inventory.kinds:
                continue
            item = self._item(self.inventory.kinds[kind], arn, name, created, document)
            db.execute(
                "INSERT OR REPLACE INTO pending VALUES (?,?,?,?,?)",
                (kind, account, region, arn, json.dumps(item)),
            )
        places = json.dumps([*regions, GLOBAL])
        db.execute(
            "DELETE FROM resource WHERE run != ? AND (NOT settled OR region NOT IN"
            " (SELECT value FROM json_each(?)))", (self.number, places)
        )
        for table in ("sweep", "pending"):
            db.execute(
                f"DELETE FROM {table} WHERE region NOT IN (SELECT value FROM json_each(?))",
                (places,),
            )
        self._drop_changed()
        db.execute("DELETE FROM edge WHERE source NOT IN (SELECT id FROM resource)")
        db.execute("DELETE FROM target WHERE id NOT IN (SELECT target FROM edge)")
        db.execute("UPDATE target SET state = '', arn = '', gap = NULL WHERE state != ''")
        db.execute("DELETE FROM tag WHERE arn NOT IN (SELECT arn FROM resource WHERE tagged)")
        for table in ("gap", "looked", "call", "shown"):
            db.execute(f"DELETE FROM {table}")
        self.kept = int(db.execute("SELECT count(*) FROM resource").fetchone()[0])
        self.inventory.forget()

    def _drop_changed(self) -> None:
        """Drop what another table of kinds, or another auditor, masked and linked its own way."""
        db = self.inventory.db
        version = self.inventory.get("version")
        rows = {name: _digest(kind, version) for name, kind in self.inventory.kinds.items()}
        then = self.inventory.get("rows", {})
        for (name,) in db.execute("SELECT DISTINCT kind FROM resource").fetchall():
            if rows.get(name, "") != then.get(name):
                for table in ("resource", "sweep", "pending"):
                    db.execute(f"DELETE FROM {table} WHERE kind = ?", (name,))
        self.inventory.put("rows", rows)

    @staticmethod
    def _item(
        kind: Kind[Any], arn: str, name: str, created: float | None, document: str
    ) -> dict[str, Any]:
        """Return what a list would say of a resource that is known only from the file."""
        told: dict[str, Any] = _stored(document)
        told.setdefault(kind.id or f"{kind.noun}Name", name)
        if kind.arn is None:
            told.setdefault(f"{kind.noun}Arn", arn)
        if created is not None:
            told.setdefault(kind.created, created)
        return told

    # -- what is known

    def known(self, kind: Kind[Any], arns: Iterable[str]) -> dict[str, Known]:
        """Return what the file has of these: by ARN."""
        wanted = json.dumps(list(arns))
        rows = self.inventory.db.execute(
            "SELECT arn, id, created, settled, run = ? FROM resource WHERE arn IN"
            " (SELECT value FROM json_each(?)) AND +kind = ? AND +account = ?",  # by ARN, not kind
            (self.number, wanted, kind.name, self.account),
        )
        return {
            arn: Known(number, created, bool(settled), bool(ours))
            for arn, number, created, settled, ours in rows
        }

    def shown(self, numbers: Iterable[int]) -> None:
        """Store that lists of this run showed these resources."""
        self.inventory.db.executemany(
            "INSERT OR IGNORE INTO shown VALUES (?)", ((n,) for n in numbers)
        )

    def named(self, kind: Kind[Any], word: str, region: str) -> str:
        """Return the ARN of what this run saw already under a name or ARN, or ""."""
        if not self.resumed:
            return ""
        row = self.inventory.db.execute(
            "SELECT arn FROM resource WHERE +kind = ? AND +account = ? AND +region = ?"
            " AND (arn = ? OR name = ?) AND run = ?",
            (kind.name, self.account, region, word, word, self.number),
        ).fetchone()
        return str(row[0]) if row else ""

    def pending(self, kind: Kind[Any], region: str) -> list[dict[str, Any]]:
        """Return, as a list would, what was seen before the newest and was not settled then."""
        rows = self.inventory.db.execute(
            "SELECT item FROM pending WHERE kind = ? AND account = ? AND region = ? ORDER BY arn",
            (kind.name, self.account, region),
        )
        return [_stored(item) for (item,) in rows]

    # -- lists

    def until(self, kind: Kind[Any], region: str) -> tuple[float, str] | None:
        """Return down to which time a list must be read, and when it was last read whole.

        None where it must be read whole.
        """
        row = self.inventory.db.execute(
            "SELECT newest, whole FROM sweep WHERE kind = ? AND account = ? AND region = ?",
            (kind.name, self.account, region),
        ).fetchone()
        if row is None:
            return None
        newest, whole = row
        age = datetime.now(UTC) - when(whole)
        return None if age > timedelta(days=self.reconcile_days) else (newest - OVERLAP, whole)

    def reached(self, kind: Kind[Any], region: str, newest: float, whole: bool) -> None:
        """Note that a list came to its end; it holds once the run has ended."""
        self._reached[kind.name, region] = (newest, whole)

    def gone(self, kind: Kind[Any], region: str) -> None:
        """Drop the kept resources of a kind that its whole list did not show."""
        self.inventory.db.execute(
            "DELETE FROM resource WHERE kind = ? AND account = ? AND region = ?"
            " AND id NOT IN (SELECT id FROM shown)", (kind.name, self.account, region),
        )

    def end(self) -> None:
        """Store how far the lists were read, now that all they showed was asked for."""
        db = self.inventory.db
        db.execute("DELETE FROM edge WHERE source NOT IN (SELECT id FROM resource)")
        for (kind, region), (newest, whole) in self._reached.items():
            db.execute(
                "INSERT INTO sweep VALUES (?,?,?,?,?) ON CONFLICT (kind, account, region) DO"
                " UPDATE SET newest = max(newest, excluded.newest),"
                " whole = iif(?, excluded.whole, whole)",
                (kind, self.account, region, newest, _now(), whole),
            )
        db.execute("DELETE FROM pending")


def _goes_on(inventory: Inventory, facts: Mapping[str, Any]) -> bool:
    """Tell whether the file's run was cut off, less than a day ago, and was the same as this."""
    started = inventory.get("started")
    if started is None or inventory.get("finished"):
        return False
    same = _role(inventory.get("caller")) == _role(facts["caller"]) and all(
        inventory.get(key) == facts[key] for key in ("regions", "version", "endpoint")
    )
    return same and datetime.now(UTC) - when(started) < RESUME


def _digest(kind: Kind[Any], version: str) -> str:
    """Return a word for how a kind is collected, masked and linked by this auditor."""
    values = [
        getattr(value, "__qualname__", None) or repr(value)
        for value in (getattr(kind, f.name) for f in dataclasses.fields(kind))
    ]
    return hashlib.sha256("\n".join([version, *values]).encode()).hexdigest()[:16]


def _role(arn: str) -> str:
    """Return the ARN of a caller without the name of its session, which may be any."""
    return arn.rpartition("/")[0] if ":assumed-role/" in arn else arn


def made(kind: Kind[Any], told: Any) -> float | None:
    """Return when a resource was made, in seconds since 1970, as its list or document tells."""
    value = told.get(kind.created) if isinstance(told, Mapping) else None
    if isinstance(value, int | float) and value is not True and 0 < value < _PLAIN:
        return round(float(value), 3)
    try:
        return round(when(value).timestamp(), 3) if value else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _stored(text: str) -> dict[str, Any]:
    """Return an object that the file holds as JSON."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Broken(f"a stored document is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Broken("a stored document is no object")
    return found
