"""Findings lie in a file of nobody's, and read like a list in the run's order."""

from __future__ import annotations

import gc
import io
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tracemalloc
import types
import typing
from pathlib import Path

import msgspec
import pytest

from auditor.finding import Evidence, Finding, LinkCard
from auditor.findings import Findings, Reason, Told, spooled
from auditor.lineage import Lineage, drawn
from auditor.plugins import load_report
from auditor.saved import read
from auditor.verdict import Severity
from tests.reports import made


def order(finding: Finding) -> tuple[object, ...]:
    return (-Severity(finding.severity).rank, finding.rule, finding.account, finding.region,
            finding.resource.arn)


@pytest.fixture(scope="module")
def shuffled() -> list[Finding]:
    found = list(made.large(3000).findings) + list(made.golden().findings)
    random.Random(1).shuffle(found)
    return found


def test_they_come_worst_first_by_rule_account_region_and_arn(shuffled):
    found = Findings(shuffled)
    assert list(found) == sorted(shuffled, key=order)
    assert len(found) == len(shuffled)


def test_they_may_be_read_twice_and_inside_each_other(shuffled):
    found = Findings(shuffled[:40])
    assert list(found) == list(found)
    assert [(a.fingerprint, b.fingerprint) for a in found for b in found] == [
        (a.fingerprint, b.fingerprint) for a in list(found) for b in list(found)]


def test_no_finding_is_empty_and_false():
    found = Findings()
    assert not found and list(found) == [] and found == []
    assert not found.of("fail") and list(found.of("fail")) == [] and found.tally == {}
    assert found.behind([[0]])[0] == [] and found.unexplained(1) == []
    assert not found.of("fail").reason_count and not found.of("fail").resources


def test_they_equal_whatever_holds_the_same(shuffled):
    found = Findings(shuffled[:20])
    assert found == Findings(reversed(shuffled[:20])) == sorted(shuffled[:20], key=order)
    assert found != Findings(shuffled[:19]) and found != Findings(shuffled[1:21])
    assert found != 3
    assert shuffled[3] in found and shuffled[21] not in found
    assert spooled(found) is found and spooled(list(found)) == found


def test_what_is_selected_is_counted_without_reading(shuffled):
    found = Findings(shuffled)
    inside = sorted(shuffled, key=order)
    fails = [f for f in inside if f.status == "fail" and not f.historical]
    assert list(found.of("fail")) == fails and len(found.of("fail")) == len(fails)
    assert list(found.of("historical")) == [
        f for f in inside if f.status == "fail" and f.historical]
    assert {name: list(same) for name, same in found.of("fail").by_rule().items()} == {
        rule: [f for f in fails if f.rule == rule] for rule in dict.fromkeys(f.rule for f in fails)}
    assert list(found.of("fail").by_severity()) == list(dict.fromkeys(f.severity for f in fails))
    assert list(found.of("fail").by_kind()) == sorted({f.resource.kind for f in fails})
    assert found.of("fail").first == fails[0]
    assert found.tally.total() == len(shuffled)
    assert found.tally[Told(fails[0].rule, fails[0].severity, "fail", False)] == sum(
        (f.rule, f.severity) == (fails[0].rule, fails[0].severity) for f in fails)


def test_a_rule_of_two_severities_is_one_rule():
    rule = made.RULES[0]
    found = Findings([made.finding(rule, "a", "fail", severity="low"),
                      made.finding(rule, "b", "fail", severity="critical")])
    (same,) = found.of("fail").by_rule().values()
    assert [f.severity for f in same] == ["critical", "low"]


def test_the_resources_with_the_gravest_come_first(shuffled):
    found = Findings(shuffled).of("fail")
    for same in found.by_kind().values():
        groups = list(same.by_resource())
        assert sum(map(len, groups)) == len(same) and len(groups) == same.resources
        counts = [[-sum(f.severity == s for f in one) for s in reversed(Severity)]
                  for one in groups]
        assert [(c, g[0].resource.name) for c, g in zip(counts, groups, strict=True)] == sorted(
            (c, g[0].resource.name) for c, g in zip(counts, groups, strict=True))
        for one in groups:
            assert len({(f.account, f.region, f.resource.arn) for f in one}) == 1
            assert one == sorted(one, key=order)


def test_what_is_said_most_comes_first():
    rule, other = made.RULES[0], made.RULES[1]
    found = Findings([
        made.finding(rule, "a", "unknown", "b"), made.finding(rule, "b", "unknown", "a"),
        made.finding(rule, "c", "unknown", "z"), made.finding(other, "d", "unknown", "z"),
        made.finding(rule, "e", "pass", "z"),
    ]).of("unknown")
    assert [(message, [f.resource.name for f in same]) for message, same in found.by_message()] == [
        ("z", ["c", "d"]), ("a", ["b"]), ("b", ["a"])]
    assert list(found.reasons()) == [
        Reason("z", 2, [rule.id, other.id]), Reason("a", 1, [rule.id]), Reason("b", 1, [rule.id])]
    assert found.reason_count == 3


def test_unknowns_are_found_by_their_gaps():
    rule, other = made.RULES[0], made.RULES[1]
    found = Findings([
        made.finding(rule, "a", "unknown", gap=0), made.finding(rule, "b", "unknown", gap=2),
        made.finding(other, "c", "unknown", gap=1), made.finding(other, "d", "unknown"),
        made.finding(other, "e", "unknown", gap=7), made.finding(other, "f", "pass"),
    ])
    one, two = found.behind([[0, 2], [1]])
    assert [f.resource.name for f in one] == ["a", "b"] and len(one) == 2
    assert [f.resource.name for f in two] == ["c"] and list(two.by_rule()) == [other.id]
    assert [f.resource.name for f in found.unexplained(3)] == ["d", "e"]


