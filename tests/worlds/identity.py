"""Who may do what in the account of ``ml``: roles beside those that work, policies, users, root.

``FAILS`` says what is true of these and of that account's roles and keys.
"""

from __future__ import annotations

import json

from tests.fakeaws import By, Error
from tests.worlds.make import ACCOUNT, EU, OTHER, US, ago, allow, managed_policy, role

STARTER = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
OURS = f"arn:aws:iam::{ACCOUNT}:policy/"


def _trust(*principals):
    """A trust policy that lets these assume the role, services for this account only."""
    ours = {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
    return {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole",
         **(ours if "Service" in who else {})} for who in principals]}}


ROLES = [
    role("bound", allow("s3:GetObject", on="arn:aws:s3:::ml-data/*"),
         **_trust({"Service": "sagemaker.amazonaws.com"})),
    role("starter", attached=[STARTER], **_trust({"Service": "sagemaker.amazonaws.com"})),
    role("mixed", **_trust({"Service": "sagemaker.amazonaws.com"},
                           {"Service": "lambda.amazonaws.com"})),
    role("vendor", allow("s3:Get*", "s3:List*"),
         **_trust({"AWS": f"arn:aws:iam::{OTHER}:root"})),
]
POLICIES = [
    managed_policy(STARTER, allow("sagemaker:*")),
    managed_policy(f"{OURS}everything", allow("*")),
    managed_policy(f"{OURS}all-of-s3", allow("s3:*")),
]
# Of the key in the other region: anybody may use it, and a job of last year has not let go of it.
OPEN_KEY = {
    "GetKeyPolicy": {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
         "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}]})},
    "ListGrants": {"Grants": [{
        "GrantId": "g-1", "GranteePrincipal": "sagemaker.amazonaws.com",
        "Operations": ["Decrypt"], "CreationDate": ago(300)}]},
    "GetKeyRotationStatus": {"KeyRotationEnabled": False},
}


def _user(name):
    return {"UserName": name, "UserId": f"AIDAEXAMPLE{name.upper()}", "Path": "/",
            "Arn": f"arn:aws:iam::{ACCOUNT}:user/{name}", "CreateDate": ago(900)}


def _key(name, days):
    return {"AccessKeyMetadata": [{
        "UserName": name, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Active",
        "CreateDate": ago(days)}]}


_NO_LOGIN = Error("NoSuchEntity", "Login Profile cannot be found.", 404)
IAM = {
    "ListUsers": {"Users": [_user(name) for name in ("anna", "ben", "robot")]},
    "GetLoginProfile": By("UserName", {
        name: {"LoginProfile": {"UserName": name, "CreateDate": ago(900)}}
        for name in ("anna", "ben")}, _NO_LOGIN),
    "ListUserTags": {"Tags": []},
    "ListMFADevices": By("UserName", {"ben": {"MFADevices": [{
        "UserName": "ben", "SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/ben",
        "EnableDate": ago(800)}]}}, {"MFADevices": []}),
    "ListAccessKeys": By("UserName", {"ben": _key("ben", 20), "robot": _key("robot", 400)},
                         {"AccessKeyMetadata": []}),
    "GetAccountSummary": {"SummaryMap": {"AccountMFAEnabled": 0, "AccountAccessKeysPresent": 1}},
}
GUARDED = {"GetAccountSummary": {
    "SummaryMap": {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0}}}
ANALYZERS = {"accessanalyzer": {"ListAnalyzers": {"analyzers": [{
    "arn": f"arn:aws:access-analyzer:{EU}:{ACCOUNT}:analyzer/outside", "name": "outside",
    "type": "ACCOUNT", "createdAt": ago(90), "status": "ACTIVE"}]}}}

_STRONG = {"admin", "unused"}  # all of IAM; the boundary of "capped" leaves it one bucket
_BARE = {"sound", "admin", "wide", "capped", "unused"}  # their trust names SageMaker, no account
FAILS = {
    "accessanalyzer-external-enabled": {US},
    "iam-policy-full-admin": {"everything"},
    "iam-policy-service-wildcard": {"everything", "all-of-s3"},
    "iam-role-cross-account-read": {"vendor"},
    "iam-root-access-key": {ACCOUNT},
    "iam-root-mfa": {ACCOUNT},
    "iam-sagemaker-data-exfiltration-paths": _STRONG | {"wide"},
    "iam-sagemaker-log-tampering": _STRONG | {"starter"},
    "iam-sagemaker-role-admin": _STRONG,
    "iam-sagemaker-role-full-access": {"starter"},
    "iam-sagemaker-role-kms-decrypt-all": _STRONG,
    "iam-sagemaker-role-self-escalation": _STRONG | {"wide", "starter"},  # notebooks of others
    "iam-sagemaker-role-trust-broad": {"mixed"},
    "iam-sagemaker-role-trust-confused-deputy": _BARE,
    "iam-sagemaker-role-unused": {"unused"},
    "iam-user-access-key-rotation": {"robot"},
    "iam-user-mfa": {"anna"},
    "kms-default-key-usage": {"aws-sagemaker"},
    "kms-grants-unretired": {"cmk-us"},
    "kms-key-disabled": {"cmk-off", "cmk-dying"},
    "kms-key-foreign-account": {"cmk-us"},
    "kms-key-pending-deletion": {"cmk-dying"},
    "kms-key-policy-defined": {"cmk-1", "cmk-off", "cmk-dying"},  # KMS's own
    "kms-key-public": {"cmk-us"},
    "kms-key-rotation": {"cmk-us"},
}
