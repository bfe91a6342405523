"""Endpoints in service, access points and what Macie looks at: edge cases by rule id."""

from __future__ import annotations

import pytest

from auditor.kinds import (
    ACCOUNT_BLOCK,
    MACIE,
    MACIE_BUCKET,
    MODEL,
    MONITORING_SCHEDULE,
    SCALABLE_TARGET,
    SCALING_POLICY,
)
from auditor.rule import Other
from auditor.testing import judge

COUNT = "sagemaker:variant:DesiredInstanceCount"
MAIN = {"VariantName": "main", "CurrentInstanceCount": 1}
SERVERLESS = {"VariantName": "main", "CurrentServerlessConfig": {"MaxConcurrency": 5}}


def endpoint(*variants, **more):
    return {"EndpointName": "scorer", "EndpointStatus": "InService",
            "ProductionVariants": list(variants), **more}


def target(variant="main", dimension=COUNT, **more):
    return Other(SCALABLE_TARGET, {
        "ResourceId": f"endpoint/scorer/variant/{variant}", "ScalableDimension": dimension, **more})


def policy(variant="main", dimension=COUNT):
    return Other(SCALING_POLICY, {
        "PolicyName": f"p-{variant}", "ResourceId": f"endpoint/scorer/variant/{variant}",
        "ScalableDimension": dimension})


@pytest.mark.parametrize(("data", "others", "status", "words"), [
    (endpoint(MAIN), [target(), policy()], "pass", ""),
    (endpoint(MAIN), [], "fail", "no scalable target"),
    (endpoint(MAIN), [target()], "fail", "no scaling policy"),
    (endpoint(MAIN), [policy()], "fail", "no scalable target"),
    # one variant that scales does not speak for the others
    (endpoint(MAIN, {"VariantName": "two"}), [target(), policy()], "fail", "two has no"),
    (endpoint(MAIN), [target(SuspendedState={"DynamicScalingOutSuspended": True}), policy()],
     "fail", "suspended"),
    (endpoint(MAIN), [target(SuspendedState={"DynamicScalingOutSuspended": False}), policy()],
     "pass", ""),
    # another dimension is another question
    (endpoint(MAIN), [target(dimension="sagemaker:variant:DesiredProvisionedConcurrency"),
                      policy()], "fail", "no scalable target"),
    (endpoint(SERVERLESS), [], "not_applicable", "serverless"),
    (endpoint(SERVERLESS, MAIN), [target(), policy()], "pass", ""),
    (endpoint({**MAIN, "ManagedInstanceScaling": {"Status": "ENABLED"}}), [], "pass", ""),
    (endpoint({**MAIN, "ManagedInstanceScaling": {"Status": "DISABLED"}}), [], "fail", "main"),
    (endpoint(MAIN, EndpointStatus="Deleting"), [], "not_applicable", "Deleting"),
    (endpoint(MAIN, EndpointStatus="Failed"), [], "not_applicable", "Failed"),
    # AWS names no variants of one that is being created; none may be given a scalable target yet
    (endpoint(EndpointStatus="Creating", ProductionVariants=None), [], "not_applicable",
     "Creating"),
    (endpoint(), [], "unknown", "ProductionVariants"),
])
def test_autoscaling(data, others, status, words):
    finding = judge("sagemaker-endpoint-autoscaling", data, *others)
    assert (finding.status, words in finding.message) == (status, True), finding.message


TWO = {"VariantName": "two", "CurrentInstanceCount": 1}
CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"
COPIES = "sagemaker:inference-component:DesiredCopyCount"


