"""Edges of the rules on the root user, users, policies and Access Analyzer."""

import pytest

from auditor.kinds import ACCESS_ANALYZER, ML, NOTEBOOK
from auditor.rule import Other
from auditor.testing import judge

DENIED = "AccessDeniedException"
ROOT_KEY, ROOT_MFA, MFA, ROTATED = (
    "iam-root-access-key", "iam-root-mfa", "iam-user-mfa", "iam-user-access-key-rotation")
EVERYTHING, WILDCARD, ANALYZER = (
    "iam-policy-full-admin", "iam-policy-service-wildcard", "accessanalyzer-external-enabled")
LOGIN = {"UserName": "ann"}
DEVICE = {"UserName": "ann", "SerialNumber": "arn:aws:iam::111122223333:mfa/ann"}


def root(**counts):
    return {"SummaryMap": counts}


def key(made="2026-01-30T00:00:00+00:00", status="Active", name="AKIAIOSFODNN7EXAMPLE"):
    return {"UserName": "ann", "AccessKeyId": name, "Status": status, "CreateDate": made}


def user(*keys, **more):
    return {"UserName": "ann", "AccessKeys": list(keys), **more}


OLD = "2025-10-01T00:00:00+00:00"


@pytest.mark.parametrize(("rule", "data", "status"), [
    (ROOT_KEY, root(AccountAccessKeysPresent=0), "pass"),
    (ROOT_KEY, root(AccountAccessKeysPresent=1), "fail"),
    (ROOT_KEY, root(AccountAccessKeysPresent=2), "fail"),
    (ROOT_KEY, root(Users=3), "unknown"),
    (ROOT_KEY, {}, "unknown"),
    (ROOT_KEY, {"SummaryMap": {}}, "unknown"),

    (ROOT_MFA, root(AccountMFAEnabled=1), "pass"),
    (ROOT_MFA, root(AccountMFAEnabled=0), "fail"),
    (ROOT_MFA, root(AccountMFAEnabled=0, AccountPasswordPresent=1, AccountAccessKeysPresent=0),
     "fail"),
    (ROOT_MFA, root(AccountMFAEnabled=0, AccountPasswordPresent=0, AccountAccessKeysPresent=1),
     "fail"),
    (ROOT_MFA, root(AccountMFAEnabled=0, AccountPasswordPresent=0, AccountAccessKeysPresent=0),
     "pass"),
    (ROOT_MFA, root(AccountPasswordPresent=0), "unknown"),
    (ROOT_MFA, {}, "unknown"),

    (MFA, user(LoginProfile=LOGIN, MFADevices=[DEVICE]), "pass"),
    (MFA, user(LoginProfile=LOGIN, MFADevices=[]), "fail"),
    (MFA, user(LoginProfile=LOGIN), "unknown"),
    (MFA, user(), "not_applicable"),
    (MFA, user(MFADevices=[DEVICE]), "not_applicable"),

    (ROTATED, user(key()), "pass"),
    (ROTATED, user(key(OLD)), "fail"),
    (ROTATED, user(key(), key(OLD)), "fail"),
    # 90 days to the second are not yet too many
    (ROTATED, user(key("2025-11-02T00:00:00+00:00")), "pass"),
    (ROTATED, user(key("2025-11-01T23:59:59+00:00")), "fail"),
    (ROTATED, user(key(OLD, "Inactive")), "not_applicable"),
    (ROTATED, user(key(OLD, "Expired")), "not_applicable"),
    (ROTATED, user(key(OLD, "Inactive"), key()), "pass"),
    (ROTATED, user(), "not_applicable"),
    (ROTATED, {"UserName": "ann"}, "unknown"),
    (ROTATED, user(key(None)), "unknown"),
    (ROTATED, user(key(status="")), "unknown"),
    (ROTATED, user(key(None), key(OLD)), "fail"),
])
def test_edges(rule, data, status):
    finding = judge(rule, data)
    assert finding.status == status, finding.message
    assert "the rule broke" not in finding.message


@pytest.mark.parametrize(("rule", "data", "member"), [
    (ROOT_KEY, root(AccountAccessKeysPresent=0), "SummaryMap"),
    (ROOT_MFA, root(AccountMFAEnabled=1), "SummaryMap"),
    (MFA, user(), "LoginProfile"),
    (MFA, user(LoginProfile=LOGIN, MFADevices=[DEVICE]), "MFADevices"),
    (ROTATED, user(key()), "AccessKeys"),
])
def test_what_was_refused_is_unknown(rule, data, member):
    for refused in (member, ""):
        assert judge(rule, data, unseen={refused: DENIED}).status == "unknown"


def test_the_age_is_told_and_can_be_set():
    assert "is 122 days old" in judge(ROTATED, user(key(OLD))).message
    assert judge(ROTATED, user(key(OLD)), days=365).status == "pass"
    assert judge(ROTATED, user(key("2026-01-01T00:00:00+00:00")), days=14).status == "fail"


# -- policies


def policy(*statements, arn="arn:aws:iam::111122223333:policy/ml", **older):
    versions = [{"VersionId": "v2", "IsDefaultVersion": True, "Document": {
        "Version": "2012-10-17", "Statement": list(statements)}}]
    versions += [{"VersionId": name, "IsDefaultVersion": False, "Document": {
        "Version": "2012-10-17", "Statement": [one]}} for name, one in older.items()]
    return {"PolicyName": "ml", "Arn": arn, "DefaultVersionId": "v2", "PolicyVersionList": versions}


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


