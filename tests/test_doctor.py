"""What stands in the way of a scan is said before it begins, on our own fake AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import botocore.session
import pytest

from auditor import scan
from auditor.aws import doctor
from auditor.aws.pace import Pace
from auditor.aws.plan import calls
from auditor.aws.session import ReadOnlyViolation, Session, only_read
from auditor.errors import AuditorError
from auditor.kinds import NOTEBOOK, TABLE
from tests.conftest import point_at
from tests.fakeaws import EMPTY, Fake, Fault, Permissions
from tests.fakeaws.world import NOT_MODELLED
from tests.worlds.make import ACCOUNT, EU, US, role, role_arn

SERVICES = {call.service for call in calls(TABLE)}
REGIONAL = {service: {"*": EMPTY} for service in SERVICES - {"sts", "iam", "s3", "s3control"}}
AUDITOR = role("auditor", Arn=f"arn:aws:iam::{ACCOUNT}:role/team/auditor", Path="/team/")
DOCUMENT = {ACCOUNT: {
    EU: REGIONAL, US: REGIONAL,
    "*": {"iam": {"Role": [AUDITOR], "Policy": [], "*": EMPTY}, "s3": {"Bucket": []},
          "s3control": {"*": EMPTY}},
}}
NO_SIMULATION = ["iam:SimulatePrincipalPolicy"]


@pytest.fixture
def fake(monkeypatch):
    """Start a fake with permissions and faults, and send this process to it."""
    running = []

    def start(permissions=None, faults=(), document=DOCUMENT):
        one = Fake(document, permissions=permissions, faults=faults)
        running.append(one.__enter__())
        point_at(monkeypatch, one.url)
        return one

    yield start
    for one in running:
        one.__exit__()


def examined(regions=(), **options):
    return doctor.examine(Session(timeout=2.0), TABLE, regions,
                          patience=1.0, share=float("inf"), **options)


def states(found):
    return {p.action: p.state for p in found.permissions}


# -- the guard

def test_the_guard_lets_one_simulation_through_and_no_other():
    iam = botocore.session.get_session().get_service_model("iam")
    only_read(iam.operation_model("SimulatePrincipalPolicy"))
    with pytest.raises(ReadOnlyViolation):
        only_read(iam.operation_model("SimulateCustomPolicy"))


# -- by simulation

def test_where_all_is_allowed_nothing_is_missing(fake, cli):
    aws = fake()
    code, out, _ = cli("doctor")
    assert code == 0
    needed = len({c.action for c in calls(TABLE)})
    assert f"permissions  {needed} of {needed} allowed, by IAM's simulation; 0 missing" in out
    assert f"account      {ACCOUNT}, partition aws" in out
    assert f"endpoint     {aws.url}" in out
    assert f"2 answer: {EU}, {US}" in out
    assert "not a session policy" in out


def test_the_simulation_asks_of_the_role_with_its_path(fake):
    aws = fake()
    examined()
    sources = {c.params["PolicySourceArn"] for c in aws.calls
               if c.operation == "SimulatePrincipalPolicy"}
    assert sources == {AUDITOR["Arn"]}
    asked = [a for c in aws.calls if c.operation == "SimulatePrincipalPolicy"
             for a in c.params["ActionNames"]]
    assert sorted(asked) == sorted({c.action for c in calls(TABLE)})


def test_what_is_missing_is_named_with_its_reason(fake, cli):
    fake(Permissions(denied=["kms:*"], allowed=["sagemaker:*", "iam:*", "sts:*", "ec2:*", "kms:*",
                                                "macie2:*"]))
    code, out, _ = cli("doctor", "--json")
    found = json.loads(out)
    assert code == 3 and found["sound"] is False and found["simulated"] is True
    told = {p["action"]: (p["state"], p["because"]) for p in found["permissions"]}
    assert told["kms:DescribeKey"] == ("denied", "a policy denies it")
    assert told["s3:ListAllMyBuckets"] == ("denied", "no policy allows it")
    assert told["sagemaker:ListModels"] == ("allowed", "")
    code, out, _ = cli("doctor")
    assert code == 3 and "  missing    kms:DescribeKey: a policy denies it" in out
    assert "`auditor permissions` prints the policy" in out


@pytest.mark.parametrize(("result", "because"), [
    ({"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
     "a service control policy does not allow it"),
    ({"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}},
     "the permissions boundary does not allow it"),
    ({"EvalDecision": "explicitDeny"}, "a policy denies it"),
    ({}, "no policy allows it"),
])
def test_the_reason_is_the_widest_that_iam_tells(result, because):
    assert doctor._decision({"EvalDecision": "implicitDeny", **result}) == ("denied", because)


@pytest.mark.parametrize(("arn", "source"), [
    ("arn:aws:iam::111122223333:user/ann", "arn:aws:iam::111122223333:user/ann"),
    ("arn:aws:iam::111122223333:root", ""),
    ("arn:aws:sts::111122223333:federated-user/ann", ""),
    ("arn:aws-cn:sts::111122223333:assumed-role/gone/x", "arn:aws-cn:iam::111122223333:role/gone"),
])
def test_who_iam_knows_us_as(arn, source, fake):
    fake()
    session = Session(timeout=2.0)
    partition = arn.split(":")[1]
    caller = doctor.Caller(ACCOUNT, arn, partition)
    assert doctor._principal(Pace(session, ACCOUNT), caller, EU) == source


# -- by trial

def test_without_simulation_what_can_be_tried_is_tried(fake, cli):
    aws = fake(Permissions(denied=NO_SIMULATION))
    found = examined()
    assert found.simulated is False and found.missing == []
    told = states(found)
    assert told["sagemaker:ListModels"] == "allowed"
    assert told["s3:ListAllMyBuckets"] == "allowed"
    assert told["sagemaker:DescribeModel"] == "untried"
    assert told["s3:GetBucketPolicy"] == "untried"
    assert [c for c in aws.log if c.error == NOT_MODELLED] == []
    code, out, _ = cli("doctor")
    undecided = sum(state == "untried" for state in told.values())
    assert code == 3 and f"0 missing, {undecided} undecided" in out
    assert "  undecided  " in out and found.sound is False


@pytest.mark.parametrize("answer", [
    {"IsTruncated": False}, {"EvaluationResults": []} | {"IsTruncated": True},
    {"EvaluationResults": [], "IsTruncated": True, "Marker": "again"},
    {"EvaluationResults": [{"EvalActionName": "sagemaker:ListModels"}]},
])
def test_a_simulation_that_is_not_whole_is_none(answer, fake, monkeypatch):
    fake()
    once = Pace._once

    def broken(pace, call, region, params):
        return dict(answer) if call == doctor.SIMULATE else once(pace, call, region, params)

    monkeypatch.setattr(Pace, "_once", broken)
    found = examined()
    assert found.simulated is False and states(found)["sagemaker:ListModels"] == "allowed"


def test_a_trial_tells_denials_from_absence(fake):
    fake(Permissions(denied=[*NO_SIMULATION, "sagemaker:ListModels"], allowed=[
        "iam:*", "sagemaker:*", "ec2:*", "s3:*", "tag:*"]))
    found = examined()
    told = {p.action: (p.state, p.because) for p in found.permissions}
    assert told["sagemaker:ListModels"] == ("denied", "a service control policy denies it")
    assert told["logs:DescribeLogGroups"][0] == "denied"
    assert told["ec2:DescribeVpcs"] == ("allowed", "")
    assert found.sound is False


# -- regions

def test_regions_that_do_not_answer_are_named(fake, cli):
    fake(faults=[Fault("RegionDisabled", region=US)])
    code, out, _ = cli("doctor", "--region", EU, "--region", US)
    assert code == 3
    assert f"{US}: not enabled for this account (UnrecognizedClientException)" in out
    assert f"1 answer: {EU}" in out


def test_regions_that_are_shut_for_one_reason_are_one_line():
    from auditor.cli.doctor import _table

    shut = [doctor.Place(f"eu-west-{n}", "disabled", "not enabled for this account (AuthFailure)")
            for n in range(2, 30)]
    places = [doctor.Place(EU, "open"), doctor.Place(US, "silent", "RequestTimeout"), *shut]
    caller = doctor.Caller(ACCOUNT, role_arn("auditor"), "aws")
    lines = list(_table(doctor.Diagnosis(caller, "", 0, places, [], True)))
    assert sum("not enabled" in line for line in lines) == 1
    assert any("28 do not, not enabled for this account (AuthFailure): eu-w" in x for x in lines)
    assert f"             {US}: RequestTimeout" in lines


def test_a_region_that_a_service_control_policy_closes_is_named(fake):
    fake(faults=[Fault("ExplicitDeny", "sagemaker", region=US)])
    found = examined()
    assert [(p.region, p.state) for p in found.regions] == [(EU, "open"), (US, "denied")]
    assert "service control policy" in found.shut[0].because and not found.sound


def test_a_region_that_keeps_silent_costs_a_bounded_time(fake):
    fake(faults=[Fault("Garbage", "sagemaker", region=US)])
    found = examined()
    assert [(p.state, p.because) for p in found.shut] == [("silent", "MalformedAnswer")]


def test_where_regions_are_not_told_all_are_tried(fake):
    fake(faults=[Fault("AccessDenied", "ec2", "DescribeRegions")])
    found = examined()
    assert {p.region for p in found.regions} == set(Session().regions_of("sagemaker", "aws"))
    assert any("ec2:DescribeRegions" in note for note in found.notes)


# -- before anything else

@pytest.mark.parametrize("fault", ["AccessDenied", "ExpiredToken"])
def test_without_usable_credentials_it_exits_2(fault, fake, cli):
    fake(faults=[Fault(fault, "sts")])
    code, _, err = cli("doctor")
    assert code == 2 and err.startswith("error: ")


def test_an_unknown_region_is_refused(fake):
    fake()
    with pytest.raises(AuditorError, match="no region eu-wst-1"):
        examined(["eu-wst-1"])


class Answering:
    """Stands for a session whose AWS tells a time, or none."""

    def __init__(self, headers):
        self.headers = headers

    def client(self, service, region):
        return self

    def _make_api_call(self, operation, params):
        return {"ResponseMetadata": {"HTTPHeaders": self.headers}}


def test_the_clock_is_compared_with_the_date_of_an_answer():
    late = datetime.now(UTC) - timedelta(seconds=1000)
    told = doctor._skew(Answering({"date": format_datetime(late, usegmt=True)}), EU)
    assert 998 <= told <= 1003
    assert doctor._skew(Answering({}), EU) is None


@pytest.mark.parametrize(("skew", "words", "sound"), [
    (0.0, "as AWS's", True), (400.0, "400 s ahead of", False), (-20.0, "20 s behind", True),
    (None, "told no time", True),
])
def test_the_clock(skew, words, sound):
    from auditor.cli.doctor import _clock

    caller = doctor.Caller(ACCOUNT, role_arn("auditor"), "aws")
    found = doctor.Diagnosis(caller, "", skew, [doctor.Place(EU, "open")], [], True)
    assert words in _clock(skew) and found.sound is sound


# -- and what a scan does about it

def test_a_region_that_is_closed_does_not_end_a_scan(fake, tmp_path):
    fake(faults=[Fault("ExplicitDeny", region=US)])
    plan = scan.prepare()
    inventory = scan.collect(plan, tmp_path / "inventory")
    looked = {(kind, region): state for kind, _, region, state, _ in inventory.looks()}
    gaps = inventory.gaps()
    inventory.close()
    assert plan.regions == [EU, US]
    assert (looked[NOTEBOOK.name, EU], looked[NOTEBOOK.name, US]) == ("done", "refused")
    assert {g.region for g in gaps} == {US}
    assert all("service control policy" in g.message for g in gaps)


def test_credentials_that_expire_end_the_asking_at_once(fake, tmp_path):
    aws = fake(faults=[Fault("ExpiredToken", "*", after=30)])
    inventory = scan.collect(scan.prepare(), tmp_path / "inventory")
    gaps = inventory.gaps()
    inventory.close()
    assert len(aws.calls) <= 30 + 32  # and what was under way
    assert gaps and all("the credentials have expired" in g.message for g in gaps)
