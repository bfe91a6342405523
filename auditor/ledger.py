"""What a scan noted beside the documents: gaps, places looked at, tags, and the calls made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from auditor.errors import Gap
from auditor.kind import Kind
from auditor.links import Links
from auditor.store import Bill


class Ledger(Links):
    """The notes in an inventory's file: :meth:`gap` and its like write, the others read."""

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

    def bill(self, rows: Iterable[Bill]) -> None:
        """Store the calls made."""
        self._db.executemany("INSERT OR REPLACE INTO call VALUES (?,?,?,?,?,?,?,?,?,?)", rows)

    # -- reading

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

    def calls(self) -> list[Bill]:
        """Return the calls made, as :meth:`bill` stored them."""
        return self._db.execute(
            "SELECT service, operation, account, region, calls, retries, throttled, seconds,"
            " waited, bytes FROM call ORDER BY service, operation, account, region"
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
