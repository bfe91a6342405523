"""The edges of the Macie rules: off, paused, refused, and Regions with nothing in them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from auditor.errors import Gap
from auditor.evaluate import judge as engine
from auditor.kinds import BUCKET, MACIE, NOTEBOOK, TRAINING_JOB
from auditor.plugins import load_rules
from auditor.rule import Other
from auditor.testing import ACCOUNT_ID, judge, world

BUCKET_HERE = Other(BUCKET, {"Name": "data"})
BUCKET_ELSEWHERE = Other(BUCKET, {"Name": "data"}, region="us-east-1")
NOTEBOOK_HERE = Other(NOTEBOOK, {"NotebookInstanceName": "n"})
NOTEBOOK_ELSEWHERE = Other(NOTEBOOK, {"NotebookInstanceName": "n"}, region="us-east-1")
ON = {"Session": {"status": "ENABLED"}}
PAUSED = {"Session": {"status": "PAUSED"}}
RULES = ("macie-enabled", "macie-automated-discovery")


@pytest.mark.parametrize(("data", "others", "status", "says"), [
    (ON, (), "pass", ""),
    (ON, (BUCKET_HERE,), "pass", ""),
    ({}, (BUCKET_HERE,), "fail", "off in eu-west-1"),
    ({}, (NOTEBOOK_HERE,), "fail", ""),
    (PAUSED, (BUCKET_HERE,), "fail", "PAUSED"),
    ({"Session": {}}, (BUCKET_HERE,), "fail", ""),
    ({}, (), "not_applicable", "eu-west-1"),
    ({}, (BUCKET_ELSEWHERE, NOTEBOOK_ELSEWHERE), "not_applicable", ""),
])
def test_enabled(data, others, status, says):
    found = judge("macie-enabled", data, *others)
    assert (found.status, says in found.message) == (status, True), found.message


@pytest.mark.parametrize(("data", "others", "status", "says"), [
    (ON | {"AutomatedDiscovery": {"status": "ENABLED"}}, (), "pass", ""),
    (ON | {"AutomatedDiscovery": {"status": "DISABLED"}}, (BUCKET_HERE,), "fail", "DISABLED"),
    (ON | {"AutomatedDiscovery": {"status": "DISABLED"}}, (), "not_applicable", ""),
    (ON | {"AutomatedDiscovery": {}}, (BUCKET_HERE,), "fail", ""),
    (ON, (BUCKET_HERE,), "fail", "absent"),
    (PAUSED | {"AutomatedDiscovery": {"status": "ENABLED"}}, (BUCKET_HERE,), "fail", "PAUSED"),
    ({}, (BUCKET_HERE,), "fail", "off"),
    ({}, (BUCKET_ELSEWHERE,), "not_applicable", ""),
])
def test_discovery(data, others, status, says):
    found = judge("macie-automated-discovery", data, *others)
    assert (found.status, says in found.message) == (status, True), found.message


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_a_refused_session_is_unknown_not_off(rule, code):
    for others in ((), (BUCKET_HERE,)):
        assert judge(rule, {}, *others, unseen={"Session": code}).status == "unknown"


def test_a_member_account_cannot_say():
    found = judge("macie-automated-discovery", ON, BUCKET_HERE,
                  unseen={"AutomatedDiscovery": "AccessDeniedException"})
    assert found.status == "unknown"


@pytest.mark.parametrize("rule", RULES)
def test_whether_there_is_data_must_have_been_seen(rule):
    assert judge(rule, {}, refused=[TRAINING_JOB]).status == "unknown"
    assert judge(rule, {}, refused=[BUCKET]).status == "unknown"
    assert judge(rule, {}, NOTEBOOK_HERE, refused=[TRAINING_JOB, BUCKET]).status == "fail"


@pytest.mark.parametrize(("refused", "status"), [(False, "not_applicable"), (True, "unknown")])
def test_a_bucket_whose_region_was_refused_may_lie_here(refused, status):
    rule = next(rule for rule in load_rules() if rule.id == "macie-enabled")
    inventory, arn = world([Other(MACIE, {}), BUCKET_ELSEWHERE])
    if refused:
        inventory.gap(Gap(
            ACCOUNT_ID, "us-east-1", "s3", "GetBucketLocation", "AccessDenied", "no",
            "s3:GetBucketLocation", BUCKET.name, "arn:aws:s3:::data", "LocationConstraint"))
    found = engine(rule, inventory.find(MACIE, arn), now=datetime(2026, 2, 1, tzinfo=UTC))
    assert found.status == status
