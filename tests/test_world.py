"""What the rules say of an account about which everything is known beforehand."""

from __future__ import annotations

import msgspec
import pytest

from auditor.plugins import load_rules
from tests.fakeaws import Fake
from tests.scanning import Scanner, named
from tests.worlds import ml, whole
from tests.worlds.make import SECRET


@pytest.fixture(scope="module", params=["light", "dark"])
def scanned(request, tmp_path_factory):
    """One scan of each of the two accounts, with what is true of it."""
    document, fails, unknown = {
        "light": (ml.DOCUMENT, ml.FAILS, ml.UNKNOWN),
        "dark": (ml.DARK, ml.DARK_FAILS, ml.DARK_UNKNOWN),
    }[request.param]
    path = tmp_path_factory.mktemp("world") / "inventory"
    with Fake(document, page=2) as fake, pytest.MonkeyPatch.context() as patch:
        run = Scanner(fake).scan(patch, path, regions=[ml.EU, ml.US])
        assert fake.not_modelled == []
    return run, fails, unknown, path


@pytest.mark.parametrize("rule", [r.id for r in load_rules() if r.id not in whole.RULES])
def test_the_rule_says_what_is_true(rule, scanned):
    run, fails, unknown, _ = scanned
    messages = {f.resource.name: f.message for f in run.findings if f.rule == rule}
    assert messages, "the world has nothing that the rule is about"
    assert named(run, "fail").get(rule, set()) == fails.get(rule, set()), messages
    assert named(run, "unknown").get(rule, set()) == unknown.get(rule, set()), messages


def test_every_rule_finds_something_and_lets_something_pass():
    rules = {rule.id for rule in load_rules()} - whole.RULES
    assert rules - {*ml.FAILS, *ml.DARK_FAILS} == set()
    assert {*ml.FAILS, *ml.DARK_FAILS} - rules == set()


def test_jobs_that_ended_long_ago_are_historical(scanned):
    run, *_ = scanned
    assert {f.resource.name for f in run.findings if f.historical} == ml.HISTORICAL


def test_no_secret_is_in_the_report_or_the_inventory(scanned):
    run, _, _, path = scanned
    assert SECRET.encode() not in msgspec.json.encode(run, enc_hook=list)
    assert SECRET.encode() not in path.read_bytes()


def test_every_fail_has_evidence_and_a_fix(scanned):
    run, *_ = scanned
    bare = [(f.rule, f.resource.name) for f in run.findings
            if f.status == "fail" and not (f.evidence and f.fix)]
    assert bare == []
