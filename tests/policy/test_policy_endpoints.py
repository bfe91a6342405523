"""VPC endpoint policies (C12) and the data perimeter of a bucket."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.policy import (
    Trust,
    account_perimeter,
    network_perimeter,
    organization_perimeter,
    vpce_open,
    vpce_own_principals,
    vpce_own_resources,
)

OWN, FRIEND = "111122223333", "444455556666"


def policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(condition: Any = None, **elements: Any) -> dict[str, Any]:
    one = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", **elements}
    if condition is not None:
        one["Condition"] = condition
    return {key: value for key, value in one.items() if value is not None}


def deny(condition: Any = None, **elements: Any) -> dict[str, Any]:
    return allow(condition, **{"Effect": "Deny", **elements})


OUR_RESOURCES = {"StringEquals": {"aws:ResourceOrgID": "o-1"}}
OUR_PRINCIPALS = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
# name, policy, open, own resources only, own principals only, why
ENDPOINTS: list[tuple[str, Any, bool | None, bool | None, bool | None, str]] = [
    ("none", None, True, False, False, "AWS's default lets everything through"),
    ("default", policy(allow()), True, False, False, "AWS's default, written out"),
    ("aws star", policy(allow(Principal={"AWS": "*"})), True, False, False, "everyone"),
    ("one service", policy(allow(Action="s3:*")), True, False, False, "all that this endpoint does"),
    ("several", policy(allow(Action=["s3:*", "sts:*"])), True, False, False, "all of them"),
    ("not action", policy(allow(Action=None, NotAction="s3:DeleteBucket")), True, False, False,
     "all but one action"),
    ("one action", policy(allow(Action="s3:GetObject")), False, False, False, "one action, anywhere"),
    ("some actions", policy(allow(Action=["s3:Get*", "s3:Put*"])), False, False, False, "not all"),
    ("one bucket", policy(allow(Resource=["arn:aws:s3:::b", "arn:aws:s3:::b/*"])), False, True, False,
     "one bucket by its name"),
    ("any bucket", policy(allow(Resource="arn:aws:s3:::*")), True, False, False, "every bucket"),
    ("own arns", policy(allow(Action="sagemaker:*", Resource=f"arn:aws:sagemaker:*:{OWN}:*")), False,
     True, False, "the account is in the ARN"),
    ("any arns", policy(allow(Action="sagemaker:*", Resource="arn:aws:sagemaker:*:*:endpoint/*")), True,
     False, False, "endpoints of any account"),
    ("resource org", policy(allow(OUR_RESOURCES)), False, True, False, "resources of ours"),
    ("resource account", policy(allow({"StringEquals": {"aws:ResourceAccount": OWN}})), False, True,
     False, "resources of ours"),
    ("s3 resource account", policy(allow({"StringEquals": {"s3:ResourceAccount": [OWN, FRIEND]}})),
     False, True, False, "resources of ours"),
    ("resource account like", policy(allow({"StringLike": {"aws:ResourceAccount": "*"}})), True, False,
     False, "every account"),
    ("resource ifexists", policy(allow({"StringEqualsIfExists": {"aws:ResourceAccount": OWN}})), False,
     True, False, "the key is always there"),
    ("resource paths", policy(allow({"ForAnyValue:StringLike": {"aws:ResourceOrgPaths": "o-1/*"}})),
     False, True, False, "resources of ours"),
    ("principal org", policy(allow(OUR_PRINCIPALS)), False, False, True, "principals of ours"),
    ("principal account", policy(allow({"StringEquals": {"aws:PrincipalAccount": OWN}})), False, False,
     True, "principals of ours"),
    ("principal arn", policy(allow({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"}})),
     False, False, True, "roles of ours"),
    ("principal ifexists", policy(allow({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}})), True,
     False, False, "anonymous calls have no organization"),
    ("principal", policy(allow(Principal={"AWS": OWN})), False, False, True, "principals of ours"),
    ("role", policy(allow(Principal={"AWS": f"arn:aws:iam::{OWN}:role/x"})), False, False, True, "ours"),
    ("both", policy(allow({"StringEquals": {"aws:ResourceOrgID": "o-1", "aws:PrincipalOrgID": "o-1"}})),
     False, True, True, "the whole perimeter"),
    ("either", policy(allow(OUR_RESOURCES), allow(OUR_PRINCIPALS)), False, False, False,
     "ours to theirs, theirs to ours, but never theirs to theirs"),
    ("deny resources", policy(allow(), deny({"StringNotEquals": {"aws:ResourceOrgID": "o-1"}})), False,
     True, False, "as a Deny"),
    ("deny principals", policy(allow(), deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}})),
     False, False, True, "as a Deny"),
    ("deny one", policy(allow(), deny(Action="s3:DeleteBucket")), True, False, False, "one action less"),
    ("deny bucket", policy(allow(), deny(Resource="arn:aws:s3:::evil/*")), True, False, False, "one less"),
    ("deny all", policy(allow(), deny()), False, True, True, "nothing goes through"),
    ("vpce", policy(allow({"StringEquals": {"aws:SourceVpce": "vpce-1"}})), True, False, False,
     "all that come through it are in it"),
    ("vpc", policy(allow({"StringEquals": {"aws:SourceVpc": "vpc-1"}})), True, False, False, "likewise"),
    ("tls", policy(allow({"Bool": {"aws:SecureTransport": "true"}})), True, False, False, "how, not who"),
    ("tag", policy(allow({"StringEquals": {"aws:PrincipalTag/team": "ml"}})), True, False, False,
     "any account tags its principals"),
    ("source ip", policy(allow({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})), False, True, True,
     "absent through an endpoint: nobody"),
    ("typo", policy(allow({"StringEqual": {"aws:PrincipalOrgID": "o-1"}})), True, False, False, "closed"),
    ("nothing", policy(), False, True, True, "no statement"),
    ("no json", "Allow all", None, None, None, "unreadable"),
    ("no statement", {}, None, None, None, "unreadable"),
]


@pytest.mark.parametrize(("name", "document", "anything", "resources", "principals", "why"), ENDPOINTS,
                         ids=[row[0] for row in ENDPOINTS])
def test_endpoint(
    name: str, document: Any, anything: bool | None, resources: bool | None,
    principals: bool | None, why: str,
) -> None:
    for ask, expected in (
        (vpce_open, anything), (vpce_own_resources, resources), (vpce_own_principals, principals),
    ):
        answer = ask(document)
        assert answer.answer is expected, f"{ask.__name__}, {why}: {answer.because}"
        assert answer.because


def test_service_narrows_and_trust_says_what_is_ours() -> None:
    some = policy(allow(Action="s3:*"))
    assert vpce_open(some, service="s3").answer is True
    assert vpce_open(some, service="sagemaker").answer is False
    bucket = policy(allow(Action="s3:*", Resource="arn:aws:sagemaker:*:999999999999:*"))
    assert vpce_open(bucket, Trust(account=OWN, accounts=frozenset({"999999999999"}))).answer is False


def test_a_closed_endpoint_tells_what_it_reaches() -> None:
    assert vpce_own_resources(policy(allow(OUR_RESOURCES))).because == (
        "only resources that the policy or the trust names are reached"
    )
    hole = vpce_own_principals(policy(allow(Action="s3:GetObject")))
    assert hole.because.startswith("anyone on the internet may s3:GetObject")


# -- a bucket's perimeter

BUCKET = ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]


def unless(condition: Any, **more: Any) -> dict[str, Any]:
    return policy(deny(condition, **{"Action": "s3:*", "Resource": BUCKET, **more}))


# name, policy, network, organization, account, why
PERIMETERS: list[tuple[str, Any, bool | None, bool | None, bool | None, str]] = [
    ("none", None, False, False, False, "no policy"),
    ("no json", "x", None, None, None, "unreadable"),
    ("allow only", policy(allow(OUR_PRINCIPALS)), False, False, False, "an Allow proves nothing"),
    ("endpoint", unless({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), True, False, False, "one"),
    ("vpc", unless({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}), True, False, False, "one VPC"),
    ("network", unless({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), True, False, False, "one"),
    ("broad network", unless({"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), False, False, False, "all"),
    ("network or endpoint", unless({
        "StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"},
        "NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"},
        "BoolIfExists": {"aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"}}),
     True, False, False, "the guides' own, services spared"),
    ("endpoint one action", unless({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
                                   Action="s3:GetObject"), False, False, False, "other actions"),
    ("endpoint objects", unless({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
                                Resource=BUCKET[1]), False, False, False, "the bucket itself"),
    ("endpoint one account", unless({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
                                    Principal={"AWS": OWN}), False, False, False, "other accounts"),
    ("endpoint, role spared", unless({
        "StringNotEquals": {"aws:SourceVpce": "vpce-1"},
        "ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/admin"}}), False, False, False,
     "one role from anywhere"),
    ("organization", unless({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), False, True, False,
     "one organization"),
    ("organization spares services", unless({
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}), False, True, False, "the guides' own"),
    ("organization, anonymous escape", unless({
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"},
        "Bool": {"aws:PrincipalIsAWSService": "false"}}), False, False, False,
     "an anonymous request lacks the key"),
    ("unit", unless({"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-1/r-1/ou-1/*"}}), False,
     True, False, "who is in no organization is denied too"),
    ("any member", unless({"Null": {"aws:PrincipalOrgID": "true"}}), False, False, False, "of any"),
    ("account", unless({"StringNotEquals": {"aws:PrincipalAccount": OWN}}), False, False, True, "one"),
    ("account arn", unless({"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:*"}}), False, False,
     True, "one account"),
    ("account not principal", policy(deny(Principal=None, NotPrincipal={"AWS": OWN}, Action="s3:*",
                                          Resource=BUCKET)), False, False, True, "one account"),
    ("everything", unless(None), True, True, True, "everything is denied"),
    ("tls", unless({"Bool": {"aws:SecureTransport": "false"}}), False, False, False, "how, not who"),
]


@pytest.mark.parametrize(("name", "document", "network", "organization", "account", "why"), PERIMETERS,
                         ids=[row[0] for row in PERIMETERS])
def test_perimeter(
    name: str, document: Any, network: bool | None, organization: bool | None,
    account: bool | None, why: str,
) -> None:
    for ask, expected in (
        (network_perimeter, network), (organization_perimeter, organization),
        (account_perimeter, account),
    ):
        answer = ask(document)
        assert answer.answer is expected, f"{ask.__name__}, {why}: {answer.because}"


def test_what_is_trusted_counts_where_it_is_given() -> None:
    theirs = unless({"StringNotEquals": {"aws:PrincipalOrgID": "o-theirs"}})
    ours = Trust(organizations=frozenset({"o-ours"}))
    assert organization_perimeter(theirs).answer is True
    answer = organization_perimeter(theirs, ours)
    assert answer.answer is False
    assert "by a principal of another organization" in answer.because
    vpce = unless({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})
    assert network_perimeter(vpce, Trust(endpoints=frozenset({"vpce-2"}))).answer is False
    assert network_perimeter(vpce, Trust(endpoints=frozenset({"vpce-1"}))).answer is True
    own = unless({"StringNotEquals": {"aws:PrincipalAccount": OWN}})
    assert account_perimeter(own, Trust(account=FRIEND)).answer is False
    assert account_perimeter(own, Trust(account=OWN)).answer is True


