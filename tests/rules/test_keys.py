"""Edges of the rules on KMS keys: their state, their rotation, their policies and grants."""

import json

import pytest

from auditor.kinds import BUCKET, DOMAIN, KEY, NOTEBOOK, ROLE, TRAINING_JOB
from auditor.rule import Other
from auditor.testing import judge

DENIED = "AccessDeniedException"
ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{ID}"
FOREIGN = f"arn:aws:kms:eu-west-1:444455556666:key/{ID}"
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
WORK = "arn:aws:iam::111122223333:role/work"
SAGEMAKER = {"Service": "sagemaker.amazonaws.com"}
DISABLED, ENDING, ROTATION, DEFAULT = (
    "kms-key-disabled", "kms-key-pending-deletion", "kms-key-rotation", "kms-default-key-usage")
DEFINED, PUBLIC, SHARED, GRANTS = (
    "kms-key-policy-defined", "kms-key-public", "kms-key-foreign-account", "kms-grants-unretired")


def key(**more):
    return {"KeyId": ID, "Arn": ARN, "KeyManager": "CUSTOMER", "KeyState": "Enabled",
            "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "Grants": [],
            "Rotation": {"KeyRotationEnabled": True}, "Policy": policy(allow(ROOT)), **more}


def allow(principal, *actions, **more):
    return {"Effect": "Allow", "Principal": principal, "Action": list(actions) or "kms:*",
            "Resource": "*", **more}


def deny(principal, *actions, **more):
    return {**allow(principal, *actions, **more), "Effect": "Deny"}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def condition(operator, **keys):
    return {"Condition": {operator: {k.replace("_", ":"): v for k, v in keys.items()}}}


def grant(made="2026-01-30T00:00:00+00:00", **more):
    return {"GrantId": "g1", "GranteePrincipal": WORK, "Operations": ["Decrypt"],
            "CreationDate": made, **more}


OLD = "2025-01-01T00:00:00+00:00"
NOT_EVERYONE_TOLD = allow("*", "kms:Decrypt", **condition("StringEquals",
                                                         kms_CallerAccount="111122223333"))
IN_STUDIO = Other(DOMAIN, {"DomainId": "d-1", "KmsKeyId": ARN})
IN_JOB = Other(TRAINING_JOB, {"TrainingJobName": "j", "OutputDataConfig": {"KmsKeyId": ARN}})
IN_BUCKET = Other(BUCKET, {"Name": "b", "ServerSideEncryptionConfiguration": {"Rules": [
    {"ApplyServerSideEncryptionByDefault": {"KMSMasterKeyID": ARN}}]}})


def role(service="sagemaker.amazonaws.com"):
    return Other(ROLE, {"RoleName": "work", "Arn": WORK, "AssumeRolePolicyDocument": {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service},
                       "Action": "sts:AssumeRole"}]}})


