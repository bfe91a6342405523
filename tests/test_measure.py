"""What is asked about in bulk or in part: invocations, log streams, image versions."""

from __future__ import annotations

from collections import Counter
from contextlib import closing, contextmanager
from functools import partial

import pytest

from auditor import scan
from auditor.aws.pace import Pace
from auditor.aws.plan import reach
from auditor.aws.session import Session
from auditor.inventory import Inventory
from auditor.kinds import (
    ENDPOINT,
    INVOCATIONS,
    LOG_GROUP,
    LOG_STREAM,
    STUDIO_IMAGE_VERSION,
    TABLE,
    TRAINING_JOB,
)
from tests.conftest import point_at
from tests.fakeaws import EMPTY, Error, Fake, Fault
from tests.fakeaws.world import World
from tests.worlds.make import (
    ACCOUNT,
    EU,
    US,
    ago,
    arn,
    endpoint,
    invocations,
    milliseconds,
    role,
    serving,
    training_job,
)

NOTHING = {"*": EMPTY}


def world(sagemaker, **services):
    """Return an account with these in eu-west-1 and nothing in us-east-1."""
    return {ACCOUNT: {
        EU: {"sagemaker": sagemaker | NOTHING, **services, **NOTHING}, US: NOTHING,
        "*": {"iam": {"Role": [role("sound")], "Policy": [], **NOTHING}, "s3": {"Bucket": []}},
    }}


@pytest.fixture
def scanned(monkeypatch, tmp_path):
    """Scan worlds, one after the other, for some kinds into the same file.

    Gives the inventory, the calls by operation and region, and the fake.
    """
    monkeypatch.setattr("auditor.aws.collect.Pace", partial(Pace, sleep=lambda _: None))

    @contextmanager
    def scans(document, *kinds, faults=()):
        monkeypatch.setattr(scan, "TABLE", tuple(reach(kinds)))
        fake.world = World(document)
        fake.faults[:] = faults
        fake.log.clear()
        session = Session(timeout=5.0)
        plan = scan.Plan(session, session.caller(EU), [EU, US], 0.0)
        scan.collect(plan, tmp_path / "inventory").close()
        assert fake.not_modelled == []
        with closing(Inventory(tmp_path / "inventory", TABLE)) as inventory:
            yield inventory, Counter((c.operation, c.region) for c in fake.calls), fake

    with Fake(world({}), page=500) as fake:
        point_at(monkeypatch, fake.url)
        yield scans


# -- invocations


def endpoints(count):
    return [endpoint(f"e-{i:03}", "config", ProductionVariants=serving("one", "two"))
            for i in range(count)]


def test_a_thousand_variants_are_counted_by_two_calls_and_none_where_none_are(scanned):
    counted = {"MetricData": [invocations("e-007", "two", 5)]}
    with scanned(world({"Endpoint": endpoints(300)}, cloudwatch=counted), INVOCATIONS) as (
        inventory, calls, fake
    ):
        assert calls["GetMetricData", EU] == 2 and calls["GetMetricData", US] == 0
        assert inventory.gaps() == []
        assert inventory.counts()[INVOCATIONS.name] == 600
        (used,) = [m for m in inventory.resources(INVOCATIONS) if m.data.Values]
        assert used.name == "endpoint/e-007/variant/two"
        (one,) = [e for e in inventory.resources(ENDPOINT) if e.name == "e-007"]
        assert {m.name for m in one.used_by(INVOCATIONS)} == {
            "endpoint/e-007/variant/one", "endpoint/e-007/variant/two"}
        query = next(c for c in fake.calls if c.operation == "GetMetricData").params[
            "MetricDataQueries"][0]
        assert query["MetricStat"]["Metric"]["Dimensions"] == [
            {"Name": "EndpointName", "Value": "e-000"}, {"Name": "VariantName", "Value": "one"}]


def test_what_is_not_asked_about_is_not_counted(scanned):
    with scanned(world({"Endpoint": endpoints(1)}), ENDPOINT) as (_, calls, _fake):
        assert calls["GetMetricData", EU] == 0


def test_the_counts_of_the_last_scan_are_gone(scanned):
    with scanned(world({"Endpoint": endpoints(2)}), INVOCATIONS):
        pass
    with scanned(world({"Endpoint": endpoints(1)}), INVOCATIONS) as (inventory, *_):
        assert inventory.counts()[INVOCATIONS.name] == 2


@pytest.mark.parametrize("fault", ["AccessDenied", "Garbage", "Reset"])
def test_counts_that_are_refused_are_a_gap(fault, scanned):
    with scanned(world({"Endpoint": endpoints(1)}), INVOCATIONS,
                 faults=[Fault(fault, "cloudwatch", "GetMetricData")]) as (inventory, *_):
        (gap,) = inventory.gaps(kind=INVOCATIONS.name)
        assert gap.action == "cloudwatch:GetMetricData" and gap.region == EU


