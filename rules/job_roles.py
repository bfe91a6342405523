"""Roles of processing jobs and pipelines: what their code may do."""

from __future__ import annotations

from auditor.inventory import Resource
from auditor.kinds import PIPELINE, PROCESSING_JOB
from auditor.policy import (
    Answer,
    Identity,
    admin,
    assumes_any_role,
    passes_any_role,
    reaches_any_bucket,
    service_wildcard,
)
from auditor.rule import Sample, rule
from auditor.shapes.sagemaker import DescribePipelineResponse as Pipeline
from auditor.shapes.sagemaker import DescribeProcessingJobResponse as ProcessingJob
from auditor.verdict import Severity, Verdict

from ._controls import ACCESS
from ._pipelines import living
from ._roles import ROLE_ARN, may_do, own_role, roles_may

_OF_ROLE = {"RoleArn": ROLE_ARN}
_READS = ("s3:GetObject", "arn:aws:s3:::fraud-data/*")
_STARTS = ("sagemaker:CreateTrainingJob", "*")
_REWRITE = (
    "Look at what the role holds, ROLE being its name in the finding: `aws iam"
    " list-attached-role-policies --role-name ROLE`, `aws iam list-role-policies --role-name"
    " ROLE`. Rewrite the statement that the finding names, `aws iam put-role-policy --role-name"
    " ROLE --policy-name NAME --policy-document file://policy.json` (of a managed policy of yours:"
    " `aws iam create-policy-version --policy-arn POLICY_ARN --policy-document file://policy.json"
    " --set-as-default`; one of AWS's is detached, `aws iam detach-role-policy --role-name ROLE"
    " --policy-arn POLICY_ARN`, and replaced), so that it allows "
)
_BROAD = (admin, passes_any_role, assumes_any_role, reaches_any_bucket)


@rule(
    "sagemaker-processing-role-wildcards",
    "The processing job's role is granted no service whole",
    on=PROCESSING_JOB,
    severity=Severity.HIGH,
    controls=ACCESS,
    fix=_REWRITE + "the actions that the job really takes (`aws iam"
        " generate-service-last-accessed-details --arn ROLE_ARN` tells the services), on the"
        " buckets and keys that it works with.",
    good=Sample(_OF_ROLE, (may_do(_READS),)),
    bad=[Sample(_OF_ROLE, (may_do(_READS, ("dynamodb:*", "*")),)),
         Sample(_OF_ROLE, (may_do(("*", "*")),))],
)
def processing_role_without_wildcards(job: Resource[ProcessingJob]) -> Verdict:
    """A processing job reads its inputs and writes its outputs. Where its role is granted all
    actions of a service on all resources, a package that the script installs can delete, share and
    reconfigure as well. Inline and managed policies and the permissions boundary are put together;
    service control policies, which may still forbid it, are not considered.
    """
    return roles_may(own_role(job), service_wildcard)


def _broad(who: Identity) -> Answer:
    """Say whether a role may do more than any pipeline needs: the first such power that it has."""
    doubt: Answer | None = None
    answer = Answer(False, "it has none of these powers")
    for question in _BROAD:
        answer = question(who)
        if answer.answer:
            return answer
        if answer.answer is None:
            doubt = answer
    return doubt or answer


@rule(
    "sagemaker-pipeline-role-scope",
    "The pipeline's role reaches named roles and buckets only",
    on=PIPELINE,
    severity=Severity.HIGH,
    controls=ACCESS,
    fix=_REWRITE + "iam:PassRole (and sts:AssumeRole, if need be) on the roles of the pipeline's"
        " jobs, S3 on the buckets of the project, and nothing that administers IAM.",
    good=Sample(_OF_ROLE, (may_do(_READS, _STARTS, ("iam:PassRole", ROLE_ARN)),)),
    bad=[Sample(_OF_ROLE, (may_do(_READS, ("iam:PassRole", "*")),)),
         Sample(_OF_ROLE, (may_do(("s3:*", "*")),)),
         Sample(_OF_ROLE, (may_do(("*", "*")),))],
)
@living
def pipeline_role_is_narrow(pipeline: Resource[Pipeline]) -> Verdict:
    """Whoever may change or start a pipeline works with its role, and so does whoever writes code
    that a step runs. The role starts jobs, which need not be told beforehand; but the roles that it
    passes and the buckets that it reaches are known. One that administers the account, passes or
    assumes any role, or reaches objects in any bucket is everybody's way up. Service control
    policies, which may still forbid it, are not considered.
    """
    return roles_may(own_role(pipeline), _broad)
