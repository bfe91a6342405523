"""What an identity may do, all its documents and its boundary together (E1, E2)."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.policy import (
    Identity,
    admin,
    assumes_any_role,
    passes_any_role,
    reaches_any_bucket,
)

OWN = "111122223333"


def allow(action: Any, resource: Any = "*", condition: Any = None, **more: Any) -> dict[str, Any]:
    one = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    if condition is not None:
        one["Condition"] = condition
    return {k: v for k, v in one.items() if v is not None}


def deny(action: Any, resource: Any = "*", condition: Any = None, **more: Any) -> dict[str, Any]:
    return allow(action, resource, condition, Effect="Deny", **more)


def identity(*statements: dict[str, Any], boundary: Any = None, account: str = OWN) -> Identity:
    """One document for each statement: what counts is all of them together."""
    documents = tuple(
        (f"policy-{n}", {"Version": "2012-10-17", "Statement": [one]})
        for n, one in enumerate(statements, 1)
    )
    capped = None if boundary is None else {"Version": "2012-10-17", "Statement": boundary}
    return Identity(documents, capped, account)


FULL = allow("*")
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ADMINS: list[tuple[str, Identity, bool, str]] = [
    ("full", identity(FULL), True, "* on *"),
    ("pieces", identity(allow("iam:*"), allow("ec2:*")), True, "IAM, PassRole and compute"),
    ("not action", identity(allow(None, NotAction="s3:*")), True, "leaves IAM and compute"),
    ("lambda", identity(allow(["iam:*", "lambda:Create*"])), True, "any compute"),
    ("wildcard", identity(allow("*:*")), True, "* written otherwise"),
    ("wild arns", identity(allow("*", ["arn:aws:iam::*:*", "arn:aws:ec2:*:*:*"])), True,
     "all resources there are"),
    ("small deny", identity(FULL, deny("iam:CreateUser")), True, "one action less"),
    ("mfa deny", identity(FULL, deny("*", "*", {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})),
     True, "with MFA it is one"),
    ("boundary full", identity(FULL, boundary=[FULL]), True, "the boundary caps nothing"),
    ("malformed", identity(allow("*", "*", {"StringMatch": {"a": "b"}})), True, "fails closed"),
    ("power", identity(allow(None, NotAction=["iam:*", "organizations:*", "account:*"])), False, "no IAM"),
    ("iam only", identity(allow("iam:*")), False, "no compute"),
    ("no pass", identity(FULL, deny("iam:PassRole")), False, "passes no role"),
    ("no iam", identity(FULL, deny("iam:*")), False, "IAM is denied"),
    ("iam reads", identity(allow(["iam:Get*", "iam:List*", "iam:PassRole", "ec2:*"])), False, "reads"),
    ("conditional", identity(allow("*", "*", MFA)), False, "not unconditionally"),
    ("one account's roles", identity(allow("*", f"arn:aws:iam::{OWN}:role/dev-*")), False, "some roles"),
    ("boundary", identity(FULL, boundary=[allow("s3:*")]), False, "the boundary caps it"),
    ("boundary denies", identity(FULL, boundary=[FULL, deny("iam:*")]), False, "the boundary denies"),
    ("boundary conditional", identity(FULL, boundary=[allow("*", "*", MFA)]), False, "not always"),
    ("nothing", identity(), False, "no document"),
]


@pytest.mark.parametrize(("name", "who", "expected", "why"), ADMINS, ids=[row[0] for row in ADMINS])
def test_admin(name: str, who: Identity, expected: bool, why: str) -> None:
    answer = admin(who)
    assert answer.answer is expected, f"{why}: {answer.because}"


TO = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
ROLES: list[tuple[str, Identity, bool, str]] = [
    ("star", identity(allow("iam:PassRole")), True, "every role"),
    ("all roles", identity(allow("iam:PassRole", "arn:aws:iam::*:role/*")), True, "every role"),
    ("own roles", identity(allow("iam:Pass*", f"arn:aws:iam::{OWN}:role/*")), True, "every role of ours"),
    ("unknown account", identity(allow("iam:PassRole", f"arn:aws:iam::{OWN}:role/*"), account=""), True,
     "the account it names may be its own"),
    ("to service", identity(allow("iam:PassRole", "*", TO)), True, "every role, to SageMaker"),
    ("not resource", identity(allow("iam:PassRole", None, NotResource="arn:aws:iam::*:role/admin")), True,
     "every role but one"),
    ("china", identity(allow("iam:PassRole", "arn:aws-cn:iam::*:role/*")), True, "partition"),
    ("admins spared", identity(FULL, deny("iam:PassRole", "arn:aws:iam::*:role/admin-*")), True,
     "all the others"),
    ("named", identity(allow("iam:PassRole", f"arn:aws:iam::{OWN}:role/sagemaker")), False, "one role"),
    ("pattern", identity(allow("iam:PassRole", f"arn:aws:iam::{OWN}:role/service-role/*")), False, "some"),
    ("other account", identity(allow("iam:PassRole", "arn:aws:iam::777788889999:role/*")), False,
     "no role of its own account"),
    ("tagged", identity(allow("iam:PassRole", "*", {"StringEquals": {"iam:ResourceTag/pass": "yes"}})),
     False, "only what is tagged"),
    ("denied", identity(FULL, deny("iam:*")), False, "denied"),
    ("denied but named", identity(FULL, deny("iam:PassRole", None,
                                             NotResource=f"arn:aws:iam::{OWN}:role/sagemaker")), False,
     "all but one are denied"),
    ("denied to others", identity(FULL, deny("iam:PassRole", "*", {"StringNotEquals": {
        "iam:PassedToService": "sagemaker.amazonaws.com"}})), True, "to SageMaker"),
    ("expired", identity(allow("iam:PassRole", "*", {"DateLessThan": {"aws:CurrentTime": "2020-01-01"}})),
     False, "over"),
    ("revoked", identity(FULL, deny("*", "*", {"DateLessThan": {
        "aws:TokenIssueTime": "2020-01-01T00:00:00Z"}})), True, "later sessions"),
    ("boundary", identity(FULL, boundary=[allow("iam:PassRole", "arn:aws:iam::*:role/x")]), False, "capped"),
]


@pytest.mark.parametrize(("name", "who", "expected", "why"), ROLES, ids=[row[0] for row in ROLES])
def test_passes_any_role(name: str, who: Identity, expected: bool, why: str) -> None:
    answer = passes_any_role(who)
    assert answer.answer is expected, f"{why}: {answer.because}"


@pytest.mark.parametrize(("who", "expected"), [
    (identity(allow("sts:*")), True),
    (identity(allow("sts:AssumeRole", "arn:aws:iam::*:role/*")), True),
    (identity(allow("sts:AssumeRole", "arn:aws:iam::777788889999:role/deploy")), False),
    (identity(allow("sts:AssumeRole", f"arn:aws:iam::{OWN}:role/sagemaker-*")), False),
    (identity(allow("sts:AssumeRoleWithWebIdentity")), False),
    (identity(allow("sts:AssumeRole"), deny("sts:AssumeRole")), False),
])
def test_assumes_any_role(who: Identity, expected: bool) -> None:
    answer = assumes_any_role(who)
    assert answer.answer is expected, answer.because


def condition(operator: str, key: str, value: str) -> Identity:
    return identity(allow("s3:*", "*", {operator: {key: value}}))


BUCKETS: list[tuple[str, Identity, bool, str]] = [
    ("star", identity(allow("s3:*")), True, "every bucket"),
    ("objects", identity(allow("s3:GetObject", "arn:aws:s3:::*/*")), True, "every bucket's objects"),
    ("put", identity(allow("s3:PutObject", "arn:aws:s3:::*")), True, "every bucket's objects"),
    ("delete", identity(allow("s3:Del*", "*")), True, "every bucket's objects"),
    ("not resource", identity(allow("s3:*", None, NotResource="arn:aws:s3:::secret/*")), True, "the rest"),
    ("tls", condition("Bool", "aws:SecureTransport", "true"), True, "names no bucket"),
    ("endpoint", condition("StringEquals", "aws:SourceVpce", "vpce-1"), True, "names no bucket"),
    ("account", condition("StringEquals", "aws:ResourceAccount", OWN), True, "names no bucket"),
    ("other account", condition("StringEquals", "aws:ResourceAccount", "777788889999"), True,
     "any bucket over there"),
    ("same account", condition("StringEquals", "aws:ResourceAccount", "${aws:PrincipalAccount}"), True,
     "any bucket of its own account"),
    ("other accounts", condition("StringNotEquals", "aws:ResourceAccount", "${aws:PrincipalAccount}"),
     True, "any bucket of others"),
    ("principal", condition("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{OWN}:role/*"), True, "its own"),
    ("tag", condition("StringEquals", "s3:ExistingObjectTag/SageMaker", "true"), False, "tagged ones"),
    ("resource tag", condition("StringEquals", "aws:ResourceTag/team", "ml"), False, "tagged ones"),
    ("bucket tag", condition("StringLike", "s3:BucketTag/team", "*"), False, "tagged ones"),
    ("tag ifexists", condition("StringEqualsIfExists", "s3:ExistingObjectTag/a", "b"), True, "untagged"),
    ("sagemaker", identity(allow("s3:GetObject", ["arn:aws:s3:::*SageMaker*", "arn:aws:s3:::*sagemaker*"])),
     False, "buckets with that name"),
    ("named", identity(allow("s3:*", ["arn:aws:s3:::data", "arn:aws:s3:::data/*"])), False, "one bucket"),
    ("buckets only", identity(allow("s3:ListBucket")), False, "no objects"),
    ("variable", identity(allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/bucket}/*")), True,
     "a tag may name any bucket"),
    ("denied elsewhere", identity(allow("s3:*"), deny("s3:*", None, NotResource="arn:aws:s3:::data/*")),
     False, "all others are denied"),
    ("perimeter", identity(allow("s3:*"), deny("s3:*", "*", {"StringNotEquals": {
        "aws:ResourceAccount": OWN}})), True, "any bucket of the account"),
    ("boundary", identity(allow("s3:*"), boundary=[allow("s3:*", "arn:aws:s3:::data/*")]), False, "capped"),
]


@pytest.mark.parametrize(("name", "who", "expected", "why"), BUCKETS, ids=[row[0] for row in BUCKETS])
def test_reaches_any_bucket(name: str, who: Identity, expected: bool, why: str) -> None:
    answer = reaches_any_bucket(who)
    assert answer.answer is expected, f"{why}: {answer.because}"


ASK = (admin, passes_any_role, assumes_any_role, reaches_any_bucket)


@pytest.mark.parametrize("ask", ASK)
def test_what_cannot_be_read_is_not_decided(ask: Any) -> None:
    broken = Identity((("good", {"Statement": [FULL]}), ("bad", "{")))
    assert ask(broken).answer is None
    assert "bad cannot be read" in ask(broken).because
    assert ask(Identity((("good", {"Statement": [FULL]}),), "[]")).answer is None
    assert ask(Identity((("none", None),))).answer is False


def test_the_sentence_names_policy_and_statement() -> None:
    answer = passes_any_role(identity(allow("s3:*"), allow("iam:PassRole", "*", TO, Sid="Pass")))
    assert answer.because == (
        "it may iam:PassRole on a role that no policy names: statement 1 (Pass) of policy-2 allows "
        "it, and its condition on iam:PassedToService names none"
    )
    assert answer.statement == "policy-2: Pass"
    assert answer.witness is not None
    assert answer.witness["iam:passedtoservice"] == "sagemaker.amazonaws.com"
