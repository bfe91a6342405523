"""Edges of the rules on the roles that SageMaker can assume: their trust and their powers."""

import json

import pytest

from auditor.kinds import POLICY, ROLE
from auditor.rule import Other
from auditor.testing import judge

DENIED = "AccessDeniedException"
ARN = "arn:aws:iam::111122223333:role/work"
OURS = "arn:aws:iam::111122223333:policy/ours"
CAP = "arn:aws:iam::111122223333:policy/cap"
STARTER = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
(ADMIN, FULL, DECRYPT, ESCALATE, TRACKS, CARRY, UNUSED) = (
    "iam-sagemaker-role-admin", "iam-sagemaker-role-full-access",
    "iam-sagemaker-role-kms-decrypt-all", "iam-sagemaker-role-self-escalation",
    "iam-sagemaker-log-tampering", "iam-sagemaker-data-exfiltration-paths",
    "iam-sagemaker-role-unused")
BROAD, DEPUTY, READERS = (
    "iam-sagemaker-role-trust-broad", "iam-sagemaker-role-trust-confused-deputy",
    "iam-role-cross-account-read")
HELD = (ADMIN, DECRYPT, ESCALATE, TRACKS, CARRY)
OF_SAGEMAKER = (*HELD, UNUSED, BROAD, DEPUTY)


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def when(operator, **keys):
    return {"Condition": {operator: {k.replace("_", ":"): v for k, v in keys.items()}}}


def assumes(principal, action="sts:AssumeRole", **more):
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


def service(*names, **more):
    return assumes({"Service": list(names)}, **more)


SAGEMAKER = service("sagemaker.amazonaws.com")
PARTNER = assumes({"AWS": "arn:aws:iam::444455556666:root"})


def role(*statements, trust=(SAGEMAKER,), attached=(), boundary="", **more):
    capped = {"PermissionsBoundary": {"PermissionsBoundaryArn": boundary}} if boundary else {}
    return {
        "RoleName": "work", "Arn": ARN, "AssumeRolePolicyDocument": document(*trust),
        "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": document(*statements)}]
        if statements else [],
        "AttachedManagedPolicies": [{"PolicyName": a.rpartition("/")[2], "PolicyArn": a}
                                    for a in attached],
        "RoleLastUsed": {"LastUsedDate": "2026-01-30T00:00:00+00:00"},
        "CreateDate": "2025-01-01T00:00:00+00:00", **capped, **more,
    }


def policy(arn, *statements):
    return Other(POLICY, {
        "PolicyName": arn.rpartition("/")[2], "Arn": arn, "PolicyVersionList": [
            {"VersionId": "v1", "IsDefaultVersion": True, "Document": document(*statements)}]})


READ = allow("s3:GetObject", "arn:aws:s3:::ours/*")
READ_ALL = allow(["s3:Get*", "s3:List*"])
OWN = when("StringEquals", aws_ResourceAccount="111122223333")
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
PASS = allow("iam:PassRole")
TO_SAGEMAKER = when("StringEquals", iam_PassedToService="sagemaker.amazonaws.com")
TO_LAMBDA = when("StringEquals", iam_PassedToService="lambda.amazonaws.com")