@pytest.mark.parametrize("evil", made.EVIL, ids=range(len(made.EVIL)))
def test_hostile_text_comes_back_as_it_was(evil):
    run = made.hostile(evil)
    assert sorted(Findings(run.findings), key=order) == sorted(run.findings, key=order)


def test_numbers_of_any_length_come_back():
    finding = made.finding(made.RULES[0], "x", "fail", evidence=(("a", 10**30), ("b", -1.5)))
    assert list(Findings([finding])) == [finding]


def test_memory_does_not_grow_with_them():
    def many(count):
        evidence = [Evidence(arn="arn:x", member="m", value="v" * 200, call="a:B", seen="x")]
        for number in range(count):
            yield msgspec.structs.replace(
                made.finding(made.RULES[number % 7], f"name-{number}", "fail", "m" * 100),
                evidence=evidence)

    def held(count):
        gc.collect()
        tracemalloc.start()
        try:
            found = Findings(many(count))
            assert sum(len(f.evidence) for f in found) == len(found) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    held(1000)  # what is loaded once is not counted
    assert held(20_000) < 1_500_000


FILL = """
import os, stat, sys, time
from auditor.findings import Findings
from tests.reports import made
run = made.golden()
found = Findings()
for _ in range(6000):
    for one in run.findings:
        found.add(one)
len(list(found.of("unknown")))
nameless = 0
for number in range(3, 256):
    try:
        told = os.fstat(number)
    except OSError:
        continue  # no such file is open
    nameless += stat.S_ISREG(told.st_mode) and told.st_nlink == 0
print("full", nameless, flush=True)
time.sleep(60)
"""


def test_no_file_is_left_behind_by_a_kill(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", FILL], stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[1],
        env=os.environ | {"SQLITE_TMPDIR": str(tmp_path), "TMPDIR": str(tmp_path)},
    ) as child:
        word, files = child.stdout.readline().split()
        assert (word, int(files) > 0) == ("full", True)  # it did spill, into files without a name
        assert list(tmp_path.iterdir()) == []
        child.send_signal(signal.SIGKILL)
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_closed_with_them():
    found = Findings(made.golden().findings)
    database = found._db
    del found
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        database.execute("SELECT 1")


def written(run) -> bytes:
    out = io.BytesIO()
    load_report("json").write(run, out)
    return out.getvalue()


class Pipe(io.BytesIO):
    def seekable(self):
        return False


@pytest.mark.parametrize("make", [made.golden, made.empty, made.clean, made.refused])
def test_a_report_is_read_as_it_was_written_however_it_is_laid_out(make):
    run, text = make(), written(make())
    for opened in (io.BytesIO(text), Pipe(text), io.BytesIO(json.dumps(json.loads(text)).encode()),
                   io.BytesIO(json.dumps(json.loads(text), indent=2).encode())):
        found = read(opened)
        assert found == run and isinstance(found.findings, Findings)
        assert written(found) == text


def test_reading_a_report_keeps_memory_flat():
    def held(count):
        text = written(made.large(count))
        gc.collect()
        tracemalloc.start()
        try:
            assert len(read(io.BytesIO(text)).findings) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    held(100)
    assert held(10_000) < 1_500_000


def test_what_is_no_report_is_refused_with_its_place():
    text = written(made.golden())
    one = text.index(b'"status"')
    for wrong in (
        text.replace(b"    },\n    {", b"    }\n    {", 1), text.replace(b"    }\n  ]", b"    },\n  ]"),
        text[:-3], text + b"}", text[:200], b"", b"[]", text[:one] + text[one:].replace(b"fail", b"f", 1),
        text.replace(b'  "findings": [\n', b'  "findings": [3,\n'),
    ):
        with pytest.raises(msgspec.DecodeError) as streamed:
            read(io.BytesIO(wrong))
        with pytest.raises(msgspec.DecodeError) as whole:
            read(Pipe(wrong))
        assert str(streamed.value) == str(whole.value)


def test_nothing_of_a_finding_is_lost():
    """Whatever fields findings are given: each comes back."""
    def some(hint: object) -> object:
        args = [a for a in typing.get_args(hint) if a is not type(None)]
        origin = typing.get_origin(hint)
        if origin is typing.Annotated or (args and origin in (types.UnionType, typing.Union)):
            return some(args[0])
        if origin is dict:
            return {"key": some(args[1])}
        if origin is list:
            return [some(args[0])]
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            hints = typing.get_type_hints(hint, include_extras=True)
            return hint(**{name: some(hints[name]) for name in hint.__struct_fields__})
        return {str: "text", int: 7, bool: True}.get(hint, "text")

    full = msgspec.structs.replace(some(Finding), severity="high", status="fail")
    assert all(getattr(full, name) for name in Finding.__struct_fields__)
    assert list(Findings([full])) == [full]


def test_lineage_is_read_as_it_was_given_and_asked_for_by_either_end():
    links = [LinkCard(source=f"arn:{n % 3}\ud800", source_kind="A", member="m[]", target="arn:t",
                      target_kind="B") for n in range(1_200)]
    lineage = Lineage(links)
    assert lineage == links and len(lineage) == 1_200 and list(lineage) == list(lineage)
    assert len(list(lineage.of("arn:1\ud800"))) == 400 and list(lineage.of("arn:t")) == []
    assert list(lineage.to("arn:t")) == links
    assert drawn(lineage) is lineage and drawn(links) == links
    assert Lineage() == []
