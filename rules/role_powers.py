"""What SageMaker's roles may do: administer, escalate, decrypt, cover tracks, carry data away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ROLE
from auditor.policy import admin, decrypts_any_key, exfiltrates, privesc, tampers_logs
from auditor.rule import Setting, rule
from auditor.shape import when
from auditor.shapes.iam import RoleDetail
from auditor.verdict import Fail, Pass, Severity, Verdict

from ._controls import ACCESS, ATLAS, MONITORING, NIST
from ._roles import Question, ask, identity
from ._trust import of_sagemaker, own_kind, sample_role

_LOOK = (
    "Look at what the role holds: `aws iam list-attached-role-policies --role-name {name}`, `aws"
    " iam list-role-policies --role-name {name}`. "
)
_NARROW = (
    " An inline policy is rewritten with `aws iam put-role-policy --role-name {name} --policy-name"
    " NAME --policy-document file://policy.json`, one of your own managed ones with `aws iam"
    " create-policy-version --policy-arn POLICY_ARN --policy-document file://policy.json"
    " --set-as-default`; one of AWS's is detached (`aws iam detach-role-policy --role-name {name}"
    " --policy-arn POLICY_ARN`) and replaced by one of your own."
)
_IAM = ["AC-2(1)", "AC-3", "AC-5", "AC-6", "AC-6(10)"]


def _inline(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Return a role of SageMaker's with an inline policy of these statements."""
    return sample_role(RolePolicyList=[{"PolicyName": "work", "PolicyDocument": {
        "Version": "2012-10-17", "Statement": list(statements)}}])  # fmt: skip


