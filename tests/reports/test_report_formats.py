"""The formats that other programs read: what each must hold, and that nothing foreign acts in it."""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import unquote

import msgspec
import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator
from junitparser import JUnitXml

from auditor.finding import BaselineCard, LinkCard, PastFinding, WaiverCard
from auditor.plugins import load_report, report_names
from tests.reports import made
from tests.reports.measured import Sink, peak

MACHINE = ("asff", "csv", "github", "gitlab", "jsonl", "junit", "markdown", "ocsf", "oscal", "sarif")
EVIL = "a\x1b[31m|`x`](http://e)<img src=x onerror=1>::error::\r\n]]>&\ud800\u202e%0A=1+1,\"'@me"
ROOT = next(rule for rule in made.RULES if rule.id == "sagemaker-notebook-root-access")
KEY = next(rule for rule in made.RULES if rule.id == "sagemaker-endpoint-config-kms")
replace = msgspec.structs.replace


def written(name: str, run, **options) -> str:
    out = io.BytesIO()
    load_report(name).write(run, out, **options)
    return out.getvalue().decode()


def every_state():
    """Return a run with every outcome, a waiver, an old job, and a baseline."""
    waiver = WaiverCard(owner="ml@example.com", reason="SEC-1", expires="2026-12-31")
    run = made.run_of([
        made.finding(ROOT, "new", "fail", "RootAccess is Enabled", change="new",
                     first_seen="2026-01-31T10:00:12+00:00"),
        made.finding(ROOT, "old", "fail", "RootAccess is Enabled", change="unchanged",
                     first_seen="2026-01-01T00:00:00+00:00"),
        made.finding(ROOT, "past", "fail", "RootAccess is Enabled", historical=True),
        made.finding(ROOT, "good", "pass"),
        made.finding(ROOT, "blind", "unknown", "AccessDenied"),
        made.finding(ROOT, "taken", "waived", "RootAccess is Enabled", waiver=waiver),
        made.finding(KEY, "config", "not_applicable", "no volume"),
    ], made.RULES, gaps=[made.gap("sagemaker:DescribeNotebookInstance")])
    gone = PastFinding(
        fingerprint="f" * 32, rule=ROOT.id, title=ROOT.title, severity="high",
        account=made.ACCOUNT, region="eu-west-1", arn=made.arn_of(ROOT.kind, "gone", "eu-west-1"),
        change="gone")
    fixed = replace(gone, fingerprint=next(
        f.fingerprint for f in run.findings if f.resource.name == "good"), change="fixed")
    blind = replace(gone, fingerprint="e" * 32, change="not_evaluated")
    return replace(run, baseline=BaselineCard(
        id="before", finished="2026-01-30T10:00:00+00:00",
        counts={"new": 1, "unchanged": 1, "fixed": 1, "gone": 1}, closed=[gone, fixed, blind]))


def test_these_are_all_formats():
    assert set(report_names()) == {*MACHINE, "json", "html", "table"}


def test_the_page_of_formats_names_each():
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
    assert sorted(re.findall(r"^\| `(\w+)` \|", page, re.M)) == report_names()


@pytest.mark.parametrize("name", MACHINE)
@pytest.mark.parametrize("make", [made.golden, made.empty, made.clean, made.refused, every_state],
                         ids=lambda make: make.__name__)
def test_the_same_run_gives_the_same_bytes(name, make):
    assert written(name, make()) == written(name, make())


@pytest.mark.parametrize("name", MACHINE)
def test_nothing_foreign_acts(name):
    text = written(name, made.hostile(EVIL))
    if name != "jsonl":  # which is data, as AWS told it
        assert "\x1b" not in text and "\u202e" not in text
    match name:
        case "jsonl" | "ocsf":
            assert all(isinstance(json.loads(line), dict) for line in text.splitlines())
        case "asff" | "gitlab" | "oscal" | "sarif":
            json.loads(text)
        case "junit":
            ET.fromstring(text)
        case "csv":
            rows = list(csv.reader(io.StringIO(text, newline="")))
            assert {len(row) for row in rows} == {len(rows[0])}
        case "github":
            assert all(re.match(r"::(error|warning|notice) title=[^:,\n]*::", line)
                       for line in text.splitlines())
        case "markdown":
            assert "<img" not in text and "](http://e)" not in text and "`x`" not in text


