"""With whom a resource is shared, name by name; grants on a key."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.policy import Trust, grants_shared, shared

OWN, FRIEND, OTHER = "111122223333", "444455556666", "777788889999"
TRUST = Trust(
    account=OWN, accounts=frozenset({FRIEND}), organizations=frozenset({"o-ours"}),
    org_units=frozenset({"o-big/r-1/ou-ours/"}), vpcs=frozenset({"vpc-ours"}),
    endpoints=frozenset({"vpce-ours"}), networks=frozenset({"203.0.113.0/24"}),
)


def policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(principal: Any = "*", condition: Any = None, **more: Any) -> dict[str, Any]:
    one = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
           "Resource": "arn:aws:s3:::b/*", **more}
    if condition is not None:
        one["Condition"] = condition
    return one


def deny(condition: Any = None, **more: Any) -> dict[str, Any]:
    return allow("*", condition, **{"Effect": "Deny", "Action": "*", "Resource": "*", **more})


def string(key: str, *values: str) -> dict[str, Any]:
    return {"StringEquals": {key: list(values)}}


SHARES: list[tuple[str, dict[str, Any], set[tuple[str, str]]]] = [
    ("everyone", policy(allow()), {("everyone", "")}),
    ("everyone and one", policy(allow(), allow({"AWS": OTHER})), {("everyone", ""), ("account", OTHER)}),
    ("own and friend", policy(allow({"AWS": [OWN, FRIEND]})), set()),
    ("number", policy(allow({"AWS": OTHER})), {("account", OTHER)}),
    ("root", policy(allow({"AWS": f"arn:aws:iam::{OTHER}:root"})), {("account", OTHER)}),
    ("role", policy(allow({"AWS": f"arn:aws:iam::{OTHER}:role/p/x"})), {("account", OTHER)}),
    ("session", policy(allow({"AWS": f"arn:aws:sts::{OTHER}:assumed-role/x/y"})), {("account", OTHER)}),
    ("federated user", policy(allow({"AWS": f"arn:aws:sts::{OTHER}:federated-user/y"})),
     {("account", OTHER)}),
    ("canonical", policy(allow({"CanonicalUser": "79a59d"})), {("canonical user", "79a59d")}),
    ("identity", policy(allow({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E"})),
     {("account", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E")}),
    ("deleted", policy(allow({"AWS": "AROAEXAMPLE4567890123"})), set()),
    ("service", policy(allow({"Service": "cloudtrail.amazonaws.com"})),
     {("service", "cloudtrail.amazonaws.com")}),
    ("service by key", policy(allow("*", string("aws:PrincipalServiceName", "sns.amazonaws.com"))),
     {("service", "sns.amazonaws.com")}),
    ("organization", policy(allow("*", string("aws:PrincipalOrgID", "o-ours", "o-theirs"))),
     {("organization", "o-theirs")}),
    ("unit", policy(allow("*", {"ForAnyValue:StringLike": {
        "aws:PrincipalOrgPaths": ["o-big/r-1/ou-ours/*", "o-big/r-1/ou-theirs/*"]}})),
     {("organizational unit", "o-big/r-1/ou-theirs/*")}),
    ("account key", policy(allow("*", string("aws:PrincipalAccount", OWN, OTHER))), {("account", OTHER)}),
    ("caller account", policy(allow("*", string("kms:CallerAccount", OTHER))), {("account", OTHER)}),
    ("arn key", policy(allow("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/*"}})),
     {("account", OTHER)}),
    ("endpoint", policy(allow("*", string("aws:SourceVpce", "vpce-ours", "vpce-1"))),
     {("network", "vpce-1")}),
    ("vpc", policy(allow("*", string("aws:SourceVpc", "vpc-1"))), {("network", "vpc-1")}),
    ("addresses", policy(allow("*", {"IpAddress": {"aws:SourceIp": ["203.0.113.9", "198.51.0.0/16"]}})),
     {("network", "198.51.0.0/16")}),
    ("ours only", policy(allow({"AWS": OTHER}, string("aws:PrincipalOrgID", "o-ours"))), set()),
    ("theirs in theirs", policy(allow({"AWS": OTHER}, string("aws:PrincipalOrgID", "o-theirs"))), set()),
    ("github", policy(allow(
        {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"},
        {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}},
        Action="sts:AssumeRoleWithWebIdentity")),
     {("identity provider", f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com")}),
    ("own provider", policy(allow({"Federated": f"arn:aws:iam::{OWN}:saml-provider/x"},
                                  Action="sts:AssumeRoleWithSAML")), set()),
    ("denied account", policy(allow({"AWS": OTHER}), deny(string("aws:PrincipalAccount", OTHER))), set()),
    ("denied but for", policy(allow(), deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-theirs"}})),
     {("organization", "o-theirs")}),
    ("spared", policy(allow(), {"Effect": "Deny", "NotPrincipal": {"AWS": f"arn:aws:iam::{OTHER}:role/x"},
                                "Action": "*", "Resource": "*"}), {("account", OTHER)}),
    ("over", policy(allow({"AWS": OTHER}, {"DateLessThan": {"aws:CurrentTime": "2020-01-01"}})), set()),
    ("none", policy(), set()),
    ("several", policy(allow({"AWS": [OTHER, "222222222222"]}), allow("*", string(
        "aws:SourceVpce", "vpce-1"))), {("account", OTHER), ("account", "222222222222"),
                                        ("network", "vpce-1")}),
]


@pytest.mark.parametrize(("name", "document", "expected"), SHARES, ids=[row[0] for row in SHARES])
def test_shares(name: str, document: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    answer = shared(document, TRUST)
    assert {(one.kind, one.name) for one in answer.shares} == expected, answer
    assert answer.answer is any(kind != "service" for kind, _ in expected)
    for one in answer.shares:
        assert one.statement.startswith("statement ")
        assert " may " in one.because
        assert one.witness
    assert set(answer.names("account")) == {name for kind, name in expected if kind == "account"}


def test_what_cannot_be_read_is_unknown() -> None:
    assert shared("{", TRUST).answer is None
    assert shared(None, TRUST).answer is False
    assert shared(None, TRUST).because == "there is no policy that could share it"


def test_it_is_said_in_words() -> None:
    told = shared(policy(allow({"AWS": OTHER}), allow({"Service": "sns.amazonaws.com"})), TRUST)
    assert told.because == f"it is shared with account {OTHER}"
    services = shared(policy(allow({"Service": "sns.amazonaws.com"})), TRUST)
    assert services.because == (
        "it is shared with nobody outside the trust, only with services: sns.amazonaws.com"
    )


def grant(principal: str, **more: Any) -> dict[str, Any]:
    return {"GrantId": "g1", "GranteePrincipal": principal, "Operations": ["Decrypt"], **more}


GRANTS: list[tuple[str, Any, bool | None]] = [
    ("unknown", None, None),
    ("none", [], False),
    ("own", [grant(f"arn:aws:iam::{OWN}:role/x")], False),
    ("friend", [grant(f"arn:aws:iam::{FRIEND}:role/x")], False),
    ("other", [grant(f"arn:aws:iam::{OTHER}:role/x")], True),
    ("other root", [grant(f"arn:aws:iam::{OTHER}:root")], True),
    ("other session", [grant(f"arn:aws:sts::{OTHER}:assumed-role/x/y")], True),
    ("one of two", [grant(f"arn:aws:iam::{OWN}:role/x"), grant(f"arn:aws:iam::{OTHER}:user/x")], True),
    ("service", [grant("sagemaker.eu-west-1.amazonaws.com")], False),
    ("service of ours", [grant("sagemaker.amazonaws.com", IssuingAccount=f"arn:aws:iam::{OWN}:root")],
     False),
    ("service of theirs", [grant("sagemaker.amazonaws.com", IssuingAccount=f"arn:aws:iam::{OTHER}:root")],
     True),
    ("service member", [{"GrantId": "g", "GranteeServicePrincipal": "logs.amazonaws.com"}], False),
    ("nobody", [{"GrantId": "g"}], None),
]


@pytest.mark.parametrize(("name", "grants", "expected"), GRANTS, ids=[row[0] for row in GRANTS])
def test_grants(name: str, grants: Any, expected: bool | None) -> None:
    answer = grants_shared(grants, TRUST)
    assert answer.answer is expected
    assert answer.because


def test_a_grant_is_told_by_its_name() -> None:
    answer = grants_shared([grant(f"arn:aws:iam::{OTHER}:role/x", Name="backup")], TRUST)
    assert answer.statement == "backup"
    assert answer.because == f"arn:aws:iam::{OTHER}:role/x may Decrypt by grant backup"
    assert answer.names("account") == (OTHER,)


def test_strangers_that_could_not_be_decided_are_no_no() -> None:
    """Nobody is named, so nothing else is asked: that it was not decided must be said."""
    policy = {"Statement": {
        "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {
            "StringLike": {"aws:Referer": "*a" + "?" * 20 + "b"},
            "StringNotLike": {"aws:Referer": ["*a" + "?" * 20 + "b*", "*b"]},
        }}}
    told = shared(policy, TRUST)
    assert told.answer is None and "entangled" in told.because