def _allow(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


_READ = _allow("s3:GetObject", "arn:aws:s3:::ml-data/*")
_MODEST = _inline(_READ, _allow("s3:PutObject", "arn:aws:s3:::ml-models/*"))


def _may(role: Resource[RoleDetail], question: Question) -> Verdict:
    """Fail where the answer about everything that the role holds is yes."""
    answer = ask(question, identity(role))
    if answer.answer is None:
        raise Unseen(f"the role {role.name} is undecided: {answer.because}")
    return Fail(answer.because) if answer.answer else Pass()


@rule(
    "iam-sagemaker-role-admin",
    "No role that SageMaker can assume is an administrator",
    on=ROLE,
    severity=Severity.HIGH,
    controls=ACCESS | {NIST: _IAM},
    fix=_LOOK + "Take the policy that the finding names away (`aws iam detach-role-policy"
    " --role-name {name} --policy-arn POLICY_ARN`, an inline one with `aws iam delete-role-policy"
    " --role-name {name} --policy-name NAME`) and grant what the code needs.",
    good=_MODEST,
    bad=[_inline(_allow("*")), _inline(_allow(["iam:*", "sagemaker:*"]))],
)
@of_sagemaker
def is_no_admin(role: Resource[RoleDetail]) -> Verdict:
    """Whoever may start a job or a notebook with this role does whatever the role may: with an
    administrator's role, everything. Judged is what the role holds, not what its policies are
    called; inline and managed ones and the boundary are put together. Service control policies,
    which may still forbid it, are not considered.
    """
    return _may(role, admin)


@rule(
    "iam-sagemaker-role-full-access",
    "No role holds AmazonSageMakerFullAccess",
    on=ROLE,
    severity=Severity.HIGH,
    controls=ACCESS | {NIST: _IAM},
    fix="`aws iam detach-role-policy --role-name {name} --policy-arn"
    " arn:{partition}:iam::aws:policy/AmazonSageMakerFullAccess`, and grant the actions that the"
    " role has used: SageMaker Role Manager writes such policies, and `aws accessanalyzer"
    " start-policy-generation` reads them from CloudTrail.",
    good=_MODEST,
    bad=sample_role(AttachedManagedPolicies=[{
        "PolicyName": "AmazonSageMakerFullAccess",
        "PolicyArn": "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"}]),
)  # fmt: skip
@own_kind
def has_no_full_access(role: Resource[RoleDetail]) -> Verdict:
    """AWS's starter policy allows nearly every action of SageMaker on every resource, reads and
    writes each bucket with sagemaker in its name, and passes roles to a dozen services. The console
    attaches it to new roles, and there it stays. A job or an endpoint needs a small part of it.
    """
    attached = role.data.AttachedManagedPolicies
    if attached is None:
        raise Unseen(f"the attached policies of the role {role.name} were not seen")
    if any(not one.PolicyArn for one in attached):
        raise Unseen(f"IAM does not name every policy attached to the role {role.name}")
    for one in attached:
        if (one.PolicyArn or "").endswith(":iam::aws:policy/AmazonSageMakerFullAccess"):
            return Fail("AmazonSageMakerFullAccess is attached to the role")
    return Pass()


@rule(
    "iam-sagemaker-role-kms-decrypt-all",
    "SageMaker's roles decrypt with named keys only",
    on=ROLE,
    severity=Severity.MEDIUM,
    controls=ACCESS | {
        NIST: ["AC-2", "AC-2(1)", "AC-3", "AC-3(15)", "AC-3(7)", "AC-5", "AC-6", "AC-6(3)"],
        "AWS FSBP": ["KMS.1", "KMS.2"],
        "AWS Config": [
            "iam-customer-policy-blocked-kms-actions", "iam-inline-policy-blocked-kms-actions",
        ],
    },
    fix=_LOOK + "Let the statement that allows kms:Decrypt name the project's keys by ARN"
    " (arn:{partition}:kms:REGION:{account}:key/KEY_ID)." + _NARROW,
    good=_inline(_READ, _allow(
        "kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    )),
    bad=_inline(_READ, _allow(["kms:Decrypt", "kms:ReEncryptFrom"])),
)  # fmt: skip
@of_sagemaker
def decrypts_named_keys(role: Resource[RoleDetail]) -> Verdict:
    """Keys keep data apart only if not every role may use every key. With kms:Decrypt on everything
    code in a notebook or a job reads whatever it can lay hands on, other teams' secrets and
    volumes included, wherever the key's own policy leaves it to IAM, as KMS does by default.
    """
    return _may(role, decrypts_any_key)


@rule(
    "iam-sagemaker-role-self-escalation",
    "SageMaker's roles cannot give themselves more than they have",
    on=ROLE,
    severity=Severity.CRITICAL,
    controls=ACCESS | {NIST: _IAM},
    fix=_LOOK + "Take one of the actions on the path that the finding names away: best"
    " iam:PassRole, or let it name the roles that SageMaker is to get"
    " (arn:{partition}:iam::{account}:role/ROLE)." + _NARROW,
    good=_MODEST,
    bad=[
        _inline(_allow(["sagemaker:CreateTrainingJob", "iam:PassRole"])),
        _inline(_allow(["sagemaker:CreateNotebookInstance",
                        "sagemaker:CreatePresignedNotebookInstanceUrl"]), _allow("iam:PassRole")),
    ],
)  # fmt: skip
@of_sagemaker
def cannot_escalate(role: Resource[RoleDetail]) -> Verdict:
    """Who may start a job, a notebook or a function and pass it any role, runs code with the
    strongest role that the service can assume. Who may edit policies need not even do that. Then
    what the execution role is meant to be limited to says nothing. Each known path is tried; it
    counts where all its actions are allowed, whatever the policies are called. Service control
    policies, which may still forbid it, are not considered.
    """
    return _may(role, privesc)


@rule(
    "iam-sagemaker-log-tampering",
    "SageMaker's roles cannot stop trails, delete logs or end monitors",
    on=ROLE,
    severity=Severity.HIGH,
    controls=ACCESS | {
        NIST: ["AU-9", "AU-9(4)", "AC-5", "AC-6"], ATLAS: ["AML.T0012"],
        **{name: ids for name, ids in MONITORING.items() if name not in (NIST, *ACCESS)},
    },
    fix=_LOOK + "Take the action that the finding names, and others that stop or delete what"
    " records (`cloudtrail:StopLogging`, `logs:Delete*`, `sagemaker:*MonitoringSchedule`), out of"
    " what it allows, or deny them." + _NARROW,
    good=_inline(_READ, _allow(["logs:CreateLogGroup", "logs:CreateLogStream",
                                "logs:PutLogEvents"])),
    bad=[
        _inline(_allow("cloudtrail:StopLogging")),
        _inline(_allow("logs:*", "arn:aws:logs:*:*:log-group:/aws/sagemaker/*")),
        _inline(_allow("sagemaker:*")),
    ],
)  # fmt: skip
@of_sagemaker
def leaves_tracks(role: Resource[RoleDetail]) -> Verdict:
    """Code that runs with an execution role writes logs; it never needs to delete them, nor to stop
    the trail that records what it did or the monitor that watches the model. Where it may, whoever
    takes the role over removes the traces first. Service control policies, which may still forbid
    it, are not considered.
    """
    return _may(role, tampers_logs)


@rule(
    "iam-sagemaker-data-exfiltration-paths",
    "SageMaker's roles cannot copy data into buckets of other accounts",
    on=ROLE,
    severity=Severity.HIGH,
    controls=ACCESS | {
        NIST: ["AC-3", "AC-4", "AC-6", "SC-7(10)"],
        ATLAS: ["AML.T0012", "AML.T0025", "AML.T0035"],
    },
    fix=_LOOK + "Let the statement that allows s3:PutObject name the project's buckets, or give it"
    " the condition `\"StringEquals\": {\"aws:ResourceAccount\": \"{account}\"}`." + _NARROW,
    good=[
        _MODEST,
        _inline(_allow(["s3:GetObject", "s3:PutObject"], Condition={
            "StringEquals": {"aws:ResourceAccount": "111122223333"}})),
    ],
    bad=_inline(_READ, _allow("s3:PutObject")),
)  # fmt: skip
@of_sagemaker
def keeps_data_in(role: Resource[RoleDetail]) -> Verdict:
    """A role that reads training data and may write to any bucket carries it out without leaving
    AWS: one copy into a bucket of the thief's own account, over the VPC endpoint if need be, and
    your logs show only a PutObject. Naming buckets, or one's own account as aws:ResourceAccount,
    shuts that. Buckets of others that the policy names are taken to be meant.
    """
    return _may(role, exfiltrates)


_LONG_AGO, _LATELY = "2025-03-01T00:00:00+00:00", "2026-01-20T00:00:00+00:00"


@rule(
    "iam-sagemaker-role-unused",
    "Roles that SageMaker can assume are in use",
    on=ROLE,
    severity=Severity.LOW,
    controls=ACCESS | {NIST: ["AC-2(1)", "AC-2(3)", "AC-3", "AC-6"]},
    fix="Make sure that nothing needs the role (`aws iam get-role --role-name {name}` tells when it"
    " was last used), take its policies away with `aws iam detach-role-policy` and `aws iam"
    " delete-role-policy`, then `aws iam delete-role --role-name {name}`.",
    good=[
        sample_role(RoleLastUsed={"LastUsedDate": _LATELY}, CreateDate=_LONG_AGO),
        sample_role(RoleLastUsed={}, CreateDate=_LATELY),
    ],
    bad=[
        sample_role(RoleLastUsed={"LastUsedDate": "2025-06-01T00:00:00+00:00"},
                    CreateDate=_LONG_AGO),
        sample_role(RoleLastUsed={}, CreateDate=_LONG_AGO),
    ],
    settings=(Setting("days", 90, "Days without use after which a role counts as unused."),),
)  # fmt: skip
@of_sagemaker
def is_used(role: Resource[RoleDetail], days: int) -> Verdict:
    """A role that no job or notebook uses any more is still there for whoever may pass it, with all
    the data of a project that is over. IAM tells the last use within 400 days. One that was made
    lately may still be waiting for its first.
    """
    used, made = role.data.RoleLastUsed, role.data.CreateDate
    if used is None:
        raise Unseen(f"IAM does not say when the role {role.name} was last used")
    since = when(role.seen) - timedelta(days=days)
    if used.LastUsedDate is not None:
        if used.LastUsedDate >= since:
            return Pass()
        return Fail(f"RoleLastUsed.LastUsedDate is {used.LastUsedDate:%Y-%m-%d}, more than {days}"
                    " days ago")  # fmt: skip
    if made is None:
        raise Unseen(f"IAM does not say when the role {role.name} was made")
    if made >= since:
        return Pass(f"not used yet, and made on {made:%Y-%m-%d}")
    return Fail(f"never used within the 400 days that IAM remembers, and made on {made:%Y-%m-%d}")
