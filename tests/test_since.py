"""Waivers and the baseline on the command line: what is said, what counts, what stops the run."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from auditor.plugins import load_report
from tests.reports import made

CARD = next(rule for rule in made.RULES if rule.id == "sagemaker-notebook-root-access")
TODAY = datetime.now(UTC).date()


def saved(path, *notebooks: str, day: str = "2026-01-31"):
    """Write the report of a run in which these notebooks fail, and another is sound."""
    found = [made.finding(CARD, name, "fail", "RootAccess is Enabled") for name in notebooks]
    run = made.run_of([*found, made.finding(CARD, "sound", "pass")], made.RULES)
    run = msgspec.structs.replace(run, run=msgspec.structs.replace(
        run.run, id=path.stem, finished=f"{day}T03:00:00+00:00"))
    out = io.BytesIO()
    load_report("json").write(run, out)
    path.write_bytes(out.getvalue())
    return path


def waiving(path, name: str, expires) -> str:
    arn = made.arn_of(CARD.kind, name, "eu-west-1")
    path.write_text(f'[[waiver]]\nrule = "{CARD.id}"\nresource = "{arn}"\n'
                    f'owner = "ml@example.com"\nreason = "SEC-1"\nexpires = {expires}\n')
    return str(path)


def test_new_only_fails_on_what_is_new(cli, tmp_path):
    old = saved(tmp_path / "old.json", "a", "b", day="2026-01-30")
    same, more = saved(tmp_path / "same.json", "a"), saved(tmp_path / "more.json", "a", "c")
    code, out, err = cli("report", str(same), "--baseline", str(old), "--new-only")
    assert code == 0 and "nothing that counts" in err and "1 known to the baseline" in err
    assert "1 unchanged" in out and "1 gone" in out
    assert cli("report", str(same), "--baseline", str(old))[0] == 1
    written = tmp_path / "told.json"
    code, _, err = cli("report", str(more), "--baseline", str(old), "--new-only",
                       "-f", f"json={written}")
    assert code == 1 and "1 new findings" in err
    told = json.loads(written.read_text())
    assert {f["resource"]["name"]: f["change"] for f in told["findings"]} == {
        "a": "unchanged", "c": "new", "sound": ""}
    assert told["baseline"]["counts"]["gone"] == 1
    assert {f["first_seen"][:10] for f in told["findings"] if f["change"]} == {
        "2026-01-30", "2026-01-31"}


def test_a_missing_baseline_is_said_and_may_count_as_old(cli, tmp_path):
    run, none = str(saved(tmp_path / "run.json", "a")), str(tmp_path / "none.json")
    code, _, err = cli("report", run, "--baseline", none, "--new-only")
    assert code == 1 and "does not exist: every fail is new" in err
    code, _, err = cli("report", run, "--baseline", none, "--new-only",
                       "--missing-baseline", "all-old")
    assert code == 0 and "taken as known" in err


def test_a_corrupt_baseline_stops_the_run(cli, tmp_path):
    run, bad = saved(tmp_path / "run.json", "a"), tmp_path / "bad.json"
    bad.write_bytes(run.read_bytes()[:-40])
    code, _, err = cli("report", str(run), "--baseline", str(bad))
    assert code == 2 and "bad.json: not a JSON report" in err


def test_a_waiver_accepts_until_its_day(cli, tmp_path):
    run = str(saved(tmp_path / "run.json", "a", day=str(TODAY)))
    file = waiving(tmp_path / "w.toml", "a", TODAY + timedelta(days=60))
    code, out, err = cli("report", run, "--waivers", file)
    assert code == 0 and "WAIVED" in out and "waivers:" not in err
    code, out, err = cli("report", run, "--waivers", waiving(
        tmp_path / "w.toml", "a", TODAY - timedelta(days=1)))
    assert code == 1 and "ml@example.com) expired on" in err and "1 findings count again" in err
    code, _, err = cli("report", run, "--waivers", waiving(
        tmp_path / "w.toml", "a", TODAY + timedelta(days=3)))
    assert code == 0 and f"ends on {TODAY + timedelta(days=3)}" in err


def test_the_file_here_is_taken_unless_the_truth_is_asked_for(cli, tmp_path, monkeypatch):
    run = str(saved(tmp_path / "run.json", "a", day=str(TODAY)))
    waiving(tmp_path / "waivers.toml", "a", TODAY)
    monkeypatch.chdir(tmp_path)
    assert cli("report", run)[0] == 0
    assert cli("report", run, "--no-waivers")[0] == 1


@pytest.mark.parametrize(("options", "says"), [
    (["--strict-waivers"], "matches nothing"),
    (["--no-waivers"], "exclude each other"),
    (["--new-only"], "--new-only needs a --baseline"),
])
def test_what_cannot_be_is_refused(cli, tmp_path, options, says):
    run = str(saved(tmp_path / "run.json", "a", day=str(TODAY)))
    file = waiving(tmp_path / "w.toml", "b", TODAY)
    code, _, err = cli("report", run, "--waivers", file, *options)
    assert code == 2 and says in err


def test_reports_are_written_though_a_waiver_matches_nothing(cli, tmp_path):
    run, written = saved(tmp_path / "run.json", "a", day=str(TODAY)), tmp_path / "told.json"
    file = waiving(tmp_path / "w.toml", "b", TODAY)
    code, _, err = cli("report", str(run), "--waivers", file, "--strict-waivers",
                       "-f", f"json={written}")
    assert code == 2 and "matches nothing" in err
    assert json.loads(written.read_text())["waivers"][0]["state"] == "unused"


def test_an_unknown_rule_stops_before_anything_is_written(cli, tmp_path):
    run, written = saved(tmp_path / "run.json", "a"), tmp_path / "told.json"
    file = tmp_path / "w.toml"
    file.write_text(waiving(file, "a", TODAY) and file.read_text().replace("-root-", "-rot-"))
    code, _, err = cli("report", str(run), "--waivers", str(file), "-f", f"json={written}")
    assert code == 2 and f"did you mean {CARD.id}" in err and not written.exists()


def test_a_packed_report_is_written_the_same_every_time_and_read_again(cli, tmp_path):
    run = saved(tmp_path / "run.json", "a")
    packed, again = tmp_path / "told.json.gz", tmp_path / "again.json.gz"
    assert cli("report", str(run), "-f", f"json={packed}")[0] == 1
    assert cli("report", str(packed), "-f", f"json={again}")[0] == 1
    assert gzip.decompress(packed.read_bytes()) == run.read_bytes()
    assert packed.read_bytes() == again.read_bytes()
    sound = packed.read_bytes()
    for broken in (sound[:-30], sound[:100] + bytes([sound[100] ^ 255]) + sound[101:], b"{}"):
        packed.write_bytes(broken)
        code, _, err = cli("report", str(packed))
        assert code == 2 and "told.json.gz: " in err
