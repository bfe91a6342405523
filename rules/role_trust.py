"""Who may assume SageMaker's roles, and what strangers get who may assume a role."""

from __future__ import annotations

from collections.abc import Collection

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ROLE
from auditor.policy import (
    Answer,
    Trust,
    confused_deputy,
    data_wildcard,
    oidc_trust_open,
    trust_foreign,
    trust_public,
)
from auditor.rule import Sample, Setting, rule
from auditor.shapes.iam import RoleDetail
from auditor.verdict import Fail, Pass, Severity, Verdict

from ._controls import ACCESS, ATLAS, NIST
from ._roles import ask, identity
from ._trust import (
    SAGEMAKER,
    is_sagemaker,
    may_assume,
    named_services,
    of_sagemaker,
    own_kind,
    sample_role,
    trust_document,
)

_EDIT = (
    "`aws iam get-role --role-name {name} --query Role.AssumeRolePolicyDocument > trust.json`, %s,"
    " then `aws iam update-assume-role-policy --role-name {name} --policy-document"
    " file://trust.json`."
)
_PARTNER = may_assume({"AWS": "arn:aws:iam::444455556666:root"})
_BOUND = SAGEMAKER | {"Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}
_TRUSTED = (
    Setting("trusted_accounts", (), "Ids of accounts whose principals may assume such roles."),
    Setting("trusted_organizations", (), "Ids of organizations (o-…) whose principals may."),
)
# Services that the SageMaker AI guide itself has people add to an execution role: notebook jobs
# (events), Canvas (bedrock, forecast) and Studio's interactive sessions (glue). "Set up policies
# and permissions for Studio", "Grant users permissions ..." under Canvas, "Prepare data using AWS
# Glue interactive sessions".
_RELATED = (
    "bedrock.amazonaws.com", "events.amazonaws.com", "forecast.amazonaws.com",
    "glue.amazonaws.com",
)  # fmt: skip


def _trust(
    role: Resource[RoleDetail], accounts: Collection[str], organizations: Collection[str]
) -> Trust:
    return Trust(role.account, frozenset(accounts), frozenset(organizations))


def _failed(*answers: Answer) -> Fail | None:
    """Return the finding of the first answer that is yes; an undecided one is then Unknown."""
    for answer in answers:
        if answer.answer:
            return Fail(answer.because)
    for answer in answers:
        if answer.answer is None:
            raise Unseen(answer.because)
    return None


@rule(
    "iam-sagemaker-role-trust-broad",
    "Only SageMaker can assume a SageMaker role, no stranger and no unrelated service",
    on=ROLE,
    severity=Severity.HIGH,
    controls=ACCESS,
    fix=_EDIT % (
        "leave sagemaker.amazonaws.com and whoever else really works with the role in it"
    ) + " Give another service a role of its own; put accounts and services that belong there under"
    " `[rules.iam-sagemaker-role-trust-broad]` of auditor.toml.",
    good=[
        sample_role(),
        sample_role(SAGEMAKER, may_assume({"AWS": "arn:aws:iam::111122223333:role/deployer"})),
        Sample(sample_role(SAGEMAKER, _PARTNER), settings={"trusted_accounts": ["444455556666"]}),
    ],
    bad=[
        sample_role(SAGEMAKER, may_assume("*")),
        sample_role(SAGEMAKER, _PARTNER),
        sample_role(may_assume({"Service": ["sagemaker.amazonaws.com", "ec2.amazonaws.com"]})),
    ],
    settings=(
        *_TRUSTED,
        Setting("services", _RELATED, "Services that may assume a SageMaker role as well."),
    ),
)
@of_sagemaker
def trust_is_narrow(
    role: Resource[RoleDetail], trusted_accounts: Collection[str],
    trusted_organizations: Collection[str], services: Collection[str],
) -> Verdict:
    """An execution role reaches training data and models. Whoever else may assume it has the same
    reach without any of SageMaker's controls: another account, every user of a public identity
    provider, a function or a machine that somebody else looks after. An external id does not make
    another account one's own. Roles of the account itself and the account's root may stand there.
    """
    document = trust_document(role)
    trust = _trust(role, trusted_accounts, trusted_organizations)
    failed = _failed(
        trust_public(document), trust_foreign(document, trust), oidc_trust_open(document, trust),
    )  # fmt: skip
    if failed:
        return failed
    others = sorted({
        name for name in named_services(role) if not is_sagemaker(name) and name not in services
    })
    if others:
        return Fail(f"{', '.join(others)} can assume the role besides SageMaker")
    return Pass()


@rule(
    "iam-sagemaker-role-trust-confused-deputy",
    "SageMaker assumes the role for this account only",
    on=ROLE,
    severity=Severity.LOW,  # naming the service alone is what AWS's console writes
    controls=ACCESS,
    fix=_EDIT % (
        "add `\"Condition\": {\"StringEquals\": {\"aws:SourceAccount\": \"{account}\"}}` to the"
        " statement that names the service"
    ),
    good=sample_role(_BOUND),
    bad=[
        sample_role(),
        sample_role(SAGEMAKER | {"Condition": {
            "ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:*:*"}}}),
    ],
)  # fmt: skip
@of_sagemaker
def deputy_is_bound(role: Resource[RoleDetail]) -> Verdict:
    """A service that is trusted without a condition is trusted for whomever it works: should it
    ever be talked into using the role on behalf of another account, nothing in the trust policy
    would stop it. aws:SourceAccount or an aws:SourceArn with the account in it does. Passing a
    role across accounts is refused by SageMaker today, hence the low severity.
    """
    failed = _failed(confused_deputy(trust_document(role), Trust(role.account), service="sts"))
    return failed or Pass()


