"""The fake AWS in bulk: Search, filters and order, parents, a hundred thousand, limits."""

from __future__ import annotations

import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import botocore.exceptions
import pytest

from tests.fakeaws import EMPTY, By, Error, Fake, Generated, Permissions

ACCOUNT, EU = "111122223333", "eu-west-1"
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def at(hours):
    return BEGAN + timedelta(hours=hours)


def job(name, hours=0, **members):
    return {
        "TrainingJobName": name, "TrainingJobStatus": "Completed", "SecondaryStatus": "Completed",
        "TrainingJobArn": f"arn:aws:sagemaker:{EU}:{ACCOUNT}:training-job/{name}",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://b/m"}, "CreationTime": at(hours),
        "LastModifiedTime": at(hours + 1), "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "AlgorithmSpecification": {"TrainingInputMode": "File"}, **members,
    }


def model(name, **members):
    return {
        "ModelName": name, "CreationTime": at(0), "EnableNetworkIsolation": True,
        "ModelArn": f"arn:aws:sagemaker:{EU}:{ACCOUNT}:model/{name}", **members,
    }


def code(call, **params):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**params)
    return refused.value.response["Error"]["Code"]


def names(answer):
    return [r["TrainingJob"]["TrainingJobName"] for r in answer["Results"]]


def created(operator, hours):
    return {"Name": "CreationTime", "Operator": operator,
            "Value": at(hours).strftime("%Y-%m-%dT%H:%M:%SZ")}


# -- Search

def test_a_record_is_the_description_less_what_its_shape_lacks(serve):
    client = serve({EU: {"sagemaker": {
        "TrainingJob": [job(
            "j", RoleArn="arn:aws:iam::111122223333:role/a-role-of-ours", _tags={"team": "ml"},
            RemoteDebugConfig={"EnableRemoteDebug": True}, HyperParameters={"a": "1"})],
        "Model": [model("m", _record={"Endpoints": []}, _tags={"a": "b"})], "*": EMPTY,
    }}})("sagemaker")
    (found,) = client.search(Resource="TrainingJob")["Results"]
    described = client.describe_training_job(TrainingJobName="j")
    assert described["RemoteDebugConfig"] == {"EnableRemoteDebug": True}
    assert found["TrainingJob"] == {
        k: v for k, v in described.items() if k not in ("RemoteDebugConfig", "ResponseMetadata")
    } | {"Tags": [{"Key": "team", "Value": "ml"}]}
    (found,) = client.search(Resource="Model")["Results"]
    assert found["Model"]["Model"]["ModelArn"].endswith("model/m")
    assert found["Model"]["Endpoints"] == []
    assert found["Model"]["Model"]["Tags"] == [{"Key": "a", "Value": "b"}]
    assert client.search(Resource="Pipeline")["Results"] == []
    assert code(client.search, Resource="Image") == "FakeNotModelled"  # botocore has no record


