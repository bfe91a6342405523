"""Whole documents by Search, tags in bulk, and answers kept as they came over the wire."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

import pytest

from auditor import scan
from auditor.aws.bulk import Bulk, Tagged, lacking, newest_first
from auditor.aws.models import model as service_model
from auditor.aws.pace import Pace, Refused
from auditor.aws.plan import BadRow, Call, plan, reach
from auditor.aws.session import Session
from auditor.errors import Unseen
from auditor.kind import Kind, Link, Search
from auditor.kinds import (
    BUCKET,
    ENDPOINT_CONFIG,
    MODEL,
    NOTEBOOK,
    PROCESSING_JOB,
    TABLE,
    TRAINING_JOB,
)
from auditor.masks import Masker
from auditor.shape import when
from auditor.shapes import sagemaker
from tests.conftest import point_at
from tests.fakeaws import Fake, Fault
from tests.test_again import EU, NOTHING, job, running, world
from tests.worlds.make import SECRET, ago, arn, model, notebook, role_arn

KINDS = (NOTEBOOK, MODEL, ENDPOINT_CONFIG, TRAINING_JOB)
LARGE = {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1,
                            "VolumeSizeInGB": 30}}


def jobs(count, **members):
    """Return finished jobs an hour apart, each with instances."""
    return [job(f"job-{i:04}", 1, **LARGE | {"CreationTime": ago(1) - timedelta(hours=i)} | members)
            for i in range(count)]


@pytest.fixture
def collect(monkeypatch, tmp_path):
    """Collect a world of ``tests/test_again.py``; gives the inventory, the fake, the counts."""

    @contextmanager
    def start(document=None, *, faults=(), page=100, kinds=KINDS, **what):
        monkeypatch.setattr(scan, "TABLE", tuple(reach(kinds)))
        monkeypatch.setattr(
            "auditor.aws.collect.Pace", lambda *a, **k: Pace(*a, **k, sleep=lambda _: None))
        with Fake(document or world(**what), page=page, faults=faults) as fake:
            point_at(monkeypatch, fake.url)
            session = Session(timeout=5.0)
            inventory = scan.collect(
                scan.Plan(session, session.caller(), [EU], 0.0), tmp_path / "x", refresh=True)
            assert fake.not_modelled == []
            assert max(Counter(map(str, fake.calls)).values()) == 1
            try:
                yield inventory, fake, Counter(c.operation for c in fake.calls)
            finally:
                inventory.close()

    return start


def documents(inventory, kind):
    return {r.name: (dict(r.data._raw), r.tags) for r in inventory.resources(kind)}


# -- Search


def test_a_hundred_jobs_cost_a_page_of_search(collect):
    with collect(jobs=jobs(250)) as (inventory, _, calls):
        assert (calls["ListTrainingJobs"], calls["Search"], calls["DescribeTrainingJob"]) == (
            3, 3, 0)
        found = list(inventory.resources(TRAINING_JOB))
        assert len(found) == 250
        assert {r.call for r in found} == {"sagemaker:Search"}
        assert {r.tags["job"] for r in found} == {r.name for r in found}
        assert all(r.data.RoleArn == role_arn("sound") for r in found)
        assert "Tags" not in found[0].data._raw


def test_what_search_gives_is_what_descriptions_give(collect):
    given = jobs(30, Environment={"PASSWORD": SECRET})
    models = [model(f"model-{i}", CreationTime=ago(i)) for i in range(30)]
    with collect(jobs=given, models=models) as (inventory, _, calls):
        searched = [documents(inventory, kind) for kind in (TRAINING_JOB, MODEL)]
        assert calls["Search"] == 2 and calls["DescribeModel"] == 0
    denied = Fault("AccessDenied", "sagemaker", "Search")
    with collect(jobs=given, models=models, faults=[denied]) as (inventory, _, calls):
        described = [documents(inventory, kind) for kind in (TRAINING_JOB, MODEL)]
        assert calls["DescribeTrainingJob"] == calls["DescribeModel"] == 30
    hidden = [d["Environment"].pop("PASSWORD") for each in (searched, described)
              for d, _ in each[0].values()]
    assert not [h for h in hidden if SECRET in h]
    assert searched == described  # but for the salted hashes of the secrets


def test_few_are_described_without_a_search(collect):
    with collect(jobs=jobs(5), models=[model("m")]) as (_, __, calls):
        assert (calls["Search"], calls["DescribeTrainingJob"]) == (0, 5)


def test_a_refused_search_costs_descriptions_and_no_outcome(collect):
    for fault in (Fault("AccessDenied", "sagemaker", "Search"), Fault("Garbage", operation="Search"),
                  Fault("DropMember", "sagemaker", "Search", member="Results")):
        with collect(jobs=jobs(150), faults=[fault]) as (inventory, _, calls):
            assert calls["DescribeTrainingJob"] == 150
            assert len(list(inventory.resources(TRAINING_JOB))) == 150
            assert [g for g in inventory.gaps() if g.operation == "Search"] == []
            (note,) = inventory.get("notes")
            assert note.startswith(f"sagemaker:Search was refused in {EU} (")
            assert note.endswith("150 of AWS::SageMaker::TrainingJob were described one by one")


def test_what_is_not_settled_is_described(collect):
    given = [*jobs(20), running("now", 0.1, **LARGE)]
    with collect(jobs=given) as (inventory, fake, calls):
        asked = [c.params["TrainingJobName"] for c in fake.calls
                 if c.operation == "DescribeTrainingJob"]
        assert asked == ["now"] and calls["Search"] == 1
        assert {r.tags["job"] for r in inventory.resources(TRAINING_JOB)} == {
            j["TrainingJobName"] for j in given}


def test_an_index_that_lags_is_not_believed(collect):
    given = jobs(20)
    given[3] |= {"_unindexed": True}
    given[4] |= {"_indexed": {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Training"}}
    given[5] |= {"_indexed": {"CreationTime": ago(300)}}  # the name was given anew since
    with collect(jobs=given) as (inventory, fake, calls):
        asked = sorted(c.params["TrainingJobName"] for c in fake.calls
                       if c.operation == "DescribeTrainingJob")
        assert asked == ["job-0003", "job-0004", "job-0005"] and calls["Search"] == 1
        assert {r.data.TrainingJobStatus for r in inventory.resources(TRAINING_JOB)} == {
            "Completed"}
        assert {r.tags["job"] for r in inventory.resources(TRAINING_JOB)} == {
            j["TrainingJobName"] for j in given}


def test_what_search_cannot_tell_of_a_job_is_described(collect):
    """A job without instances is serverless, or AWS left them out; only its description tells."""
    given = jobs(20)
    del given[7]["ResourceConfig"]
    given[7]["ServerlessJobConfig"] = {"JobType": "FineTuning", "BaseModelArn": arn(
        "sagemaker", "hub-content/SageMakerPublicHub/Model/x/1", account="aws")}
    with collect(jobs=given) as (inventory, fake, _):
        asked = [c.params["TrainingJobName"] for c in fake.calls
                 if c.operation == "DescribeTrainingJob"]
        assert asked == ["job-0007"]
        found = {r.name: r for r in inventory.resources(TRAINING_JOB)}
        assert found["job-0007"].data.ServerlessJobConfig.JobType == "FineTuning"
        for member in lacking(TRAINING_JOB):
            with pytest.raises(Unseen, match="Search leaves it out"):
                getattr(found["job-0001"].data, member)


def test_many_made_in_one_second_are_all_found(collect):
    given = jobs(260, CreationTime=ago(2))
    with collect(jobs=given) as (inventory, _, calls):
        assert len(documents(inventory, TRAINING_JOB)) == 260
        assert (calls["Search"], calls["DescribeTrainingJob"]) == (1, 160)  # nothing twice


def test_the_size_of_pages_changes_nothing(collect):
    given = jobs(60)
    with collect(jobs=given) as (inventory, _, __):
        whole = documents(inventory, TRAINING_JOB)
    with collect(jobs=given, page=9) as (inventory, _, __):
        assert documents(inventory, TRAINING_JOB) == whole


def test_jobs_are_found_by_the_trial_components_made_of_them(collect):
    made = [{
        "ProcessingJobName": f"p{i}", "ProcessingJobArn": arn("sagemaker", f"processing-job/p{i}"),
        "ProcessingJobStatus": "Completed", "CreationTime": ago(3 + i), "RoleArn": role_arn("sound"),
        "ProcessingResources": {"ClusterConfig": {
            "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}},
        "AppSpecification": {"ImageUri": "x"},
    } for i in range(12)]
    components = [{
        "TrialComponentName": f"p{i}-aws-processing-job", "CreationTime": ago(3 + i),
        "TrialComponentArn": arn("sagemaker", f"experiment-trial-component/p{i}"),
        "Source": {"SourceArn": one["ProcessingJobArn"], "SourceType": "SageMakerProcessingJob"},
        "_record": {"SourceDetail": {"SourceArn": one["ProcessingJobArn"], "ProcessingJob": one}},
    } for i, one in enumerate(made)]
    document = world()
    document[next(iter(document))][EU]["sagemaker"] = {
        "ProcessingJob": made, "TrialComponent": components, **NOTHING}
    with collect(document, kinds=(PROCESSING_JOB,)) as (inventory, _, calls):
        assert (calls["Search"], calls["DescribeProcessingJob"]) == (1, 0)
        assert len(documents(inventory, PROCESSING_JOB)) == 12


# -- the rows


@pytest.mark.parametrize("kind", [k for k in TABLE if k.search], ids=lambda k: k.noun)
def test_every_row_that_is_searched_for_agrees_with_aws(kind):
    lacking(kind)
    assert kind.settled or not lacking(kind)
    assert newest_first(plan(kind).listing.call)
    allowed = service_model("sagemaker").shape_for("ResourceType").enum
    assert kind.search.resource in allowed
    assert Call("sagemaker", "Search") in plan(kind).calls


@pytest.mark.parametrize(("change", "says"), [
    ({"search": Search("Nothing")}, "have no"),
    ({"search": Search("TrainingJob"),
      "links": (Link("ProfilerRuleConfigurations[].S3OutputPath", BUCKET),)}, "is no link"),
])
def test_a_row_that_search_cannot_serve_is_refused(change, says):
    kind = Kind("AWS::SageMaker::TrainingJob", sagemaker.DescribeTrainingJobResponse, **change)
    with pytest.raises(BadRow, match=says):
        lacking(kind)


# -- tags


def test_kinds_that_search_tagged_are_left_out_of_the_tags_of_a_region(collect):
    given = [*jobs(150), running("now", 0.1, **LARGE)]
    given[9] |= {"_unindexed": True}
    named = [notebook("nb", _tags={"a": "b"})]
    with collect(jobs=given, notebooks=named) as (inventory, fake, _):
        asked = [c.params for c in fake.calls if c.operation == "GetResources"]
        assert {"sagemaker:notebook-instance"} <= set(asked[0]["ResourceTypeFilters"])
        assert "sagemaker:training-job" not in asked[0]["ResourceTypeFilters"]
        assert [p["ResourceARNList"] for p in asked[1:]] == [
            [given[9]["TrainingJobArn"], given[-1]["TrainingJobArn"]]]
        assert {r.tags["job"] for r in inventory.resources(TRAINING_JOB)} == {
            j["TrainingJobName"] for j in given}
        assert next(iter(inventory.resources(NOTEBOOK))).tags == {"a": "b"}


def test_a_type_that_the_tagging_api_does_not_know_costs_only_the_saving():
    class Reader:
        pace = None
        masker = Masker(b"salt")

        def page(self, call, region, given, before):
            if "ResourceTypeFilters" in given:
                raise Refused("InvalidParameterException", "Unsupported resource type", call.call)
            return [{"ResourceARN": "a", "Tags": [{"Key": "k", "Value": "v"}]}], ""

    wanted = Tagged(types=["sagemaker:new"], arns=["b"], whole=False)
    assert list(Bulk(Reader()).tags(EU, wanted)) == [("a", {"k": "v"})]


# -- the wire


def test_answers_of_the_json_protocol_are_kept_as_they_came(serve):
    regions = {EU: {"sagemaker": {"NotebookInstance": [notebook("nb")], **NOTHING}}}
    raw = Session(timeout=5.0)
    asked = serve(regions)
    fake = asked.fake
    client = raw._boto.client(
        "sagemaker", region_name=EU, endpoint_url=fake.url, aws_access_key_id="x",
        aws_secret_access_key="y")
    answer = client.describe_notebook_instance(NotebookInstanceName="nb")
    parsed = asked("sagemaker").describe_notebook_instance(NotebookInstanceName="nb")
    assert isinstance(answer["CreationTime"], int | float)
    assert when(answer["CreationTime"]) == parsed["CreationTime"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer.keys() == parsed.keys()
    with pytest.raises(client.exceptions.ClientError, match=r"not found"):
        client.describe_notebook_instance(NotebookInstanceName="none")


def test_members_of_the_json_protocol_go_by_their_own_names():
    """Why the answer is the JSON: no structure of a service in use renames its members."""
    services = {call.service for kind in TABLE for call in plan(kind).calls}
    for name in sorted(services):
        found = service_model(name)
        if found.resolved_protocol != "json":
            continue
        renamed = [
            (shape, member)
            for shape in found.shape_names
            if found.shape_for(shape).type_name == "structure"
            for member, inner in found.shape_for(shape).members.items()
            if inner.serialization.get("name", member) != member
        ]
        assert renamed == [], name
