"""Policies that customers manage: whether one grants everything, or a whole service."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import POLICY
from auditor.policy import Answer, Identity, full_access, service_wildcard
from auditor.rule import Setting, rule
from auditor.shapes.iam import ManagedPolicyDetail
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ACCESS, NIST
from ._roles import default_version

_NIST = [
    "AC-2", "AC-2(1)", "AC-3", "AC-3(15)", "AC-3(7)", "AC-5", "AC-6", "AC-6(10)", "AC-6(2)",
    "AC-6(3)",
]  # fmt: skip
_FIX = (
    "Write the policy anew with %s and make that its default: `aws iam create-policy-version"
    " --policy-arn {arn} --policy-document file://policy.json --set-as-default`. Who has it:"
    " `aws iam list-entities-for-policy --policy-arn {arn}`."
)


def _policy(*actions: str, resource: str = "*") -> dict[str, Any]:
    """Return a policy of the customer's with one version, for the samples."""
    return {
        "PolicyName": "ml", "Arn": "arn:aws:iam::111122223333:policy/ml", "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}]}}],
    }  # fmt: skip


_MODEST = _policy("s3:GetObject", "s3:PutObject", resource="arn:aws:s3:::ml-data/*")


def _identity(policy: Resource[ManagedPolicyDetail]) -> Identity | NotApplicable:
    """Return what one policy grants by itself; those that AWS manages are AWS's to change."""
    if policy.arn.split(":")[4:5] == ["aws"]:
        return NotApplicable("AWS manages the policy")
    _, document = default_version(policy)
    return Identity((("", document),), None, policy.account)


def _verdict(answer: Answer) -> Verdict:
    if answer.answer is None:
        raise Unseen(answer.because)
    return Fail(answer.because) if answer.answer else Pass()


@rule(
    "iam-policy-full-admin",
    "No policy of your own grants everything",
    on=POLICY,
    severity=Severity.HIGH,
    controls=ACCESS | {
        NIST: _NIST,
        "AWS FSBP": ["IAM.1"],
        "CIS AWS v1.4": ["1.16"],
        "CIS AWS v3.0": ["1.16"],
        "CIS AWS v5.0": ["1.15"],
        "CIS AWS v6.0": ["2.15"],
        "CIS AWS v7.0": ["2.14"],
        "AWS Config": ["iam-policy-no-statements-with-admin-access"],
    },
    fix=_FIX % "the actions and resources that its holders need",
    good=_MODEST,
    bad=_policy("*"),
)
def grants_not_everything(policy: Resource[ManagedPolicyDetail]) -> Verdict:
    """A policy with every action on every resource makes an administrator of whomever it is
    attached to, under a name that does not say so. What counts is the version in force. AWS's own
    AdministratorAccess at least says what it is; who holds that is for the rules on roles.
    """
    who = _identity(policy)
    return who if isinstance(who, NotApplicable) else _verdict(full_access(who))


@rule(
    "iam-policy-service-wildcard",
    "No policy of your own grants all of SageMaker or all of S3",
    on=POLICY,
    severity=Severity.LOW,
    controls=ACCESS | {
        NIST: _NIST,
        "AWS FSBP": ["IAM.21"],
        "AWS Config": ["iam-policy-no-statements-with-full-access"],
    },
    fix=_FIX % "the actions that its holders use in place of the wildcard",
    good=[_MODEST, _policy("sagemaker:Describe*", "sagemaker:List*")],
    bad=[_policy("sagemaker:*"), _policy("s3:*")],
    settings=(Setting("services", ("sagemaker", "s3"), "Prefixes of the services that count."),),
)
def grants_no_service(
    policy: Resource[ManagedPolicyDetail], services: tuple[str, ...]
) -> Verdict:
    """A wildcard over a service grants what it will be able to do next year as well: with
    sagemaker:* one may delete models, open notebooks of others and share the registry, with s3:*
    rewrite the policy of every bucket. Reading and running need a handful of actions.
    """
    who = _identity(policy)
    if isinstance(who, NotApplicable):
        return who
    return _verdict(service_wildcard(who, services=tuple(services)))
