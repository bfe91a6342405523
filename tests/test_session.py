"""The guard that only reads, and the bodies that botocore would swallow."""

from datetime import UTC, datetime, timedelta
from functools import cache

import botocore.exceptions
import botocore.model
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


@cache
def whole(service):
    """botocore's own model of a service, with what writes."""
    return botocore.session.get_session().get_service_model(service)


@pytest.mark.parametrize("service", ["sagemaker", "s3", "iam", "kms", "ec2", "cloudtrail",
                                     "macie2", "s3control", "secretsmanager", "lambda"])
def test_no_operation_that_writes_passes_the_guard(service):
    refused = 0
    for name in whole(service).operation_names:
        if name.startswith(WRITES):
            with pytest.raises(ReadOnlyViolation):
                only_read(whole(service).operation_model(name))
            refused += 1
    assert refused > 0
    # and our own models do not even know it
    assert [n for n in model(service).operation_names if n.startswith(WRITES)] == []


@pytest.mark.parametrize(("service", "name"), [
    ("s3", "GetObject"), ("secretsmanager", "GetSecretValue"), ("sts", "GetSessionToken")])
def test_no_operation_that_hands_out_data_passes_the_guard(service, name):
    with pytest.raises(ReadOnlyViolation):
        only_read(whole(service).operation_model(name))
    assert name not in model(service).operation_names


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
    assert not hasattr(client, "delete_model")
    with pytest.raises(botocore.model.OperationNotFoundError):  # it knows no such operation
        client._make_api_call("StopNotebookInstance", {"NotebookInstanceName": "x"})
    # and were it to know one, by somebody's hand, the guard would stand before the network
    client.meta._service_model = whole("sagemaker")
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


@pytest.mark.parametrize("partition", botocore.session.get_session().get_available_partitions())
def test_every_partition_has_a_main_region_of_its_own(session, partition):
    main = session.main_region(partition)
    assert main in session.regions_of("ec2", partition)
    assert session.partition_of(main) == partition
    for region in session.regions_of("ec2", partition):
        assert session.partition_of(region) == partition


def test_a_region_that_nobody_knows_is_in_no_partition(session):
    assert session.partition_of("mars-north-1") == ""
    assert session.main_region("") == session.main_region("aws")


class Sts:
    """Stands for STS and EC2 in some regions, of which only some let us in."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    def __call__(self, service, region):
        self.asked.append(region)
        self.region = region
        return self

    def get_caller_identity(self):
        return self._answer({"Account": "1" * 12, "Arn": "arn:aws-cn:sts::1:assumed-role/a/b"})

    def describe_regions(self):
        return self._answer({"Regions": [{"RegionName": "eu-west-1"}]})

    def _answer(self, answer):
        if isinstance(self.answers.get(self.region), Exception):
            raise self.answers[self.region]
        return answer


def refusal(code):
    return botocore.exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, "X")


@pytest.mark.parametrize("fault", [
    refusal("InvalidClientTokenId"), refusal("AccessDenied"),
    botocore.exceptions.EndpointConnectionError(endpoint_url="https://sts"),
], ids=repr)
def test_who_we_are_is_asked_in_the_main_region_where_another_is_closed(
        session, monkeypatch, fault):
    sts = Sts({"cn-north-1": fault})
    monkeypatch.setattr(session, "_patient", sts)
    assert session.caller("cn-north-1").partition == "aws-cn"
    assert sts.asked == ["cn-north-1", "cn-northwest-1"]


@pytest.mark.parametrize("code", ["Throttling", "RequestLimitExceeded", "ThrottlingException"])
def test_who_is_throttled_is_not_told_that_the_credentials_are_bad(session, monkeypatch, code):
    sts = Sts(dict.fromkeys(("eu-west-1", "us-east-1"), refusal(code)))
    monkeypatch.setattr(session, "_patient", sts)
    with pytest.raises(AuditorError, match=rf"throttles this account \({code}\).*try again"):
        session.caller("eu-west-1")


def test_credentials_that_have_expired_are_asked_once(session, monkeypatch):
    sts = Sts({"eu-west-1": refusal("ExpiredToken")})
    monkeypatch.setattr(session, "_patient", sts)
    with pytest.raises(AuditorError, match="have expired"):
        session.caller("eu-west-1")
    assert sts.asked == ["eu-west-1"]


def test_the_regions_are_asked_where_one_answers(session, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    session = Session()
    ec2 = Sts({"eu-west-1": refusal("UnauthorizedOperation")})
    monkeypatch.setattr(session, "_patient", ec2)
    assert session.regions("aws") == ["eu-west-1"]
    assert ec2.asked == ["eu-west-1", "us-east-1"]
    ec2.answers |= {"us-east-1": refusal("B"), "af-south-1": refusal("C"), "ap-east-1": refusal("D")}
    with pytest.raises(AuditorError, match=r"allow ec2:DescribeRegions.*UnauthorizedOperation"):
        session.regions("aws")


@pytest.mark.parametrize(("url", "custom"), [
    ("https://api.sagemaker.eu-west-1.amazonaws.com", False),
    ("https://sts.cn-north-1.amazonaws.com.cn", False), ("https://x.c2s.ic.gov:443/p", False),
    ("https://s3.dualstack.eu-west-1.amazonaws.com", False), ("https://ec2.eu-west-1.api.aws", False),
    ("https://evilamazonaws.com", True), ("http://127.0.0.1:5000", True),
    ("https://amazonaws.com.example.org", True),
])
def test_an_endpoint_that_is_not_aws_is_told_from_one_that_is(session, url, custom):
    client = type("C", (), {"meta": type("M", (), {"endpoint_url": url})})
    assert session.custom_endpoint(client) is custom


def test_credentials_that_can_be_renewed_are(monkeypatch, tmp_path):
    count = tmp_path / "count"
    script = tmp_path / "give"
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    script.write_text(f"""#!/bin/sh
echo x >> {count}
echo '{{"Version": 1, "AccessKeyId": "'KEY$(wc -l < {count} | tr -d " ")'", "SecretAccessKey": "s",
"SessionToken": "t", "Expiration": "{soon}"}}'
""")
    script.chmod(0o700)
    config = tmp_path / "config"
    config.write_text(f"[profile p]\ncredential_process = {script}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    session = Session("p")
    first = session.key()
    assert first.startswith("KEY") and session.key() != first  # they end in less than 10 minutes
    script.write_text("#!/bin/sh\nexit 1\n")
    assert session.key() == ""


def test_bytes_are_weighed_for_each_thread(session):
    session._weigh({"body": b"12345"})
    session._weigh({"body": b"67"})
    assert session.received() == 7 and session.received() == 0
    assert session.key() == "x"


def test_regions_are_refused_by_name_and_never_guessed(session):
    with pytest.raises(AuditorError, match=r"no region eu-wst-1.*eu-west-1"):
        session.regions("aws", ["eu-wst-1"])
    assert session.regions("aws", ["eu-west-1", "eu-west-1"]) == ["eu-west-1"]
    assert "cn-north-1" in session.regions_of("sagemaker", "aws-cn")
    known = botocore.session.get_session().get_available_partitions()
    assert {"aws", "aws-cn", "aws-us-gov"} <= set(known)
