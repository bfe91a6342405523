"""Whether endpoints are called and training jobs logged: edge cases by rule id."""

from __future__ import annotations

import pytest

from auditor.kinds import INFERENCE_COMPONENT, INVOCATIONS, LOG_GROUP, LOG_STREAM
from auditor.rule import Other
from auditor.testing import judge

STALE, LOGGED = "sagemaker-endpoint-stale", "sagemaker-training-logging"
YESTERDAY, LONG_AGO = "2026-01-30T00:00:00+00:00", "2025-11-20T00:00:00+00:00"
GROUP = "/aws/sagemaker/TrainingJobs"


def endpoint(*variants, **more):
    return {"EndpointName": "scorer", "EndpointStatus": "InService",
            "LastModifiedTime": "2025-06-01T00:00:00+00:00",
            "ProductionVariants": [{"VariantName": v} for v in variants or ("main",)], **more}


def counted(what, *values, status="Complete"):
    return Other(INVOCATIONS, {"Label": what, "StatusCode": status,
                               "Timestamps": [time for time, _ in values],
                               "Values": [value for _, value in values]})


MAIN, TWO = "endpoint/scorer/variant/main", "endpoint/scorer/variant/two"
COMPONENT = Other(INFERENCE_COMPONENT, {
    "InferenceComponentName": "llm", "EndpointName": "scorer",
    "InferenceComponentArn": "arn:aws:sagemaker:eu-west-1:111122223333:inference-component/llm"})


@pytest.mark.parametrize(("data", "others", "status", "words"), [
    (endpoint(), [counted(MAIN, (YESTERDAY, 1.0))], "pass", MAIN),
    (endpoint(), [counted(MAIN)], "fail", "no Invocations"),
    (endpoint(), [counted(MAIN, (YESTERDAY, 0.0))], "fail", "no Invocations"),  # zero is none
    (endpoint(), [counted(MAIN, (LONG_AGO, 9.0))], "fail", "30 days"),
    # the day in which the window begins counts whole
    (endpoint(), [counted(MAIN, ("2026-01-01T00:00:00+00:00", 1.0))], "pass", ""),
    # one variant that is called is enough, and one that was not counted says nothing
    (endpoint("main", "two"), [counted(MAIN), counted(TWO, (YESTERDAY, 4.0))], "pass", TWO),
    (endpoint("main", "two"), [counted(MAIN)], "unknown", TWO),
    (endpoint(), [], "unknown", "did not tell"),
    (endpoint(), [counted(MAIN, status="PartialData")], "unknown", "did not tell"),
    (endpoint(), [counted(MAIN, status="InternalError")], "unknown", "did not tell"),
    (endpoint(), [counted(MAIN, (YESTERDAY, 1.0), status="PartialData")], "pass", ""),
    # what an inference component is asked counts for its endpoint
    (endpoint(), [counted(MAIN), COMPONENT, counted("inference-component/llm", (YESTERDAY, 2.0))],
     "pass", "llm"),
    (endpoint(), [counted(MAIN), COMPONENT], "unknown", "llm"),
    (endpoint(), [counted(MAIN), COMPONENT, counted("inference-component/llm")], "fail", ""),
    # young, or changed: its variants may have been called otherwise
    (endpoint(LastModifiedTime=YESTERDAY), [counted(MAIN)], "not_applicable", "less than 30"),
    (endpoint(LastModifiedTime=None, CreationTime=YESTERDAY), [counted(MAIN)],
     "not_applicable", "less than 30"),
    (endpoint(LastModifiedTime=None), [counted(MAIN)], "unknown", "since when"),
    (endpoint(EndpointStatus="Creating"), [], "not_applicable", "Creating"),
    (endpoint(EndpointStatus="Failed"), [], "not_applicable", "Failed"),
    (endpoint(EndpointStatus=None), [counted(MAIN)], "unknown", "EndpointStatus"),
    (endpoint(ProductionVariants=[]), [counted(MAIN)], "unknown", "ProductionVariants"),
])
def test_an_endpoint_that_nobody_calls(data, others, status, words):
    finding = judge(STALE, data, *others)
    assert finding.status == status, finding.message
    assert words in finding.message