@pytest.mark.parametrize("name", MACHINE)
def test_memory_is_flat(name):
    few, many = made.large(1_000), made.large(8_000)
    small = peak(lambda: load_report(name).write(few, Sink()))
    assert peak(lambda: load_report(name).write(many, Sink())) < 2 * small + 2_000_000


@pytest.mark.parametrize("name", [n for n in MACHINE if n not in ("github", "markdown")])
def test_outcomes_narrow(name):
    text = written(name, every_state(), outcomes={"fail"})
    assert "blind" not in text.replace("undetermined", "") and "new" in text


# -- SARIF

def sarif(run, **options):
    return json.loads(written("sarif", run, **options))


def test_sarif():
    told = sarif(every_state())
    assert told["version"] == "2.1.0" and len(told["runs"]) == 1
    (run,) = told["runs"]
    rules = run["tool"]["driver"]["rules"]
    results = {r["message"]["text"].partition(":")[0]: r for r in run["results"]}
    assert set(results) == {"new", "old", "past", "taken"}  # what passed is no result
    for name, result in results.items():
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == (
            f"aws/{made.ACCOUNT}/eu-west-1/sagemaker-notebookinstance/{name}")
        assert place["region"] == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}
        assert result["kind"] == "fail" and result["level"] == "error"
    assert results["new"]["baselineState"] == "new"
    assert results["old"]["baselineState"] == "unchanged"
    assert "SEC-1" in results["taken"]["suppressions"][0]["justification"]
    assert results["past"]["suppressions"] and "suppressions" not in results["new"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    levels = [n["level"] for n in invocation["toolExecutionNotifications"]]
    assert levels == ["error", "warning"]  # the gap, the unknown
    scores = {r["id"]: float(r["properties"]["security-severity"]) for r in rules}
    assert scores["s3-bucket-public-read"] > 9.0 > scores[ROOT.id] >= 7.0
    assert sarif(made.clean())["runs"][0]["invocations"][0]["executionSuccessful"] is True


def test_sarif_has_what_passed_where_that_is_asked_for():
    kinds = {r["kind"]: r["level"] for r in sarif(
        every_state(), outcomes={"pass", "not_applicable"})["runs"][0]["results"]}
    assert kinds == {"pass": "none", "notApplicable": "none"}


def test_sarif_is_split_where_github_would_refuse_it(monkeypatch):
    monkeypatch.setattr(load_report("sarif"), "MOST", 3)
    run = made.run_of([made.finding(ROOT, f"n{n}", "fail") for n in range(7)], made.RULES)
    runs = sarif(run)["runs"]
    assert [len(one["results"]) for one in runs] == [3, 3, 1]
    # GitHub's category is what comes before the last slash
    assert len({one["automationDetails"]["id"].rpartition("/")[0] for one in runs}) == 3
    assert len({r["partialFingerprints"]["auditorFingerprint/v1"]
                for one in runs for r in one["results"]}) == 7


def test_a_path_is_a_relative_uri_whatever_the_name():
    for name in ("../../etc", "..", "", "a b/c?d#e", "ü\ud800"):
        run = made.run_of([made.finding(ROOT, name, "fail")], made.RULES)
        uri = sarif(run)["runs"][0]["results"][0]["locations"][0]["physicalLocation"][
            "artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9._~%-]+(/[A-Za-z0-9._~%-]+){4}", uri)
        assert not any(part in ("", ".", "..") for part in unquote(uri.rpartition("/")[0]).split("/"))
        assert uri.rpartition("/")[2] not in ("", ".", "..")


# -- JUnit

def test_junit():
    root = ET.fromstring(written("junit", every_state()))
    assert root.attrib == {
        "name": "auditor", "tests": "7", "failures": "2", "errors": "1", "skipped": "3"}
    cases = {c.get("name").rpartition("/")[2]: c for c in root.iter("testcase")}
    kinds = {name: [child.tag for child in case] for name, case in cases.items()}
    assert kinds == {
        "new": ["failure"], "old": ["failure"], "past": ["skipped"], "good": [],
        "blind": ["error"], "taken": ["skipped"], "config": ["skipped"]}
    assert cases["new"].get("classname") == ROOT.id
    assert "SEC-1" in cases["taken"][0].get("message")
    for suite in root.iter("testsuite"):
        assert int(suite.get("tests")) == len(list(suite.iter("testcase")))
        for counted in ("failure", "error", "skipped"):
            plural = counted if counted == "skipped" else counted + "s"
            assert int(suite.get(plural)) == len(list(suite.iter(counted)))
    names = [(c.get("classname"), c.get("name")) for c in root.iter("testcase")]
    assert len(names) == len(set(names))


def test_junit_is_read_by_a_reader():
    read = JUnitXml.fromstring(written("junit", every_state()).encode())
    assert (read.tests, read.failures, read.errors, read.skipped) == (7, 2, 1, 3)
    assert sum(len(list(suite)) for suite in read) == 7


# -- CSV

def test_csv():
    text = written("csv", every_state())
    assert text.count("\r\n") == 8 and "\n" not in text.replace("\r\n", "")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    taken = next(row for row in rows if row["name"] == "taken")
    assert (taken["waiver_owner"], taken["waiver_expires"]) == ("ml@example.com", "2026-12-31")
    assert taken["tags"] == "team=ml; env=prod" and "AWS FSBP SageMaker.3" in taken["controls"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(start):
    run = made.run_of([made.finding(ROOT, f"{start}1", "fail", f"{start}1+1")], made.RULES)
    for row in csv.DictReader(io.StringIO(written("csv", run), newline="")):
        assert not row["name"].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        assert row["message"].startswith("'")


# -- GitHub, GitLab, Markdown

def test_github_shows_the_worst_ten_of_a_level_and_counts_the_others():
    grave = [made.finding(ROOT, f"n{n}", "fail", "x") for n in range(12)]
    lines = written("github", made.run_of(
        [*grave, made.finding(ROOT, "blind", "unknown", "y")], made.RULES)).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning", "::notice"]
    assert lines[-1].endswith("and 2 more; the other reports have all")
    assert written("github", made.clean()) == ""


def test_github_escapes_what_would_end_the_command():
    run = made.run_of([made.finding(ROOT, "a", "fail", "100%0A::error::x")], made.RULES)
    (line,) = written("github", run).splitlines()
    assert line.endswith(f"100%250A::error::x ({ROOT.id})")


def test_gitlab():
    told = json.loads(written("gitlab", every_state()))
    assert {t["location"]["path"].rpartition("/")[2] for t in told} == {"new", "old", "blind"}
    assert len({t["fingerprint"] for t in told}) == len(told)
    for one in told:
        assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert one["location"]["lines"]["begin"] == 1
        assert not one["location"]["path"].startswith((".", "/"))
    assert json.loads(written("gitlab", made.empty())) == []


def test_markdown_stops_before_github_drops_it_whole(monkeypatch):
    text = written("markdown", made.large(500))
    monkeypatch.setattr(load_report("markdown"), "MOST", len(text.encode()) // 2)
    short = written("markdown", made.large(500))
    assert len(short.encode()) < len(text.encode()) // 2 + 100
    assert re.search(r"And \d+ rules? more\.\n$", short)


# -- JSON Lines

def test_jsonl_is_the_run_its_links_and_its_findings():
    link = LinkCard(source="a", source_kind="A", member="m", target="b", target_kind="B")
    run = replace(every_state(), lineage=[link])
    lines = [json.loads(line) for line in written("jsonl", run).splitlines()]
    types = [line.pop("type") for line in lines]
    assert types == ["run", "link"] + ["finding"] * 7
    assert lines[0] | {"lineage": lines[1:2], "findings": lines[2:]} == msgspec.to_builtins(run)


# -- OCSF

def test_ocsf():
    events = {e["resources"][0]["uid"].rpartition("/")[2]: e for e in map(
        json.loads, written("ocsf", every_state()).splitlines())}
    assert set(events) == {"new", "old", "past", "good", "blind", "taken", "gone"}
    assert {n: (e["activity_name"], e["status"], e["compliance"]["status"])
            for n, e in events.items()} == {
        "new": ("Create", "New", "Fail"), "old": ("Update", "New", "Fail"),
        "past": ("Create", "Suppressed", "Fail"), "good": ("Close", "Resolved", "Pass"),
        "blind": ("Create", "New", "Warning"), "taken": ("Create", "Suppressed", "Fail"),
        "gone": ("Close", "Resolved", "Gone")}
    for event in events.values():
        assert event["class_uid"] == 2003 and event["category_uid"] == 2
        assert event["type_uid"] == 200300 + event["activity_id"]
        assert event["time"] == 1769853612000  # milliseconds
        assert event["metadata"]["version"] == "1.8.0" and event["metadata"]["product"]["vendor_name"]
        assert {"uid", "title"} <= event["finding_info"].keys()
        assert event["severity_id"] in range(1, 6)
    assert events["old"]["finding_info"]["first_seen_time"] == 1767225600000
    assert events["new"]["compliance"]["checks"][0]["uid"] == ROOT.id


# -- ASFF

def test_asff_is_what_security_hub_takes():
    model = get_session().get_service_model("securityhub").operation_model("BatchImportFindings")
    for make in (every_state, made.golden, lambda: made.hostile(EVIL * 40)):
        findings = json.loads(written("asff", make()))
        report = ParamValidator().validate({"Findings": findings}, model.input_shape)
        assert not report.has_errors(), report.generate_report()
        for one in findings:
            assert len(one["Title"]) <= 256 and 0 < len(one["Description"]) <= 1024
            assert len(one["GeneratorId"]) <= 512 and len(json.dumps(one)) < 240_000
            assert one["AwsAccountId"] in one["ProductArn"] and one["Region"] in one["ProductArn"]
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one["CreatedAt"])
            assert all(len(r) <= 64 for r in one["Compliance"].get("RelatedRequirements", []))


def test_asff_states():
    told = {f["Resources"][0]["Id"].rpartition("/")[2]: (
        f["Compliance"]["Status"], f["RecordState"], f.get("Workflow", {}).get("Status"))
        for f in json.loads(written("asff", every_state()))}
    assert told == {
        "new": ("FAILED", "ACTIVE", "NEW"), "old": ("FAILED", "ACTIVE", "NEW"),
        "past": ("FAILED", "ARCHIVED", "NEW"), "good": ("PASSED", "ACTIVE", "NEW"),
        "blind": ("WARNING", "ACTIVE", "NEW"), "taken": ("FAILED", "ACTIVE", "SUPPRESSED"),
        "config": ("NOT_AVAILABLE", "ACTIVE", "NEW"),
        "gone": ("NOT_AVAILABLE", "ARCHIVED", None)}


def test_asff_what_has_no_region_is_filed_in_the_first():
    role = next(rule for rule in made.RULES if rule.kind == "AWS::IAM::Role")
    run = made.run_of([made.finding(role, "r", "fail", region="global")], made.RULES)
    (one,) = json.loads(written("asff", run))
    assert one["Region"] == "eu-west-1" and one["Resources"][0]["Type"] == "AwsIamRole"


# -- OSCAL

def test_oscal():
    told = json.loads(written("oscal", every_state()))["assessment-results"]
    assert told["metadata"]["oscal-version"] == "1.2.1"
    (result,) = told["results"]
    seen = {o["uuid"] for o in result["observations"]}
    assert len(seen) == 6  # what does not apply is no observation
    targets = {}
    for finding in result["findings"]:
        uuid.UUID(finding["uuid"])
        assert {r["observation-uuid"] for r in finding.get("related-observations", [])} <= seen
        targets[finding["target"]["target-id"]] = finding["target"]["status"]
    assert targets["ac-6.10"]["state"] == "not-satisfied"  # AC-6(10), as NIST writes it
    reviewed = {c["control-id"] for c in result["reviewed-controls"]["control-selections"][0][
        "include-controls"]}
    assert reviewed == set(targets)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]*", name) for name in targets)


def test_oscal_what_was_not_seen_is_not_satisfied():
    run = made.run_of([made.finding(ROOT, "a", "pass"), made.finding(ROOT, "b", "unknown")],
                      made.RULES)
    (result,) = json.loads(written("oscal", run))["assessment-results"]["results"]
    status = {f["target"]["target-id"]: f["target"]["status"] for f in result["findings"]}["ac-6.10"]
    assert status["state"] == "not-satisfied" and "not evaluated" in status["remarks"]
    assert "observations" not in json.loads(written("oscal", made.empty()))["assessment-results"][
        "results"][0]
