"""Answers that are JSON or XML, and yet not what AWS's model says: refused, and nothing else."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys

import pytest

from auditor.aws.declared import mistyped
from auditor.aws.pace import Refused
from auditor.aws.parts import Reader
from auditor.aws.plan import Call, calls
from auditor.aws.session import Caller
from auditor.kinds import TABLE
from auditor.masks import Masker
from tests.fakeaws import Fake, Fault
from tests.scanning import Scanner, outcomes
from tests.test_honesty import BEFORE, REGIONS, dishonest
from tests.worlds import whole


class Spoiling(Fake):
    """A fake that spoils the answers of one operation on their way out."""

    target = ("", "")

    @staticmethod
    def spoil(body):
        """Return another body."""
        return body

    def _answer(self, of, call, fault):
        response = super()._answer(of, call, fault)
        if (call.service, call.operation) == self.target and response.status < 300:
            response.body = self.spoil(response.body)
        return response


@pytest.fixture(scope="module")
def scanner():
    with Spoiling(whole.document(), page=2) as fake:
        yield Scanner(fake, timeout=30.0)


@pytest.fixture(scope="module")
def undisturbed(scanner, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        return scanner.scan(patch, tmp_path_factory.mktemp("x") / "inventory", regions=REGIONS,
                            remember=True)


@pytest.fixture
def spoiled(scanner, monkeypatch, tmp_path):
    """Scan with the answers of one operation spoiled."""
    def scan(service, operation, spoil):
        scanner.fake.target, scanner.fake.spoil = (service, operation), spoil
        asked = Fault("EmptyToken", service, operation, after=10**9)  # no fault: but asked anew
        try:
            return scanner.scan(monkeypatch, tmp_path / "inventory", regions=REGIONS,
                                faults=[asked], remember=True)
        finally:
            scanner.fake.target = ("", "")

    return scan


def in_json(change):
    """Return what spoils a body by a change of the object in it."""
    def spoil(body):
        answer = json.loads(body)
        change(answer)
        return json.dumps(answer).encode()

    return spoil


def without_marker(body):
    return re.sub(rb"<Marker>.*?</Marker>", b"", body).replace(
        b"<IsTruncated>false", b"<IsTruncated>true")


def in_turns():
    """Return what gives the pages of a list the tokens a, b, a, b … for ever."""
    count = iter(range(1000))

    def spoil(body):
        body = re.sub(rb"<Marker>.*?</Marker>|<IsTruncated>\w+</IsTruncated>", b"", body)
        more = b"<IsTruncated>true</IsTruncated><Marker>%d</Marker>" % (next(count) % 2)
        return body.replace(b"</GetAccountAuthorizationDetailsResult>",
                            more + b"</GetAccountAuthorizationDetailsResult>")

    return spoil


# Where roles cannot be had in bulk each that something points at is asked for by itself.
@pytest.mark.parametrize("spoil", [without_marker, in_turns()], ids=["cut", "in turns"])
def test_roles_in_bulk_that_go_wrong_are_asked_for_singly(spoil, spoiled, undisturbed):
    run = spoiled("iam", "GetAccountAuthorizationDetails", spoil)
    assert dishonest(undisturbed, run) == []
    once = outcomes(undisturbed)
    new = {f.resource.name for f in run.findings if once.get(f.fingerprint) != f.status}
    assert new <= {"(all)"}
    assert any("asked for one by one" in note for note in run.coverage.notes)


@pytest.mark.parametrize(("service", "operation", "change"), [
    ("sagemaker", "DescribeNotebookInstance", lambda a: a.update(NotebookInstanceStatus={})),
    ("sagemaker", "DescribeNotebookInstance", lambda a: a.update(SecurityGroups="sg-1")),
    ("sagemaker", "ListDataQualityJobDefinitions",
     lambda a: a["JobDefinitionSummaries"].insert(0, None)),
    ("sagemaker", "ListEndpointConfigs", lambda a: a["EndpointConfigs"].insert(0, None)),
    ("sagemaker", "ListHubs", lambda a: a["HubSummaries"][0].update(HubArn=5)),
    ("cloudtrail", "GetEventSelectors", lambda a: a.update(EventSelectors=[[]])),
    ("resourcegroupstaggingapi", "GetResources",
     lambda a: a["ResourceTagMappingList"][0].pop("Tags")),
    ("kms", "ListGrants", lambda a: (a.update(Truncated=True), a.pop("NextMarker", None))),
], ids=lambda one: one if isinstance(one, str) else "")
def test_an_answer_of_other_types_is_refused(service, operation, change, spoiled, undisturbed):
    run = spoiled(service, operation, in_json(change))
    assert dishonest(undisturbed, run) == []
    assert "MalformedAnswer" in {
        g.code for g in run.gaps if g.call.rpartition(":")[2] == operation}


# What is asked of by JSON, and answers with no document of somebody else's making in it.
SPOILT = [c for c in calls(TABLE) if c not in BEFORE and "Policy" not in c.operation]


@pytest.mark.parametrize("seed", range(60))
def test_no_wrong_type_anywhere_breaks_a_scan_or_turns_a_verdict(seed, spoiled, undisturbed):
    call = random.Random(seed).choice(SPOILT)

    def spoil(body):
        try:
            answer = json.loads(body)
        except ValueError:
            return body  # it is XML, whose types botocore reads
        drawn = random.Random(seed)
        places = list(leaves(answer))
        if places:
            holder, key = drawn.choice(places)
            others = ("x", 5, [], {}, [None], [5], {"a": 1}, True, -1e300)
            holder[key] = drawn.choice([v for v in others if type(v) is not type(holder[key])])
        return json.dumps(answer).encode()

    run = spoiled(call.service, call.operation, spoil)
    assert dishonest(undisturbed, run) == []
    assert not [f.message for f in run.findings if "the rule broke" in f.message]


def leaves(value):
    """Yield each place in a document that holds something: what holds it, and where there."""
    places = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in places:
        if inner is not None:
            yield value, key
        if isinstance(inner, dict | list):
            yield from leaves(inner)


def test_what_the_model_does_not_know_is_let_by():
    assert mistyped("sagemaker", "ListModels", {"Models": [{"New": 1}], "Newer": {}}) == ""
    assert mistyped("sagemaker", "ListModels", {"Models": [{"ModelName": None}]}) == ""
    assert "$.Models[0].ModelName" in mistyped(
        "sagemaker", "ListModels", {"Models": [{"ModelName": ["a"]}]})


# -- a part that comes in pages

class Pages:
    """Stands for the pace: gives prepared answers, one after the other."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def call(self, call, region, params):
        return self.answers.pop(0)


