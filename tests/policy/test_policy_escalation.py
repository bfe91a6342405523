"""How far an identity reaches, and the catalogue of escalation paths (E1 to E5)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from test_policy_identity import FULL, MFA, OWN, allow, deny, identity

from auditor.policy import (
    DELETES_LOGS,
    STOPS_TRAILS,
    Identity,
    data_wildcard,
    decrypts_any_key,
    exfiltrates,
    full_access,
    privesc,
    privesc_paths,
    service_wildcard,
    tampers_logs,
)
from auditor.policy.escalation import paths

EVERY = paths()


def test_the_catalogue_is_sound() -> None:
    assert len({path.id for path in EVERY}) == len(EVERY) > 100
    assert len({frozenset(path.actions) for path in EVERY}) == len(EVERY)
    known = {"pathfinding.cloud", "Prowler", "Rhino", "Cloudsplaining", "hackingthe.cloud", "own"}
    for path in EVERY:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", path.id)
        assert all(re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9]+", action) for action in path.actions)
        assert ("iam:PassRole" in path.actions) == bool(path.passes), path.id
        assert all(re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com", name) for name in path.passes)
        assert path.because.endswith(".") and path.sources and known >= set(path.sources)


def test_no_path_of_another_is_left_out_by_a_name_too_many() -> None:
    """What one source lists alone is there: the union, not what they agree on."""
    alone = {source: 0 for path in EVERY for source in path.sources}
    for path in EVERY:
        if len(path.sources) == 1:
            alone[path.sources[0]] += 1
    assert alone["own"] > 20 and alone["Rhino"] and alone["hackingthe.cloud"]


@pytest.mark.parametrize("path", EVERY, ids=[path.id for path in EVERY])
def test_every_path_is_found_and_every_action_of_it_is_needed(path: Any) -> None:
    who = identity(*(allow(action) for action in path.actions))
    answer = privesc(who)
    assert answer.answer is True, answer.because
    assert path in (privesc_paths(who) or ())
    for missing in path.actions:
        rest = identity(*(allow(action) for action in path.actions if action != missing))
        assert path not in (privesc_paths(rest) or ())
        assert path not in (privesc_paths(identity(*(allow(a) for a in path.actions),
                                                   deny(missing))) or ())


def test_an_administrator_has_every_path() -> None:
    assert privesc_paths(identity(FULL)) == EVERY
    assert privesc_paths(identity(FULL, account="")) == EVERY
    assert privesc_paths(identity(FULL, deny("*"))) == ()
    assert privesc_paths(Identity((("x", "{"),))) is None


TO_SAGEMAKER = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
TRAIN = allow("sagemaker:CreateTrainingJob")


@pytest.mark.parametrize(("who", "expected"), [
    (identity(allow("iam:PassRole", f"arn:aws:iam::{OWN}:role/x"), TRAIN), True),
    (identity(allow("iam:PassRole", "arn:aws:iam::777788889999:role/x"), TRAIN), False),
    (identity(allow("iam:PassRole", "arn:aws:iam::777788889999:role/x"), TRAIN, account=""), True),
    (identity(allow("iam:PassRole", "arn:aws-cn:iam::*:role/x"),
              allow("sagemaker:CreateTrainingJob", "arn:aws-cn:sagemaker:*:*:training-job/*")), True),
    (identity(allow("iam:PassRole", "*", {"StringEquals": {
        "iam:PassedToService": "ec2.amazonaws.com.cn"}}),
        allow("ec2:RunInstances", "arn:aws-cn:ec2:*:*:*")), True),
    (identity(allow("iam:PassRole", "*", TO_SAGEMAKER), allow("ec2:RunInstances")), False),
    (identity(allow("iam:PassRole", "*", TO_SAGEMAKER), TRAIN), True),
    (identity(allow("iam:PassRole", None, NotResource="arn:aws:iam::*:role/*"), TRAIN), False),
    (identity(allow("iam:PassRole"), TRAIN, deny("iam:PassRole", "arn:aws:iam::*:role/*")), False),
    (identity(allow("iam:PassRole"), TRAIN, deny("iam:PassRole", "*", {"StringNotEquals": {
        "iam:PassedToService": "lambda.amazonaws.com"}})), False),
    (identity(allow("iam:PassRole"), TRAIN, boundary=[allow("sagemaker:*")]), False),
    (identity(allow("iam:PassRole"), TRAIN, boundary=[allow(["sagemaker:*", "iam:Pass*"])]), True),
    (identity(allow("iam:PassRole", "arn:aws:iam::*:role/aws-service-role/*"), TRAIN), False),
    (identity(allow("iam:PassRole", "arn:aws:iam::*:role/aws-*"), TRAIN), True),
    (identity(allow("iam:PassRole", "arn:aws:iam::*:role/${aws:PrincipalTag/role}"), TRAIN), True),
    (identity(allow("iam:AttachRolePolicy", "arn:aws:iam::*:role/aws-reserved/*")), False),
    (identity(allow("iam:CreateAccessKey", ["arn:aws:iam::*:user/${aws:username}",
                                            f"arn:aws:iam::{OWN}:user/bob"])), True),
    (identity(allow("iam:CreateAccessKey"), deny("iam:CreateAccessKey", None,
              NotResource="arn:aws:iam::*:user/${aws:username}")), False),
    (identity(allow("iam:CreatePolicyVersion", "*", {"DateGreaterThan": {
        "aws:TokenIssueTime": "2090-01-01T00:00:00Z"}})), False),
    (identity(allow("iam:CreatePolicyVersion"), deny("*", "*", {"DateLessThan": {
        "aws:TokenIssueTime": "2020-01-01T00:00:00Z"}})), True),
    (identity(allow("iam:PutUserPolicy", "*", {"StringMatch": {"a": "b"}})), True),
    (identity(allow("iam:PutUserPolicy"), deny("iam:*", "*", {"StringMatch": {"a": "b"}})), True),
    (identity(allow("iam:PutUserPolicy", "*", {"StringEquals": {"aws:ResourceTag/x": "y"}})), True),
    (identity(), False),
])
def test_privesc(who: Identity, expected: bool) -> None:
    answer = privesc(who)
    assert answer.answer is expected, answer.because


def test_privesc_through_some_services_only() -> None:
    who = identity(allow(["iam:PassRole", "ec2:RunInstances", "iam:PutUserPolicy"]))
    assert privesc(who, services=("sagemaker",)).answer is False
    assert privesc(who, services=("sagemaker", "ec2")).answer is True
    assert "by ec2-run-instances" in privesc(who, services=("ec2",)).because
    assert "by iam-put-user-policy" in privesc(who, services=("iam",)).because
    assert "through sagemaker" in privesc(who, services=("sagemaker",)).because


def test_the_answer_names_path_statements_and_requests() -> None:
    answer = privesc(identity(allow("iam:PassRole", f"arn:aws:iam::{OWN}:role/ml", TO_SAGEMAKER),
                              {**TRAIN, "Sid": "Train"}))
    assert answer.statement == "policy-1: statement 1, policy-2: Train"
    assert answer.because == (
        "it can take more permissions than it has, by sagemaker-create-training-job: it may "
        f"iam:PassRole on arn:aws:iam::{OWN}:role/ml (statement 1 of policy-1), "
        f"sagemaker:CreateTrainingJob on arn:aws:sagemaker:us-east-1:{OWN}:example (statement 1 "
        "(Train) of policy-2). A training job runs a container of its choice with the role that is "
        "passed to it."
    )
    assert answer.witness is not None
    assert answer.witness["path"] == "sagemaker-create-training-job"
    assert answer.witness["iam:passedtoservice"] == "sagemaker.amazonaws.com"
    assert answer.witness["step 2"].startswith("sagemaker:CreateTrainingJob on arn:aws:sagemaker:")


@pytest.mark.parametrize(("who", "expected"), [
    (identity(FULL), True),
    (identity(allow("*", "*", MFA)), True),
    (identity(allow("*:*", "arn:aws:*:*:*:*")), True),
    (identity(allow("*", "arn:aws:s3:::*")), False),
    (identity(allow("*:Get*")), False),
    (identity(allow(None, NotAction="nosuch:Action")), False),
    (identity(allow("*", None, NotResource="arn:aws:s3:::x")), False),
    (identity(FULL, deny("iam:*")), True),
    (identity(FULL, deny("*")), False),
    (identity(FULL, deny(None, NotAction="s3:*")), False),
    (identity(FULL, boundary=[allow("s3:*")]), False),
    (identity(FULL, boundary=[FULL]), True),
    (identity(), False),
])
def test_full_access(who: Identity, expected: bool) -> None:
    answer = full_access(who)
    assert answer.answer is expected, answer.because
    assert bool(answer.statement) is expected


def test_full_access_under_a_condition_says_so() -> None:
    assert full_access(identity(allow("*", "*", MFA))).because.endswith(
        "under a condition on aws:MultiFactorAuthPresent"
    )


@pytest.mark.parametrize(("who", "services", "expected"), [
    (identity(allow("sagemaker:*")), (), True),
    (identity(allow("sagemaker:*")), ("sagemaker", "s3"), True),
    (identity(allow("sagemaker:*")), ("s3",), False),
    (identity(allow("s?:*")), ("s3",), True),
    (identity(allow("s?:*")), (), True),
    (identity(allow("sagemaker:Create*")), (), False),
    (identity(allow("sagemaker:*", "arn:aws:sagemaker:*:*:*")), (), True),
    (identity(allow("sagemaker:*", "arn:aws:sagemaker:*:*:endpoint/*")), (), False),
    (identity(allow("iam:*", "arn:aws:iam::*:role/*")), (), False),
    (identity(allow("s3:*", "arn:aws:s3:::*/*")), (), False),
    (identity(allow(None, NotAction="s3:*")), ("s3",), False),
    (identity(allow(None, NotAction="s3:*")), (), True),
    (identity(allow("unheardof:*")), (), True),
    (identity(allow("s3:*"), deny("s3:Delete*")), (), True),
    (identity(allow("s3:*"), deny("s3:*")), (), False),
    (identity(allow("s3:*"), boundary=[allow("s3:Get*")]), (), False),
])
def test_service_wildcard(who: Identity, services: tuple[str, ...], expected: bool) -> None:
    answer = service_wildcard(who, services=services)
    assert answer.answer is expected, answer.because


KEYS = f"arn:aws:kms:eu-west-1:{OWN}:key/*"


@pytest.mark.parametrize(("who", "expected"), [
    (identity(allow("kms:Decrypt")), True),
    (identity(allow("kms:ReEncrypt*", KEYS)), True),
    (identity(allow("kms:Decrypt", f"arn:aws:kms:eu-west-1:{OWN}:key/abc")), False),
    (identity(allow("kms:Encrypt")), False),
    (identity(allow("kms:*", "*", {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}})), True),
    (identity(allow("kms:*", "*", {"StringEquals": {"aws:ResourceTag/ml": "yes"}})), False),
    (identity(allow("kms:*", "*", {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/ml"}})), False),
    (identity(allow("kms:*"), deny("kms:Decrypt"), deny("kms:ReEncrypt*")), False),
])
def test_decrypts_any_key(who: Identity, expected: bool) -> None:
    assert decrypts_any_key(who).answer is expected


@pytest.mark.parametrize(("who", "expected"), [
    (identity(allow("s3:GetObject")), True),
    (identity(allow("s3:GetObject", "arn:aws:s3:::ml-data/*")), False),
    (identity(allow("secretsmanager:Get*")), True),
    (identity(allow("ssm:GetParameter", f"arn:aws:ssm:us-east-1:{OWN}:parameter/app/*")), False),
    (identity(allow("dynamodb:Scan", "arn:aws:dynamodb:*:*:table/*")), True),
    (identity(allow("s3:PutObject")), False),
])
def test_data_wildcard(who: Identity, expected: bool) -> None:
    assert data_wildcard(who).answer is expected


def test_data_wildcard_of_some_actions() -> None:
    who = identity(allow("ssm:GetParameter"))
    assert data_wildcard(who, actions=["s3:GetObject"]).answer is False
    assert data_wildcard(who, actions=["ssm:GetParameter"]).answer is True


@pytest.mark.parametrize(("who", "actions", "expected"), [
    (identity(allow("cloudtrail:StopLogging")), STOPS_TRAILS, True),
    (identity(allow("cloudtrail:StopLogging")), DELETES_LOGS, False),
    (identity(allow("logs:*", "arn:aws:logs:*:*:log-group:/aws/x:*")), DELETES_LOGS, True),
    (identity(allow("logs:PutLogEvents")), DELETES_LOGS, False),
    (identity(allow("cloudtrail:*", "arn:aws:s3:::x")), STOPS_TRAILS, False),
    (identity(FULL, deny("cloudtrail:*")), STOPS_TRAILS, False),
])
def test_tampers_logs(who: Identity, actions: tuple[str, ...], expected: bool) -> None:
    assert tampers_logs(who, actions=actions).answer is expected


READS = allow("s3:GetObject", "arn:aws:s3:::ml-data/*")


@pytest.mark.parametrize(("who", "expected"), [
    (identity(READS, allow("s3:PutObject")), True),
    (identity(allow("s3:*")), True),
    (identity(READS, allow("s3:PutObject", "arn:aws:s3:::ml-out/*")), False),
    (identity(allow("s3:PutObject")), False),
    (identity(READS, allow("s3:PutObject", "*", {"StringEquals": {"aws:ResourceAccount": OWN}})), False),
    (identity(READS, allow("s3:PutObject", "*", {"StringEquals": {"s3:ResourceAccount": OWN}})), False),
    (identity(READS, allow("s3:PutObject", "*", {"StringEquals": {
        "aws:ResourceAccount": "${aws:PrincipalAccount}"}})), False),
    (identity(READS, allow("s3:PutObject", "*", {"StringEquals": {"aws:ResourceOrgID": "o-x"}})), False),
    (identity(allow("s3:*"), deny("s3:*", "*", {"StringNotEquals": {"aws:ResourceAccount": OWN}})), False),
])
def test_exfiltrates(who: Identity, expected: bool) -> None:
    answer = exfiltrates(who)
    assert answer.answer is expected, answer.because


ASK = (privesc, full_access, service_wildcard, data_wildcard, decrypts_any_key, tampers_logs,
       exfiltrates)


@pytest.mark.parametrize("ask", ASK)
def test_what_cannot_be_read_is_not_decided(ask: Any) -> None:
    assert ask(Identity((("good", {"Statement": [FULL]}), ("bad", "{")))).answer is None
    assert ask(Identity((("good", {"Statement": [FULL]}),), "[]")).answer is None
    assert ask(Identity((("none", None),))).answer is False
