"""Reading a document (A): what is malformed is said, and never raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.policy import (
    Identity,
    Trust,
    admin,
    bucket_public,
    cross_account,
    passes_any_role,
    public,
    public_write,
    readable,
    sse_kms_only,
    tls_only,
)
from auditor.policy.reading import read

GOOD = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}


def doc(version: Any = "2012-10-17", **changes: Any) -> dict[str, Any]:
    one = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    return {"Version": version, "Statement": [one]}


@pytest.mark.parametrize("document", [
    None, doc(), json.dumps(doc()), doc(version="2008-10-17"), {"Statement": []}, doc(Sid="x"),
    doc(Principal={"AWS": ["111122223333"], "Service": "s3.amazonaws.com"}),
    doc(Condition={}), doc(Condition={"ForAnyValue:StringLikeIfExists": {"a:b": ["*"]}}),
    doc(Condition={"NumericLessThan": {"a:b": 7}, "Bool": {"a:c": True}}),
    doc(Condition={"DateLessThan": {"a:b": "2020-01-01T00:00:00.000+02:00"}}),
    doc(Condition={"StringEquals": {"a:b": "${aws:username}"}}),
])
def test_well_formed(document: Any) -> None:
    answer = readable(document)
    assert answer.answer is True, answer.because


@pytest.mark.parametrize(("document", "told"), [
    (doc(Effect="allow"), "its Effect is allow"),
    (doc(Effect=None), "no Effect"),
    (doc(Effect=["Allow"]), "its Effect is a list"),
    (doc(Action=None), "neither Action nor NotAction"),
    (doc(Action=7), "Action is not a text"),
    (doc(Action=[]), "Action is not a text"),
    (doc(Action="GetObject"), "names no service"),
    (doc(NotAction="s3:*"), "both Action and NotAction"),
    (doc(NotResource="*"), "both Resource and NotResource"),
    (doc(Resource="bucket/*"), "is no ARN"),
    (doc(NotPrincipal="*"), "both Principal and NotPrincipal"),
    (doc(Principal={"AWS": "arn:aws:iam::*:root"}), "AWS does not accept arn:aws:iam::*:root"),
    (doc(Principal={"AWS": {"a": 1}}), "Principal AWS is not a text"),
    (doc(Principal={"Aws Account": "111122223333"}), "does not accept 111122223333 as a Principal"),
    (doc(Principal={"AWS": "arn:aws:iam::111122223333:role/*"}), "does not accept"),
    (doc(Principal=3), "neither * nor an object"),
    (doc(Conditions={}), "no element conditions"),
    (doc(Condition=[]), "Condition is not an object"),
    (doc(Condition={"StringEquals": "x"}), "condition StringEquals is not an object"),
    (doc(Condition={"StringIs": {"a:b": "c"}}), "no operator StringIs"),
    (doc(Condition={"NullIfExists": {"a:b": "true"}}), "no operator NullIfExists"),
    (doc(Condition={"Bool": {"a:b": "maybe"}}), "maybe is no value of its kind (bool)"),
    (doc(Condition={"NumericEquals": {"a:b": "inf"}}), "inf is no value of its kind (numeric)"),
    (doc(Condition={"NumericEquals": {"a:b": "1_0"}}), "1_0 is no value"),
    (doc(Condition={"DateEquals": {"a:b": "01.02.2020"}}), "01.02.2020 is no value"),
    (doc(Condition={"IpAddress": {"a:b": "10.0.0.0/33"}}), "10.0.0.0/33 is no value"),
    (doc(Condition={"IpAddress": {"a:b": "*"}}), "* is no value of its kind (ip)"),
    (doc(Condition={"StringEquals": {"a:b": []}}), "a:b has no value"),
    (doc(Condition={"StringEquals": {"a:b": None}}), "a:b has no value"),
    (doc(version="2013-01-01"), "Version is 2013-01-01"),
    (doc(version=None), "Version is a NoneType"),
    ({"Statement": [GOOD, {**GOOD, "Resource": None} | {"Effect": "Deny"}]}, "Resource"),
    ({"Statement": [GOOD, {k: v for k, v in GOOD.items() if k != "Resource"}]},
     "statement 2: it has neither Resource nor NotResource"),
    ({"Statement": [{**GOOD, "effect": "Deny"}]}, "effect in two spellings"),
])
def test_malformed(document: Any, told: str) -> None:
    answer = readable(document)
    assert answer.answer is False
    assert told in answer.because


@pytest.mark.parametrize("document", [
    "", "{", "[]", "null", "7", '"x"', [], 7, {}, {"Statement": None}, {"Statement": "x"},
    {"Statement": [7]}, {"Statement": [], "statement": []}, "[" * 100_000,
    '{"Statement": [{"Effect": "Allow", "Effect": "Deny"}]}', "1" * 5_000,
])
def test_unreadable(document: Any) -> None:
    identity = Identity((("x", document),))
    for answer in (
        readable(document), public(document), public_write(document), tls_only(document),
        sse_kms_only(document), cross_account(document, Trust()), admin(identity),
        passes_any_role(identity),
        bucket_public(policy=document, acl=None, ownership=None, bucket_block=None, account_block=None),
    ):
        assert answer.answer is None
        assert "cannot be read" in answer.because


@pytest.mark.parametrize(("document", "told"), [
    (doc(Principal={"AWS": "AIDAEXAMPLE4567890123"}), "AIDAEXAMPLE4567890123, a deleted principal"),
    (doc(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3*"}}), "with arn:aws:s3*, no ARN"),
])
def test_what_is_hardly_meant_is_told(document: Any, told: str) -> None:
    answer = readable(document)
    assert answer.answer is True
    assert told in answer.because


def test_the_statement_at_fault_is_named() -> None:
    document = {"Statement": [GOOD, {**GOOD, "Effect": "Maybe", "Sid": "<b>Second</b>"}]}
    answer = readable(document)
    assert answer.statement == "<b>Second</b>"
    assert "statement 2 (<b>Second</b>): its Effect is Maybe" in answer.because


def test_trust_policies_have_no_resource() -> None:
    assert readable(doc(Resource=None)).answer is True


def test_elements_in_any_case() -> None:
    document = {"version": "2012-10-17", "statement": {k.upper(): v for k, v in GOOD.items()}}
    assert readable(document).answer is True
    assert public(document).answer is True


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
    | st.sampled_from(["*", "Allow", "Deny", "s3:*", "${aws:username}", "2012-10-17", "1.2.3.4"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["Version", "Statement", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition", "Sid", "AWS", "Service", "StringEquals", "IpAddress", "Bool", "Null", "DateLessThan", "aws:SourceIp", "aws:CurrentTime", "aws:username"]
        ) | st.text(max_size=4), inner, max_size=5,
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(JSON, st.dictionaries(st.sampled_from([*sorted(GOOD), "Condition", "Sid"]), JSON, max_size=4))
def test_any_json_is_answered(anything: Any, elements: Any) -> None:
    for document in (anything, {"Version": "2012-10-17", "Statement": [{**GOOD, **elements}, anything]},
                     {"Statement": {**GOOD, **elements}}):
        read(document)
        for answer in (readable(document), public(document), tls_only(document),
                       cross_account(document, Trust()), admin(Identity((("x", document),)))):
            assert answer.because
