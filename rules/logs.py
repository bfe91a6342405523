"""Log groups of SageMaker: who can read them, and for how long."""

from __future__ import annotations

import json
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import KEY, LOG_GROUP, LOGS_POLICY
from auditor.policy import public
from auditor.rule import Other, Sample, Setting, rule
from auditor.shapes.logs import LogGroup, ResourcePolicy
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ACCESS, ENCRYPTION, LENS, MONITORING, NIST
from ._keys import customer_managed

_NAME = "/aws/sagemaker/Endpoints/churn"
_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def _with_key(state: str) -> Sample:
    return Sample({"logGroupName": _NAME, "kmsKeyId": _KEY_ARN}, (Other(KEY, {
        "KeyId": _KEY_ARN.rpartition("/")[2], "Arn": _KEY_ARN, "KeyManager": "CUSTOMER",
        "KeyState": state}),))  # fmt: skip


def _policy(**more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*", **more}
    return {"policyName": "delivery", "policyDocument": json.dumps(
        {"Version": "2012-10-17", "Statement": [statement]})}  # fmt: skip


@rule(
    "logs-group-kms",
    "The log group is encrypted with a key of your own",
    on=LOG_GROUP,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION | {"AWS Config": ["cloudwatch-log-group-encrypted"]},
    fix="Let logs.{region}.amazonaws.com use the key by its policy, then `aws logs"
    " associate-kms-key --log-group-name {name} --region {region} --kms-key-id KEY_ARN`; what was"
    " written before stays as it was encrypted.",
    good=_with_key("Enabled"),
    bad=[{"logGroupName": _NAME}, _with_key("PendingDeletion")],
)
def logs_are_under_a_key(group: Resource[LogGroup]) -> Verdict:
    """Containers print what they are given: rows of training data, prompts, now and then a token.

    With a key of your own, reading a log takes a permission on the key as well, each use of it is
    recorded, and access ends with the key. Otherwise CloudWatch Logs encrypts with its own key.
    """
    if not group.data.kmsKeyId:
        return Fail("kmsKeyId is not set: no customer-managed key is named for the log group")
    return customer_managed(group, "kmsKeyId", "the log group")


@rule(
    "logs-group-retention",
    "The log group keeps what it is told for a year",
    on=LOG_GROUP,
    severity=Severity.MEDIUM,
    controls={
        NIST: ["AU-10", "AU-11", "AU-6(3)", "AU-6(4)", "CA-7", "SI-12"],
        LENS: MONITORING[LENS],
        "AWS FSBP": ["CloudWatch.16"],
        "AWS Config": ["cw-loggroup-retention-period-check"],
    },
    fix="`aws logs put-retention-policy --log-group-name {name} --region {region}"
    " --retention-in-days 365`; where retentionPolicyName is set, change that policy of the"
    " account.",
    good=[{"logGroupName": _NAME, "retentionInDays": 400}, {"logGroupName": _NAME}],
    bad={"logGroupName": _NAME, "retentionInDays": 30},
    settings=(Setting("days", 365, "How many days a log must be kept."),),
)
def logs_are_kept(group: Resource[LogGroup], days: int) -> Verdict:
    """What a model was trained on and who asked it is often questioned months later.

    A log that is gone by then can neither convict nor clear. A group without a retention keeps
    everything for ever, which is safe to say, if not cheap.
    """
    if group.data.logGroupClass == "DELIVERY":
        return NotApplicable("the class DELIVERY keeps a day by design, on its way to elsewhere")
    kept = group.data.retentionInDays
    if kept is None:
        return Pass("retentionInDays is not set: nothing expires")
    if kept < days:
        return Fail(f"retentionInDays is {kept}, less than {days}")
    return Pass(f"retentionInDays is {kept}")


@rule(
    "logs-group-public-policy",
    "The policy on log groups lets no stranger in",
    on=LOGS_POLICY,
    severity=Severity.CRITICAL,
    controls=ACCESS | {NIST: ["AC-3", "AC-6", "AU-9", "SC-7"]},
    fix="Name who may (a service together with aws:SourceAccount {account}, an account, a role)"
    " and put the policy again: `aws logs put-resource-policy --policy-name {name} --region"
    " {region} --policy-document file://policy.json`, or `aws logs delete-resource-policy"
    " --policy-name {name} --region {region}`.",
    good=_policy(
        Principal={"Service": "es.amazonaws.com"},
        Condition={"StringEquals": {"aws:SourceAccount": "111122223333"}},
    ),
    bad=_policy(Principal="*"),
)
def no_strangers_in_logs(policy: Resource[ResourcePolicy]) -> Verdict:
    """A policy of CloudWatch Logs speaks of every group that its statements name.

    A principal of * lets any account write false events into the logs of endpoints and training
    jobs, read them, or subscribe to all that is written from then on.
    """
    document = policy.data.policyDocument
    if not document:
        raise Unseen(f"the document of the policy {policy.name} was not seen")
    found = public(document, service="logs")
    if found.answer is None:
        raise Unseen(found.because)
    return Fail(found.because) if found.answer else Pass()