# what the role holds
HOLDINGS = [
    (ADMIN, role(READ), (), "pass"),
    (ADMIN, role(allow("*")), (), "fail"),
    # a name says nothing
    (ADMIN, role(attached=[OURS]), (policy(OURS, allow(["iam:*", "sagemaker:*"])),), "fail"),
    (ADMIN, role(allow("*"), boundary=CAP), (policy(CAP, READ),), "pass"),
    (ADMIN, role(allow("*"), deny("iam:*")), (), "pass"),

    (DECRYPT, role(READ), (), "pass"),
    (DECRYPT, role(allow("kms:Decrypt", KEY)), (), "pass"),
    (DECRYPT, role(allow("kms:Decrypt")), (), "fail"),
    (DECRYPT, role(allow("kms:*", "arn:aws:kms:*:111122223333:key/*")), (), "fail"),
    (DECRYPT, role(allow("kms:ReEncrypt*")), (), "fail"),
    (DECRYPT, role(allow("kms:Encrypt")), (), "pass"),
    (DECRYPT, role(allow("kms:Decrypt"), boundary=CAP), (policy(CAP, READ),), "pass"),

    (ESCALATE, role(READ), (), "pass"),
    *[(ESCALATE, role(allow(f"sagemaker:{start}"), PASS), (), "fail") for start in (
        "CreateTrainingJob", "CreateProcessingJob", "*")],
    (ESCALATE, role(allow("sagemaker:CreateTrainingJob"), allow("iam:PassRole", **TO_SAGEMAKER)),
     (), "fail"),
    (ESCALATE, role(allow("sagemaker:CreateTrainingJob"), allow("iam:PassRole", **TO_LAMBDA)), (),
     "pass"),
    (ESCALATE, role(allow("sagemaker:CreateTrainingJob"), PASS, deny("iam:PassRole")), (), "pass"),
    (ESCALATE, role(PASS), (), "pass"),
    (ESCALATE, role(allow("iam:PutRolePolicy")), (), "fail"),
    (ESCALATE, role(allow("sagemaker:CreateTrainingJob"), PASS, boundary=CAP),
     (policy(CAP, allow("sagemaker:*")),), "pass"),

    (TRACKS, role(READ), (), "pass"),
    (TRACKS, role(allow(["logs:CreateLogStream", "logs:PutLogEvents"])), (), "pass"),
    *[(TRACKS, role(allow(action)), (), "fail") for action in (
        "cloudtrail:StopLogging", "cloudtrail:Delete*", "logs:DeleteLogGroup", "logs:*",
        "sagemaker:DeleteMonitoringSchedule", "sagemaker:*", "cloudwatch:DeleteAlarms", "*")],
    (TRACKS, role(allow("logs:*"), deny(["logs:Delete*", "logs:PutRetentionPolicy"])), (), "pass"),
    (TRACKS, role(attached=[OURS]), (policy(OURS, allow("cloudtrail:UpdateTrail")),), "fail"),

    (CARRY, role(READ), (), "pass"),
    (CARRY, role(allow("s3:PutObject")), (), "pass"),
    (CARRY, role(READ, allow("s3:PutObject")), (), "fail"),
    (CARRY, role(allow("s3:*")), (), "fail"),
    (CARRY, role(allow("s3:*", **OWN)), (), "pass"),
    (CARRY, role(allow("s3:*"), deny("s3:Put*", **when(
        "StringNotEquals", aws_ResourceAccount="111122223333"))), (), "pass"),
    (CARRY, role(allow("s3:*", ["arn:aws:s3:::ours", "arn:aws:s3:::ours/*"])), (), "pass"),
    (CARRY, role(READ, allow("s3:PutObject", "arn:aws:s3:::*sagemaker*/*")), (), "pass"),
    (CARRY, role(READ, allow("s3:PutObject"), boundary=CAP), (policy(CAP, READ),), "pass"),

    # what was not seen may allow or deny anything
    *[(rule, role(READ, attached=[OURS]), (), "unknown") for rule in HELD],
    *[(rule, role(READ, boundary=CAP), (), "unknown") for rule in HELD],
    *[(rule, role(READ, RolePolicyList=None), (), "unknown") for rule in HELD],
    *[(rule, role(READ, AttachedManagedPolicies=None), (), "unknown") for rule in (*HELD, FULL)],
    *[(rule, role(RolePolicyList=[{"PolicyName": "p", "PolicyDocument": "{"}]), (), "unknown")
      for rule in HELD],

    (FULL, role(READ), (), "pass"),
    (FULL, role(attached=[STARTER]), (), "fail"),
    (FULL, role(attached=[STARTER], trust=[service("lambda.amazonaws.com")]), (), "fail"),
    (FULL, role(attached=[STARTER.replace("aws:iam", "aws-cn:iam")]), (), "fail"),
    # a policy of one's own may have the same name
    (FULL, role(attached=[STARTER.replace("::aws:", "::111122223333:")]), (), "pass"),
    (FULL, role(AttachedManagedPolicies=[{"PolicyName": "AmazonSageMakerFullAccess"}]), (),
     "unknown"),
]


def used(date, made="2025-01-01T00:00:00+00:00"):
    return role(READ, RoleLastUsed={"LastUsedDate": date} if date else {}, CreateDate=made)


