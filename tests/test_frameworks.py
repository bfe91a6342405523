"""Frameworks: every control that a rule names is known, and none is met because nobody looked."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from auditor.evaluate import card
from auditor.findings import HISTORICAL, Told
from auditor.frameworks import NIST, by_name, controls_of, frameworks, ours
from auditor.frameworks.tally import tallied
from auditor.plugins import load_rules
from auditor.scan import choose
from auditor.verdict import Status

RULES = [r for r in load_rules() if r.pack == "auditor"]
EACH = pytest.mark.parametrize("framework", frameworks().values(), ids=lambda one: one.id)


@EACH
def test_a_framework_says_what_it_is(framework):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", framework.id)
    assert framework.source.startswith("https://") and framework.title and framework.controls
    assert framework.published or framework.because
    for ids in framework.by.values():
        assert set(ids) <= framework.controls.keys()
    for base in framework.by:
        assert base in by_name()[NIST].controls
    for ids in framework.mapped.values():
        assert set(ids) <= framework.controls.keys()


def test_every_control_that_a_rule_names_is_in_its_framework():
    unknown = [
        f"{rule.id}: {name} {id}" for rule in RULES for name, ids in controls_of(rule.controls).items()
        for id in ids if name not in by_name() or id not in by_name()[name].controls
    ]
    assert unknown == []


def test_what_is_published_for_a_rule_is_what_the_rule_says():
    ids = {rule.id: rule for rule in RULES}
    wrong = [
        f"{framework.name} publishes {published} for {id}, which says {said}"
        for framework in frameworks().values() for id, published in framework.mapped.items()
        if id in ids and set(said := ids[id].controls.get(framework.name, ())) != set(published)
    ]
    assert wrong == []


def test_what_follows_from_nist_is_ours_and_says_so():
    controls = controls_of({NIST: ("AC-6(10)", "SC-28")})
    assert controls["ISO 27001:2022 Annex A"] == ["A.5.15", "A.8.2", "A.8.24"]
    assert controls["SOC 2"] == ["C1.1", "CC6.1", "CC6.3"]
    reasons = ours("acme-rule", controls)
    assert "By way of the NIST control" in reasons["SOC 2"]
    assert "theme" in reasons[NIST]


def told(rule, outcome):
    return Told(rule, "high", outcome, False)


@pytest.mark.parametrize(("outcomes", "state"), [
    ({Status.PASS: 5}, "passed"), ({Status.PASS: 5, Status.FAIL: 1}, "failed"),
    ({Status.PASS: 5, Status.UNKNOWN: 1}, "not_evaluated"),
    ({Status.FAIL: 1, Status.UNKNOWN: 1}, "failed"), ({}, "not_applicable"),
    ({Status.NOT_APPLICABLE: 3}, "not_applicable"), ({HISTORICAL: 2}, "set_aside"),
    ({Status.WAIVED: 2}, "set_aside"), ({Status.PASS: 1, HISTORICAL: 2}, "passed"),
])
def test_a_control_is_what_its_rules_are(outcomes, state):
    cards = [card(rule) for rule in RULES if rule.id == "sagemaker-notebook-root-access"]
    tally = Counter({told(cards[0].id, str(name)): n for name, n in outcomes.items()})
    found = {one.id: one for one in tallied(cards, tally)}
    controls = {c.id: c for c in found["aws-fsbp"].controls}
    assert controls["SageMaker.3"].state == state
    assert controls["SageMaker.3"].rules == ["sagemaker-notebook-root-access"]
    assert controls["SageMaker.1"].state == "no_rule"


def test_a_pack_s_own_frameworks_stay_on_its_cards():
    found = tallied([card(RULES[0])], {}, "iso-27001-2022")
    assert [one.id for one in found] == ["iso-27001-2022"]


def test_rules_are_chosen_by_framework():
    chosen = choose(RULES, framework="owasp-ml-top-10")
    assert chosen and all("OWASP ML Top 10" in r.controls for r in chosen)


def test_the_command_lists_them_and_names_the_nearest(cli):
    code, out, _ = cli("frameworks")
    assert code == 0 and "nist-800-53-r5" in out
    _, out, _ = cli("frameworks", "mitre-atlas")
    assert "AML.T0012" in out and "* Ours" in out
    data = json.loads(cli("frameworks", "soc-2", "--json")[1])
    assert data[0]["id"] == "soc-2" and any(c["rules"] for c in data[0]["controls"])
    code, _, err = cli("frameworks", "nist-800-53")
    assert code == 2 and "did you mean nist-800-53-r5" in err
