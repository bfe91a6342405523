"""The command line: help that is fast, errors that help, exit codes that are exact."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest

from auditor.cli import COMMANDS, group
from tests.conftest import point_at


def test_help_names_every_command_with_its_own_words():
    for name, words in COMMANDS.items():
        command = group.get_command(None, name)
        assert command.name == name
        assert command.help.startswith(words), name


def test_help_imports_nothing_heavy():
    code = ("import sys; from auditor.cli import main\n"
            "try: main(['--help'])\nexcept SystemExit: pass\n"
            "print([m for m in ('boto3', 'botocore', 'jinja2', 'rich', 'msgspec', 'sqlite3',"
            " 'tabulate', 'auditor.kinds') if m in sys.modules], file=sys.stderr)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(("args", "says"), [
    (["scn"], "did you mean scan"),
    (["scan", "--select", "sagemaker-notebook-root-acces"], "sagemaker-notebook-root-access"),
    (["scan", "-f", "htm"], "did you mean html"),
    (["scan", "-f", "json=/no/such/place/x.json"], "there is no directory /no/such/place"),
    (["scan", "-f", "json", "-f", "html"], "cannot both go to standard output"),
    (["scan", "--rules", "/no/such"], "no such directory"),
    (["scan", "--outcomes", "failed"], "no outcome failed"),
    (["scan"], "no AWS credentials"),
    (["scan", "--profile", "nobody"], "no AWS profile nobody"),
    (["collect", "-o", "/no/x.inventory"], "no AWS credentials"),
    (["evaluate", "/no/such.inventory"], "no such file"),
    (["report", "/no/such.json"], "cannot be read"),
    (["explain", "sagemaker-notebook-rot-access"], "did you mean"),
])
def test_mistakes_are_one_helpful_line_and_exit_2(cli, args, says):
    code, _, err = cli(*args)
    assert code == 2, err
    assert says in err
    assert "Traceback" not in err
    assert len([line for line in err.splitlines() if line.lower().startswith("error")]) == 1


@pytest.mark.parametrize("body", [b"not a database", b"SQLite format 3\x00" + b"x" * 200, b""])
def test_a_file_that_is_no_inventory(cli, tmp_path, body):
    file = tmp_path / "x.inventory"
    file.write_bytes(body)
    code, _, err = cli("evaluate", str(file))
    assert (code, "not an inventory" in err) == (2, True), err
    assert file.read_bytes() == body


def test_a_file_that_is_no_report(cli, tmp_path):
    file = tmp_path / "run.json"
    file.write_text("{}")
    code, _, err = cli("report", str(file))
    assert code == 2 and "not a JSON report" in err


def test_a_file_that_is_not_ours_is_never_replaced(cli, tmp_path, monkeypatch, demo_url):
    point_at(monkeypatch, demo_url)
    file = tmp_path / "thesis.txt"
    file.write_text("years of work")
    code, _, err = cli("collect", "-o", str(file), "--region", "us-east-1")
    assert code == 2 and "not an inventory" in err
    assert file.read_text() == "years of work"


@pytest.fixture(scope="module")
def scanned(demo_url, tmp_path_factory):
    """One scan of the demo's world over HTTP, through the command in a process of its own."""
    room = tmp_path_factory.mktemp("scan")
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")} | {
        "AWS_ENDPOINT_URL": demo_url, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y",
        "AWS_DEFAULT_REGION": "eu-west-1", "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "XDG_CACHE_HOME": str(room),
    }
    done = subprocess.run(
        [sys.executable, "-m", "auditor", "scan", "--region", "eu-west-1", "--region", "us-east-1",
         "-f", "table", "-f", "json=run.json", "-f", "html=run.html", "--inventory", "x.inventory"],
        cwd=room, env=environment, capture_output=True, text=True, check=False,
    )
    return room, done


