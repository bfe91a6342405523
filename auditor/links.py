"""What documents point at: the links of an inventory, and what became of each."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from auditor.kind import Kind
from auditor.store import GLOBAL, Store


class Links(Store):
    """The links in an inventory's file: written as documents come, settled when all are there."""

    def __init__(self, path: str | Path = ":memory:", kinds: Iterable[Kind[Any]] = ()) -> None:
        super().__init__(path, kinds)
        self._targets: OrderedDict[tuple[str, str, str, str], int] = OrderedDict()
        self._paths: dict[str, int] = {}
        self._words: dict[tuple[str, str, str, str], str] = {}

    def forget(self) -> None:
        """Forget what was read, because rows were deleted."""
        self._targets.clear()
        super().forget()

    def link(
        self, source: int, kind: Kind[Any], path: str, position: int, value: str,
        account: str, region: str,
    ) -> None:
        """Store that ``source`` names ``value`` at ``path``."""
        target = self._target((kind.name, account, region, value))
        self._link([(source, self._path(path), position, target)])

    def _link(self, edges: Iterable[tuple[int, int, int, int]]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO edge VALUES (?,?,?,?)", edges)

    def _path(self, path: str) -> int:
        if path not in self._paths:
            self._db.execute("INSERT OR IGNORE INTO path (path) VALUES (?)", (path,))
            self._paths[path] = self._db.execute(
                "SELECT id FROM path WHERE path = ?", (path,)
            ).fetchone()[0]
        return self._paths[path]

    def _target(self, key: tuple[str, str, str, str]) -> int:
        """Return the number of what a link's value names; many links name the same."""
        held = self._targets.get(key)
        if held is None:
            made = self._db.execute(
                "INSERT OR IGNORE INTO target (kind, account, region, value) VALUES (?,?,?,?)", key
            )
            held = made.lastrowid if made.rowcount else None
            held = held or int(self._db.execute(
                "SELECT id FROM target WHERE kind = ? AND account = ? AND region = ?"
                " AND value = ?", key
            ).fetchone()[0])
            self._targets[key] = held
        return held

    def named(
        self, kind: Kind[Any], account: str, region: str, value: str, state: str,
        arn: str = "", gap: int | None = None,
    ) -> None:
        """Store what became of a link's value: see :class:`Edge` for the states."""
        number = self._target((kind.name, account, region, value))
        self._trim()
        self._db.execute(
            "UPDATE target SET state = ?, arn = ?, gap = ? WHERE id = ?", (state, arn, gap, number)
        )

    def connect(self, source: int, kind: Kind[Any], document: Mapping[str, Any], account: str,
                region: str) -> list[tuple[Kind[Any], str, str]]:
        """Store the edges of a document; return what they point at: kind, region, value."""
        return self.connect_all(kind, [(source, document, account, region)])

    def connect_all(
        self, kind: Kind[Any], rows: Iterable[tuple[int, Mapping[str, Any], str, str]]
    ) -> list[tuple[Kind[Any], str, str]]:
        """Store the edges of documents of one kind: number, document, account, region of each.

        Returns what they point at, each once: kind, region, value.
        """
        pointed: dict[tuple[Kind[Any], str, str], None] = {}
        found = []
        for source, document, account, region in rows:
            for link, position, value in kind.values(document):
                to = link.to
                where = GLOBAL if to.scope == "account" else region
                found.append((source, link.path, position, (to.name, account, where, value)))
                pointed[to, where, value] = None
        self._learn_targets([key for _, _, _, key in found])
        self._link([
            (source, self._path(path), position, self._target(key))
            for source, path, position, key in found
        ])
        self._trim()
        return list(pointed)

    def _learn_targets(self, keys: Iterable[tuple[str, str, str, str]]) -> None:
        """Store what links name, as far as it is not known, in one go."""
        new = list(dict.fromkeys(key for key in keys if key not in self._targets))
        if not new:
            return
        before = self._last_target()
        self._db.executemany(
            "INSERT OR IGNORE INTO target (kind, account, region, value) VALUES (?,?,?,?)", new
        )
        if self._last_target() - before == len(new):  # none was there: they follow each other
            self._targets.update(zip(new, range(before + 1, before + 1 + len(new)), strict=True))

    def _trim(self) -> None:
        """Forget the numbers that were learned first, where many are remembered."""
        while len(self._targets) > 4096:
            self._targets.popitem(last=False)

    def _last_target(self) -> int:
        return int(self._db.execute("SELECT ifnull(max(id), 0) FROM target").fetchone()[0])

    def settle(self) -> None:
        """Find, by name or ARN, the resource that each link's value means.

        Values that a call has already settled (:meth:`named`) are left alone.
        """
        for rows in self._open(list(self.kinds)):
            found = []
            for number, kind, account, region, value in rows:
                regional = kind.scope == "region"
                told = kind.place(value) or region  # an ARN may name another region
                arn = self._meant(
                    kind.name, account, told if regional else "", kind.canon(value)
                )
                if arn:
                    found.append(("here", arn, number))
                    continue
                owner = kind.foreign(value)
                if owner and owner != account:
                    found.append(("foreign", owner, number))
                elif told != region and regional and not self._was_looked(kind.name, told):
                    found.append(("unseen", "", number))  # nobody looked there
            self._db.executemany(
                "UPDATE target SET state = ?, arn = ?, gap = NULL WHERE id = ?", found
            )
        self._words.clear()

    def _was_looked(self, kind: str, region: str) -> bool:
        """Tell whether a kind was listed in a region, to its end."""
        return self._db.execute(
            "SELECT 1 FROM looked WHERE kind = ? AND region = ? AND state = 'done'", (kind, region)
        ).fetchone() is not None

    def _open(
        self, names: Sequence[str]
    ) -> Iterator[list[tuple[int, Kind[Any], str, str, str]]]:
        """Yield the links' values that nothing has settled: id, kind, account, region, value.

        A thousand are read at once: there may be more of them than memory wants to hold. They are
        taken by id; the plus keeps SQLite from taking them by kind and sorting all of them again
        for each thousand.
        """
        last = 0
        while rows := self._db.execute(
            "SELECT id, kind, account, region, value FROM target WHERE state = '' AND id > ?"
            " AND +kind IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT 1000",
            (last, json.dumps(names)),
        ).fetchall():
            yield [
                (number, self.kinds[name], account, region, value)
                for number, name, account, region, value in rows
            ]
            last = rows[-1][0]

    def _meant(self, kind: str, account: str, region: str, word: str) -> str:
        """Return the ARN of the resource that a name or an ARN means, or "".

        Thousands of addresses mean one bucket: what was found is remembered meanwhile. The plus
        makes SQLite look for the word, and not among all that there is of the kind.
        """
        key = (kind, account, region, word)
        if key not in self._words:
            row = self._db.execute(
                "SELECT arn FROM resource WHERE +kind = ? AND +account = ?"
                " AND (name = ? OR arn = ?) AND (? = '' OR region = ?)",
                (kind, account, word, word, region, region),
            ).fetchone()
            self._words[key] = str(row[0]) if row else ""
        return self._words[key]

    def open_values(self, *kinds: Kind[Any]) -> Iterator[tuple[Kind[Any], str, str]]:
        """Yield each link's value that nothing has settled yet: kind, region, value."""
        for rows in self._open([kind.name for kind in kinds]):
            for _, kind, _, region, value in rows:
                yield kind, region, value

    def drawn(
        self, kinds: Iterable[str], arns: Iterable[str] | None = None
    ) -> Iterator[tuple[str, str, str, str, str]]:
        """Yield what points at what: its ARN, its kind, the member, the target's ARN and kind.

        Those that point are the resources of some kinds, of some ``arns`` where they are given.
        """
        given = [json.dumps(list(kinds))]
        among = ""
        if arns is not None:
            among = " AND r.arn IN (SELECT value FROM json_each(?))"
            given.append(json.dumps(list(arns)))
        yield from self._db.execute(
            "SELECT DISTINCT r.arn, r.kind, p.path, t.arn, t.kind FROM edge e"
            " JOIN resource r ON r.id = e.source JOIN path p ON p.id = e.path"
            " JOIN target t ON t.id = e.target WHERE t.state = 'here'"
            f" AND +r.kind IN (SELECT value FROM json_each(?)){among}"
            " ORDER BY r.arn, p.path, e.position", given,
        )