USES = [
    (UNUSED, used("2026-01-30T00:00:00+00:00"), (), "pass"),
    (UNUSED, used("2025-06-01T00:00:00+00:00"), (), "fail"),
    (UNUSED, used(None), (), "fail"),
    (UNUSED, used(None, "2026-01-20T00:00:00+00:00"), (), "pass"),
    (UNUSED, used(None, None), (), "unknown"),
    (UNUSED, role(READ, RoleLastUsed=None), (), "unknown"),
]

GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
FEDERATED = {"action": "sts:AssumeRoleWithWebIdentity", "principal": {"Federated": GITHUB}}
SUBJECT = when("StringLike", **{
    "token.actions.githubusercontent.com:sub": "repo:our-org/models:*"})
TRUSTS = [
    (BROAD, [SAGEMAKER], "pass"),
    (BROAD, [service("sagemaker.amazonaws.com", "job.sagemaker.amazonaws.com")], "pass"),
    (BROAD, [SAGEMAKER, service("events.amazonaws.com")], "pass"),
    (BROAD, [SAGEMAKER, service("lambda.amazonaws.com")], "fail"),
    (BROAD, [service("sagemaker.amazonaws.com", "ec2.amazonaws.com")], "fail"),
    (BROAD, [SAGEMAKER, assumes("*")], "fail"),
    (BROAD, [SAGEMAKER, assumes({"AWS": "*"})], "fail"),
    (BROAD, [assumes("*")], "fail"),
    (BROAD, [SAGEMAKER, PARTNER], "fail"),
    (BROAD, [SAGEMAKER, PARTNER | when("StringEquals", sts_ExternalId="x1")], "fail"),
    (BROAD, [SAGEMAKER, assumes({"AWS": "arn:aws:iam::111122223333:root"})], "pass"),
    (BROAD, [SAGEMAKER, assumes({"AWS": "arn:aws:iam::111122223333:role/ci"})], "pass"),
    (BROAD, [SAGEMAKER, assumes(**FEDERATED)], "fail"),
    (BROAD, [SAGEMAKER, assumes(**FEDERATED, **SUBJECT)], "pass"),

    # SageMaker's guide: either key does, if an account stands in it
    (DEPUTY, [SAGEMAKER], "fail"),
    (DEPUTY, [SAGEMAKER | when("StringEquals", aws_SourceAccount="111122223333")], "pass"),
    (DEPUTY, [SAGEMAKER | when("ArnLike",
                               aws_SourceArn="arn:aws:sagemaker:*:111122223333:*")], "pass"),
    (DEPUTY, [SAGEMAKER | when("ArnLike", aws_SourceArn="arn:aws:sagemaker:*:*:*")], "fail"),
    (DEPUTY, [SAGEMAKER | when("StringEqualsIfExists", aws_SourceAccount="111122223333")], "fail"),
    (DEPUTY, [SAGEMAKER | when("StringEquals", aws_SourceOrgID="o-a1b2c3")], "pass"),
]
TABLE = [*HOLDINGS, *USES, *((rule, role(READ, trust=trust), (), s) for rule, trust, s in TRUSTS)]


@pytest.mark.parametrize(("rule", "data", "others", "status"), TABLE)
def test_edges(rule, data, others, status):
    finding = judge(rule, data, *others)
    assert finding.status == status, finding.message
    assert "the rule broke" not in finding.message


def test_pitfall_28_a_bare_trust_is_the_default_and_low():
    assert judge(DEPUTY, role()).severity == "low"


@pytest.mark.parametrize("rule", OF_SAGEMAKER)
def test_pitfall_28_the_trust_policy_tells_whose_role_it_is(rule):
    for trust in ([service("lambda.amazonaws.com")], [PARTNER],
                  [{**SAGEMAKER, "Effect": "Deny"}], [service("not-sagemaker.amazonaws.com")]):
        finding = judge(rule, role(allow("*"), trust=trust))
        assert finding.status == "not_applicable", finding.message
    by_itself = "arn:aws:iam::111122223333:role/aws-service-role/sagemaker.amazonaws.com/Notebooks"
    for each in (rule, FULL, READERS):
        assert judge(each, role(allow("*"), Arn=by_itself)).status == "not_applicable"