@pytest.mark.parametrize(("data", "others", "status"), [
    (endpoint(MAIN, TWO), [target(), policy()], "fail"),  # one variant is not the endpoint
    (endpoint(MAIN, TWO), [target(), policy(), target("two"), policy("two")], "pass"),
    *((endpoint(MAIN), [target(dimension=one), policy(dimension=one)], "fail")
      for one in (CONCURRENCY, COPIES)),  # moves something else than instances
    (endpoint(MAIN), [target(), policy(dimension=CONCURRENCY)], "fail"),
    # down to none is no fault, neither of an asynchronous endpoint nor of managed scaling
    (endpoint({**MAIN, "CurrentInstanceCount": 0}), [target(MinCapacity=0), policy()], "pass"),
    (endpoint({**MAIN, "CurrentInstanceCount": 0, "ManagedInstanceScaling": {
        "Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 4}}), [], "pass"),
])
def test_pitfall_32_each_variant_scales_by_its_instances(data, others, status):
    assert judge("sagemaker-endpoint-autoscaling", data, *others).status == status


@pytest.mark.parametrize("kind", [SCALABLE_TARGET, SCALING_POLICY])
def test_autoscaling_that_was_refused_is_unknown(kind):
    finding = judge("sagemaker-endpoint-autoscaling", endpoint(MAIN), target(), policy(),
                    refused=[kind])
    assert finding.status == "unknown"


def schedule(status, **more):
    return Other(MONITORING_SCHEDULE, {
        "MonitoringScheduleName": f"m-{status}", "MonitoringScheduleStatus": status,
        "EndpointName": "scorer", **more})


@pytest.mark.parametrize(("data", "others", "status", "words"), [
    (endpoint(MAIN), [schedule("Scheduled")], "pass", ""),
    (endpoint(MAIN), [], "fail", "no monitoring schedule names"),
    (endpoint(MAIN), [schedule("Stopped")], "fail", "m-Stopped is Stopped"),
    (endpoint(MAIN), [schedule("Failed"), schedule("Scheduled")], "pass", ""),
    (endpoint(MAIN), [schedule("Scheduled", EndpointName="other")], "fail", "no monitoring"),
    # an inline definition names the endpoint in its inputs
    (endpoint(MAIN), [schedule("Scheduled", EndpointName="", MonitoringScheduleConfig={
        "MonitoringJobDefinition": {"MonitoringInputs": [
            {"EndpointInput": {"EndpointName": "scorer", "LocalPath": "/x"}}]}})], "pass", ""),
    (endpoint(SERVERLESS), [], "not_applicable", "serverless"),
    (endpoint(MAIN, EndpointStatus="Deleting"), [], "not_applicable", "Deleting"),
    (endpoint(EndpointStatus="Creating", ProductionVariants=None), [], "not_applicable",
     "Creating"),
])
def test_model_monitor(data, others, status, words):
    finding = judge("sagemaker-endpoint-model-monitor", data, *others)
    assert (finding.status, words in finding.message) == (status, True), finding.message


def test_model_monitor_refused_is_unknown():
    assert judge("sagemaker-endpoint-model-monitor", endpoint(MAIN),
                 refused=[MONITORING_SCHEDULE]).status == "unknown"


SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ON = dict.fromkeys(SETTINGS, True)


def point(block, origin="Internet"):
    configuration = {"Name": "p", "NetworkOrigin": origin}
    if block is not None:
        configuration["PublicAccessBlockConfiguration"] = block
    return {"Name": "p", "Bucket": "ml-data", "Configuration": configuration}


@pytest.mark.parametrize(("data", "account", "status", "words"), [
    (point(ON), {}, "pass", ""),
    (point(ON | {"IgnorePublicAcls": False}), {}, "fail", "IgnorePublicAcls"),
    (point(None), {}, "fail", "RestrictPublicBuckets"),
    (point(dict.fromkeys(SETTINGS, False)), ON, "pass", ""),
    (point(ON | {"IgnorePublicAcls": False}), {"IgnorePublicAcls": True}, "pass", ""),
    (point(dict.fromkeys(SETTINGS, False), "VPC"), {}, "pass", "VPC"),
    ({"Name": "p"}, {}, "unknown", "configuration"),
])
def test_access_point(data, account, status, words):
    block = Other(ACCOUNT_BLOCK, {"PublicAccessBlockConfiguration": account} if account else {})
    finding = judge("s3-access-point-public-access-block", data, block)
    assert (finding.status, words in finding.message) == (status, True), finding.message


def test_access_point_refused_is_unknown():
    finding = judge("s3-access-point-public-access-block", point(ON),
                    unseen={"Configuration": "AccessDenied"})
    assert finding.status == "unknown"


USER = Other(MODEL, {"ModelName": "m", "PrimaryContainer": {"ModelDataUrl": "s3://ml-data/m"}})
MACIE_ON = Other(MACIE, {"Session": {"status": "ENABLED"}})


def told(**more):
    return Other(MACIE_BUCKET, {"bucketName": "ml-data", **more})


@pytest.mark.parametrize(("others", "status", "words"), [
    ([USER, MACIE_ON, told(automatedDiscoveryMonitoringStatus="MONITORED")], "pass", ""),
    ([USER, MACIE_ON, told(automatedDiscoveryMonitoringStatus="NOT_MONITORED",
                           jobDetails={"isMonitoredByJob": "TRUE"})], "pass", "job"),
    ([USER, MACIE_ON, told(automatedDiscoveryMonitoringStatus="NOT_MONITORED",
                           jobDetails={"isMonitoredByJob": "FALSE", "isDefinedInJob": "FALSE"})],
     "fail", "NOT_MONITORED"),
    ([USER, MACIE_ON, told()], "fail", "no job"),
    ([USER, Other(MACIE, {})], "fail", "Macie is off"),
    ([USER, MACIE_ON], "unknown", "Macie says nothing"),
    ([USER], "not_applicable", "left out of the scan"),
    ([MACIE_ON, told(automatedDiscoveryMonitoringStatus="NOT_MONITORED")], "not_applicable",
     "nothing of SageMaker"),
])
def test_macie_coverage(others, status, words):
    finding = judge("s3-bucket-macie-coverage", {"Name": "ml-data"}, *others)
    assert (finding.status, words in finding.message) == (status, True), finding.message


def test_macie_coverage_refused_is_unknown():
    assert judge("s3-bucket-macie-coverage", {"Name": "ml-data"}, USER, MACIE_ON,
                 refused=[MACIE_BUCKET]).status == "unknown"
