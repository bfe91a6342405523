"""What identity policies of others allow: AWS's own managed ones and the shapes peers test.

The peers' verdicts were read once, beside the engine's; where these differ, the comment says why
ours stands. The documents are written anew.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from auditor.policy.wire import answered

OWN = "111122223333"
ROLES = f"arn:aws:iam::{OWN}:role"


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def everything_but(action: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "NotAction": action, "Resource": "*", **more}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def passed_to(service: str) -> dict[str, Any]:
    return {"StringEquals": {"iam:PassedToService": service}}


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
LAMBDA = allow(["lambda:CreateFunction", "lambda:InvokeFunction"])
FULL = allow("*")

# Name, question, statements, answer.
ONE: list[tuple[str, str, list[dict[str, Any]], bool]] = [
    # as AWS's managed policies are written
    ("administrator", "admin", [FULL], True),
    ("administrator", "full_access", [FULL], True),
    ("administrator", "service_wildcard", [FULL], True),
    ("administrator", "privesc", [FULL], True),
    ("power user", "admin", [
        everything_but(["iam:*", "organizations:*", "account:*"]),
        allow(["account:GetAccountInformation", "iam:CreateServiceLinkedRole", "iam:ListRoles"]),
    ], False),
    ("power user", "full_access", [everything_but(["iam:*", "organizations:*"])], False),
    # Prowler says no: it looks for actions of IAM only. sts:AssumeRole on every role is left.
    ("power user", "privesc", [everything_but(["iam:*", "organizations:*"])], True),
    ("full IAM", "admin", [allow("iam:*")], False),
    ("full IAM", "service_wildcard", [allow("iam:*")], True),
    ("full IAM", "privesc", [allow("iam:*")], True),
    ("full S3", "service_wildcard", [allow(["s3:*", "s3-object-lambda:*"])], True),
    ("full S3", "privesc", [allow(["s3:*", "s3-object-lambda:*"])], False),
    ("logs by ARN", "service_wildcard", [allow("logs:*", "arn:aws:logs:*:*:*")], True),
    ("read only", "privesc", [allow(["iam:Get*", "iam:List*", "sts:GetCallerIdentity"])], False),
    ("read only", "service_wildcard", [allow(["s3:Get*", "s3:List*"])], False),
    ("called by a service", "full_access", [
        allow("*", Condition={"StringEquals": {"aws:CalledViaLast": "x.amazonaws.com"}})
    ], True),
    ("called by a service", "admin", [
        allow("*", Condition={"StringEquals": {"aws:CalledViaLast": "x.amazonaws.com"}})
    ], False),
    # administrators written otherwise
    ("star colon star", "admin", [allow("*:*")], True),
    ("list with a star", "admin", [allow(["s3:Get*", "*"], ["arn:aws:s3:::b", "*"])], True),
    ("question marks", "admin", [allow("???:*"), allow("ec2:*")], True),
    ("bucket only", "admin", [allow("*", "arn:aws:s3:::b/*")], False),
    ("with MFA", "admin", [allow("*", Condition=MFA)], False),
    ("denied whole", "admin", [FULL, deny("*")], False),
    ("denied whole", "full_access", [FULL, deny("*")], False),
    ("denied elsewhere", "admin", [FULL, deny("*", "arn:aws:s3:::b/*")], True),
    ("all but a bucket", "admin", [
        {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/*"}
    ], True),
    ("not full on NotResource", "full_access", [
        {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/*"}
    ], False),
    # false alarms of lists of actions
    ("one path denied", "privesc", [
        allow("iam:CreatePolicyVersion"), deny("iam:Create*")
    ], False),
    ("denied in pieces", "privesc", [
        allow("iam:PutUserPolicy"), deny("iam:Put*", f"arn:aws:iam::{OWN}:user/*")
    ], False),
    ("denied on others only", "privesc", [
        allow("iam:PutUserPolicy"), deny("iam:Put*", f"arn:aws:iam::{OWN}:user/ops/*")
    ], True),
    ("not denied by NotAction", "privesc", [
        allow("iam:*"),
        {"Effect": "Deny", "NotAction": ["iam:Get*", "iam:List*"], "Resource": "*"},
    ], False),
    ("spared by NotResource", "privesc", [
        allow("iam:AttachRolePolicy"),
        {"Effect": "Deny", "Action": "iam:*", "NotResource": f"{ROLES}/sandbox-*"},
    ], True),
    ("pass without use", "privesc", [allow("iam:PassRole")], False),
    ("use without pass", "privesc", [LAMBDA], False),
    ("pass and use", "privesc", [allow("iam:PassRole"), LAMBDA], True),
    ("passed elsewhere", "privesc", [
        allow("iam:PassRole", Condition=passed_to("ec2.amazonaws.com")), LAMBDA
    ], False),
    ("passed there", "privesc", [
        allow("iam:PassRole", Condition=passed_to("lambda.amazonaws.com")), LAMBDA
    ], True),
    # One named role is still a role that may do more; E4 asks whether it is allowed somewhere.
    ("one role", "privesc", [allow("iam:PassRole", f"{ROLES}/etl"), LAMBDA], True),
    ("no role", "privesc", [allow("iam:PassRole", "arn:aws:s3:::b"), LAMBDA], False),
    ("service-linked role", "privesc", [
        allow("iam:PassRole", "arn:aws:iam::*:role/aws-service-role/*"), LAMBDA
    ], False),
    ("own user only", "privesc", [
        allow("iam:CreateAccessKey", f"arn:aws:iam::{OWN}:user/${{aws:username}}")
    ], False),
    ("AWS's policies", "privesc", [
        allow("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/*")
    ], False),
    # CFRipper counts it; a policy that nothing is attached to grants nothing.
    ("new policy", "privesc", [allow("iam:CreatePolicy")], False),
    ("expired", "privesc", [
        allow("iam:*", Condition={"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}})
    ], False),
    ("Amplify", "privesc", [
        allow(["iam:PassRole", "amplify:CreateApp", "amplify:CreateBranch", "amplify:StartJob"])
    ], True),
    ("Amplify, passed elsewhere", "privesc", [
        allow("iam:PassRole", Condition=passed_to("ec2.amazonaws.com")),
        allow(["amplify:CreateApp", "amplify:CreateBranch", "amplify:StartJob"]),
    ], False),
    # an action that no list knows stops nothing
    ("unknown action", "privesc", [allow(["nosuch:Thing", "iam:AddUserToGroup"])], True),
    ("unknown service", "service_wildcard", [allow("nosuch:*")], True),
]


def asked(question: str, policy: Any, **context: Any) -> Any:
    line = {"question": question, "policy": policy, "context": {"account_id": OWN, **context}}
    told, wrong = answered(json.dumps(line).encode())
    assert wrong is None
    return json.loads(told)["answer"]


@pytest.mark.parametrize(
    ("name", "question", "statements", "expected"), ONE,
    ids=[f"{name}-{question}" for name, question, _, _ in ONE],
)
def test_a_foreign_policy(
    name: str, question: str, statements: list[dict[str, Any]], expected: bool
) -> None:
    assert asked(question, document(*statements)) is expected


@pytest.mark.parametrize(
    ("name", "question", "statements", "expected"), ONE,
    ids=[f"{name}-{question}" for name, question, _, _ in ONE],
)
def test_the_same_statements_over_several_documents(
    name: str, question: str, statements: list[dict[str, Any]], expected: bool
) -> None:
    first, *others = [document(one) for one in statements]
    assert asked(question, first, policies=others) is expected


@pytest.mark.parametrize(("boundary", "admin", "privesc"), [
    ([FULL], True, True),
    ([allow("s3:*")], False, False),
    ([everything_but("iam:*")], False, True),
    ([allow("iam:AddUserToGroup", f"arn:aws:iam::{OWN}:group/*")], False, True),
    ([FULL, deny("iam:*"), deny("sts:*")], False, True),
    ([], False, False),
])
def test_a_boundary_caps_an_administrator(
    boundary: list[dict[str, Any]], admin: bool, privesc: bool
) -> None:
    capped = document(*boundary)
    assert asked("admin", document(FULL), boundary=capped) is admin
    assert asked("privesc", document(FULL), boundary=capped) is privesc
