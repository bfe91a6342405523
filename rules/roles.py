"""Execution roles of notebooks, training jobs and endpoints: what code that runs there may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Edge, Resource
from auditor.kinds import ENDPOINT, ENDPOINT_CONFIG, MODEL, NOTEBOOK, POLICY, ROLE, TRAINING_JOB
from auditor.policy import admin, assumes_any_role, passes_any_role, reaches_any_bucket
from auditor.rule import Other, Sample, rule
from auditor.shapes.sagemaker import DescribeEndpointOutput as Endpoint
from auditor.shapes.sagemaker import DescribeNotebookInstanceOutput as Notebook
from auditor.shapes.sagemaker import DescribeTrainingJobResponse as TrainingJob
from auditor.verdict import Severity, Verdict

from ._controls import ACCESS, ATLAS, NIST
from ._edges import target
from ._notebooks import living as of_notebook
from ._roles import own_role, roles_may
from ._status import unless
from ._training import living as of_job

of_endpoint = unless("EndpointStatus", "Deleting", "Failed")

_ADMIN = ACCESS | {NIST: ["AC-2(1)", "AC-3", "AC-5", "AC-6", "AC-6(10)"]}
_REACH = ACCESS | {ATLAS: ["AML.T0012", "AML.T0035", "AML.T0025"]}

# -- fixes: the role is named in the finding; narrowing it closes the finding for all who use it

_LOOK = (
    "Look at what the role holds, ROLE being its name in the finding: `aws iam"
    " list-attached-role-policies --role-name ROLE`, `aws iam list-role-policies --role-name"
    " ROLE`. "
)
_NARROW_ADMIN = _LOOK + (
    "Take the policy that the finding names away with `aws iam detach-role-policy --role-name ROLE"
    " --policy-arn POLICY_ARN` (an inline one with `aws iam delete-role-policy --role-name ROLE"
    " --policy-name NAME`), and grant what the code needs with `aws iam put-role-policy --role-name"
    " ROLE --policy-name sagemaker-work --policy-document file://policy.json`."
)


def _narrow(action: str, resources: str) -> str:
    """Return the fix for an action that is allowed on everything."""
    return _LOOK + (
        f"Let the statement that allows {action} name {resources}: an inline policy is rewritten"
        " with `aws iam put-role-policy --role-name ROLE --policy-name NAME --policy-document"
        " file://policy.json`, one of your own managed ones with `aws iam create-policy-version"
        " --policy-arn POLICY_ARN --policy-document file://policy.json --set-as-default`; one of"
        " AWS's is detached, `aws iam detach-role-policy --role-name ROLE --policy-arn POLICY_ARN`,"
        " and replaced by one of your own."
    )


_NARROW_PASS = _narrow("iam:PassRole", "the roles that SageMaker is to get, by ARN")
_NARROW_ASSUME = _narrow("sts:AssumeRole", "the roles that the code really assumes, by ARN")
_NARROW_S3 = _narrow("S3", "the buckets of the project (arn:{partition}:s3:::BUCKET/*)")

# -- samples

_ROLE_ARN = "arn:aws:iam::111122223333:role/fraud"
_POLICY_ARN = "arn:aws:iam::aws:policy/AdministratorAccess"


def _allow(action: str, resource: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _role(document: Mapping[str, Any], *attached: str) -> Other:
    """Return a role with one inline policy and, by ARN, managed ones."""
    return Other(ROLE, {
        "RoleName": "fraud", "Arn": _ROLE_ARN,
        "RolePolicyList": [{"PolicyName": "work", "PolicyDocument": document}],
        "AttachedManagedPolicies": [
            {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in attached
        ],
    })


_MODEST = _role(_allow("s3:GetObject", "arn:aws:s3:::fraud-data/*"))
_ANY_S3 = _role(_allow("s3:*", "*"))
_ANY_PASS = _role(_allow("iam:PassRole", "*"))
_ANY_ASSUME = _role(_allow("sts:AssumeRole", "*"))
_ADMINISTRATOR = (
    _role(_allow("s3:GetObject", "arn:aws:s3:::fraud-data/*"), _POLICY_ARN),
    Other(POLICY, {
        "PolicyName": "AdministratorAccess", "Arn": _POLICY_ARN, "DefaultVersionId": "v1",
        "PolicyVersionList": [
            {"VersionId": "v1", "IsDefaultVersion": True, "Document": _allow("*", "*")},
        ],
    }),
)
_OF_ROLE = {"RoleArn": _ROLE_ARN}


def _endpoint(role: Other) -> Sample:
    """Return an endpoint with a model that runs with a role."""
    variant = {"VariantName": "main", "ModelName": "fraud-model"}
    return Sample(
        {"EndpointName": "fraud", "EndpointConfigName": "fraud-config"},
        (
            Other(ENDPOINT_CONFIG, {"EndpointConfigName": "fraud-config",
                                    "ProductionVariants": [variant]}),
            Other(MODEL, {"ModelName": "fraud-model", "ExecutionRoleArn": _ROLE_ARN}),
            role,
        ),
    )


# -- administrator


@rule(
    "sagemaker-notebook-role-admin",
    "The notebook's role is no administrator",
    on=NOTEBOOK, severity=Severity.HIGH, controls=_ADMIN, fix=_NARROW_ADMIN,
    good=Sample(_OF_ROLE, (_MODEST,)), bad=Sample(_OF_ROLE, _ADMINISTRATOR),
)
@of_notebook
def notebook_not_admin(notebook: Resource[Notebook]) -> Verdict:
    """Whoever opens the notebook has its role, and so has every package that a cell imports. With
    an administrator's role, or one that may administer IAM, pass roles and start machines, a single
    notebook is the whole account. Inline and managed policies and the permissions boundary are put
    together; service control policies, which may still forbid it, are not considered.
    """
    return roles_may(own_role(notebook), admin)


@rule(
    "sagemaker-training-role-admin",
    "The training job's role is no administrator",
    on=TRAINING_JOB, severity=Severity.HIGH, controls=_ADMIN, fix=_NARROW_ADMIN,
    good=Sample(_OF_ROLE, (_MODEST,)), bad=Sample(_OF_ROLE, _ADMINISTRATOR),
)
@of_job
def job_not_admin(job: Resource[TrainingJob]) -> Verdict:
    """A training container runs code from images, packages and repositories, and finds the role's
    credentials unless it is isolated. Whoever may start a job with an administrator's role is an
    administrator too. Inline and managed policies and the permissions boundary are put together;
    service control policies, which may still forbid it, are not considered.
    """
    return roles_may(own_role(job), admin)


# -- passing and assuming roles


@rule(
    "sagemaker-notebook-role-passrole",
    "The notebook's role passes named roles only",
    on=NOTEBOOK, severity=Severity.HIGH, controls=ACCESS, fix=_NARROW_PASS,
    good=Sample(_OF_ROLE, (_role(_allow("iam:PassRole", _ROLE_ARN)),)),
    bad=Sample(_OF_ROLE, (_ANY_PASS,)),
)
@of_notebook
def notebook_passes_named_roles(notebook: Resource[Notebook]) -> Verdict:
    """A notebook that starts jobs passes them a role. If it may pass any, its user starts a job
    with a stronger role than their own and reads that role's credentials from inside: the usual
    way up in accounts where people do machine learning. Service control policies, which may still
    forbid it, are not considered.
    """
    return roles_may(own_role(notebook), passes_any_role)


@rule(
    "sagemaker-training-role-passrole",
    "The training job's role passes named roles only",
    on=TRAINING_JOB, severity=Severity.HIGH, controls=ACCESS, fix=_NARROW_PASS,
    good=Sample(_OF_ROLE, (_role(_allow("iam:PassRole", _ROLE_ARN)),)),
    bad=Sample(_OF_ROLE, (_ANY_PASS,)),
)
@of_job
def job_passes_named_roles(job: Resource[TrainingJob]) -> Verdict:
    """Training code rarely has a reason to pass a role at all. If it may pass any, a package in
    the container starts another job or function with a stronger role and acts through that.
    Service control policies, which may still forbid it, are not considered.
    """
    return roles_may(own_role(job), passes_any_role)


@rule(
    "sagemaker-notebook-role-assumerole",
    "The notebook's role assumes named roles only",
    on=NOTEBOOK, severity=Severity.HIGH, controls=ACCESS, fix=_NARROW_ASSUME,
    good=Sample(_OF_ROLE, (_role(_allow("sts:AssumeRole", _ROLE_ARN)),)),
    bad=Sample(_OF_ROLE, (_ANY_ASSUME,)),
)
@of_notebook
def notebook_assumes_named_roles(notebook: Resource[Notebook]) -> Verdict:
    """With sts:AssumeRole on everything the notebook reaches each role whose trust policy admits
    the account, here and in every other account that trusts this one. Which those are is for
    others to decide; the notebook's own policy should name the few that it needs. Service control
    policies, which may still forbid it, are not considered.
    """
    return roles_may(own_role(notebook), assumes_any_role)


# -- buckets


@rule(
    "sagemaker-notebook-role-s3-scope",
    "The notebook's role reaches named buckets only",
    on=NOTEBOOK, severity=Severity.HIGH, controls=_REACH, fix=_NARROW_S3,
    good=Sample(_OF_ROLE, (_MODEST,)), bad=Sample(_OF_ROLE, (_ANY_S3,)),
)
@of_notebook
def notebook_reaches_named_buckets(notebook: Resource[Notebook]) -> Verdict:
    """A notebook works on a project's data. If its role reads or writes objects in any bucket, it
    reaches every other project's data too, the logs, and buckets of other accounts to carry data
    away to. Policies that name buckets, or patterns of names, are sound. Service control policies,
    which may still forbid it, are not considered.
    """
    return roles_may(own_role(notebook), reaches_any_bucket)


@rule(
    "sagemaker-training-role-s3-scope",
    "The training job's role reaches named buckets only",
    on=TRAINING_JOB, severity=Severity.HIGH, controls=_REACH, fix=_NARROW_S3,
    good=Sample(_OF_ROLE, (_MODEST,)), bad=Sample(_OF_ROLE, (_ANY_S3,)),
)
@of_job
def job_reaches_named_buckets(job: Resource[TrainingJob]) -> Verdict:
    """A job reads its channels and writes its output, all of which are known when it is made. If
    its role reaches objects in any bucket, one bad package reads whatever the account holds, or
    overwrites the data and models of others. Policies that name buckets, or patterns of names, are
    sound. Service control policies, which may still forbid it, are not considered.
    """
    return roles_may(own_role(job), reaches_any_bucket)


@rule(
    "sagemaker-endpoint-role-s3-scope",
    "The role behind the endpoint reaches named buckets only",
    on=ENDPOINT, severity=Severity.HIGH, controls=_REACH, fix=_NARROW_S3,
    good=_endpoint(_MODEST), bad=_endpoint(_ANY_S3),
)
@of_endpoint
def endpoint_reaches_named_buckets(endpoint: Resource[Endpoint]) -> Verdict:
    """An inference container answers to the outside and loads models that may carry code. Its role
    needs the model's artifact and perhaps a place to capture to; if it reaches objects in any
    bucket, one crafted model or request opens them all. The role is that of the endpoint
    configuration, or of each model it names. Service control policies, which may still forbid it,
    are not considered.
    """
    holders: list[tuple[Edge, str]] = []
    unseen: Unseen | None = None
    if not endpoint.data.EndpointConfigName:
        raise Unseen("AWS names no EndpointConfigName of the endpoint")
    for link in endpoint.edges(ENDPOINT_CONFIG, "EndpointConfigName"):
        config = target(link, "endpoint configuration")
        whose = f" of the endpoint configuration {config.name}"
        holders += [(edge, whose) for edge in config.edges(ROLE, "ExecutionRoleArn")]
        models = config.edges(MODEL)
        if not holders and not models:
            raise Unseen(f"AWS names neither role nor model in {config.name}")
        for edge in models:
            try:
                model = target(edge, "model")
                holders += [(held, f" of the model {model.name}")
                            for held in model.edges(ROLE, "ExecutionRoleArn")]
            except Unseen as why:
                unseen = why  # the other models' roles may fail for certain
    return roles_may(holders, reaches_any_bucket, unseen)
