"""The edges of the detective services: off, suspended, refused, and Regions without ML."""

from __future__ import annotations

import pytest

from auditor.evaluate import findings
from auditor.kinds import NOTEBOOK, TRAINING_JOB
from auditor.plugins import load_rules
from auditor.rule import Other
from auditor.shape import when
from auditor.testing import judge, world

RULES = {rule.id: rule for rule in load_rules() if rule.pack == "auditor"}

HERE = Other(NOTEBOOK, {"NotebookInstanceName": "n"})
ELSEWHERE = Other(NOTEBOOK, {"NotebookInstanceName": "n"}, region="us-east-1")
CONFIG, GUARD, S3 = "config-recorder", "guardduty-enabled", "guardduty-s3-protection"
INSPECTOR, HUB = "inspector-ecr-scanning", "securityhub-enabled"


def check(rule, data, *others, status, says="", severity=None, **more):
    found = judge(rule, data, *others, **more)
    assert (found.status, says in found.message) == (status, True), found.message
    if severity:
        assert found.severity == severity


def recorder(recording=True, state=None, **more):
    return {"ConfigurationRecorders": [{"name": "default", "recordingGroup": {
                "allSupported": True}, **more}],
            "ConfigurationRecordersStatus": [
                {"name": "default", "recording": recording, **(state or {})}]}


def group(**more):
    return {"recordingGroup": {"allSupported": False, **more}}