READ = allow("s3:GetObject", "arn:aws:s3:::ours/*")
ALL = allow("*")
DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize(("rule", "data", "status"), [
    (EVERYTHING, policy(READ), "pass"),
    (EVERYTHING, policy(ALL), "fail"),
    (EVERYTHING, policy(allow("*:*")), "fail"),
    (EVERYTHING, policy(READ, allow(["s3:Get*", "*"], ["*"])), "fail"),
    (EVERYTHING, policy(allow("*", "arn:aws:s3:::ours/*")), "pass"),
    (EVERYTHING, policy(allow("iam:*")), "pass"),
    (EVERYTHING, policy(ALL, DENY), "pass"),
    # what counts is the version in force
    (EVERYTHING, policy(READ, v1=ALL), "pass"),
    (EVERYTHING, policy(ALL, v1=READ), "fail"),
    (EVERYTHING, policy(ALL, arn="arn:aws:iam::aws:policy/AdministratorAccess"), "not_applicable"),
    (EVERYTHING, policy(ALL, arn="arn:aws-cn:iam::aws:policy/x"), "not_applicable"),

    (WILDCARD, policy(READ), "pass"),
    (WILDCARD, policy(allow("sagemaker:*")), "fail"),
    (WILDCARD, policy(allow("s3:*")), "fail"),
    (WILDCARD, policy(ALL), "fail"),
    (WILDCARD, policy(allow("SageMaker:*")), "fail"),
    (WILDCARD, policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), "fail"),
    (WILDCARD, policy(allow("s3:*", ["arn:aws:s3:::ours", "arn:aws:s3:::ours/*"])), "pass"),
    (WILDCARD, policy(allow("s3:Get*")), "pass"),
    (WILDCARD, policy(allow("ec2:*")), "pass"),
    (WILDCARD, policy(allow("sagemaker:*"), DENY), "pass"),
])
def test_policies(rule, data, status):
    finding = judge(rule, data)
    assert finding.status == status, finding.message
    assert "the rule broke" not in finding.message


@pytest.mark.parametrize("rule", [EVERYTHING, WILDCARD])
def test_a_policy_that_was_not_seen_is_unknown(rule):
    broken = policy(READ)
    for versions in (None, [], [{"VersionId": "v1"}],
                     [{"VersionId": "v1", "IsDefaultVersion": True}],
                     [{"VersionId": "v1", "IsDefaultVersion": True, "Document": "{"}]):
        assert judge(rule, broken | {"PolicyVersionList": versions}).status == "unknown"
    for refused in ("PolicyVersionList", ""):
        assert judge(rule, policy(READ), unseen={refused: DENIED}).status == "unknown"


def test_services_can_be_set():
    assert judge(WILDCARD, policy(allow("ec2:*")), services=["ec2"]).status == "fail"
    assert judge(WILDCARD, policy(allow("s3:*")), services=["ec2"]).status == "pass"


# -- Access Analyzer

HERE = Other(NOTEBOOK, {"NotebookInstanceName": "n"})
THERE = Other(NOTEBOOK, {"NotebookInstanceName": "n"}, region="us-east-1")


def analyzers(*pairs):
    return {"Analyzers": [{"name": f"a{i}", "arn": f"arn:a{i}", "type": kind, "status": status}
                          for i, (kind, status) in enumerate(pairs)]}


@pytest.mark.parametrize(("data", "status"), [
    (analyzers(("ACCOUNT", "ACTIVE")), "pass"),
    (analyzers(("ORGANIZATION", "ACTIVE")), "pass"),
    (analyzers(("ACCOUNT_UNUSED_ACCESS", "ACTIVE"), ("ACCOUNT", "ACTIVE")), "pass"),
    (analyzers(), "fail"),
    *[(analyzers((kind, "ACTIVE")), "fail") for kind in (
        "ACCOUNT_UNUSED_ACCESS", "ORGANIZATION_UNUSED_ACCESS", "ACCOUNT_INTERNAL_ACCESS",
        "ORGANIZATION_INTERNAL_ACCESS")],
    *[(analyzers(("ACCOUNT", status)), "fail") for status in ("CREATING", "DISABLED", "FAILED")],
    (analyzers(("", "ACTIVE")), "unknown"),
    ({}, "unknown"),
])
def test_analyzers(data, status):
    finding = judge(ANALYZER, data, HERE)
    assert finding.status == status, finding.message


def test_a_region_without_ml_is_not_judged():
    for data in (analyzers(), analyzers(("ACCOUNT", "ACTIVE")), {}):
        assert judge(ANALYZER, data).status == "not_applicable"
        assert judge(ANALYZER, data, THERE).status == "not_applicable"


def test_a_refused_list_of_analyzers_or_of_ml_is_unknown():
    on = analyzers(("ACCOUNT", "ACTIVE"))
    for refused in ("Analyzers", ""):
        assert judge(ANALYZER, on, HERE, unseen={refused: DENIED}).status == "unknown"
    assert judge(ANALYZER, on, refused=ML[:1]).status == "unknown"
    assert judge(ANALYZER, on, refused=[ACCESS_ANALYZER]).status == "not_applicable"
