"""What holds for every rule: its samples, its words, and that it never guesses or breaks."""

from __future__ import annotations

import re
import typing
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import botocore.session
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.inventory import Resource
from auditor.kinds import TABLE
from auditor.plugins import load_rules
from auditor.rule import Other
from auditor.shape import Shape, recording
from auditor.testing import judge, samples, world

RULES = {r.id: r for r in load_rules() if r.pack == "auditor"}
EVERY = pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())


@EVERY
def test_its_samples_hold(rule):
    assert samples(rule) == []


@EVERY
def test_its_card_says_everything(rule):
    assert rule.on in TABLE
    assert rule.good and rule.bad and rule.controls and all(rule.controls.values())
    assert len(rule.rationale) > 80 and rule.rationale.endswith((".", ")"))
    assert len(rule.title) < 90 and not rule.title.endswith(".")
    assert "`" in rule.fix or len(rule.fix) > 60
    for hole in re.findall(r"\{(\w+)\}", rule.fix):
        assert hole in ("name", "arn", "account", "region", "partition"), hole
    for words in (rule.fix, rule.rationale, rule.title):
        assert "arn:aws:" not in words, "there are other partitions: arn:{partition}:"
    for one in rule.settings:
        assert one.help.endswith(".")


def readings(rule, sample):
    """The members of the sample's own document that the rule reads, the first part of each path."""
    inventory, arn = world(
        [Other(rule.on, sample.data, tags=sample.tags), *sample.others], seen=sample.seen)
    resource = inventory.find(rule.on, arn)
    with recording() as reads:
        rule(resource, **dict(sample.settings))
    return {re.split(r"[.\[]", r.path)[0] for r in reads
            if isinstance(r.source, Resource) and r.source.arn == arn}


@EVERY
def test_what_it_reads_refused_is_never_a_pass(rule):
    for sample in (*rule.good, *rule.bad):
        for member in {"", *readings(rule, sample)}:
            finding = judge(rule, sample.data, *sample.others, unseen={member: "AccessDenied"},
                            seen=sample.seen, tags=sample.tags, **dict(sample.settings))
            assert finding.status in ("unknown", "fail"), (member, finding.message)
            if sample in rule.good:
                assert finding.status == "unknown", (member, finding.message)
            elif finding.status == "fail":
                assert member, "a document that was refused cannot be judged"


@EVERY
def test_a_neighbour_refused_is_never_a_pass(rule):
    for sample in rule.good:
        kinds = {other.kind for other in sample.others}
        for kind in kinds:
            left = [o for o in sample.others if o.kind is not kind]
            finding = judge(rule, sample.data, *left, refused=[kind], seen=sample.seen,
                            tags=sample.tags, **dict(sample.settings))
            assert finding.status in ("unknown", "fail"), (kind, finding.message)


@EVERY
def test_a_fail_has_evidence_and_a_mended_fix(rule):
    for sample in rule.bad:
        finding = judge(rule, sample.data, *sample.others, seen=sample.seen, name="nb-1",
                        tags=sample.tags, **dict(sample.settings))
        assert finding.evidence or not sample.data, finding.message
        assert "{name}" not in finding.fix and "{region}" not in finding.fix
        assert finding.message


# -- any legal answer


@cache
def model(service):
    return botocore.session.get_session().get_service_model(service)


def enum_of(owner, member):
    if not owner.__module__.startswith("auditor.shapes."):
        return ()  # a structure of our own, made of AWS's
    service = owner.__module__.rpartition(".")[2].removeprefix("aws_").replace("_", "-")
    return tuple(getattr(model(service).shape_for(owner.__name__).members[member], "enum", ()))


TEXTS = ("", "x", "FutureValue", "arn:aws:iam::444455556666:role/x", "s3://b/k", "alias/aws/s3",
         "ml.m5.large", "ml.future9.large", "Enabled", "[[secret:named-secret:0a0b0c0d]]",
         "0.0.0.0/0", "b\u202ed", "not base64!", "IyEvYmluL2Jhc2g=")
DOCUMENTS = (None, "{", "[]", "{}", '{"Statement": "x"}', {"Statement": [{"Effect": "Allow"}]},
             '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}')


def leaf(hint, owner, member):
    if hint is str:
        if "Policy" in member or member == "Document":
            return st.sampled_from(DOCUMENTS)
        return st.sampled_from([*TEXTS, *enum_of(owner, member)])
    if hint is bool:
        return st.booleans()
    if hint in (int, float):
        return st.sampled_from([0, 1, 2, 10**9])
    if hint is datetime:
        return st.sampled_from([0, "2025-01-01T00:00:00Z", datetime(2026, 1, 30, tzinfo=UTC)])
    return st.none()


def value(hint, owner, member, depth):
    args = [a for a in typing.get_args(hint) if a is not type(None)]
    origin = typing.get_origin(hint)
    if origin is list:
        return st.lists(value(args[0], owner, member, depth), max_size=2)
    if origin is dict:
        return st.dictionaries(st.sampled_from(TEXTS), value(args[1], owner, member, depth),
                               max_size=2)
    if args:
        return value(args[0], owner, member, depth)
    if isinstance(hint, type) and issubclass(hint, Shape):
        return document(hint, depth + 1)
    return leaf(hint, owner, member)


@cache
def document(shape, depth=0):
    """Any document of a shape: each member there or not, its enumerations and words AWS may add."""
    if depth > 5:
        return st.just({})
    hints = {k: v for k, v in typing.get_type_hints(shape).items() if not k.startswith("_")}
    return st.deferred(lambda: st.fixed_dictionaries(
        {}, optional={m: value(h, shape, m, depth) for m, h in hints.items()}))


@EVERY
@settings(max_examples=25, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_legal_answer_breaks_it(rule, data):
    drawn = data.draw(document(rule.on.shape))
    others = rule.bad[0].others
    finding = judge(rule, drawn, *others)
    assert "the rule broke" not in finding.message, finding.message
    assert "not a verdict" not in finding.message


@EVERY
@settings(max_examples=10, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_legal_neighbour_breaks_it(rule, data):
    for sample in (rule.good[0], rule.bad[0]):
        others = [replace(o, data=data.draw(document(o.kind.shape)) | {
            k: v for k, v in o.data.items() if isinstance(v, str) and k.endswith(("Name", "Id", "Arn"))
        }) for o in sample.others]
        if not others:
            return
        finding = judge(rule, sample.data, *others, seen=sample.seen, tags=sample.tags,
                        **dict(sample.settings))
        assert "the rule broke" not in finding.message, finding.message
