"""The JSON report: the run and nothing else, the same bytes every time, by its own schema."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest

from auditor.finding import Run
from auditor.plugins import load_report
from tests.reports import made
from tests.reports.measured import Sink, peak

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text())
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)
RUNS = [made.golden, made.empty, made.clean, made.refused]


def written(run: Run, **options: object) -> bytes:
    out = io.BytesIO()
    load_report("json").write(run, out, **options)
    return out.getvalue()


@pytest.mark.parametrize("make", RUNS, ids=lambda make: make.__name__)
def test_it_is_the_run_and_nothing_else(make):
    run = make()
    assert msgspec.json.decode(written(run), type=Run) == run
    assert json.loads(written(run)) == msgspec.to_builtins(run)


@pytest.mark.parametrize("make", RUNS, ids=lambda make: make.__name__)
def test_it_is_the_same_bytes_every_time_also_when_written_again(make):
    text = written(make())
    assert text == written(make())
    assert text == written(msgspec.json.decode(text, type=Run))
    assert text.endswith(b"}\n")


def test_it_is_the_golden_file(golden):
    golden("run.json", written(made.golden()))


@pytest.mark.parametrize("make", RUNS, ids=lambda make: make.__name__)
def test_it_keeps_its_schema(make):
    VALIDATOR.validate(json.loads(written(make())))


def test_the_schema_tells_right_from_wrong():
    for place, wrong in (("status", "failed"), ("severity", "fatal"), ("gap", "0")):
        run = json.loads(written(made.golden()))
        run["findings"][0][place] = wrong
        assert not VALIDATOR.is_valid(run), place
    run = json.loads(written(made.golden()))
    assert not VALIDATOR.is_valid(run | {"schema": 2})
    del run["coverage"]
    assert not VALIDATOR.is_valid(run)


def test_the_schema_describes_every_field():
    jsonschema_rs.meta.validate(SCHEMA)
    assert "/schema/1/" in SCHEMA["$id"]
    for name, structure in SCHEMA["$defs"].items():
        assert structure["description"], name
        for field, about in structure["properties"].items():
            assert about["description"], (name, field)


def test_the_schema_and_its_tables_are_current():
    done = subprocess.run([sys.executable, "tools/schema.py", "--check"], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "schema: nothing changed\n")


def test_outcomes_narrow_the_findings_and_nothing_else():
    everything = json.loads(written(made.golden()))
    narrowed = json.loads(written(made.golden(), outcomes={"unknown", "waived"}))
    assert {f["status"] for f in narrowed["findings"]} == {"unknown", "waived"}
    assert narrowed | {"findings": 0} == everything | {"findings": 0}
    assert json.loads(written(made.golden(), outcomes=set()))["findings"] == []


@pytest.mark.parametrize("evil", made.EVIL, ids=range(len(made.EVIL)))
def test_hostile_text_stays_text(evil):
    text = written(made.hostile(evil))
    run = json.loads(text)
    VALIDATOR.validate(run)
    # a lone surrogate is spelled out, everything else comes back as it was
    as_it_was = evil.encode("utf-8", "backslashreplace").decode()
    assert run["findings"][0]["resource"]["name"] == as_it_was
    assert run["findings"][0]["resource"]["tags"] == {as_it_was: as_it_was}
    assert written(msgspec.json.decode(text, type=Run)) == text


def test_numbers_that_json_lacks_are_null():
    finding = made.finding(made.RULES[0], "x", "fail",
                           evidence=(("a", float("nan")), ("b", float("-inf")), ("c", 10**30)))
    run = json.loads(written(made.run_of([finding], made.RULES)))
    assert [e["value"] for e in run["findings"][0]["evidence"]] == [None, None, 10**30]


def test_writing_keeps_memory_flat():
    run = made.large(20_000)
    sink = Sink()
    report = load_report("json")
    report.write(made.golden(), Sink())  # what is loaded once is not counted
    assert peak(lambda: report.write(run, sink)) < 500_000
    assert sink.size > 15_000_000
