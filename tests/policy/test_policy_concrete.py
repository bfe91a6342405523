"""One concrete request: the truth tables of the operators, as the IAM user guide has them."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.policy.concrete import Caller, Request, allows, denies
from auditor.policy.reading import read

RESOURCE = "arn:aws:s3:::b/home/x"


def holds(operator: str, wanted: Any, value: str | None, version: str = "2012-10-17", **keys: str) -> bool:
    document = {"Version": version, "Statement": {
        "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
        "Condition": {operator: {"a:Key": wanted}}}}
    given = dict(keys) if value is None else {**keys, "a:key": value}
    return allows(read(document), Request(Caller("anonymous"), "s3:GetObject", RESOURCE, given))


NEGATED = ["StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "ArnNotEquals",
           "ArnNotLike", "NumericNotEquals", "DateNotEquals", "NotIpAddress"]
POSITIVE = ["StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike",
            "NumericEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
            "NumericGreaterThanEquals", "DateEquals", "DateLessThan", "DateLessThanEquals",
            "DateGreaterThan", "DateGreaterThanEquals", "Bool", "IpAddress", "BinaryEquals"]
WANTED = {"Nume": "1", "Date": "2020-01-01", "Bool": "true", "IpAd": "10.0.0.0/8", "NotI": "10.0.0.0/8",
          "ArnE": "a:b:c:d:e:f", "ArnL": "a:b:c:d:e:f", "ArnN": "a:b:c:d:e:f"}


@pytest.mark.parametrize("operator", [*POSITIVE, *NEGATED])
def test_missing_key(operator: str) -> None:
    wanted = WANTED.get(operator[:4], "x")
    negated = operator in NEGATED
    assert holds(operator, wanted, None) is negated
    assert holds(f"{operator}IfExists", wanted, None) is True
    assert holds(f"ForAllValues:{operator}", wanted, None) is True
    assert holds(f"ForAnyValue:{operator}", wanted, None) is False


@pytest.mark.parametrize(("operator", "wanted", "value", "expected"), [
    ("StringEquals", "abc", "abc", True), ("StringEquals", "abc", "ABC", False),
    ("StringEquals", "a*", "abc", False), ("StringEquals", "a*", "a*", True),
    ("StringEqualsIgnoreCase", "aBc", "AbC", True), ("StringNotEqualsIgnoreCase", "a", "A", False),
    ("StringLike", "a*c", "abbc", True), ("StringLike", "a?c", "abc", True),
    ("StringLike", "a?c", "ac", False), ("StringLike", "A*", "abc", False),
    ("StringLike", "*b*b*", "abab", True), ("StringLike", "*", "", True),
    ("StringLike", "a${*}c", "a*c", True), ("StringLike", "a${*}c", "abc", False),
    ("StringLike", "${$}", "$", True), ("StringLike", "${?}", "x", False),
    ("StringNotLike", ["a*", "b*"], "c", True), ("StringNotLike", ["a*", "b*"], "bc", False),
    ("ArnLike", "arn:aws:s3:::b*", "arn:aws:s3:::bucket/a:b", True),
    ("ArnLike", "arn:aws:*:*:*:x", "arn:aws:sns:e:1:x", True),
    ("ArnLike", "arn:*:x", "arn:aws:sns:e:1:x", False),
    ("ArnEquals", "arn:aws:sns:*:1:x", "arn:aws:sns:e:1:x", True),
    ("ArnLike", "arn:aws:sns:?:1:x", "arn:aws:sns::1:x", False),
    ("ArnLike", "arn:aws:sns:e:1:*", "no arn", False),
    ("ArnLike", "arn:aws:sns*", "arn:aws:sns:e:1:x", True),  # A11: an Allow reads on
    ("NumericEquals", "10", "10.0", True), ("NumericEquals", "10", "ten", False),
    ("NumericLessThan", ["1", "5"], "3", True), ("NumericLessThan", "3", "3", False),
    ("NumericLessThanEquals", "3", "3", True), ("NumericGreaterThan", "1e2", "101", True),
    ("NumericGreaterThanEquals", "-1", "-1", True), ("NumericNotEquals", ["1", "2"], "3", True),
    ("DateLessThan", "2020-01-02", "2020-01-01T23:59:59Z", True),
    ("DateEquals", "1577836800", "2020-01-01T00:00:00Z", True),
    ("DateEquals", "2020-01-01T02:00:00+02:00", "2020-01-01", True),
    ("Bool", "true", "TRUE", True), ("Bool", "true", "false", False), ("Bool", "true", "1", False),
    ("IpAddress", "10.0.0.0/8", "10.1.2.3", True), ("IpAddress", "10.0.0.1", "10.0.0.1", True),
    ("IpAddress", "10.0.0.1/8", "10.9.9.9", True), ("IpAddress", "::/0", "10.0.0.1", False),
    ("IpAddress", "2001:db8::/32", "2001:db8:1::1", True), ("NotIpAddress", "::/0", "::1", False),
    ("IpAddress", "10.0.0.0/8", "no address", False), ("BinaryEquals", "QQ==", "QQ==", True),
    ("Null", "true", "x", False), ("Null", "false", "x", True), ("Null", ["true", "false"], "x", True),
    ("ForAllValues:StringEquals", "x", "x", True), ("ForAllValues:StringEquals", "x", "y", False),
    ("ForAnyValue:StringNotEquals", ["x", "y"], "y", False),
    ("ForAnyValue:StringNotEquals", ["x", "y"], "z", True),
])
def test_operator(operator: str, wanted: Any, value: str, expected: bool) -> None:
    assert holds(operator, wanted, value) is expected


@pytest.mark.parametrize(("wanted", "value", "keys", "expected"), [
    ("${aws:username}", "alice", {"aws:username": "alice"}, True),
    ("${aws:username}", "bob", {"aws:username": "alice"}, False),
    ("${AWS:UserName}", "alice", {"aws:username": "alice"}, True),
    ("${aws:username}", "alice", {}, False),
    ("${aws:username, 'nobody'}", "nobody", {}, True),
    ("home/${aws:username}/*", "home/al/x", {"aws:username": "al"}, True),
    ("${aws:username}", "abc", {"aws:username": "a*"}, False),  # a value is no pattern
])
def test_variable(wanted: str, value: str, keys: dict[str, str], expected: bool) -> None:
    assert holds("StringLike", wanted, value, **keys) is expected
    assert not holds("StringLike", wanted, value, version="2008-10-17", **keys)


def statement(**elements: Any) -> Any:
    return read({"Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", **elements}})


@pytest.mark.parametrize(("elements", "expected"), [
    ({}, True),
    ({"Action": "S3:getobject"}, True), ({"Action": "s3:Get?bject"}, True),
    ({"Action": " s3:GetObject"}, False), ({"Action": "s3:Put*"}, False),
    ({"Resource": "arn:aws:s3:::b/*"}, True), ({"Resource": "arn:aws:s3:::B/*"}, False),
    ({"Resource": "arn:aws:s3:::b"}, False), ({"Resource": "arn:*:b/*"}, False),
    ({"Resource": "arn:aws:s3*"}, False), ({"Resource": "arn:*:s3:*:*:b/*/x"}, True),
    ({"Principal": {"AWS": "*"}}, True), ({"Principal": {"AWS": "111122223333"}}, True),
    ({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, True),
    ({"Principal": {"AWS": "arn:aws:iam::111122223333:role/x"}}, True),
    ({"Principal": {"AWS": "arn:aws:iam::111122223333:role/X"}}, False),
    ({"Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/x/s"}}, True),
    ({"Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/x/t"}}, False),
    ({"Principal": {"Service": "s3.amazonaws.com"}}, False),
    ({"Principal": {"AWS": "AROAEXAMPLE4567890123"}}, False),
    ({"Condition": {"Nonsense": {"a": "b"}}}, False),
    ({"Condition": {"StringEquals": {"aws:username": "x"}}}, False),
])
def test_deny(elements: dict[str, Any], expected: bool) -> None:
    caller = Caller("role", "arn:aws:iam::111122223333:role/x",
                    "arn:aws:sts::111122223333:assumed-role/x/s")
    request = Request(caller, "s3:GetObject", RESOURCE, {})
    assert denies(statement(**elements), request) is expected


def test_not_elements() -> None:
    caller = Caller("user", "arn:aws:iam::111122223333:user/x")
    request = Request(caller, "s3:GetObject", RESOURCE, {})
    for name, hit, miss in (
        ("Action", "s3:Put*", "s3:*"), ("Resource", "arn:aws:s3:::c/*", "*"),
        ("Principal", {"AWS": "999999999999"}, {"AWS": "111122223333"}),
    ):
        elements = {"Principal": "*", "Action": "*", "Resource": "*"}
        del elements[name]
        for value, expected in ((hit, True), (miss, False)):
            document = {"Version": "2012-10-17", "Statement": {
                "Effect": "Allow", **elements, f"Not{name}": value}}
            assert allows(read(document), request) is expected


def test_providers_and_services_by_name() -> None:
    for kind, element in (("service", "Service"), ("federated", "Federated"), ("canonical", "CanonicalUser")):
        request = Request(Caller(kind, "a.example.com"), "s3:GetObject", RESOURCE, {})
        assert denies(statement(Principal={element: "a.example.com"}), request)
        assert not denies(statement(Principal={element: "b.example.com"}), request)
        assert not denies(statement(Principal={"AWS": "a.example.com"}), request)


def test_without_principals() -> None:
    document = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    request = Request(Caller("role", "arn:aws:iam::111122223333:role/x"), "a:b", "c", {})
    assert not allows(read(document), request)
    assert allows(read(document), request, principals=False)
