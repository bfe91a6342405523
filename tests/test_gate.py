"""The gate: what counts, what does not and is said, and never green when blind."""

from __future__ import annotations

import msgspec
import pytest

from auditor import config
from auditor.config import Gate, Group
from auditor.errors import AuditorError
from auditor.findings import Findings
from auditor.gate import decide
from tests.reports import made

replace = msgspec.structs.replace
ROOT = next(rule for rule in made.RULES if rule.id == "sagemaker-notebook-root-access")  # high
IMDS = next(rule for rule in made.RULES if rule.id == "sagemaker-notebook-imds-v2")  # medium
KEY = next(rule for rule in made.RULES if rule.id == "sagemaker-endpoint-config-kms")  # NIST only


def run(*findings, **fields):
    return made.run_of(list(findings), made.RULES, **fields)


def fail(rule=ROOT, name="a", **fields):
    return made.finding(rule, name, "fail", "x", **fields)


def test_thresholds_by_severity():
    some = run(fail(), fail(IMDS), fail(IMDS, "b"))
    assert decide(some, Gate(allowed={"medium": 2})).code == 1
    told = decide(some, Gate(allowed={"medium": 2, "high": 1}))
    assert told.code == 0 and told.apart == ("3 allowed",)
    told = decide(some, Gate(allowed={"medium": 1, "high": 1}))
    assert told.code == 1 and told.why == ("2 findings at or above low, the worst medium",)
    assert decide(some, Gate(fail_on="critical")).apart == ("3 below critical",)


def test_only_the_controls_of_the_frameworks_count():
    assert decide(run(fail()), Gate(frameworks=["aws-fsbp"])).code == 1
    told = decide(run(fail(KEY)), Gate(frameworks=["aws-fsbp"]))
    assert told.code == 0 and told.apart == ("1 outside the frameworks",)


def test_a_fail_counts_once_its_days_of_grace_are_over():
    """The run ends on 2026-01-31 at 10:00:12."""
    gate = Gate(grace_days=7)
    assert decide(run(fail(first_seen="2026-01-24T10:00:12+00:00")), gate).code == 1
    told = decide(run(fail(first_seen="2026-01-24T10:00:13+00:00")), gate)
    assert told.code == 0 and told.apart == ("1 in their days of grace",)
    assert decide(run(fail()), gate).code == 1  # nobody knows since when


def test_groups_of_accounts_have_their_own_measure():
    gate = Gate(groups={"sandbox": Group(accounts=["4444*"], fail_on="critical")})
    assert decide(run(fail(account="444455556666")), gate).code == 0
    assert decide(run(fail(account="111122223333")), gate).code == 1
    both = run(fail(account="444455556666"), fail(IMDS, account="111122223333"))
    assert decide(both, gate).why == ("1 findings at or above low, the worst medium",)
    strict = Gate(fail_on="critical", groups={"prod": Group(accounts=["1111*"], fail_on="low")})
    assert decide(both, strict).why == ("1 findings in prod at or above low, the worst medium",)


def test_too_many_waivers_are_a_finding():
    some = run(made.finding(ROOT, "a", "waived"), made.finding(ROOT, "b", "waived"))
    assert decide(some, Gate(max_waived=2)).code == 0
    told = decide(some, Gate(max_waived=1))
    assert told.code == 1 and told.why == ("2 findings are waived, more than 1",)


def test_too_little_coverage_is_incomplete_whatever_may_be_unknown():
    some = run(made.finding(ROOT, "a", "unknown"), *(
        made.finding(ROOT, name, "pass") for name in "bcd"))
    assert decide(some, Gate(max_unknown=1, min_coverage=0.75)).code == 0
    told = decide(some, Gate(max_unknown=1, min_coverage=0.76))
    assert told.code == 3 and "1 of 4 outcomes" in told.why[-1]


@pytest.mark.parametrize("left", ["fail", "unknown"])
def test_a_narrowed_report_is_never_green(left):
    """What --outcomes left out of the file has not gone away."""
    whole = run(fail(), made.finding(ROOT, "b", "unknown"), made.finding(ROOT, "c", "pass"))
    held = replace(whole, findings=Findings(f for f in whole.findings if f.status != left))
    assert decide(held).code == 3
    assert decide(replace(held, findings=Findings())).code == 3


def test_the_gate_of_the_configuration_and_of_the_command_line(cli, tmp_path):
    import io

    from auditor.plugins import load_report

    report, settings = tmp_path / "run.json", tmp_path / "auditor.toml"
    out = io.BytesIO()
    load_report("json").write(run(fail(IMDS)), out)
    report.write_bytes(out.getvalue())
    settings.write_text('[gate]\nfail_on = "high"\n[gate.groups.x]\naccounts = ["9*"]\n')
    code, _, err = cli("report", str(report), "--config", str(settings))
    assert code == 0 and "not counted: 1 below high" in err
    assert cli("report", str(report), "--config", str(settings), "--fail-on", "low")[0] == 1
    code, out, err = cli("gate", str(report), "--config", str(settings))
    assert (code, out) == (0, "") and "exit 0: nothing that counts" in err
    settings.write_text('[gate]\nframeworks = ["nist-800-53"]\n')
    code, _, err = cli("report", str(report), "--config", str(settings))
    assert code == 2 and "no framework nist-800-53" in err


@pytest.mark.parametrize(("text", "says"), [
    ("fail_on = 'hihg'", "gate.fail_on"),
    ("min_coverage = 2", "gate.min_coverage"),
    ("grace_days = -1", "gate.grace_days"),
    ("fail-on = 'high'", "unknown field `fail-on`"),
    ("[gate.groups.a]\nfail_on = 'high'", "missing required field `accounts`"),
])
def test_a_wrong_gate_is_refused_with_its_place(tmp_path, text, says):
    file = tmp_path / "auditor.toml"
    file.write_text(f"[gate]\n{text}\n")
    with pytest.raises(AuditorError) as refused:
        config.read(file)
    assert says in str(refused.value)
