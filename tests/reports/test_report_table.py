"""The table: what a person reads after a scan, inside the width, and never acting."""

from __future__ import annotations

import io
import re
import unicodedata

import msgspec
import pytest
from rich.cells import cell_len

from auditor.finding import BaselineCard, Run
from auditor.plugins import load_report
from tests.reports import made
from tests.reports.measured import Sink, peak


def written(run: Run, **options: object) -> str:
    out = io.BytesIO()
    load_report("table").write(run, out, **options)
    return out.getvalue().decode()


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_it_is_the_golden_file(golden):
    golden("table.txt", written(made.golden()).encode())


def test_verbose_lists_every_resource():
    run = made.golden()
    brief, verbose = written(run), written(run, verbose=True)
    assert "and 1 more" in brief and "speech" not in brief
    assert "more\n" not in verbose
    for finding in run.findings:
        if finding.status == "fail":
            assert finding.resource.name in verbose


def test_verbose_cuts_nothing():
    name, message = "n" * 150 + "-end", " ".join(["because"] * 60) + " finally"
    run = made.run_of([made.finding(made.RULES[0], name, "fail", message)], made.RULES)
    verbose = written(run, verbose=True)
    assert "…" not in verbose
    assert "-end" in verbose and "finally" in verbose


def test_colour_is_only_paint():
    run = made.golden()
    colored = written(run, color=True)
    assert plain(colored) == written(run)
    for word in ("CRITICAL", "HIGH", "MEDIUM", "LOW", "UNKNOWN"):
        assert re.search(rf"\x1b\[[0-9;]+m{word}\x1b\[0m", colored), word


def test_unknown_says_what_was_refused_and_what_would_mend_it():
    text = " ".join(written(made.golden()).split())
    assert "s3:GetBucketPolicyStatus in global answered AccessDenied Access Denied" in text
    assert "To mend it: allow s3:GetBucketPolicyStatus" in text
    assert "Leaves 1 outcome unknown, of s3-bucket-public-read" in text
    assert "the rule broke (KeyError: 'x'); this is a fault of auditor" in text
    assert "Refused as well: kms:DescribeKey" in text


@pytest.mark.parametrize(("code", "says"), [
    ("AccessDeniedException", "allow iam:GetRole"), ("UnauthorizedOperation", "allow iam:GetRole"),
    ("403", "allow iam:GetRole"), ("ThrottlingException", "--patience"), ("SlowDown", "--patience"),
    ("ExpiredToken", "renew the credentials"), ("InternalFailure", "scan again; the call needs"),
])
def test_the_remedy_fits_the_refusal(code, says):
    run = made.run_of(
        [made.finding(made.RULES[0], "x", "unknown", "not seen", gap=0)], made.RULES,
        gaps=[made.gap("iam:GetRole", code=code)])
    assert says in " ".join(written(run).split())


def test_what_does_not_count_is_apart():
    text = written(made.golden())
    assert "10 findings, but 3 outcomes could not be determined." in text
    assert re.search(r"HISTORICAL  2 outcomes on jobs that ended more than 90 days", text)
    assert "WAIVED  1 outcome" in text
    # neither the historical failures nor the waived one are among the low and high ones
    assert "LOW  3 findings of 3 rules" in text and "HIGH  5 findings of 2 rules" in text


def test_what_could_not_be_looked_at_is_said():
    text = written(made.golden())
    assert "Not offered by AWS in ap-south-2: Macie Session" in text
    assert "Tags could not be read in us-east-1" in text
    assert "7 rules of 33" in text


def test_outcomes_narrow_the_lists_and_not_the_numbers():
    everything, narrowed = written(made.golden()), written(made.golden(), outcomes={"pass"})
    assert "PASSED  4 outcomes" in narrowed and "PASSED" not in everything
    assert "UNKNOWN" not in narrowed and "CRITICAL" not in narrowed
    assert "10 findings, but 3 outcomes could not be determined." in narrowed
    totals = next(line for line in everything.splitlines() if line.startswith("all "))
    assert totals in narrowed
    assert "NOT APPLICABLE  1 outcome" in written(made.golden(), outcomes={"not_applicable"})


