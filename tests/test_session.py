"""The guard that only reads, and the bodies that botocore would swallow."""

import botocore.session
import pytest

from auditor.aws.models import model
from auditor.aws.plan import calls
from auditor.aws.session import (
    MalformedAnswer,
    ReadOnlyViolation,
    Session,
    bare_host,
    only_read,
    sound_body,
)
from auditor.errors import AuditorError
from auditor.kinds import TABLE

WRITES = ("Create", "Delete", "Put", "Update", "Start", "Stop", "Attach", "Detach", "Tag", "Untag",
          "Add", "Remove", "Register", "Deregister", "Enable", "Disable", "Associate", "Send",
          "Invoke", "Run", "Terminate", "Schedule", "Cancel", "Import", "Modify", "Set", "Reset")


@pytest.mark.parametrize("service", ["sagemaker", "s3", "iam", "kms", "ec2", "cloudtrail",
                                     "macie2", "s3control", "secretsmanager", "lambda"])
def test_no_operation_that_writes_passes_the_guard(service):
    refused = 0
    for name in model(service).operation_names:
        if name.startswith(WRITES):
            with pytest.raises(ReadOnlyViolation):
                only_read(model(service).operation_model(name))
            refused += 1
    assert refused > 0


@pytest.mark.parametrize(("service", "name"), [
    ("s3", "GetObject"), ("secretsmanager", "GetSecretValue"), ("sts", "GetSessionToken")])
def test_no_operation_that_hands_out_data_passes_the_guard(service, name):
    with pytest.raises(ReadOnlyViolation):
        only_read(model(service).operation_model(name))


def test_every_planned_call_passes_the_guard():
    for call in calls(TABLE):
        only_read(model(call.service).operation_model(call.operation))


@pytest.fixture
def session(monkeypatch):
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    return Session()


def test_a_write_through_a_real_client_never_leaves(session):
    client = session.client("sagemaker", "eu-west-1")
    sent = []
    client.meta.events.register("before-send", lambda **kw: sent.append(kw))
    with pytest.raises(ReadOnlyViolation):
        client.delete_model(ModelName="x")
    with pytest.raises(ReadOnlyViolation):
        client._make_api_call("StopNotebookInstance", {"NotebookInstanceName": "x"})
    assert sent == []


def test_clients_are_made_once(session):
    assert session.client("s3", "eu-west-1") is session.client("s3", "eu-west-1")


@pytest.mark.parametrize(("service", "operation", "body"), [
    ("sagemaker", "ListModels", b'{"Models": ['), ("sagemaker", "ListModels", b"<html></html>"),
    ("sagemaker", "ListModels", b""), ("sagemaker", "ListModels", b"[]"),
    ("macie2", "GetMacieSession", b"<html>"), ("s3", "GetBucketAcl", b"<html></html>"),
    ("s3", "GetBucketAcl", b"<AccessControlPolicy><Owner>"), ("ec2", "DescribeVpcs", b"<html/>"),
    ("iam", "GetRole", b"{}"), ("s3", "ListBuckets", b""), ("s3", "GetBucketPolicy", b'{"Sta'),
])
def test_broken_bodies_are_refused(service, operation, body):
    with pytest.raises(MalformedAnswer):
        sound_body(model(service).operation_model(operation),
                   {"status_code": 200, "body": body, "headers": {}})


def test_sound_bodies_and_errors_pass():
    for body, status in ((b'{"Models": []}', 200), (b"<html>", 502)):
        sound_body(model("sagemaker").operation_model("ListModels"),
                   {"status_code": status, "body": body, "headers": {}})
    sound_body(model("s3").operation_model("HeadBucket"),
               {"status_code": 200, "body": b"", "headers": {}})
    sound_body(model("s3").operation_model("GetBucketPolicy"),
               {"status_code": 200, "body": b'{"Statement": []}', "headers": {}})


def test_s3control_at_a_custom_endpoint_keeps_its_host():
    request = type("R", (), {"url": "http://111122223333.127.0.0.1:5000/v20180820/x"})()
    bare_host(request)
    assert request.url == "http://127.0.0.1:5000/v20180820/x"


def test_an_unknown_profile_names_the_nearest(monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile audit-prod]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with pytest.raises(AuditorError, match=r"no AWS profile audit-prd .did you mean audit-prod"):
        Session("audit-prd")


def test_regions_are_refused_by_name_and_never_guessed(session):
    with pytest.raises(AuditorError, match=r"no region eu-wst-1.*eu-west-1"):
        session.regions("aws", ["eu-wst-1"])
    assert session.regions("aws", ["eu-west-1", "eu-west-1"]) == ["eu-west-1"]
    assert "cn-north-1" in session.regions_of("sagemaker", "aws-cn")
    known = botocore.session.get_session().get_available_partitions()
    assert {"aws", "aws-cn", "aws-us-gov"} <= set(known)
