"""An earlier run and this one -> what is new, unchanged, reopened, fixed, gone, not evaluated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from auditor.errors import AuditorError
from auditor.finding import BaselineCard, Finding, PastFinding, Run

CHANGES = ("new", "unchanged", "reopened", "fixed", "gone", "not_evaluated")


class _Before(NamedTuple):
    """A fail of the earlier run: what is needed to tell what became of it."""

    rule: str
    title: str
    severity: str
    account: str
    region: str
    kind: str
    arn: str
    waived: bool
    first_seen: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier run, by fingerprint: its fails, and the fails it saw mended.

    ``others`` is what a fail is that it does not hold.
    """

    id: str
    finished: str
    fails: dict[str, _Before]
    mended: frozenset[str] = frozenset()
    others: str = "new"


def earlier(run: Run, name: str) -> Earlier:
    """Return an earlier run as a baseline; ``name`` is what messages call it.

    Raises :class:`AuditorError` where its findings were narrowed, so that fails may be missing.
    """
    fails = {
        f.fingerprint: _Before(
            f.rule, f.title, f.severity, f.account, f.region, f.resource.kind, f.resource.arn,
            f.status == "waived", f.first_seen or run.run.finished or run.run.started,
        )
        for f in run.findings if f.status in ("fail", "waived")
    }
    counted = sum(run.coverage.outcomes.get(status, 0) for status in ("fail", "waived"))
    if counted > len(fails):
        raise AuditorError(
            f"{name}: holds {len(fails)} of its {counted} fails; it was written with --outcomes and"
            " cannot be a baseline"
        )
    closed = run.baseline.closed if run.baseline else []
    return Earlier(
        run.run.id, run.run.finished or run.run.started, fails,
        frozenset(past.fingerprint for past in closed if past.change in ("fixed", "gone")),
    )


class Compared:
    """This run against an earlier one; findings go through :meth:`told` one by one."""

    def __init__(self, run: Run, before: Earlier | None) -> None:
        """Compare with ``before``; None is no earlier run, to which everything is new."""
        self.run = run
        self.before = before or Earlier("", "", {})
        self.counts: Counter[str] = Counter()
        self._left = dict(self.before.fails)
        self._closed: list[PastFinding] = []
        self._unlisted: set[tuple[str, str]] = set()  # rule and account of an "(all)"

    def told(self, finding: Finding) -> Finding:
        """Return a finding with its change and when it was first seen, and note what it closes."""
        before = self._left.pop(finding.fingerprint, None)
        if finding.status in ("fail", "waived"):
            first = before.first_seen if before else self.run.run.finished or self.run.run.started
            change = ""
            if finding.status == "fail":
                change = self._change(finding.fingerprint, before)
                self.counts[change] += 1
            return msgspec.structs.replace(finding, change=change, first_seen=first)
        if finding.status == "unknown" and finding.resource.arn.endswith(":*"):
            self._unlisted.add((finding.rule, finding.account))
        if before is not None:
            unknown = finding.status == "unknown"
            self._close(finding.fingerprint, before, "not_evaluated" if unknown else "fixed")
        return finding

    def _change(self, fingerprint: str, before: _Before | None) -> str:
        if before is None:
            return "reopened" if fingerprint in self.before.mended else self.before.others
        return "reopened" if before.waived else "unchanged"

    def _close(self, fingerprint: str, before: _Before, change: str) -> None:
        self.counts[change] += 1
        self._closed.append(PastFinding(
            fingerprint=fingerprint, rule=before.rule, title=before.title,
            severity=before.severity, account=before.account, region=before.region,
            arn=before.arn, change=change,
        ))

    def card(self) -> BaselineCard:
        """Return what came of it, once every finding of this run was told."""
        looked = _Looked(self.run, self._unlisted)
        for fingerprint, before in self._left.items():
            self._close(fingerprint, before, "gone" if looked.at(before) else "not_evaluated")
        self._left.clear()
        return BaselineCard(
            id=self.before.id, finished=self.before.finished,
            counts={name: self.counts[name] for name in CHANGES},
            closed=sorted(self._closed, key=lambda p: (p.change, p.rule, p.arn, p.fingerprint)),
        )


class _Looked:
    """Where a run looked, to tell a resource that is gone from one that nobody looked for.

    What was not listed in one place may have been found there: buckets and trails are listed in
    another Region than they lie in. So a list that was refused hides the rule's whole account.
    """

    def __init__(self, run: Run, unlisted: Iterable[tuple[str, str]]) -> None:
        self.rules = set(run.run.rules)
        self.accounts = set(run.run.accounts)
        self.regions = {*run.run.regions, "global"}
        self.left_out = run.coverage.left_out
        self.refused = {
            (look.kind, look.account) for look in run.coverage.looks if look.state == "refused"
        }
        self.unoffered = {
            (look.kind, look.account, look.region) for look in run.coverage.looks
            if look.state == "unavailable"
        }
        self.unlisted = set(unlisted)
        self.hidden = {(gap.account, gap.arn) for gap in run.gaps if gap.arn}

    def at(self, before: _Before) -> bool:
        """Tell whether the resource would have had a finding if it were still there."""
        return (
            before.rule in self.rules and before.account in self.accounts
            and before.region in self.regions
            and not self.left_out.get(before.kind)
            and (before.kind, before.account) not in self.refused
            and (before.kind, before.account, before.region) not in self.unoffered
            and (before.rule, before.account) not in self.unlisted
            and (before.account, before.arn) not in self.hidden
        )