def whole_of(call, *answers):
    reader = Reader(Pages(*answers), Caller("111122223333", "", "aws"), "eu-west-1", Masker(b""))
    return reader.whole(call, "eu-west-1", {})


def test_a_page_without_its_list_or_with_no_way_on_is_a_refusal():
    policies, grants = Call("iam", "ListRolePolicies"), Call("kms", "ListGrants")
    first = {"PolicyNames": ["a"], "IsTruncated": True, "Marker": "m"}
    assert whole_of(policies, first, {"PolicyNames": ["b"], "IsTruncated": False})[
        "PolicyNames"] == ["a", "b"]
    for wrong in (
        (policies, first, {}), (policies, first, {"PolicyNames": ["b"], "IsTruncated": True}),
        (grants, {"Grants": [], "Truncated": True}),
    ):
        with pytest.raises(Refused, match="MalformedAnswer"):
            whole_of(*wrong)


# -- many threads at once

RACE = """
import sys, threading
from auditor.aws import declared
sys.setswitchinterval(1e-6)
def look():
    for name in ("Search", "DescribeTrainingJob", "DescribeDomain", "DescribeModelPackage"):
        declared.mistyped("sagemaker", name, {"Results": [{"TrainingJob": {"Tags": []}}]})
for _ in range(5):
    declared._known.clear()
    threads = [threading.Thread(target=look) for _ in range(16)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


def test_threads_that_meet_a_type_together_do_not_end_the_process():
    assert subprocess.run([sys.executable, "-c", RACE], timeout=120).returncode == 0
