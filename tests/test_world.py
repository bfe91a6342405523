"""What the rules say of an account about which everything is known beforehand."""

from __future__ import annotations

import msgspec
import pytest

from auditor.evaluate import evaluate
from auditor.inventory import Inventory
from auditor.kinds import TABLE
from auditor.plugins import load_rules
from tests.fakeaws import Fake
from tests.scanning import Scanner, named
from tests.worlds import ml, whole
from tests.worlds.make import SECRET

ACCOUNTS = {
    "light": (ml.DOCUMENT, ml.FAILS, ml.UNKNOWN, ()),
    "dark": (ml.DARK, ml.DARK_FAILS, ml.DARK_UNKNOWN, ml.DARK_IDLE),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """One scan of each of the two accounts, and where its inventory is."""
    made = {}
    for name, (document, *_) in ACCOUNTS.items():
        path = tmp_path_factory.mktemp("world") / "inventory"
        with Fake(document, page=2) as fake, pytest.MonkeyPatch.context() as patch:
            made[name] = Scanner(fake).scan(patch, path, regions=[ml.EU, ml.US]), path
            assert fake.not_modelled == []
    return made


@pytest.fixture(params=ACCOUNTS)
def scanned(request, runs):
    """One of the two scans, with what is true of its account."""
    run, path = runs[request.param]
    _, fails, unknown, idle = ACCOUNTS[request.param]
    return run, fails, unknown, idle, path


@pytest.mark.parametrize("rule", [r.id for r in load_rules() if r.id not in whole.RULES])
def test_the_rule_says_what_is_true(rule, scanned):
    run, fails, unknown, idle, _ = scanned
    messages = {f.resource.name: f.message for f in run.findings if f.rule == rule}
    assert bool(messages) == (rule not in idle), "what is the rule about?"
    assert named(run, "fail").get(rule, set()) == fails.get(rule, set()), messages
    assert named(run, "unknown").get(rule, set()) == unknown.get(rule, set()), messages


def test_every_rule_finds_something_and_lets_something_pass(runs):
    rules = {rule.id for rule in load_rules()} - whole.RULES
    assert {*ml.FAILS, *ml.DARK_FAILS} == rules
    passed = {rule for run, _ in runs.values() for rule in named(run, "pass")}
    assert sorted(rules - passed) == []


def test_jobs_that_ended_long_ago_are_historical(scanned):
    run, *_ = scanned
    assert {f.resource.name for f in run.findings if f.historical} == ml.HISTORICAL


def test_no_secret_is_in_the_report_or_the_inventory(scanned):
    run, *_, path = scanned
    assert SECRET.encode() not in msgspec.json.encode(run, enc_hook=list)
    assert SECRET.encode() not in path.read_bytes()


def test_every_fail_has_evidence_and_a_fix(scanned):
    run, *_ = scanned
    bare = [(f.rule, f.resource.name) for f in run.findings
            if f.status == "fail" and not (f.evidence and f.fix)]
    assert bare == []


def test_the_tags_that_a_team_asks_for(runs):
    """The one rule that judges nothing until it is told what to look for."""
    (name,) = whole.RULES
    rules = [rule for rule in load_rules() if rule.id == name]
    inventory = Inventory(runs["light"][1], TABLE)
    try:
        for keys, status, says in ((), "not_applicable", ""), (["team"], "fail", "16 of 19: "):
            (found,) = evaluate(
                inventory, rules, version="0", settings={name: {"keys": keys}}).findings
            assert (found.status, found.message.startswith(says)) == (status, True), found.message
    finally:
        inventory.close()
    assert "nb-flawed has no tag team" in found.message and "nb-sound" not in found.message
