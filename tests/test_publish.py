"""Publishing: what is sent, in what portions, and what becomes of it when AWS misbehaves."""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import msgspec
import pytest

from auditor.aws.publish import ACTIONS, MOST, Sent, batches
from auditor.finding import BaselineCard, PastFinding
from auditor.plugins import load_report
from tests.reports import made

ROOT = next(rule for rule in made.RULES if rule.id == "sagemaker-notebook-root-access")
WHO = (b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
       b"<GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/u</Arn><UserId>u</UserId>"
       b"<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>")


class Hub:
    """A Security Hub that does what it is told before it does what it should."""

    def __init__(self, *misdeeds):
        self.misdeeds = list(misdeeds)
        self.taken = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/":
                    return self.answer(200, WHO, "text/xml")
                findings = json.loads(body)["Findings"]
                deed = hub.misdeeds.pop(0) if hub.misdeeds else None
                if isinstance(deed, int):
                    return self.answer(deed, b'{"message": "no"}', "application/json")
                failed = findings[:1] if deed == "one fails" else []
                hub.taken.append(findings)
                self.answer(200, json.dumps({
                    "SuccessCount": len(findings) - len(failed), "FailedCount": len(failed),
                    "FailedFindings": [{"Id": f["Id"], "ErrorCode": "InvalidInput",
                                        "ErrorMessage": "too\x1b odd"} for f in failed],
                }).encode(), "application/json")

            def answer(self, status, body, kind):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def hub(monkeypatch):
    """Start a Security Hub and point the credentials at it."""
    started = []

    def start(*misdeeds):
        one = Hub(*misdeeds)
        started.append(one)
        monkeypatch.setenv("AWS_ENDPOINT_URL", one.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        return one

    yield start
    for one in started:
        one.server.shutdown()
        one.server.server_close()


@pytest.fixture
def report(tmp_path):
    """Write a report of so many fails, of which some are another account's."""

    def write(count, others=0, **fields):
        found = [made.finding(ROOT, f"n{n}", "fail", "x") for n in range(count)]
        found += [made.finding(ROOT, f"o{n}", "fail", "x", account="444455556666")
                  for n in range(others)]
        run = msgspec.structs.replace(made.run_of(found, made.RULES), **fields)
        out, path = io.BytesIO(), tmp_path / "run.json"
        load_report("json").write(run, out)
        path.write_bytes(out.getvalue())
        return str(path)

    return write


def test_nothing_leaves_without_send(cli, hub, report):
    one = hub()
    code, out, err = cli("publish", "security-hub", report(3, others=1))
    assert code == 0 and one.taken == [] and "dry run: nothing was sent" in err
    assert "111122223333 eu-west-1: 3 active" in out and "444455556666 eu-west-1: 1 active" in out


def test_findings_go_in_portions_and_those_of_others_are_said(cli, hub, report):
    one = hub()
    code, _, err = cli("publish", "security-hub", report(250, others=2), "--send")
    assert [len(batch) for batch in one.taken] == [100, 100, 50]
    assert "111122223333 eu-west-1: 250 imported" in err
    assert code == 3 and "444455556666: 2 left out" in err
    assert cli("publish", "security-hub", report(5), "--send")[0] == 0


def test_what_is_fixed_is_archived_and_what_nobody_looked_at_is_not(cli, hub, report):
    past = PastFinding(
        fingerprint="f" * 32, rule=ROOT.id, title=ROOT.title, severity="high",
        account=made.ACCOUNT, region="eu-west-1", arn=made.arn_of(ROOT.kind, "gone", "eu-west-1"),
        change="gone")
    blind = msgspec.structs.replace(past, fingerprint="e" * 32, change="not_evaluated")
    one = hub()
    cli("publish", "security-hub", report(1, baseline=BaselineCard(
        id="b", finished="2026-01-30T10:00:00+00:00", counts={}, closed=[past, blind])), "--send")
    assert {f["Id"][8:12]: f["RecordState"] for f in one.taken[0] if f["Id"][8:10] in ("ff", "ee")
            } == {"ffff": "ARCHIVED"}


def test_what_is_fixed_is_archived_where_passes_are_left_out(cli, hub, report):
    sound = made.finding(ROOT, "n0", "pass")
    past = PastFinding(
        fingerprint=sound.fingerprint, rule=ROOT.id, title=ROOT.title, severity="high",
        account=made.ACCOUNT, region="eu-west-1", arn=sound.resource.arn, change="fixed")
    file = report(0, findings=[sound], baseline=BaselineCard(
        id="b", finished="2026-01-30T10:00:00+00:00", counts={}, closed=[past]))
    for outcomes, state in (("fail", ("PASSED", "ARCHIVED")), ("fail,pass", ("PASSED", "ACTIVE"))):
        one = hub()
        cli("publish", "security-hub", file, "--send", "--outcomes", outcomes)
        ((told,),) = one.taken
        assert (told["Compliance"]["Status"], told["RecordState"]) == state


def test_a_throttled_call_is_sent_again(cli, hub, report):
    one = hub(429, 500)
    assert cli("publish", "security-hub", report(3), "--send")[0] == 0
    assert [len(batch) for batch in one.taken] == [3]


def test_refused_findings_are_named_and_the_exit_code_says_so(cli, hub, report):
    hub("one fails")
    code, _, err = cli("publish", "security-hub", report(3), "--send")
    assert code == 3 and "2 imported" in err and "1 findings were refused" in err
    assert "InvalidInput" in err and "\x1b" not in err


def test_a_refused_call_says_how_far_it_came(cli, hub, report):
    hub(None, 403)
    code, _, err = cli("publish", "security-hub", report(150), "--send")
    assert code == 2 and "took 100 findings and refused the next 50" in err


def test_a_portion_is_never_too_large():
    told = Sent()
    big = {"AwsAccountId": "1", "Region": "r", "Description": "x" * 200_000}
    sizes = [len(json.dumps(batch)) for _, batch in batches([big] * 70, "1", told)]
    assert len(sizes) == 3 and max(sizes) < 6_000_000
    counts = Counter(region for region, _ in batches(
        [{"AwsAccountId": "1", "Region": r} for r in "ab" * (MOST + 1)], "1", told))
    assert counts == {"a": 2, "b": 2}


def test_a_report_goes_to_s3(cli, report, monkeypatch):
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="reports")
        file = report(2)
        assert cli("publish", "s3://reports/n.json", file)[0] == 0
        assert s3.list_objects_v2(Bucket="reports")["KeyCount"] == 0
        assert cli("publish", "s3://reports/n.sarif", file, "-f", "sarif", "--send")[0] == 0
        told = s3.get_object(Bucket="reports", Key="n.sarif")
        assert len(json.loads(told["Body"].read())["runs"][0]["results"]) == 2
        code, _, err = cli("publish", "s3://none/n.json", file, "--send")
        assert code == 2 and "s3://none/n.json" in err
    finally:
        server.stop()


@pytest.mark.parametrize("target", ["s3://", "s3://b", "sechub", "s3:///key"])
def test_a_target_that_is_none(cli, report, target):
    code, _, err = cli("publish", target, report(1))
    assert code == 2 and "neither security-hub nor s3://BUCKET/KEY" in err


def test_the_page_lists_the_actions(request):
    page = (request.config.rootpath / "docs" / "publishing.md").read_text()
    for actions in ACTIONS.values():
        assert all(f"`{action}`" in page for action in actions)