def excluding(*types):
    return group(recordingStrategy={"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
                 exclusionByResourceTypes={"resourceTypes": list(types)})


NONE = {"ConfigurationRecorders": [], "ConfigurationRecordersStatus": []}


@pytest.mark.parametrize(("data", "status", "severity", "says"), [
    (recorder(), "pass", None, "default"),
    (NONE, "fail", "critical", "no configuration recorder"),
    (recorder(recording=False), "fail", "critical", "stopped"),
    (recorder(recording=None), "unknown", None, ""),
    (recorder() | {"ConfigurationRecordersStatus": []}, "unknown", None, ""),
    (recorder() | {"ConfigurationRecordersStatus": None}, "unknown", None, "were not seen"),
    (recorder() | {"ConfigurationRecorders": None}, "unknown", None, "were not seen"),
    (recorder(state={"lastStatus": "Success"}), "pass", None, ""),
    (recorder(state={"lastStatus": "Pending"}), "pass", None, ""),
    (recorder(state={"lastStatus": "Failure", "lastErrorCode": "AccessDenied"}), "fail", "critical",
     "AccessDenied"),
    (recorder(state={"lastStatus": "FAILURE"}), "fail", "critical", ""),
    (recorder(**excluding("AWS::SageMaker::Model")), "fail", "critical", "AWS::SageMaker::Model"),
    (recorder(**excluding("AWS::EC2::Volume")), "fail", "medium", "AWS::EC2::Volume"),
    (recorder(**excluding()), "pass", None, ""),
    (recorder(**group(resourceTypes=["AWS::S3::Bucket", "AWS::SageMaker::Model"])), "fail",
     "critical", "2 listed types, 1 of them SageMaker's"),
    (recorder(**group()), "fail", "critical", "0 listed"),
    (recorder(recordingGroup=None), "unknown", None, ""),
    # a service's own recorder is not the account's
    (recorder(recordingScope="INTERNAL", servicePrincipal="x.amazonaws.com"), "fail", "critical",
     "no configuration recorder"),
    (recorder(recordingScope="PAID"), "pass", None, ""),
])
def test_config(data, status, severity, says):
    check(CONFIG, data, HERE, status=status, says=says, severity=severity)


@pytest.mark.parametrize(("data", "status", "says"), [
    ({"Detectors": [{"Status": "ENABLED"}]}, "pass", ""),
    ({"Detectors": []}, "fail", "no detector"),
    ({"Detectors": [{"Status": "DISABLED"}]}, "fail", "suspended"),
    ({"Detectors": [{}]}, "fail", "suspended"),
    ({}, "unknown", ""),
])
def test_guardduty(data, status, says):
    check(GUARD, data, HERE, status=status, says=says)


def detector(status="ENABLED", feature=None, older=None):
    found = {"Status": status}
    if feature:
        found["Features"] = [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"},
                             {"Name": "S3_DATA_EVENTS", "Status": feature}]
    if older:
        found["DataSources"] = {"S3Logs": {"Status": older}}
    return {"Detectors": [found]}


@pytest.mark.parametrize(("data", "status", "says"), [
    (detector(feature="ENABLED"), "pass", ""),
    (detector(older="ENABLED"), "pass", ""),
    (detector(feature="DISABLED"), "fail", "DISABLED"),
    (detector(feature="DISABLED", older="ENABLED"), "fail", ""),  # the newer member counts
    (detector(older="DISABLED"), "fail", "DISABLED"),
    (detector("DISABLED", feature="ENABLED"), "fail", "suspended"),
    (detector(), "unknown", "does not say"),
    ({"Detectors": []}, "fail", "off"),
    ({}, "unknown", ""),
])
def test_s3_protection(data, status, says):
    check(S3, data, HERE, status=status, says=says)


def scanned(status, account="111122223333"):
    return {"Accounts": [{"accountId": account, "resourceState": {
        "ec2": {"status": "DISABLED"}, "ecr": {"status": status}}}]}


@pytest.mark.parametrize(("data", "status", "says"), [
    (scanned("ENABLED"), "pass", ""),
    (scanned("DISABLED"), "fail", "DISABLED"),
    (scanned("SUSPENDED"), "fail", "SUSPENDED"),
    (scanned("ENABLING"), "fail", "ENABLING"),
    (scanned(""), "unknown", ""),
    (scanned("ENABLED", "444455556666"), "unknown", "this account"),
    ({"Accounts": []}, "unknown", ""),
    ({"Accounts": [{"accountId": "111122223333"}]}, "unknown", ""),
    ({}, "unknown", ""),
])
def test_inspector(data, status, says):
    check(INSPECTOR, data, HERE, status=status, says=says)


@pytest.mark.parametrize(("data", "status", "says"), [
    ({"Hub": {"HubArn": "arn:aws:securityhub:eu-west-1:111122223333:hub/default"}}, "pass", ""),
    ({}, "fail", "off in eu-west-1"),
    ({"Hub": {}}, "unknown", "names no hub"),
])
def test_security_hub(data, status, says):
    check(HUB, data, HERE, status=status, says=says)


OFF = {CONFIG: NONE, GUARD: {"Detectors": []}, S3: {"Detectors": []},
       INSPECTOR: scanned("DISABLED"), HUB: {}}
MEMBER = {CONFIG: "ConfigurationRecorders", GUARD: "Detectors", S3: "Detectors",
          INSPECTOR: "Accounts", HUB: "Hub"}


@pytest.mark.parametrize("rule", OFF)
def test_off_is_a_finding_only_where_ml_is_used(rule):
    check(rule, OFF[rule], HERE, status="fail")
    check(rule, OFF[rule], Other(TRAINING_JOB, {"TrainingJobName": "j"}), status="fail")
    check(rule, OFF[rule], status="not_applicable", says="eu-west-1")
    check(rule, OFF[rule], ELSEWHERE, status="not_applicable")
    check(rule, OFF[rule], status="unknown", refused=[NOTEBOOK])


@pytest.mark.parametrize("rule", OFF)
@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_pitfall_43_refused_is_not_off(rule, code):
    check(rule, OFF[rule], HERE, status="unknown", unseen={MEMBER[rule]: code})


@pytest.mark.parametrize("rule", OFF)
def test_pitfall_35_where_aws_does_not_offer_a_service_nothing_is_said(rule):
    inventory, _ = world([HERE])  # the Region has ML, and nothing of the service's kind
    assert list(findings(inventory, [RULES[rule]], now=when("2026-01-31T00:00:00+00:00"))) == []
