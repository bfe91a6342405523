"""One bucket: what its policy must deny (D10, D11), and everything together (D1 to D8)."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.policy import acl_grants, bucket_public, bucket_public_write, sse_kms_only, tls_only

BOTH = ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]
HTTP = {"Bool": {"aws:SecureTransport": "false"}}


def deny(condition: Any, **elements: Any) -> dict[str, Any]:
    one = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": BOTH,
           "Condition": condition, **elements}
    return {"Version": "2012-10-17",
            "Statement": [{key: value for key, value in one.items() if value is not None}]}


def both(*documents: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [s for d in documents for s in d["Statement"]]}


TLS: list[tuple[str, dict[str, Any], bool, str]] = [
    ("usual", deny(HTTP), True, "the guide's own"),
    ("aws star", deny(HTTP, Principal={"AWS": "*"}), True, "everyone"),
    ("boolean", deny({"Bool": {"aws:SecureTransport": False}}), True, "a JSON boolean"),
    ("string", deny({"StringEquals": {"aws:SecureTransport": "false"}}), True, "compared as text"),
    ("negated", deny({"StringNotEquals": {"aws:SecureTransport": "true"}}), True, "all but true"),
    ("ifexists", deny({"BoolIfExists": {"aws:SecureTransport": "false"}}), True, "always there"),
    ("everything", deny(None), True, "everything is denied"),
    ("wide resource", deny(HTTP, Resource="arn:aws:s3:::b*"), True, "bucket and objects"),
    ("star", deny(HTTP, Resource="*"), True, "everything"),
    ("china", deny(HTTP, Resource=["arn:aws-cn:s3:::b", "arn:aws-cn:s3:::b/*"]), True, "partition"),
    ("two statements", both(deny(HTTP, Resource=BOTH[0]), deny(HTTP, Resource=BOTH[1])), True,
     "bucket here, objects there"),
    ("two callers", both(deny({**HTTP, "Null": {"aws:PrincipalArn": "true"}}),
                         deny({**HTTP, "Null": {"aws:PrincipalArn": "false"}})), True,
     "with and without an ARN: all callers"),
    ("tls 1.2", both(deny({"NumericLessThanIfExists": {"s3:TlsVersion": "1.2"}})), True, "T50"),
    ("bucket only", deny(HTTP, Resource=BOTH[0]), False, "objects stay open"),
    ("objects only", deny(HTTP, Resource=BOTH[1]), False, "ListBucket stays open"),
    ("prefix", deny(HTTP, Resource=[BOTH[0], "arn:aws:s3:::b/a*"]), False, "one prefix"),
    ("slash star", deny(HTTP, Resource=[BOTH[0], "arn:aws:s3:::b/*/*"]), False, "keys without /"),
    ("get only", deny(HTTP, Action="s3:GetObject"), False, "other actions"),
    ("common verbs", deny(HTTP, Action=["s3:Get*", "s3:Put*", "s3:List*", "s3:Delete*"]), False,
     "AbortMultipartUpload"),
    ("true", deny({"Bool": {"aws:SecureTransport": "true"}}), False, "the wrong way round"),
    ("and", deny({**HTTP, "StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), False, "one endpoint"),
    ("role spared", deny({**HTTP, "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}), False,
     "one role"),
    ("services spared", deny({**HTTP, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}), False,
     "AWS services"),
    ("notprincipal", deny(HTTP, Principal=None, NotPrincipal={"AWS": "111122223333"}), False,
     "one account is spared"),
    ("service only", deny(HTTP, Principal={"Service": "s3.amazonaws.com"}), False, "not everybody"),
    ("expired", deny({**HTTP, "DateLessThan": {"aws:CurrentTime": "2020-01-01"}}), False, "over"),
    ("allow", {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": BOTH,
        "Condition": {"Bool": {"aws:SecureTransport": "true"}}}}, False, "an Allow proves nothing"),
    ("malformed", deny({"Boolean": {"aws:SecureTransport": "false"}}), False, "denies nothing"),
    ("no resource", both(deny(HTTP, Resource=None), deny(HTTP, Resource=BOTH[0])), False,
     "AWS refuses a Deny without Resource"),
    ("variable", deny(HTTP, Resource=[BOTH[0], "arn:aws:s3:::b/${aws:username}*"]), False,
     "a variable in a Deny matches nothing sure"),
    ("other bucket", both(deny(HTTP), deny(None, Resource="arn:aws:s3:::c/*", Effect="Allow")), False,
     "of two buckets named, one stays open"),
]


@pytest.mark.parametrize(("name", "document", "expected", "why"), TLS, ids=[row[0] for row in TLS])
def test_tls_only(name: str, document: dict[str, Any], expected: bool, why: str) -> None:
    answer = tls_only(document)
    assert answer.answer is expected, f"{why}: {answer.because}"


@pytest.mark.parametrize(("document", "bucket", "expected"), [
    (deny(HTTP), "b", True), (deny(HTTP), "c", False), (deny(HTTP, Resource="*"), "c", True),
    (deny(HTTP, Resource="arn:aws:s3:::data-*"), "data-1", True),
    (deny(HTTP, Resource="arn:aws:s3:::data-*"), "logs", False),
    (deny(HTTP, Resource="arn:aws-cn:s3:::*"), "c", True),
])
def test_tls_of_a_bucket_by_name(document: dict[str, Any], bucket: str, expected: bool) -> None:
    assert tls_only(document, bucket).answer is expected


def test_the_hole_is_told() -> None:
    answer = tls_only(deny(HTTP, Resource=BOTH[1], Sid="Tls"))
    assert answer.because == (
        "s3:ListBucket on arn:aws:s3:::b over plain HTTP by anyone is not denied by "
        "statement 1 (Tls)"
    )
    assert answer.statement == "Tls"
    assert answer.witness is not None
    assert answer.witness["aws:securetransport"] == "false"


SSE = "s3:x-amz-server-side-encryption"
UPLOADS: list[tuple[str, Any, bool, str]] = [
    ("two", [{"StringNotEquals": {SSE: "aws:kms"}}], True, "missing headers are not aws:kms"),
    ("dsse", [{"StringNotEquals": {SSE: ["aws:kms", "aws:kms:dsse"]}}], True, "both kinds of KMS"),
    ("like", [{"StringNotLike": {SSE: "aws:kms*"}}], True, "both kinds of KMS"),
    ("null", [{"Null": {SSE: "true"}}], False, "AES256 has the header"),
    ("null and aes", [{"Null": {SSE: "true"}}, {"StringEquals": {SSE: "AES256"}}], True, "pair"),
    ("aes only", [{"StringEquals": {SSE: "AES256"}}], False, "no header"),
    ("or aes", [{"StringNotEquals": {SSE: ["aws:kms", "AES256"]}}], False, "AES256 is fine for it"),
    ("exempt", [{"StringNotEquals": {SSE: "aws:kms"}, "Null": {SSE: "false"}}], False, "T53"),
    ("key id", [{"Null": {f"{SSE}-aws-kms-key-id": "true"}}], True, "a key must be named"),
    ("one key", [{"ArnNotEqualsIfExists": {f"{SSE}-aws-kms-key-id": "arn:aws:kms:e:1:key/1"}}], True,
     "another key or none"),
    ("one key plain", [{"StringNotEquals": {f"{SSE}-aws-kms-key-id": "arn:aws:kms:e:1:key/1"}}], True,
     "none counts as another"),
    ("customer", [{"Null": {f"{SSE}-customer-algorithm": "false"}}], False, "only SSE-C"),
    ("over http", [{"StringNotEquals": {SSE: "aws:kms"}, **HTTP}], False, "over HTTPS it is open"),
    ("everything", [None], True, "no upload at all"),
]


@pytest.mark.parametrize(("name", "conditions", "expected", "why"), UPLOADS,
                         ids=[row[0] for row in UPLOADS])
def test_sse_kms_only(name: str, conditions: list[Any], expected: bool, why: str) -> None:
    document = both(*(deny(one, Action="s3:PutObject", Resource=BOTH[1]) for one in conditions))
    answer = sse_kms_only(document)
    assert answer.answer is expected, f"{why}: {answer.because}"


@pytest.mark.parametrize(("conditions", "expected"), [
    ([{"StringEquals": {SSE: "AES256"}}], False),  # SSE-C is left
    ([{"StringEquals": {SSE: "AES256"}}, {"Null": {f"{SSE}-customer-algorithm": "false"}}], True),
    ([{"StringNotEqualsIfExists": {SSE: "aws:kms"}}], True),
])
def test_a_bucket_that_encrypts_with_kms_by_itself(conditions: list[Any], expected: bool) -> None:
    document = both(*(deny(one, Action="s3:PutObject", Resource=BOTH[1]) for one in conditions))
    assert sse_kms_only(document, default_kms=True).answer is expected
    assert sse_kms_only(document, "other").answer is False


ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
SIGNED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def acl(*grants: tuple[str, str]) -> dict[str, Any]:
    owner = {"Grantee": {"Type": "CanonicalUser", "ID": "1"}, "Permission": "FULL_CONTROL"}
    return {"Owner": {"ID": "1"}, "Grants": [owner, *(
        {"Grantee": {"Type": "Group", "URI": uri}, "Permission": permission}
        for uri, permission in grants
    )]}


def test_acl_grants() -> None:
    grants = acl((ALL, "READ"), (SIGNED, "WRITE"), (ALL, "WRITE_ACP"), (LOGS, "WRITE"))
    assert acl_grants(grants, to="all") == ["READ", "WRITE_ACP"]
    assert acl_grants(grants, to="all", write=True) == ["WRITE_ACP"]
    assert acl_grants(grants, to="authenticated") == ["WRITE"]
    assert acl_grants(None, to="all") == []
    assert acl_grants({}, to="all") == []


OPEN = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": BOTH[1]}}
OPEN_WRITE = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": BOTH[1]}}
ENFORCED, LIVE = "BucketOwnerEnforced", "ObjectWriter"
IGNORE, RESTRICT = {"IgnorePublicAcls": True}, {"RestrictPublicBuckets": True}
REJECT = {"BlockPublicAcls": True, "BlockPublicPolicy": True}

BUCKETS: list[tuple[str, dict[str, Any], bool | None, bool | None]] = [
    # name, what differs from a plain bucket, public, writable by the public
    ("plain", {}, False, False),
    ("policy", {"policy": OPEN}, True, False),
    ("policy write", {"policy": OPEN_WRITE}, True, True),
    ("policy restricted", {"policy": OPEN_WRITE, "bucket_block": RESTRICT}, False, False),
    ("by account", {"policy": OPEN_WRITE, "account_block": RESTRICT}, False, False),
    ("either", {"policy": OPEN_WRITE, "bucket_block": {"RestrictPublicBuckets": False},
                "account_block": RESTRICT}, False, False),
    ("rejecting is not removing", {"policy": OPEN, "bucket_block": REJECT, "account_block": REJECT},
     True, False),
    ("acl read", {"acl": acl((ALL, "READ"))}, True, False),
    ("acl read acp", {"acl": acl((ALL, "READ_ACP"))}, True, False),
    ("acl write", {"acl": acl((SIGNED, "WRITE"))}, True, True),
    ("acl write acp", {"acl": acl((ALL, "WRITE_ACP"))}, True, True),
    ("acl full", {"acl": acl((SIGNED, "FULL_CONTROL"))}, True, True),
    ("acl logs", {"acl": acl((LOGS, "WRITE"))}, False, False),
    ("acl disabled", {"acl": acl((ALL, "READ")), "ownership": ENFORCED}, False, False),
    ("acl preferred", {"acl": acl((ALL, "READ")), "ownership": "BucketOwnerPreferred"}, True, False),
    ("acl writer", {"acl": acl((ALL, "READ")), "ownership": LIVE}, True, False),
    ("acl ignored", {"acl": acl((ALL, "WRITE")), "account_block": IGNORE}, False, False),
    ("acl rejected only", {"acl": acl((ALL, "WRITE")), "bucket_block": REJECT}, True, True),
    ("acl restricted", {"acl": acl((ALL, "READ")), "bucket_block": RESTRICT}, True, False),
    ("policy ignored acl", {"policy": OPEN, "bucket_block": IGNORE}, True, False),
    ("unreadable", {"policy": "{"}, None, None),
    ("unreadable but restricted", {"policy": "{", "bucket_block": RESTRICT}, False, False),
    ("unreadable acl", {"acl": {"Grants": "all"}}, None, None),
]


@pytest.mark.parametrize(("name", "differs", "public", "write"), BUCKETS,
                         ids=[row[0] for row in BUCKETS])
def test_bucket(name: str, differs: dict[str, Any], public: bool | None, write: bool | None) -> None:
    facts = {"policy": None, "acl": acl(), "ownership": None, "bucket_block": None,
             "account_block": None, **differs}
    answer = bucket_public(**facts)
    assert answer.answer is public, answer.because
    answer = bucket_public_write(**facts)
    assert answer.answer is write, answer.because


def test_what_the_answer_says() -> None:
    facts: dict[str, Any] = {"policy": OPEN, "ownership": None, "bucket_block": None,
                             "account_block": None}
    assert "its ACL grants them READ" in bucket_public(**{**facts, "acl": acl((ALL, "READ"))}).because
    policy = bucket_public(**{**facts, "acl": acl()})
    assert policy.because.endswith("RestrictPublicBuckets is off")
    assert policy.statement == "statement 1"
    live = bucket_public(**{**facts, "policy": None, "acl": acl()})
    assert "single objects may be public" in live.because
    off = bucket_public(**{**facts, "policy": None, "acl": acl((ALL, "READ")), "ownership": ENFORCED})
    assert "its ACL has public grants, but ACLs are disabled" in off.because
    assert "objects" not in off.because