def test_the_days_are_a_setting_within_what_is_asked():
    old = counted(MAIN, (LONG_AGO, 9.0))
    assert judge(STALE, endpoint(), old, days=89).status == "pass"
    assert judge(STALE, endpoint(), old, days=91).status == "unknown"


@pytest.mark.parametrize("kind", [INVOCATIONS, INFERENCE_COMPONENT])
def test_what_was_not_counted_is_not_judged(kind):
    assert judge(STALE, endpoint(), refused=[kind]).status == "unknown"


# -- training


def job(status="Completed", start="2026-01-20T08:00:00+00:00", end="2026-01-20T10:00:00+00:00",
        steps=("Starting", "Training"), **more):
    return {"TrainingJobName": "churn", "TrainingJobStatus": status, "TrainingStartTime": start,
            "TrainingEndTime": end, **more,
            "SecondaryStatusTransitions": [
                {"Status": s, "StartTime": start} for s in steps] if steps else None}


def stream(name):
    return Other(LOG_STREAM, {"logStreamName": name})


def group(**more):
    return Other(LOG_GROUP, {"logGroupName": GROUP, "creationTime": 1_600_000_000_000, **more})


OLD = {"start": "2025-09-01T08:00:00+00:00", "end": "2025-09-01T09:00:00+00:00"}


@pytest.mark.parametrize(("data", "others", "status", "words"), [
    (job(), [stream("churn/algo-1-1768896300")], "pass", ""),
    (job(), [stream("churn-2/algo-1-1768896300"), group()], "fail", "begins with churn/"),
    (job(), [group()], "fail", "begins with churn/"),
    (job(), [], "fail", "no log group"),
    (job(), [Other(LOG_GROUP, {"logGroupName": "/aws/sagemaker/ProcessingJobs"})], "fail",
     "no log group"),
    # not over, or hardly
    (job("InProgress", end=None), [group()], "not_applicable", "InProgress"),
    (job("InProgress", end=None), [stream("churn/algo-1-1"), group()], "pass", ""),
    (job(end="2026-01-30T20:00:00+00:00"), [group()], "not_applicable", "may not be listed yet"),
    # too old to tell: not listed, or the group keeps less
    (job(**OLD), [group()], "not_applicable", "more than 90 days"),
    (job(**OLD), [stream("churn/algo-1-1"), group()], "pass", ""),
    (job(), [group(retentionInDays=7)], "not_applicable", "more than 7 days"),
    (job(), [group(retentionInDays=365)], "fail", "begins with churn/"),
    (job(), [group(creationTime=1_769_000_000_000)], "not_applicable", "made after"),
    # it never ran
    (job("Failed", steps=("Starting", "Failed")), [group()], "not_applicable", "before its"),
    (job("Failed", start=None, steps=()), [group()], "not_applicable", "before its"),
    (job("Failed"), [group()], "fail", "begins with churn/"),
    (job(steps=()), [group()], "fail", "begins with churn/"),
    (job(start=None), [group()], "unknown", "when churn ran"),
    (job(end=None), [group()], "unknown", "when churn ran"),
    (job("Deleting"), [group()], "not_applicable", "Deleting"),
])
def test_a_training_job_without_a_log(data, others, status, words):
    finding = judge(LOGGED, data, *others)
    assert finding.status == status, finding.message
    assert words in finding.message


@pytest.mark.parametrize("kind", [LOG_STREAM, LOG_GROUP])
def test_a_log_that_was_not_looked_for_is_not_missed(kind):
    assert judge(LOGGED, job(), refused=[kind]).status == "unknown"