_READ_ONLY = "policy/ReadOnlyAccess"
_READS_ALL = {"PolicyName": "look", "PolicyDocument": {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}],
}}  # fmt: skip
_READS_ONE = {"PolicyName": "look", "PolicyDocument": {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject",
                   "Resource": "arn:aws:s3:::shared/*"}],
}}  # fmt: skip


@rule(
    "iam-role-cross-account-read",
    "No role lets another account read data at large",
    on=ROLE,
    severity=Severity.HIGH,
    controls=ACCESS | {
        NIST: ["AC-2(1)", "AC-3", "AC-4", "AC-6", "AC-6(10)"],
        ATLAS: ["AML.T0012", "AML.T0035"],
    },
    fix="Take ReadOnlyAccess, or what else lets the role into every bucket, away with `aws iam"
    " detach-role-policy --role-name {name} --policy-arn POLICY_ARN` and grant what the other"
    " account needs, by bucket; SecurityAudit and ViewOnlyAccess show settings without the data."
    " Put an account of your own under `[rules.iam-role-cross-account-read]` of auditor.toml.",
    good=[
        sample_role(_PARTNER, RolePolicyList=[_READS_ONE]),
        Sample(sample_role(_PARTNER, RolePolicyList=[_READS_ALL]),
               settings={"trusted_accounts": ["444455556666"]}),
    ],
    bad=sample_role(_PARTNER, RolePolicyList=[_READS_ALL]),
    settings=_TRUSTED,
)  # fmt: skip
@own_kind
def others_do_not_read_all(
    role: Resource[RoleDetail], trusted_accounts: Collection[str],
    trusted_organizations: Collection[str],
) -> Verdict:
    """ReadOnlyAccess sounds harmless and reads every object in every bucket: all training data and
    all models. Vendors ask for it, the role outlives the contract, and the reading happens from an
    account whose logs you do not have. Judged is what the role may read, by whatever policy, and
    whether anybody outside may assume it; service control policies are not considered.
    """
    trust = _trust(role, trusted_accounts, trusted_organizations)
    outside = trust_foreign(trust_document(role), trust)
    if outside.answer is False:
        return Pass("nobody outside the account and those you trust may assume the role")
    try:
        reach = ask(data_wildcard, identity(role))
    except Unseen:
        if not _reads_only(role):
            raise
        reach = Answer(True, "ReadOnlyAccess, which reads every bucket, is attached to it")
    if reach.answer is False:
        return Pass(f"whoever may assume the role, {reach.because}")
    for answer in (outside, reach):
        if answer.answer is None:
            raise Unseen(answer.because)
    return Fail(f"{outside.because}; and {reach.because}")


def _reads_only(role: Resource[RoleDetail]) -> bool:
    """Tell whether AWS's ReadOnlyAccess is attached and nothing caps the role.

    What else the role holds was not seen; only a Deny in it could take the reading away.
    """
    attached = role.data.AttachedManagedPolicies or []
    return role.data.PermissionsBoundary is None and any(
        (one.PolicyArn or "").endswith(f":{_READ_ONLY}") for one in attached
    )
