"""Every set-up is judged again; every difference has a reason; the page is current."""

import csv

import pytest

from auditor.evaluate import evaluate
from auditor.plugins import load_rules
from auditor.testing import judge, misfits, world
from tests.replayed import REASONS
from tests.replayed.tables import REPLAYS
from tools.comparison import CATALOGUE
from tools.disagreements import PAGE, page

RULES = {rule.id: rule for rule in load_rules()}
CASES = [
    pytest.param(replay.rule, row, id=f"{replay.check}-{replay.rule}-{row.about}")
    for replay in REPLAYS for row in replay.rows
]


def verdict(rule, row):
    """Return our outcome and its message."""
    if row.data is None:
        inventory, _ = world(row.others)
        run = evaluate(inventory, [RULES[rule]], version="0")
        return ",".join(f.status for f in run.findings) or "none", ""
    finding = judge(rule, row.data, *row.others, **row.given)
    return finding.status, finding.message


@pytest.mark.parametrize(("rule", "row"), CASES)
def test_our_verdict(rule, row):
    assert verdict(rule, row)[0] == row.status, verdict(rule, row)[1]


@pytest.mark.parametrize(("rule", "row"), CASES)
def test_a_difference_has_a_reason_and_nothing_else_has(rule, row):
    assert row.agrees == (not row.why and not row.reason)
    assert row.agrees or row.reason in REASONS


@pytest.mark.parametrize(("rule", "row"), CASES)
def test_documents_are_what_aws_answers(rule, row):
    assert misfits(RULES[rule].on.shape, row.data or {}) == []
    assert [w for o in row.others for w in misfits(o.kind.shape, o.data)] == []


def test_the_checks_are_those_of_the_catalogue():
    with CATALOGUE.open(newline="", encoding="utf-8") as file:
        listed = {name for row in csv.DictReader(file) for name in row["prowler"].split(";")}
    assert {replay.check for replay in REPLAYS} <= listed


def test_no_set_up_stands_twice():
    ids = [case.id for case in CASES]
    assert len(ids) == len(set(ids))


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(REPLAYS)
