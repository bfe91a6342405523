"""The edges of the rules on secrets: keys, policies, rotation, and those that nobody reads."""

from __future__ import annotations

import json

import pytest

from auditor.kinds import KEY
from auditor.rule import Other
from auditor.testing import judge

ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:git-a1b2c3"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
RULES = ("secretsmanager-cmk", "secretsmanager-policy", "secretsmanager-rotation",
         "secretsmanager-unused")


def check(rule, members, *others, status, says="", **more):
    found = judge(f"secretsmanager-{rule}", {"ARN": ARN, "Name": "git", **members}, *others, **more)
    assert (found.status, says in found.message) == (status, True), found.message


def key(manager="CUSTOMER", state="Enabled", names=()):
    return Other(KEY, {"KeyId": KEY_ARN[-36:], "Arn": KEY_ARN, "KeyManager": manager,
                       "KeyState": state}, names)


ALIAS = "alias/secrets"


@pytest.mark.parametrize(("value", "others", "status", "says"), [
    (KEY_ARN, (key(),), "pass", ""),
    (ALIAS, (key(names=(ALIAS,)),), "pass", ""),
    (KEY_ARN, (key("AWS"),), "fail", "AWS manages"),
    ("alias/aws/secretsmanager", (), "fail", "AWS manages"),
    (KEY_ARN, (key(state="PendingDeletion"),), "fail", "PendingDeletion"),
    (KEY_ARN.replace("111122223333", "444455556666"), (), "unknown", "444455556666"),
], ids=[f"pitfall_4_{n}" for n in ("ours", "alias", "of_aws", "alias_of_aws", "dying", "foreign")])
def test_key(value, others, status, says):
    check("cmk", {"KmsKeyId": value}, *others, status=status, says=says)


@pytest.mark.parametrize("value", [None, ""])
def test_pitfall_5_no_key_is_the_key_of_aws(value):
    check("cmk", {"KmsKeyId": value}, status="fail", says="aws/secretsmanager")


def policy(principal, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": principal, "Action": "secretsmanager:GetSecretValue",
        "Resource": "*", **more}]})


PARTNER = {"AWS": "arn:aws:iam::444455556666:root"}
ORG = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdef1234"}}}


@pytest.mark.parametrize(("document", "settings", "status"), [
    (None, {}, "pass"),
    ("", {}, "pass"),
    (policy("*"), {}, "fail"),
    (policy("*", **ORG), {}, "fail"),
    (policy("*", **ORG), {"trusted_organizations": ["o-abcdef1234"]}, "pass"),
    (policy("*", Condition={"StringEquals": {"aws:PrincipalAccount": "111122223333"}}), {}, "pass"),
    (policy("*", Condition={"StringNotEquals": {"aws:PrincipalAccount": "1"}}), {}, "fail"),
    (policy(PARTNER), {}, "fail"),
    (policy(PARTNER), {"trusted_accounts": ["444455556666"]}, "pass"),
    (policy({"AWS": "arn:aws:iam::111122223333:role/training"}), {}, "pass"),
    (policy("*", Effect="Deny"), {}, "pass"),
    ("{", {}, "unknown"),
])
def test_policy(document, settings, status):
    check("policy", {"Policy": document}, status=status, **settings)


def test_a_policy_that_was_refused():
    check("policy", {}, status="unknown", unseen={"Policy": "AccessDeniedException"})


LATELY, LONG_AGO = "2026-01-20T00:00:00+00:00", "2025-09-01T00:00:00+00:00"
SOME_TIME_AGO = "2025-12-01T00:00:00+00:00"
ON = {"RotationEnabled": True}


@pytest.mark.parametrize(("members", "settings", "status", "says"), [
    (ON | {"LastRotatedDate": LATELY}, {}, "pass", "2026-01-20"),
    ({"RotationEnabled": False, "LastRotatedDate": LATELY}, {}, "fail", "RotationEnabled"),
    ({"LastRotatedDate": LATELY}, {}, "fail", "RotationEnabled"),
    (ON | {"LastRotatedDate": LONG_AGO}, {}, "fail", "more than 90 days"),
    (ON | {"LastRotatedDate": LONG_AGO}, {"days": 365}, "pass", ""),
    (ON | {"LastRotatedDate": SOME_TIME_AGO}, {}, "pass", ""),
    # as scheduled, or not
    (ON | {"LastRotatedDate": SOME_TIME_AGO, "RotationRules": {"AutomaticallyAfterDays": 30}}, {},
     "fail", "due on 2025-12-31"),
    (ON | {"LastRotatedDate": SOME_TIME_AGO, "RotationRules": {"AutomaticallyAfterDays": 60}}, {},
     "pass", ""),
    (ON | {"LastRotatedDate": SOME_TIME_AGO, "NextRotationDate": LATELY}, {}, "fail", "due on"),
    (ON | {"LastRotatedDate": SOME_TIME_AGO, "NextRotationDate": "2026-02-20T00:00:00+00:00",
           "RotationRules": {"ScheduleExpression": "rate(60 days)"}}, {}, "pass", ""),
    (ON | {"LastRotatedDate": SOME_TIME_AGO, "NextRotationDate": "2026-01-30T00:00:00+00:00"}, {},
     "pass", ""),  # its window may be open yet
    # never yet
    (ON | {"CreatedDate": LATELY}, {}, "pass", ""),
    (ON | {"CreatedDate": LONG_AGO}, {}, "fail", "more than 90"),
    (ON, {}, "unknown", "when"),
    # changed by somebody else
    ({"PrimaryRegion": "us-east-1"}, {}, "not_applicable", "us-east-1"),
    ({"PrimaryRegion": "eu-west-1"}, {}, "fail", ""),
    ({"OwningService": "sagemaker"}, {}, "not_applicable", "sagemaker"),
    (ON | {"OwningService": "rds", "LastRotatedDate": LONG_AGO}, {}, "fail", ""),
])
def test_rotation(members, settings, status, says):
    check("rotation", members, status=status, says=says, **settings)


@pytest.mark.parametrize(("members", "settings", "status", "says"), [
    ({"LastAccessedDate": LATELY}, {}, "pass", "2026-01-20"),
    ({"LastAccessedDate": LONG_AGO}, {}, "fail", "2025-09-01"),
    ({"LastAccessedDate": LONG_AGO}, {"days": 365}, "pass", ""),
    ({"LastAccessedDate": LATELY, "CreatedDate": LONG_AGO}, {"days": 5}, "fail", "more than 5"),
    ({"CreatedDate": LONG_AGO}, {}, "fail", "never read"),
    ({"CreatedDate": LATELY}, {}, "not_applicable", "not read yet"),
    ({}, {}, "unknown", "when"),
])
def test_unused(members, settings, status, says):
    check("unused", members, status=status, says=says, **settings)


@pytest.mark.parametrize("rule", RULES)
def test_one_that_is_being_deleted(rule):
    found = judge(rule, {"ARN": ARN, "Name": "git", "DeletedDate": LATELY})
    assert (found.status, "deletion" in found.message) == ("not_applicable", True)


@pytest.mark.parametrize("rule", RULES)
def test_one_that_was_refused(rule):
    data = {"ARN": ARN, "Name": "git", "KmsKeyId": KEY_ARN, **ON, "LastRotatedDate": LATELY,
            "LastAccessedDate": LATELY}
    assert judge(rule, data, key(), unseen={"": "AccessDeniedException"}).status == "unknown"
