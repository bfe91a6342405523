"""The edges of the rules on log groups: whose key, how long, and who is let in."""

from __future__ import annotations

import json

import pytest

from auditor.kinds import KEY
from auditor.rule import Other
from auditor.testing import judge

NAME = "/aws/sagemaker/TrainingJobs"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def check(rule, data, *others, status, says="", **more):
    found = judge(rule, data, *others, **more)
    assert (found.status, says in found.message) == (status, True), found.message


def key(manager="CUSTOMER", state="Enabled"):
    return Other(KEY, {"KeyId": KEY_ARN[-36:], "Arn": KEY_ARN, "KeyManager": manager,
                       "KeyState": state})


@pytest.mark.parametrize(("value", "others", "status", "says"), [
    (KEY_ARN, (key(),), "pass", ""),
    (KEY_ARN, (key("AWS"),), "fail", "AWS manages"),
    (KEY_ARN, (key(state="Disabled"),), "fail", "Disabled"),
    (KEY_ARN, (), "fail", "does not exist"),
    (KEY_ARN.replace("111122223333", "444455556666"), (), "unknown", "444455556666"),
], ids=[f"pitfall_4_{n}" for n in ("ours", "of_aws", "disabled", "gone", "foreign")])
def test_key(value, others, status, says):
    check("logs-group-kms", {"logGroupName": NAME, "kmsKeyId": value}, *others, status=status,
          says=says)


@pytest.mark.parametrize("value", [None, ""])
def test_pitfall_5_no_key_is_not_called_unencrypted(value):
    check("logs-group-kms", {"logGroupName": NAME, "kmsKeyId": value}, status="fail",
          says="no customer-managed key")
    found = judge("logs-group-kms", {"logGroupName": NAME, "kmsKeyId": value})
    assert "unencrypted" not in found.message


def test_a_key_that_was_refused():
    check("logs-group-kms", {"logGroupName": NAME, "kmsKeyId": KEY_ARN}, status="unknown",
          refused=[KEY])
    check("logs-group-kms", {"logGroupName": NAME}, status="unknown", unseen={"": "AccessDenied"})


@pytest.mark.parametrize(("group", "settings", "status", "says"), [
    ({"retentionInDays": 365}, {}, "pass", "365"),
    ({"retentionInDays": 3653}, {}, "pass", ""),
    ({"retentionInDays": 180}, {}, "fail", "180"),
    ({"retentionInDays": 180}, {"days": 90}, "pass", ""),
    ({"retentionInDays": 365}, {"days": 400}, "fail", "less than 400"),
    ({}, {}, "pass", "nothing expires"),  # that is how CloudWatch Logs says "never"
    ({"retentionInDays": 1, "logGroupClass": "DELIVERY"}, {}, "not_applicable", "DELIVERY"),
    ({"retentionInDays": 30, "logGroupClass": "INFREQUENT_ACCESS"}, {}, "fail", ""),
    ({"retentionInDays": 30, "retentionPolicyName": "org"}, {}, "fail", ""),
])
def test_retention(group, settings, status, says):
    check("logs-group-retention", {"logGroupName": NAME, **group}, status=status, says=says,
          **settings)


def test_a_retention_that_was_refused():
    check("logs-group-retention", {"logGroupName": NAME}, status="unknown",
          unseen={"retentionInDays": "AccessDenied"})


def policy(principal, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": principal, "Action": ["logs:PutLogEvents"],
        "Resource": "*", **more}]})


OURS = {"Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}


@pytest.mark.parametrize(("document", "status"), [
    (policy("*"), "fail"),
    (policy({"AWS": "*"}), "fail"),
    (policy("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-abcdef1234"}}), "pass"),
    (policy("*", Condition={"StringEquals": {"aws:PrincipalTag/team": "ml"}}), "fail"),
    (policy({"AWS": "arn:aws:iam::444455556666:root"}), "pass"),  # known, if not ours
    (policy({"Service": "es.amazonaws.com"}, **OURS), "pass"),
    (policy({"Service": "route53.amazonaws.com"}), "pass"),
    ("{", "unknown"),
    ("", "unknown"),
    (None, "unknown"),
])
def test_policies(document, status):
    check("logs-group-public-policy", {"policyName": "p", "policyDocument": document},
          status=status)


def test_a_policy_that_was_refused():
    check("logs-group-public-policy", {"policyName": "p"}, status="unknown",
          unseen={"policyDocument": "AccessDenied"})