def test_trial_components_carry_whole_jobs(serve):
    arn = f"arn:aws:sagemaker:{EU}:{ACCOUNT}:processing-job/p"
    client = serve({EU: {"sagemaker": {"ProcessingJob": [{
        "ProcessingJobName": "p", "ProcessingJobArn": arn, "ProcessingJobStatus": "Completed",
        "ProcessingResources": {"ClusterConfig": {
            "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}},
        "AppSpecification": {"ImageUri": "i"}, "CreationTime": at(1),
        "_tags": {"a": "b"}}], "*": EMPTY}}})("sagemaker")
    (found,) = client.search(Resource="ExperimentTrialComponent", SearchExpression={"Filters": [
        {"Name": "Source.SourceType", "Value": "SageMakerProcessingJob"}]})["Results"]
    component = found["TrialComponent"]
    assert component["Source"]["SourceArn"] == arn
    assert component["CreationTime"] == at(1) + timedelta(seconds=2)
    job = component["SourceDetail"]["ProcessingJob"]
    assert job["AppSpecification"] == {"ImageUri": "i"} and job["Tags"] == [
        {"Key": "a", "Value": "b"}]


def test_the_index_may_lag(serve):
    client = serve({EU: {"sagemaker": {"TrainingJob": [
        job("a"), job("b", _unindexed=True),
        job("c", _indexed={"TrainingJobStatus": "InProgress"})]}}})("sagemaker")
    answer = client.search(Resource="TrainingJob", SortBy="TrainingJobName", SortOrder="Ascending")
    assert names(answer) == ["a", "c"] and answer["TotalHits"]["Value"] == 2
    assert answer["Results"][1]["TrainingJob"]["TrainingJobStatus"] == "InProgress"
    assert client.describe_training_job(TrainingJobName="c")["TrainingJobStatus"] == "Completed"


@pytest.mark.parametrize("make", [list, lambda jobs: Generated(len(jobs), jobs.__getitem__)])
def test_search_filters_sorts_and_pages(make, serve):
    jobs = [job(f"j{i}", i) for i in range(8)]
    client = serve({EU: {"sagemaker": {"TrainingJob": make(jobs)}}}, page=3)("sagemaker")

    def search(*filters, **given):
        return client.search(Resource="TrainingJob", SortBy="CreationTime",
                             SearchExpression={"Filters": list(filters)}, **given)

    assert names(search(created("GreaterThan", 2), created("LessThanOrEqualTo", 4))) == ["j4", "j3"]
    assert names(search(created("GreaterThanOrEqualTo", 6), SortOrder="Ascending")) == ["j6", "j7"]
    assert names(search(created("LessThan", 1))) == ["j0"]
    for operator, value, found in (
        ("Equals", "j5", ["j5"]), ("In", "j5,j1", ["j5", "j1"]), ("Contains", "7", ["j7"]),
        ("NotEquals", "j5", ["j7", "j6", "j4"]), ("Exists", None, ["j7", "j6", "j5"]),
    ):
        asked = {"Name": "TrainingJobName", "Operator": operator}
        assert names(search(asked | ({"Value": value} if value else {}))) == found
    first = search(created("LessThan", 5))
    second = search(created("LessThan", 5), NextToken=first["NextToken"])
    assert (names(first), names(second)) == (["j4", "j3", "j2"], ["j1", "j0"])
    assert "NextToken" not in second and second["TotalHits"]["Value"] == 5
    assert code(client.search, Resource="TrainingJob",
                SearchExpression={"Operator": "Or"}) == "FakeNotModelled"


# -- lists

@pytest.mark.parametrize("make", [list, lambda jobs: Generated(len(jobs), jobs.__getitem__)])
def test_lists_filter_by_time_and_sort(make, serve):
    jobs = [job(f"j{i}", i) for i in range(5)]
    client = serve({EU: {"sagemaker": {"TrainingJob": make(jobs)}}})("sagemaker")

    def listed(**given):
        return [s["TrainingJobName"][1:] for s in client.list_training_jobs(**given)[
            "TrainingJobSummaries"]]

    assert listed() == ["0", "1", "2", "3", "4"]
    assert listed(SortBy="CreationTime", SortOrder="Descending") == ["4", "3", "2", "1", "0"]
    assert listed(CreationTimeAfter=at(1), CreationTimeBefore=at(4)) == ["2", "3"]
    assert listed(LastModifiedTimeAfter=at(4)) == ["4"]
    assert listed(StatusEquals="InProgress") == []
    assert listed(NameContains="3") == ["3"]
    assert client.describe_training_job(TrainingJobName="j3")["CreationTime"] == at(3)
    assert code(client.describe_training_job, TrainingJobName="j9") == "ResourceNotFound"


def test_lists_of_a_parent_and_several_keys(serve):
    arn = f"arn:aws:sagemaker:{EU}:{ACCOUNT}"
    client = serve({EU: {"sagemaker": {
        "Image": [{"ImageName": n, "ImageArn": f"{arn}:image/{n}", "ImageStatus": "CREATED",
                   "CreationTime": at(0), "LastModifiedTime": at(0)} for n in ("base", "bare")],
        "ImageVersion": [
            {"ImageArn": f"{arn}:image/base", "ImageVersionArn": f"{arn}:image-version/base/{n}",
             "ImageVersionStatus": "CREATED", "Version": n, "CreationTime": at(n),
             "LastModifiedTime": at(n), "_of": {"ImageName": "base"}} for n in (1, 2)],
        "App": [{"AppName": "default", "AppType": "JupyterServer", "DomainId": d,
                 "UserProfileName": "ann", "AppArn": f"{arn}:app/{d}"} for d in ("d-1", "d-2")],
    }}})("sagemaker")
    assert [v["Version"] for v in client.list_image_versions(ImageName="base")[
        "ImageVersions"]] == [1, 2]
    assert [v["Version"] for v in client.list_image_versions(ImageName=f"{arn}:image/base")[
        "ImageVersions"]] == [1, 2]
    assert client.list_image_versions(ImageName="bare")["ImageVersions"] == []
    assert code(client.list_image_versions, ImageName="none") == "ResourceNotFound"
    assert client.describe_image_version(ImageName="base", Version=2)["CreationTime"] == at(2)
    given = {"AppName": "default", "AppType": "JupyterServer", "UserProfileName": "ann"}
    assert client.describe_app(DomainId="d-2", **given)["AppArn"].endswith("d-2")
    assert code(client.describe_app, DomainId="d-3", **given) == "ResourceNotFound"
    assert [a["DomainId"] for a in client.list_apps(DomainIdEquals="d-1")["Apps"]] == ["d-1"]


def test_answers_by_several_parameters(serve):
    client = serve({EU: {"ecr": {"DescribeImageScanFindings": By(
        ("repositoryName", "registryId"), {("base", ACCOUNT): {"repositoryName": "base"}},
        Error("ScanNotFoundException"))}}})("ecr")
    asked = {"repositoryName": "base", "imageId": {"imageTag": "t"}}
    found = client.describe_image_scan_findings(**asked, registryId=ACCOUNT)
    assert found["repositoryName"] == "base"
    assert code(client.describe_image_scan_findings, **asked) == "ScanNotFoundException"


# -- a hundred thousand

def test_a_hundred_thousand_jobs_take_no_room(serve):
    tracemalloc.start()
    try:
        client = serve({EU: {"sagemaker": {"TrainingJob": Generated(
            100_000, lambda i: job(f"job-{i:06}", i, _tags={"n": str(i)}))}}})("sagemaker")
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        found = client.search(
            Resource="TrainingJob", SortBy="CreationTime", SortOrder="Ascending", MaxResults=100,
            SearchExpression={"Filters": [created("GreaterThanOrEqualTo", 90_000)]})
        assert names(found)[0] == "job-090000" and found["TotalHits"]["Value"] == 10_000
        page = client.list_training_jobs(
            SortBy="CreationTime", SortOrder="Descending", MaxResults=100)
        assert page["TrainingJobSummaries"][0]["TrainingJobName"] == "job-099999"
        assert client.describe_training_job(TrainingJobName="job-000007")["CreationTime"] == at(7)
        assert tracemalloc.get_traced_memory()[1] - before < 20 << 20
    finally:
        tracemalloc.stop()


def test_results_beyond_the_depth_of_a_query_are_not_given(serve):
    client = serve({EU: {"sagemaker": {"TrainingJob": Generated(
        10_050, lambda i: job(f"job-{i:06}", i))}}}, page=10_000)("sagemaker")
    client.meta.service_model.shape_for("MaxResults").metadata.pop("max", None)
    seen, given = 0, {}
    while True:
        answer = client.search(Resource="TrainingJob", MaxResults=100, **given)
        seen += len(answer["Results"])
        if "NextToken" not in answer:
            break
        given = {"NextToken": answer["NextToken"]}
    assert (seen, answer["TotalHits"]["Value"]) == (10_000, 10_050)


def test_generated_resources_carry_their_tags(serve):
    made = serve({EU: {"sagemaker": {"TrainingJob": Generated(
        150, lambda i: job(f"job-{i}", i, _tags={"n": str(i)}))}}})
    pages = list(made("resourcegroupstaggingapi").get_paginator("get_resources").paginate())
    found = [t["Tags"][0]["Value"] for p in pages for t in p["ResourceTagMappingList"]]
    assert found == [str(i) for i in range(150)] and len(pages) == 2


# -- limits and permissions

def test_quotas_throttle_what_comes_too_fast(serve, monkeypatch):
    now = 0.0
    monkeypatch.setattr("tests.fakeaws.limits.monotonic", lambda: now)
    made = serve({EU: {"sagemaker": {"*": EMPTY}}}, quotas={"sagemaker:ListModels": 4.0})
    client = made("sagemaker")
    for _ in range(4):
        client.list_models()
    assert code(client.list_models) == "ThrottlingException"
    client.list_endpoints()
    now = 0.5  # two more by now
    client.list_models()
    client.list_models()
    assert code(client.list_models) == "ThrottlingException"


def test_answers_take_as_long_as_they_are_told(serve):
    client = serve({EU: {"sagemaker": {"*": EMPTY}}}, latency=0.2)("sagemaker")
    began = time.monotonic()
    client.list_models()
    assert time.monotonic() - began >= 0.2


def test_permissions_deny_and_are_simulated(serve):
    made = serve({EU: {"sagemaker": {"*": EMPTY}}}, permissions=Permissions(
        ["sagemaker:List*", "s3:ListAllMyBuckets", "iam:SimulatePrincipalPolicy"],
        ["sagemaker:ListHubs"]))
    client = made("sagemaker")
    client.list_models()
    assert made("sts").get_caller_identity()["Account"] == ACCOUNT
    assert made("s3").list_buckets()["Buckets"] == []
    assert code(client.describe_model, ModelName="m") == "AccessDeniedException"
    with pytest.raises(botocore.exceptions.ClientError, match="explicit deny in a service control"):
        client.list_hubs()
    simulate = made("iam").simulate_principal_policy
    actions = ["sagemaker:ListModels", "sagemaker:ListHubs", "sagemaker:DescribeModel"]
    results = simulate(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/auditor", ActionNames=actions)
    assert [r["EvalDecision"] for r in results["EvaluationResults"]] == [
        "allowed", "explicitDeny", "implicitDeny"]
    assert code(simulate, ActionNames=actions,
                PolicySourceArn=f"arn:aws:sts::{ACCOUNT}:assumed-role/auditor/s") == "InvalidInput"


def test_a_fake_of_everything_generated_is_checked_when_it_is_loaded():
    from tests.fakeaws import IllegalDocument

    with pytest.raises(IllegalDocument, match="no member Nmae"):
        Fake({ACCOUNT: {EU: {"sagemaker": {"TrainingJob": Generated(
            9, lambda i: job(f"job-{i}", Nmae=1))}}}})
