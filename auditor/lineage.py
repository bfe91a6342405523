"""What points at what in a run, however much: in a private temporary file, asked for by ARN."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Collection, Iterable, Iterator

from auditor.finding import LinkCard
from auditor.findings import Sized, stored, text

# Readable by its owner only and gone with the process, as the findings' file is. The names of
# resources stand in many links, so each is written once.
_SCHEMA = """
PRAGMA cache_size = -4096;
PRAGMA journal_mode = OFF;
CREATE TABLE word (id INTEGER PRIMARY KEY, word NOT NULL UNIQUE);
CREATE TABLE link (
  id INTEGER PRIMARY KEY, source INTEGER NOT NULL, source_kind INTEGER NOT NULL,
  member INTEGER NOT NULL, target INTEGER NOT NULL, target_kind INTEGER NOT NULL);
"""
_LINKS = """
SELECT a.word, b.word, c.word, d.word, e.word FROM link
JOIN word a ON a.id = source JOIN word b ON b.id = source_kind JOIN word c ON c.id = member
JOIN word d ON d.id = target JOIN word e ON e.id = target_kind
"""
_BATCH = 500


class Lineage(Sized[LinkCard]):
    """The links of a run, in the order in which they were given; memory stays flat."""

    def __init__(self, links: Iterable[LinkCard] = ()) -> None:
        self._db = sqlite3.connect("", check_same_thread=False)
        weakref.finalize(self, self._db.close)
        self._db.executescript(_SCHEMA)
        self._size = 0
        waiting: list[LinkCard] = []
        for link in links:
            waiting.append(link)
            if len(waiting) == _BATCH:
                self._write(waiting)
                waiting.clear()
        self._write(waiting)
        self._db.executescript(
            "CREATE INDEX link_source ON link (source); CREATE INDEX link_target ON link (target);"
        )

    def _write(self, links: list[LinkCard]) -> None:
        rows = [
            tuple(map(stored, (k.source, k.source_kind, k.member, k.target, k.target_kind)))
            for k in links
        ]
        words = ((word,) for row in rows for word in row)
        self._db.executemany("INSERT OR IGNORE INTO word (word) VALUES (?)", words)
        one = "(SELECT id FROM word WHERE word = ?)"
        self._db.executemany(
            "INSERT INTO link (source, source_kind, member, target, target_kind)"
            f" VALUES ({', '.join([one] * 5)})", rows,
        )
        self._size += len(rows)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[LinkCard]:
        return self._read("ORDER BY link.id", ())

    def of(self, arn: str) -> Iterator[LinkCard]:
        """Yield the links from a resource."""
        return self._read("WHERE a.word = ? ORDER BY link.id", (stored(arn),))

    def to(self, arn: str) -> Iterator[LinkCard]:
        """Yield the links to a resource."""
        return self._read("WHERE d.word = ? ORDER BY link.id", (stored(arn),))

    def _read(self, rest: str, given: tuple[str | bytes, ...]) -> Iterator[LinkCard]:
        for row in self._db.execute(_LINKS + rest, given):
            source, source_kind, member, target, target_kind = map(text, row)
            yield LinkCard(source=source, source_kind=source_kind, member=member, target=target,
                           target_kind=target_kind)


def drawn(links: Collection[LinkCard]) -> Lineage:
    """Return the links of a run as what can be asked, whatever holds them."""
    return links if isinstance(links, Lineage) else Lineage(links)