def test_a_narrowed_file_does_not_pretend_to_be_whole():
    run = made.golden()
    run = msgspec.structs.replace(run, findings=[f for f in run.findings if f.status == "fail"])
    text = written(run)
    assert "The file holds 12 of 21 outcomes" in text
    assert " of 2 fail" not in text and "1 fail" in text
    assert re.search(r"^passed +4$", text, re.MULTILINE)


@pytest.mark.parametrize(("make", "says"), [
    (made.empty, "There is nothing to audit here"),
    (made.clean, "Nothing found; all that the rules asked for was seen."),
    (made.refused, "AWS let us see nothing"),
])
def test_empty_states_are_said_in_words(make, says):
    assert says in written(make())


def test_a_custom_endpoint_is_said():
    run = made.golden()
    assert "Not AWS itself" not in written(run)
    run = msgspec.structs.replace(
        run, run=msgspec.structs.replace(run.run, endpoint="http://127.0.0.1:5000"))
    assert "Not AWS itself: this scan was pointed at http://127.0.0.1:5000" in written(run)


def test_accounts_are_told_apart():
    run = made.golden()
    run = msgspec.structs.replace(run, run=msgspec.structs.replace(
        run.run, accounts=[made.ACCOUNT, "444455556666"]))
    text = written(run, width=120)
    assert "Audit of accounts 111122223333, 444455556666" in text
    assert "111122223333 eu-west-1" in text


def test_a_gap_that_is_not_there_is_no_reason_to_break():
    finding = made.finding(made.RULES[0], "x", "unknown", "not seen", gap=99)
    assert "not seen" in written(made.run_of([finding], made.RULES))


@pytest.mark.parametrize("width", [40, 57, 80, 200])
@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("evil", made.EVIL, ids=range(len(made.EVIL)))
def test_hostile_text_stays_inside_the_width_and_inert(evil, width, verbose):
    run = made.hostile(evil)
    for options in ({}, {"outcomes": {"pass", "fail", "not_applicable", "waived"}}):
        text = written(run, width=width, verbose=verbose, **options)
        for line in text.splitlines():
            assert cell_len(line) <= width, line
        for character in text:
            assert character == "\n" or unicodedata.category(character) not in (
                "Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"), hex(ord(character))
        colored = written(run, width=width, verbose=verbose, color=True, **options)
        assert plain(colored) == text


@pytest.mark.parametrize(("evil", "shown"), [
    ("\x1b[31m", r"\x1b[31m"), ("a\nb\r\t", r"a\nb\r\t"), ("\x00", r"\x00"), ("\u202e", r"\u202e"),
    ("\ud800", r"\ud800"), ("\u2028", r"\u2028"), ("\x9b", r"\x9b"), ("\u200d", r"\u200d"),
    ("\U000e0041", r"\U000e0041"), ("\u3164", r"\u3164"), ("é 日 🔥", "é 日 🔥"),
])
def test_what_acts_is_spelled_out(evil, shown):
    finding = made.finding(made.RULES[0], f"<{evil}>", "fail", "x", arn="arn:x")
    run = made.run_of([finding], made.RULES)
    assert f"<{shown}>" in written(run)


def test_a_narrow_terminal_is_not_the_end():
    for line in written(made.golden(), width=1).splitlines():
        assert cell_len(line) <= 40


def test_writing_costs_little_beside_the_run():
    run = made.large(20_000)
    report = load_report("table")
    report.write(made.golden(), Sink())  # what is loaded once is not counted
    assert peak(lambda: report.write(run, Sink())) < 3_000_000


def test_it_says_what_changed_since_the_baseline():
    counts = {"new": 2, "unchanged": 5, "fixed": 1, "not_evaluated": 3}
    run = msgspec.structs.replace(made.golden(), baseline=BaselineCard(
        id="before", finished="2026-01-30T10:00:00+00:00", counts=counts))
    text = " ".join(written(run).split())
    assert "Since 2026-01-30 10:00:00 UTC: 2 new, 5 unchanged, 1 fixed, 3 not evaluated." in text


def test_what_is_less_grave_takes_a_line_a_rule_unless_all_is_asked_for():
    run = made.golden()
    brief, verbose = written(run), written(run, verbose=True)
    medium = next(f for f in run.findings if f.status == "fail" and f.severity == "medium")
    high = next(f for f in run.findings if f.status == "fail" and f.severity == "high")
    assert medium.rule in brief and medium.message not in " ".join(brief.split())
    assert medium.message in " ".join(verbose.split())
    assert high.resource.name in brief
