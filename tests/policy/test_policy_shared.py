"""Who is outside the owner's trust (C8, C9, C11)."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.policy import Trust, cross_account

OWN, FRIEND, OTHER = "111122223333", "444455556666", "777788889999"
TRUST = Trust(
    account=OWN, accounts=frozenset({FRIEND}), organizations=frozenset({"o-ours"}),
    org_units=frozenset({"o-big/r-1/ou-ours/"}), vpcs=frozenset({"vpc-ours"}),
    endpoints=frozenset({"vpce-ours"}), networks=frozenset({"203.0.113.0/24"}),
)


def one(principal: Any, condition: Any = None, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
                 "Resource": "arn:aws:s3:::b/*", **more}
    if condition is not None:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


def iam(account: str, name: str = "root") -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{account}:{name}"}


ROWS: list[tuple[str, dict[str, Any], bool, str]] = [
    ("own root", one(iam(OWN)), False, "the owner"),
    ("own role", one(iam(OWN, "role/x")), False, "the owner's"),
    ("own id", one({"AWS": OWN}), False, "the owner"),
    ("own session", one({"AWS": f"arn:aws:sts::{OWN}:assumed-role/x/y"}), False, "the owner's"),
    ("friend", one(iam(FRIEND, "user/a")), False, "a trusted account"),
    ("friend in china", one({"AWS": f"arn:aws-cn:iam::{FRIEND}:root"}), False, "trusted by its number"),
    ("other root", one(iam(OTHER)), True, "another account"),
    ("other id", one({"AWS": OTHER}), True, "another account"),
    ("other role", one(iam(OTHER, "role/path/x")), True, "another account's role"),
    ("other user", one(iam(OTHER, "user/a")), True, "another account's user"),
    ("other session", one({"AWS": f"arn:aws:sts::{OTHER}:assumed-role/x/y"}), True, "its session"),
    ("other federated user", one({"AWS": f"arn:aws:sts::{OTHER}:federated-user/y"}), True, "its user"),
    ("placeholder", one(iam("ACCOUNT-B-ID")), True, "no number, but not ours either"),
    ("among ours", one({"AWS": [OWN, FRIEND, OTHER]}), True, "one is another's"),
    ("deleted", one({"AWS": ["AROAEXAMPLE4567890123", OWN]}), False, "deleted principals are nobody"),
    ("canonical", one({"CanonicalUser": "79a59d"}), True, "an account by its canonical id"),
    ("canonical of an org", one({"CanonicalUser": "79a59d"},
                                {"StringEquals": {"aws:PrincipalOrgID": "o-theirs"}}), True, "theirs"),
    ("canonical of ours", one({"CanonicalUser": "79a59d"},
                              {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}), False, "ours"),
    ("cloudfront", one(iam("cloudfront", "user/CloudFront Origin Access Identity E1")), True,
     "an identity whose account the name does not tell"),
    ("service", one({"Service": "cloudtrail.amazonaws.com"}), False, "no account"),
    ("service open", one({"Service": "s3.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": OTHER}}),
     False, "the confused deputy is another question"),
    ("saml", one({"Federated": f"arn:aws:iam::{OWN}:saml-provider/x"}, Action="sts:AssumeRoleWithSAML"),
     False, "our own provider"),
    ("everyone", one("*"), True, "everyone"),
    ("not principal", {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "NotPrincipal": iam(OTHER), "Action": "*", "Resource": "*"}]}, True,
     "all but one"),
    # conditions that hold everyone to the trust
    ("our account", one("*", {"StringEquals": {"aws:PrincipalAccount": OWN}}), False, "ours"),
    ("friend account", one("*", {"StringEquals": {"aws:PrincipalAccount": [OWN, FRIEND]}}), False, "ours"),
    ("other account", one("*", {"StringEquals": {"aws:PrincipalAccount": [OWN, OTHER]}}), True, "one"),
    ("pattern", one("*", {"StringLike": {"aws:PrincipalAccount": "1111*"}}), True, "others are like it"),
    ("our org", one("*", {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}), False, "trusted"),
    ("our org and", one("*", {"StringEquals": {"aws:PrincipalOrgID": "o-ours"},
                              "StringLike": {"aws:PrincipalArn": "*"}}), False, "ANDed"),
    ("other org", one("*", {"StringEquals": {"aws:PrincipalOrgID": "o-theirs"}}), True, "not trusted"),
    ("org ifexists", one("*", {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-ours"}}), True,
     "who is in no organization"),
    ("our unit", one("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-big/r-1/ou-ours/*"}}),
     False, "a trusted unit"),
    ("below it", one("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-big/r-1/ou-ours/ou-x/*"}}),
     False, "below a trusted unit"),
    ("beside it", one("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-big/r-1/*"}}), True,
     "the whole root"),
    ("org of the unit", one("*", {"StringEquals": {"aws:PrincipalOrgID": "o-big"}}), True,
     "only one of its units is trusted"),
    ("our vpc", one("*", {"StringEquals": {"aws:SourceVpc": "vpc-ours"}}), False, "our network"),
    ("our endpoint", one("*", {"StringEquals": {"aws:SourceVpce": "vpce-ours"}}), False, "our network"),
    ("other endpoint", one("*", {"StringEquals": {"aws:SourceVpce": "vpce-1"}}), True,
     "shared by network"),
    ("our network", one("*", {"IpAddress": {"aws:SourceIp": ["203.0.113.7", "203.0.113.128/25"]}}), False,
     "inside the trusted network"),
    ("around it", one("*", {"IpAddress": {"aws:SourceIp": "203.0.112.0/23"}}), True, "wider"),
    ("our source", one("*", {"StringEquals": {"aws:SourceAccount": OWN}}), False, "for our resources"),
    ("other source", one("*", {"StringEquals": {"aws:SourceAccount": OTHER}}), True, "for theirs"),
    ("our point", one("*", {"StringEquals": {"s3:DataAccessPointAccount": OWN}}), False,
     "our access points decide"),
    ("other point", one("*", {"StringEquals": {"s3:DataAccessPointAccount": OTHER}}), True, "theirs"),
    ("kms own", one({"AWS": "*"}, {"StringEquals": {"kms:CallerAccount": OWN}}, Action="kms:*"), False,
     "AWS managed keys"),
    ("owner variable", one("*", {"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}),
     False, "the owner's own"),
    ("own resource only", one("*", {"StringEquals": {"aws:ResourceAccount": OTHER}}), False,
     "a resource of ours is never in another account"),
    ("external id", one(iam(OTHER), {"StringEquals": {"sts:ExternalId": "x"}}, Action="sts:AssumeRole"),
     True, "still another account"),
]


@pytest.mark.parametrize(("name", "document", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_shared(name: str, document: dict[str, Any], expected: bool, why: str) -> None:
    answer = cross_account(document, TRUST)
    assert answer.answer is expected, f"{why}: {answer.because}"


@pytest.mark.parametrize(("deny", "expected"), [
    ({"StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}}, False),
    ({"StringNotEquals": {"aws:PrincipalOrgID": ["o-ours", "o-theirs"]}}, True),
    ({"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:*"}}, False),
    ({"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/x"}}, True),
    ({"Bool": {"aws:SecureTransport": "false"}}, True),
])
def test_a_deny_takes_back(deny: Any, expected: bool) -> None:
    document = one(iam(OTHER, "role/x"))
    document["Statement"].append(
        {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": deny}
    )
    assert cross_account(document, TRUST).answer is expected


@pytest.mark.parametrize(("spared", "expected"), [
    (iam(OTHER, "role/x"), True), (iam(OTHER, "role/y"), False), (iam(OTHER), True),
    ({"AWS": [OWN, OTHER]}, True), (iam(OWN), False),
])
def test_deny_with_notprincipal_spares_those_listed(spared: Any, expected: bool) -> None:
    document = one(iam(OTHER, "role/x"))
    document["Statement"].append(
        {"Effect": "Deny", "NotPrincipal": spared, "Action": "*", "Resource": "*"}
    )
    assert cross_account(document, TRUST).answer is expected


def test_a_session_that_is_denied() -> None:
    session = {"AWS": f"arn:aws:sts::{OTHER}:assumed-role/x/y"}
    document = one(session)
    document["Statement"].append(
        {"Effect": "Deny", "Principal": session, "Action": "*", "Resource": "*"}
    )
    assert cross_account(document, TRUST).answer is False


def test_who_is_named() -> None:
    assert cross_account(one(iam(OTHER)), TRUST).because.startswith(f"account {OTHER} may ")
    role = iam(OTHER, "role/x")
    assert cross_account(one(role), TRUST).because.startswith(f"{role['AWS']} may ")
    assert cross_account(one("*"), TRUST).because.startswith("anyone on the internet may ")
    closed = cross_account(one(iam(OWN)), TRUST)
    assert closed.because == (
        "no statement can let in anyone outside the trusted accounts: each grants only the "
        "principals it names"
    )


def test_actions_narrow_the_question() -> None:
    assert cross_account(one(iam(OTHER)), TRUST, actions=["s3:Put*"]).answer is False
    assert cross_account(one(iam(OTHER)), TRUST, actions=["s3:Put*", "s3:get*"]).answer is True


def test_without_any_trust_every_name_is_another() -> None:
    assert cross_account(one(iam(OWN)), Trust()).answer is True