TABLE = [
    *[(DISABLED, key(KeyState=state), (), status) for state, status in [
        ("Enabled", "pass"), ("Updating", "pass"), ("Disabled", "fail"), ("Unavailable", "fail"),
        ("PendingImport", "fail"), ("PendingDeletion", "fail"), ("PendingReplicaDeletion", "fail"),
        ("Creating", "not_applicable"), ("", "unknown"), (None, "unknown")]],
    *[(ENDING, key(KeyState=state), (), status) for state, status in [
        ("Enabled", "pass"), ("Disabled", "pass"), ("PendingDeletion", "fail"),
        ("PendingReplicaDeletion", "fail"), ("", "unknown"), (None, "unknown")]],
    # KMS lets us describe a key of others that we may use, and its end is ours too
    (ENDING, key(Arn=FOREIGN, KeyState="PendingDeletion"), (), "fail"),
    (DISABLED, key(Arn=FOREIGN, KeyState="Disabled"), (), "fail"),

    (ROTATION, key(), (), "pass"),
    (ROTATION, key(Rotation={"KeyRotationEnabled": False}), (), "fail"),
    (ROTATION, key(Rotation={}), (), "unknown"),
    (ROTATION, key(Rotation={"KeyRotationEnabled": False}, KeyState="Disabled"), (), "fail"),
    # only some keys can be rotated
    *[(ROTATION, key(Rotation=None, **more), (), "not_applicable") for more in [
        {"KeyManager": "AWS"}, {"KeySpec": "RSA_2048"}, {"KeySpec": "HMAC_256"},
        {"Origin": "EXTERNAL"}, {"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": "cks-1"},
        {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": "cks-2"}, {"Arn": FOREIGN},
        {"CustomKeyStoreId": "cks-1"}, {}]],
    (ROTATION, key(Rotation={"KeyRotationEnabled": False}, MultiRegion=True,
                   MultiRegionConfiguration={"MultiRegionKeyType": "REPLICA", "PrimaryKey": {
                       "Arn": ARN, "Region": "us-east-1"}}), (), "not_applicable"),
    (ROTATION, key(Rotation={"KeyRotationEnabled": False}, MultiRegion=True,
                   MultiRegionConfiguration={"MultiRegionKeyType": "REPLICA"}), (),
     "not_applicable"),
    (ROTATION, key(Rotation={"KeyRotationEnabled": False}, MultiRegion=True,
                   MultiRegionConfiguration={"MultiRegionKeyType": "PRIMARY"}), (), "fail"),
    # KMS answers false for a key that waits to be deleted, whatever was set
    (ROTATION, key(Rotation={"KeyRotationEnabled": False}, KeyState="PendingDeletion"), (),
     "not_applicable"),
    (ROTATION, key(KeyManager=""), (), "unknown"),

    (DEFAULT, key(), (IN_STUDIO,), "pass"),
    (DEFAULT, key(KeyManager="AWS"), (IN_STUDIO,), "fail"),
    (DEFAULT, key(KeyManager="AWS"), (IN_JOB,), "fail"),
    (DEFAULT, key(KeyManager="AWS"), (Other(NOTEBOOK, {
        "NotebookInstanceName": "n", "KmsKeyId": ID}),), "fail"),
    (DEFAULT, key(KeyManager="AWS"), (), "not_applicable"),
    (DEFAULT, key(KeyManager="AWS"), (IN_BUCKET,), "not_applicable"),
    (DEFAULT, key(KeyManager=None), (IN_STUDIO,), "unknown"),

    (DEFINED, key(), (), "fail"),
    (DEFINED, key(Policy=policy(allow({"AWS": "111122223333"}))), (), "fail"),
    (DEFINED, key(Policy=policy(allow(ROOT, "*"))), (), "fail"),
    (DEFINED, key(Policy=policy(allow(ROOT), allow({"AWS": WORK}, "kms:Decrypt"))), (), "pass"),
    (DEFINED, key(Policy=policy(allow(ROOT, "kms:Describe*", "kms:Put*"))), (), "pass"),
    (DEFINED, key(Policy=policy(allow(ROOT), deny({"AWS": WORK}, "kms:Decrypt"))), (), "pass"),
    (DEFINED, key(Policy=policy(allow(ROOT, **condition("Bool", aws_MultiFactorAuthPresent=True)))),
     (), "pass"),
    (DEFINED, key(Policy=policy(allow({"AWS": "arn:aws:iam::444455556666:root"}))), (), "pass"),

    (PUBLIC, key(), (), "pass"),
    (PUBLIC, key(Policy=policy(allow(ROOT), NOT_EVERYONE_TOLD)), (), "pass"),
    (PUBLIC, key(Policy=policy(allow(ROOT), allow("*", "kms:Decrypt"))), (), "fail"),
    (PUBLIC, key(Policy=policy(allow({"AWS": ["*"]}))), (), "fail"),
    (PUBLIC, key(Policy=policy(allow("*", "kms:Decrypt", **condition(
        "StringEquals", kms_ViaService="s3.eu-west-1.amazonaws.com")))), (), "fail"),
    (PUBLIC, key(Policy=policy(allow("*", "kms:Decrypt", **condition(
        "StringEquals", aws_PrincipalOrgID="o-a1b2c3")))), (), "pass"),
    (PUBLIC, key(Policy=policy(allow("*", "kms:*"), deny("*", "kms:*"))), (), "pass"),
    (PUBLIC, key(Policy=policy(allow({"AWS": "arn:aws:iam::444455556666:root"}))), (), "pass"),
    (PUBLIC, key(Policy=policy(allow("*")), KeyManager="AWS"), (), "not_applicable"),
    (PUBLIC, key(Policy=policy(allow("*")), Arn=FOREIGN), (), "not_applicable"),
    (PUBLIC, key(Policy=policy(allow("*")), AWSAccountId="444455556666"), (), "not_applicable"),

    (SHARED, key(), (), "pass"),
    (SHARED, key(Policy=policy(allow(ROOT), allow(SAGEMAKER, "kms:Decrypt"))), (), "pass"),
    (SHARED, key(Policy=policy(allow({"AWS": "arn:aws:iam::444455556666:role/r"}))), (), "fail"),
    (SHARED, key(Policy=policy(allow("*", "kms:Decrypt"))), (), "fail"),
    (SHARED, key(Policy=policy(allow("*", "kms:Decrypt", **condition(
        "StringEquals", aws_PrincipalOrgID="o-a1b2c3")))), (), "fail"),
    (SHARED, key(Grants=[grant()]), (), "pass"),
    (SHARED, key(Grants=[grant(), grant(GranteePrincipal="arn:aws:iam::444455556666:role/r")]), (),
     "fail"),
    (SHARED, key(Grants=[grant(GranteePrincipal="444455556666")]), (), "fail"),
    (SHARED, key(Grants=[grant(GranteePrincipal="rds.eu-west-1.amazonaws.com")]), (), "pass"),
    (SHARED, key(Grants=[grant(GranteePrincipal=None,
                               GranteeServicePrincipal="sagemaker.amazonaws.com")]), (), "pass"),
    (SHARED, key(Grants=[grant(GranteePrincipal="")]), (), "unknown"),
    (SHARED, key(Grants=None), (), "unknown"),
    # what is certain stays certain, whatever else was not seen
    (SHARED, key(Grants=None, Policy=policy(allow({"AWS": "444455556666"}))), (), "fail"),
    (SHARED, key(Policy="{", Grants=[grant(GranteePrincipal="arn:aws:iam::444455556666:root")]),
     (), "fail"),

    *[(rule, key(Policy=text), (), "unknown")
      for rule in (DEFINED, PUBLIC, SHARED) for text in (None, "", "{", "[]")],

    (GRANTS, key(), (), "pass"),
    (GRANTS, key(Grants=[grant()]), (role(),), "pass"),
    (GRANTS, key(Grants=[grant(OLD)]), (role(),), "fail"),
    (GRANTS, key(Grants=[grant(OLD)]), (role("ec2.amazonaws.com"),), "pass"),
    (GRANTS, key(Grants=[grant(OLD)]), (), "pass"),
    (GRANTS, key(Grants=[grant(OLD, GranteePrincipal="sagemaker.amazonaws.com")]), (), "fail"),
    (GRANTS, key(Grants=[grant(OLD, GranteePrincipal="sagemaker.eu-west-1.amazonaws.com")]), (),
     "fail"),
    (GRANTS, key(Grants=[grant(OLD, GranteePrincipal="rds.eu-west-1.amazonaws.com")]), (), "pass"),
    (GRANTS, key(Grants=[grant(OLD, RetiringPrincipal="sagemaker.amazonaws.com")]), (), "fail"),
    # a domain lasts, a job does not
    (GRANTS, key(Grants=[grant(OLD)]), (role(), IN_STUDIO), "pass"),
    (GRANTS, key(Grants=[grant(OLD)]), (role(), IN_JOB), "fail"),
    (GRANTS, key(Grants=[grant(None)]), (role(),), "unknown"),
    (GRANTS, key(Grants=None), (), "unknown"),
    (GRANTS, key(KeyManager="AWS", Grants=None), (), "not_applicable"),
]


@pytest.mark.parametrize(("rule", "data", "others", "status"), TABLE)
def test_edges(rule, data, others, status):
    finding = judge(rule, data, *others)
    assert finding.status == status, finding.message
    assert "the rule broke" not in finding.message


@pytest.mark.parametrize(("rule", "member"), [
    (DISABLED, "KeyState"), (ENDING, "KeyState"), (ROTATION, "Rotation"), (ROTATION, "KeyManager"),
    (DEFAULT, "KeyManager"), (DEFINED, "Policy"), (PUBLIC, "Policy"), (SHARED, "Policy"),
    (SHARED, "Grants"), (GRANTS, "Grants"),
])
def test_what_was_refused_is_unknown(rule, member):
    for refused in (member, ""):
        assert judge(rule, key(), unseen={refused: DENIED}).status == "unknown"


def test_a_refused_list_hides_who_uses_the_key():
    assert judge(DEFAULT, key(KeyManager="AWS"), refused=[NOTEBOOK]).status == "unknown"
    assert judge(DEFAULT, key(KeyManager="AWS"), IN_STUDIO, refused=[NOTEBOOK]).status == "fail"
    assert judge(GRANTS, key(Grants=[grant(OLD)]), role(), refused=[DOMAIN]).status == "unknown"
    assert judge(GRANTS, key(Grants=[grant(OLD)]), refused=[ROLE]).status == "unknown"


def test_the_day_is_told():
    lost = judge(ENDING, key(KeyState="PendingDeletion", DeletionDate="2026-02-07T10:00:00+00:00"))
    assert "2026-02-07" in lost.message
    assert f"--key-id {ARN}" in lost.fix


def test_trust_can_be_set():
    shared = key(Policy=policy(allow({"AWS": "444455556666"})),
                 Grants=[grant(GranteePrincipal="arn:aws:iam::444455556666:role/r")])
    assert judge(SHARED, shared, trusted_accounts=["444455556666"]).status == "pass"
    assert judge(SHARED, shared, trusted_accounts=["555566667777"]).status == "fail"
    ours = key(Policy=policy(allow("*", "kms:Decrypt", **condition(
        "StringEquals", aws_PrincipalOrgID="o-a1b2c3"))))
    assert judge(SHARED, ours, trusted_organizations=["o-a1b2c3"]).status == "pass"
    assert judge(GRANTS, key(Grants=[grant()]), role(), days=0).status == "fail"
    assert KEY.name in judge(GRANTS, key()).resource.kind


def test_pitfall_4_a_key_that_is_there_may_be_aws_own_or_not_usable():
    by_alias = Other(NOTEBOOK, {"NotebookInstanceName": "n", "KmsKeyId": "alias/aws/sagemaker"})
    own = Other(KEY, key(KeyManager="AWS"), names=("alias/aws/sagemaker",))
    assert judge("sagemaker-notebook-volume-cmk", by_alias.data, own).status == "fail"
    assert judge(DEFAULT, key(KeyManager="AWS"), IN_STUDIO).status == "fail"
    assert judge(DISABLED, key(KeyState="Disabled")).status == "fail"
    assert judge(DISABLED, key(), unseen={"": DENIED}).status == "unknown"  # no fail for a denial


@pytest.mark.parametrize("more", [
    {"KeySpec": "ECC_NIST_P256"}, {"Origin": "EXTERNAL"}, {"CustomKeyStoreId": "cks-1"},
    {"MultiRegionConfiguration": {"MultiRegionKeyType": "REPLICA"}}, {"KeyManager": "AWS"},
])
def test_pitfall_10_only_some_keys_can_be_rotated(more):
    never = {"KeyRotationEnabled": False}
    assert judge(ROTATION, key(Rotation=never, **more)).status == "not_applicable"
    assert judge(ROTATION, key(Rotation=never)).status == "fail"