@pytest.mark.parametrize("results", [
    [], [{"Id": "q0", "Label": "endpoint/e-000/variant/one", "StatusCode": "Complete"}],
    [{"Id": id_, "Label": "another"} for id_ in ("q0", "q1")],
])
def test_counts_of_something_else_are_a_gap(results, scanned):
    counted = {"GetMetricData": {"MetricDataResults": results}}
    with scanned(world({"Endpoint": endpoints(1)}, cloudwatch=counted), INVOCATIONS) as (
        inventory, *_
    ):
        assert [g.code for g in inventory.gaps()] == ["MalformedAnswer"]
        assert INVOCATIONS.name not in inventory.counts()


# -- log streams


def streams(*ages):
    return {"DescribeLogStreams": {"logStreams": [
        {"logStreamName": f"job-{days}/algo-1-1", "lastEventTimestamp": milliseconds(days),
         "arn": arn("logs", f"log-group:/aws/sagemaker/TrainingJobs:log-stream:job-{days}")}
        for days in sorted(ages)]}, **NOTHING}


JOBS = [training_job("job-3", CreationTime=ago(3)), training_job("job-4", CreationTime=ago(4))]


def listed(inventory):
    return {s.name.partition("/")[0] for s in inventory.resources(LOG_STREAM)}


def test_streams_are_listed_ninety_days_back_and_then_from_their_new_end(scanned):
    known = (3, *range(10, 150))
    with scanned(world({"TrainingJob": JOBS}, logs=streams(*known)), LOG_STREAM) as (
        inventory, calls, _
    ):
        assert calls["DescribeLogStreams", EU] == 2 and calls["DescribeLogStreams", US] == 0
        assert "job-89" in listed(inventory) and "job-149" not in listed(inventory)
        (look,) = [one for one in inventory.looks() if one[0] == LOG_STREAM.name]
        assert look[3:] == ("done", "only what is of the last 90 days")
        jobs = {j.name: len(j.used_by(LOG_STREAM)) for j in inventory.resources(TRAINING_JOB)}
        assert jobs == {"job-3": 1, "job-4": 0}
    with scanned(world({"TrainingJob": JOBS}, logs=streams(1, *known)), LOG_STREAM) as (
        inventory, calls, _
    ):
        assert calls["DescribeLogStreams", EU] == 1
        assert {"job-1", "job-3", "job-89"} <= listed(inventory)


def test_a_group_that_is_not_there_has_no_streams_and_one_that_is_refused_a_gap(scanned):
    none = {"DescribeLogStreams": Error("ResourceNotFoundException", "no such group", 400)}
    with scanned(world({"TrainingJob": JOBS}, logs=none | NOTHING), LOG_STREAM, LOG_GROUP) as (
        inventory, *_
    ):
        assert inventory.gaps() == [] and listed(inventory) == set()
    with scanned(world({"TrainingJob": JOBS}, logs=streams(3)), LOG_STREAM, LOG_GROUP,
                 faults=[Fault("AccessDenied", "logs", "DescribeLogStreams")]) as (inventory, *_):
        assert [g.action for g in inventory.gaps()] == ["logs:DescribeLogStreams"]


# -- image versions


def images(*changed):
    image = arn("sagemaker", "image/lab")
    return {
        "Image": [{"ImageName": "lab", "ImageArn": image, "ImageStatus": "CREATED",
                   "CreationTime": ago(90), "LastModifiedTime": ago(1)}],
        "ImageVersion": [
            {"ImageArn": image, "ImageVersionArn": arn("sagemaker", f"image-version/lab/{number}"),
             "ImageVersionStatus": "CREATED", "CreationTime": ago(80), "Version": number,
             "LastModifiedTime": ago(days), "ContainerImage": "x", "_of": {"ImageName": "lab"}}
            for number, days in enumerate(changed, 1)],
    }


def test_an_image_version_is_described_again_only_where_it_was_changed(scanned):
    with scanned(world(images(80, 70)), STUDIO_IMAGE_VERSION) as (inventory, calls, _):
        assert calls["DescribeImageVersion", EU] == 2
        assert inventory.counts()[STUDIO_IMAGE_VERSION.name] == 2
    with scanned(world(images(80, 70)), STUDIO_IMAGE_VERSION) as (inventory, calls, _):
        assert calls["DescribeImageVersion", EU] == 0
        assert inventory.counts()[STUDIO_IMAGE_VERSION.name] == 2
    with scanned(world(images(80, 2)), STUDIO_IMAGE_VERSION) as (inventory, calls, _):
        assert calls["DescribeImageVersion", EU] == 1
        assert inventory.counts()[STUDIO_IMAGE_VERSION.name] == 2