def test_scan_writes_every_report_and_says_what_it_could_not_see(scanned):
    room, done = scanned
    assert done.returncode == 3, done.stderr
    assert "exit 3:" in done.stderr and "\x1b" not in done.stdout
    run = json.loads((room / "run.json").read_text())
    assert run["gaps"] == []
    # the world has one job that reads a bucket of another account, and nothing else is hidden
    assert {(f["rule"], f["resource"]["name"]) for f in run["findings"]
            if f["status"] == "unknown"} == {
        ("sagemaker-training-data-unencrypted", "credit-risk-clickstream-0003"),
        ("sagemaker-training-data-bucket-versioned", "credit-risk-clickstream-0003")}
    assert run["run"]["regions"] == ["eu-west-1", "us-east-1"]
    assert run["cost"]["calls"] > 100
    assert (room / "run.html").read_text().startswith("<!doctype html>")
    assert stat.S_IMODE((room / "x.inventory").stat().st_mode) == 0o600
    assert not list(room.glob("*.part"))


def test_evaluate_and_report_say_the_same_as_the_scan(scanned, cli, tmp_path):
    room, _ = scanned
    again = tmp_path / "again.json"
    code, _, _ = cli("evaluate", str(room / "x.inventory"), "-f", f"json={again}")
    assert code == 3
    assert again.read_bytes() == (room / "run.json").read_bytes()
    third = tmp_path / "third.json"
    code, _, _ = cli("report", str(room / "run.json"), "-f", f"json={third}")
    assert code == 3
    assert third.read_bytes() == (room / "run.json").read_bytes()


def test_select_outcomes_and_thresholds(scanned, cli):
    room, _ = scanned
    inventory = str(room / "x.inventory")
    code, out, _ = cli("evaluate", inventory, "--select", "macie-*", "-f", "json",
                       "--outcomes", "fail", "--fail-on", "critical")
    run = json.loads(out)
    assert code == 0
    assert {f["status"] for f in run["findings"]} == {"fail"}
    assert all(f["rule"].startswith("macie-") for f in run["findings"])


def test_no_secret_of_the_world_is_in_any_file(scanned):
    room, done = scanned
    from auditor.aws import demo_world

    secrets = [s.encode() for s in demo_world.SECRETS]
    assert secrets
    for text in [(room / n).read_bytes() for n in ("run.json", "run.html", "x.inventory")] + [
            done.stdout.encode(), done.stderr.encode()]:
        for secret in secrets:
            assert secret not in text


def test_rules_explain_and_permissions(cli):
    code, out, _ = cli("rules")
    assert code == 0 and "sagemaker-notebook-root-access" in out
    code, out, _ = cli("rules", "--json")
    cards = json.loads(out)
    assert len(cards) >= 70 and all(c["rationale"] and c["fix"] for c in cards)
    code, out, _ = cli("explain", "sagemaker-notebook-root-access")
    assert code == 0 and "To mend it:" in out and "SageMaker.3" in out and '"RootAccess"' in out
    code, out, _ = cli("permissions")
    assert json.loads(out)["Statement"][0]["Effect"] == "Allow"


def test_a_fault_of_our_own_is_exit_4_and_one_line(cli, monkeypatch):
    def broken(*_):
        raise RuntimeError("boom")

    monkeypatch.setattr("auditor.plugins.load_rules", broken)
    code, _, err = cli("rules")
    assert code == 4 and "boom" in err and "Traceback" not in err


def test_files_are_written_though_nobody_reads_the_table(scanned, tmp_path):
    room, _ = scanned
    report = tmp_path / "run.json"
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m auditor evaluate {room}/x.inventory -f table"
         f" -f json={report} | true"], capture_output=True, text=True, check=False)
    assert json.loads(report.read_text())["findings"]
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr


def test_whoever_stops_reading_is_not_told_of_findings():
    # exit 1 would say "findings"
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "auditor", "rules"], stdout=writer, stderr=subprocess.PIPE,
            timeout=60,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")
