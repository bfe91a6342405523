"""Scans of a fake AWS, quick enough to make hundreds of them."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from functools import partial

from auditor import scan
from auditor.aws.pace import Pace, Refused
from auditor.aws.plan import Call
from auditor.aws.session import Session
from auditor.evaluate import evaluate
from auditor.finding import Run
from auditor.plugins import load_rules
from tests.conftest import point_at
from tests.fakeaws import Fake


class Scanner:
    """Scans one fake with one session, whose clients are slow to make.

    Calls that no fault can touch are answered from memory once they were made: what AWS says to
    one call does not hang on the others. One scanner may remember what another ``like`` it does.
    """

    def __init__(self, fake: Fake, *, timeout: float = 5.0, like: Scanner | None = None) -> None:
        self.fake = fake
        self.rules = load_rules()
        self._timeout = timeout
        self._session: Session | None = None
        self._memory: dict[str, dict | Refused] = like._memory if like else {}

    def scan(
        self, monkeypatch, path, *, regions, faults=(), remember=False, patience=0.0
    ) -> Run:
        """Scan once, with faults; with ``remember`` only what they may touch is really asked."""
        self.fake.faults[:] = faults
        self.fake.log.clear()
        point_at(monkeypatch, self.fake.url)
        monkeypatch.setattr("auditor.aws.collect.Pace", partial(Pace, sleep=lambda _: None))
        if self._session is None:
            self._session = Session(timeout=self._timeout)
        once = self._remembering if remember else _ONCE
        monkeypatch.setattr(Pace, "_once", lambda *args: once(*args))
        caller = self._session.caller(regions[0])
        plan = scan.Plan(self._session, caller, list(regions), patience)
        inventory = scan.collect(plan, path, refresh=True)
        try:
            return evaluate(inventory, self.rules, version="0")
        finally:
            inventory.close()

    def _remembering(self, pace: Pace, call: Call, region: str, params) -> dict:
        if any(
            fnmatchcase(call.service, f.service) and fnmatchcase(call.operation, f.operation)
            and fnmatchcase(region, f.region) for f in self.fake.faults
        ):
            return _ONCE(pace, call, region, params)
        key = f"{call} {region} {json.dumps(dict(params), sort_keys=True)}"
        if key not in self._memory:
            try:
                self._memory[key] = _ONCE(pace, call, region, params)
            except Refused as refused:
                if refused.code == "RequestTimeout":
                    raise  # this machine was slow, not what it imitates
                self._memory[key] = refused
        known = self._memory[key]
        if isinstance(known, Refused):
            raise Refused(known.code, known.message)
        return dict(known)


_ONCE = Pace._once


def outcomes(run: Run) -> dict[str, str]:
    """Return the outcome of each finding, by fingerprint."""
    return {f.fingerprint: f.status for f in run.findings}


def named(run: Run, status: str) -> dict[str, set[str]]:
    """Return the names of the resources that have an outcome, by rule."""
    found: dict[str, set[str]] = {}
    for finding in run.findings:
        if finding.status == status:
            found.setdefault(finding.rule, set()).add(finding.resource.name)
    return found
