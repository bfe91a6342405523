"""The baseline: fingerprints only; what was not looked at is never counted as fixed."""

from __future__ import annotations

import msgspec
import pytest

from auditor.baseline import earlier
from auditor.errors import AuditorError
from auditor.finding import Look, WaiverCard
from auditor.findings import Findings
from auditor.revise import revised
from tests.reports import made

CARD = next(rule for rule in made.RULES if rule.id == "sagemaker-notebook-root-access")
replace = msgspec.structs.replace


def night(number: int, *states: str, **coverage):
    """Return the run of a night in which the notebooks a, b, c … were in these states."""
    findings = [
        made.finding(CARD, name, state, "x")
        for name, state in zip("abcdefgh", states, strict=False) if state
    ]
    run = made.run_of(findings, made.RULES)
    looks = coverage.pop("looks", [Look(
        kind=CARD.kind, account=made.ACCOUNT, region="eu-west-1", state="done")])
    return replace(
        run, run=replace(run.run, id=f"night-{number}", finished=f"2026-01-0{number}T03:00:00+00:00"),
        coverage=replace(run.coverage, looks=looks, **coverage),
    )


def compared(before, after):
    return revised(after, compare=True, before=earlier(before, "before.json"))


def changes(run) -> dict[str, str]:
    return {f.resource.name: f.change for f in run.findings if f.change} | {
        p.arn.rpartition("/")[2]: p.change for p in run.baseline.closed}


def test_every_class():
    waived = WaiverCard(owner="o", reason="r", expires="2026-12-31")
    before = night(1, "fail", "fail", "fail", "fail", "pass", "fail", "unknown")
    before = replace(before, findings=Findings(
        replace(f, status="waived", waiver=waived) if f.resource.name == "f" else f
        for f in before.findings))
    after = night(2, "fail", "pass", "unknown", "", "fail", "fail", "fail")
    told = compared(before, after)
    assert changes(told) == {
        "a": "unchanged", "b": "fixed", "c": "not_evaluated", "d": "gone", "e": "new",
        "f": "reopened",  # its waiver ended
        "g": "new",  # nobody had seen it
    }
    assert told.baseline.counts == {
        "new": 2, "unchanged": 1, "reopened": 1, "fixed": 1, "gone": 1, "not_evaluated": 1}
    assert told.baseline.id == "night-1"


def test_not_applicable_any_more_is_fixed():
    assert changes(compared(night(1, "fail"), night(2, "not_applicable"))) == {"a": "fixed"}


@pytest.mark.parametrize("blind", [
    {"looks": [Look(kind=CARD.kind, account=made.ACCOUNT, region="eu-west-1", state="refused")]},
    {"looks": [Look(kind=CARD.kind, account=made.ACCOUNT, region="eu-west-1", state="unavailable")]},
    {"left_out": {CARD.kind: 3}},
])
def test_what_was_not_looked_for_is_not_gone(blind):
    assert changes(compared(night(1, "fail"), night(2, "", **blind))) == {"a": "not_evaluated"}


def test_a_list_refused_elsewhere_may_have_held_it():
    """Buckets are listed for the account, and lie in Regions."""
    whole = night(1, "fail")
    everywhere = made.finding(CARD, "(all)", "unknown", "no", region="global", arn="arn:aws:x:::*")
    after = replace(night(2, ""), findings=Findings([everywhere]))
    after = replace(after, coverage=replace(after.coverage, outcomes={"unknown": 1}))
    assert changes(compared(whole, after)) == {"a": "not_evaluated"}


@pytest.mark.parametrize("narrow", [
    {"rules": ["macie-enabled"]}, {"accounts": ["444455556666"]}, {"regions": ["us-east-1"]},
])
def test_another_rule_account_or_region_says_nothing_of_it(narrow):
    after = night(2, "")
    after = replace(after, run=replace(after.run, **narrow))
    assert changes(compared(night(1, "fail"), after)) == {"a": "not_evaluated"}


def test_first_seen_goes_from_night_to_night_and_what_returns_is_reopened():
    first = revised(night(1, "fail"), compare=True)
    assert changes(first) == {"a": "new"} and first.baseline.id == ""
    second = compared(first, night(2, "fail", "fail"))
    assert {f.resource.name: f.first_seen[:10] for f in second.findings} == {
        "a": "2026-01-01", "b": "2026-01-02"}
    third = compared(second, night(3, "pass", "fail"))
    assert changes(third) == {"a": "fixed", "b": "unchanged"}
    assert changes(compared(third, night(4, "fail", "fail"))) == {"a": "reopened", "b": "unchanged"}


def test_a_narrowed_report_is_no_baseline():
    whole = night(1, "fail", "fail")
    narrowed = replace(whole, findings=Findings(list(whole.findings)[:1]))
    with pytest.raises(AuditorError, match=r"before\.json: holds 1 of its 2 fails"):
        earlier(narrowed, "before.json")
    with pytest.raises(AuditorError, match="--outcomes"):
        revised(narrowed, compare=True)