@pytest.mark.parametrize("rule", [*OF_SAGEMAKER, READERS])
def test_a_trust_policy_that_was_not_seen_is_unknown(rule):
    for nothing in (None, "", "{", "[]"):
        data = role(READ if rule in OF_SAGEMAKER else READ_ALL, AssumeRolePolicyDocument=nothing)
        assert judge(rule, data).status == "unknown"
    for refused in ("AssumeRolePolicyDocument", ""):
        assert judge(rule, role(READ), unseen={refused: DENIED}).status == "unknown"
    text = json.dumps(document(SAGEMAKER | when("StringEquals", aws_SourceAccount="111122223333")))
    assert judge(rule, role(READ, AssumeRolePolicyDocument=text)).status == "pass"


def test_policies_that_were_refused_are_unknown():
    for rule in (*HELD, FULL):
        assert judge(rule, role(READ), unseen={"AttachedManagedPolicies": DENIED}
                     ).status == "unknown"
    for rule in HELD:
        assert judge(rule, role(READ, attached=[OURS]), refused=[POLICY]).status == "unknown"
        assert judge(rule, role(READ), unseen={"RolePolicyList": DENIED}).status == "unknown"
    assert judge(UNUSED, role(), unseen={"RoleLastUsed": DENIED}).status == "unknown"


def test_the_path_and_the_policy_are_named():
    finding = judge(ESCALATE, role(allow("sagemaker:CreateTrainingJob"), PASS))
    assert "iam:PassRole" in finding.message
    assert {e.arn for e in finding.evidence} == {ARN}
    assert "statement 1" in judge(TRACKS, role(allow("cloudtrail:StopLogging"))).message


def test_settings():
    shared = role(trust=[SAGEMAKER, PARTNER])
    assert judge(BROAD, shared, trusted_accounts=["444455556666"]).status == "pass"
    both = role(trust=[SAGEMAKER, service("lambda.amazonaws.com")])
    assert judge(BROAD, both, services=["lambda.amazonaws.com"]).status == "pass"
    assert "lambda.amazonaws.com" in judge(BROAD, both).message
    assert judge(UNUSED, used("2025-12-31T00:00:00+00:00"), days=30).status == "fail"


# -- what other accounts read through a role


@pytest.mark.parametrize(("data", "others", "status"), [
    (role(READ_ALL, trust=[PARTNER]), (), "fail"),
    (role(READ, trust=[PARTNER]), (), "pass"),
    (role(allow("s3:ListAllMyBuckets"), trust=[PARTNER]), (), "pass"),
    (role(READ_ALL), (), "pass"),
    (role(READ_ALL, trust=[assumes({"AWS": "arn:aws:iam::111122223333:root"})]), (), "pass"),
    (role(READ_ALL, trust=[assumes("*")]), (), "fail"),
    (role(READ_ALL, trust=[PARTNER | when("StringEquals", sts_ExternalId="x1")]), (), "fail"),
    (role(trust=[PARTNER], attached=[READ_ONLY]), (policy(READ_ONLY, READ_ALL),), "fail"),
    (role(deny("*"), trust=[PARTNER], attached=[READ_ONLY]), (policy(READ_ONLY, READ_ALL),),
     "pass"),
    (role(trust=[PARTNER], attached=[READ_ONLY], boundary=CAP),
     (policy(READ_ONLY, READ_ALL), policy(CAP, READ)), "pass"),
    (role(trust=[PARTNER], attached=[READ_ONLY], boundary=CAP), (), "unknown"),
    (role(trust=[PARTNER], attached=[OURS]), (), "unknown"),
    (role(trust=[PARTNER], RolePolicyList=None), (), "unknown"),
])
def test_cross_account_read(data, others, status):
    finding = judge(READERS, data, *others)
    assert finding.status == status, finding.message
    if status == "fail":
        assert judge(READERS, data, *others, trusted_accounts=["444455556666"]).status == (
            "fail" if "anyone" in finding.message or "*" in str(data["AssumeRolePolicyDocument"])
            else "pass")


def test_read_only_is_known_by_its_name():
    """AWS's own policy reads everything, also where its document was not seen."""
    finding = judge(READERS, role(trust=[PARTNER], attached=[READ_ONLY]))
    assert finding.status == "fail" and "ReadOnlyAccess" in finding.message
    assert judge(READERS, role(READ_ALL, trust=[PARTNER]), refused=[ROLE]).status == "fail"
