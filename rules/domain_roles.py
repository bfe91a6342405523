"""Execution roles in Studio: what people there may do, and whether they can be told apart."""

from __future__ import annotations

from collections import Counter
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import DOMAIN, ROLE, USER_PROFILE
from auditor.policy import admin
from auditor.rule import Other, Sample, rule
from auditor.shapes.sagemaker import DescribeDomainResponse as Domain
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ACCESS, NIST
from ._domains import living, update, user_settings
from ._roles import roles_may

_ADMIN = ACCESS | {NIST: ["AC-2(1)", "AC-3", "AC-5", "AC-6", "AC-6(10)"]}
_ROLE_ARN = "arn:aws:iam::111122223333:role/studio"
_FIX = (
    "Look at what the role holds, ROLE being its name in the finding: `aws iam"
    " list-attached-role-policies --role-name ROLE`, `aws iam list-role-policies --role-name"
    " ROLE`; take away what makes it an administrator with `aws iam detach-role-policy --role-name"
    " ROLE --policy-arn POLICY_ARN` or `aws iam delete-role-policy --role-name ROLE --policy-name"
    " NAME`, and grant what people there need. Or name another role: "
)


def _role(action: str, resource: str) -> tuple[Other, ...]:
    """Return the role of the samples, which one inline policy allows one thing."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return (Other(ROLE, {
        "RoleName": "studio", "Arn": _ROLE_ARN, "AttachedManagedPolicies": [],
        "RolePolicyList": [{"PolicyName": "work", "PolicyDocument": document}],
    }),)


_MODEST = _role("s3:GetObject", "arn:aws:s3:::fraud-data/*")
_ALMIGHTY = _role("*", "*")
_USERS = {"DomainId": "d-example", "DefaultUserSettings": {"ExecutionRole": _ROLE_ARN}}
_SPACES = {"DomainId": "d-example", "DefaultSpaceSettings": {"ExecutionRole": _ROLE_ARN}}


@rule(
    "sagemaker-domain-default-role-admin",
    "The role of Studio's users is no administrator",
    on=DOMAIN, severity=Severity.HIGH, controls=_ADMIN,
    fix=_FIX + update("--default-user-settings ExecutionRole=ROLE_ARN") + ".",
    good=Sample(_USERS, _MODEST), bad=Sample(_USERS, _ALMIGHTY),
)
@living
def users_are_no_administrators(domain: Resource[Domain]) -> Verdict:
    """Every user whose profile names no role of its own works with this one, and so does each
    package that a cell imports. With an administrator's role one Studio session is the whole
    account. Inline and managed policies and the permissions boundary are put together; service
    control policies, which may still forbid it, are not considered.
    """
    if not user_settings(domain).ExecutionRole:
        return NotApplicable("DefaultUserSettings names no ExecutionRole")
    edges = domain.edges(ROLE, "DefaultUserSettings.ExecutionRole")
    return roles_may([(edge, "") for edge in edges], admin)


@rule(
    "sagemaker-domain-space-role-admin",
    "The role of Studio's shared spaces is no administrator",
    on=DOMAIN, severity=Severity.HIGH, controls=_ADMIN,
    fix=_FIX + update("--default-space-settings ExecutionRole=ROLE_ARN") + ".",
    good=Sample(_SPACES, _MODEST), bad=Sample(_SPACES, _ALMIGHTY),
)
@living
def spaces_are_no_administrators(domain: Resource[Domain]) -> Verdict:
    """In a shared space several people run code with one role, and none of them can be told from
    the others. If it is an administrator's, everybody who may enter the space is one. Inline and
    managed policies and the permissions boundary are put together; service control policies, which
    may still forbid it, are not considered.
    """
    settings = domain.data.DefaultSpaceSettings
    if settings is None or not settings.ExecutionRole:
        return NotApplicable("DefaultSpaceSettings names no ExecutionRole: without one nobody makes"
                             " a shared space")
    edges = domain.edges(ROLE, "DefaultSpaceSettings.ExecutionRole")
    return roles_may([(edge, "") for edge in edges], admin)


def _profile(name: str, role: str = "") -> Other:
    data: dict[str, Any] = {"DomainId": "d-example", "UserProfileName": name,
                            "Status": "InService"}
    if role:
        data["UserSettings"] = {"ExecutionRole": role}
    arn = f"arn:aws:sagemaker:eu-west-1:111122223333:user-profile/d-example/{name}"
    return Other(USER_PROFILE, data | {"UserProfileArn": arn})


@rule(
    "sagemaker-domain-shared-role",
    "Studio's users do not all work with one role",
    on=DOMAIN, severity=Severity.HIGH, controls=ACCESS,
    fix="Give each user, or each team, a role of its own: `aws sagemaker update-user-profile"
    " --domain-id {name} --region {region} --user-profile-name USER --user-settings"
    " ExecutionRole=ROLE_ARN`, and stop that user's apps so that they start with it.",
    good=Sample(_USERS, (_profile("anna", f"{_ROLE_ARN}-anna"), _profile("ben"))),
    bad=Sample(_USERS, (_profile("anna"), _profile("ben", _ROLE_ARN))),
)
@living
def users_have_roles_of_their_own(domain: Resource[Domain]) -> Verdict:
    """A role that all users share must be allowed what any of them needs, so each reaches the data
    of every project, and CloudTrail shows one name for all of them. Profiles without a role of
    their own have the domain's.
    """
    default = user_settings(domain).ExecutionRole
    roles: Counter[str] = Counter()
    for profile in domain.used_by(USER_PROFILE, "DomainId"):
        if profile.data.Status in ("Deleting", "Failed"):
            continue
        own = profile.data.UserSettings.ExecutionRole if profile.data.UserSettings else None
        role = own or default
        if not role:
            raise Unseen(f"neither {profile.name} nor the domain names an ExecutionRole")
        roles[role] += 1
    users = roles.total()
    if users < 2:
        return NotApplicable("the domain has no users" if not users else "the domain has one user")
    role, most = roles.most_common(1)[0]
    if most == users:
        return Fail(f"all {users} users work with {role}")
    return Pass(f"{users} users work with {len(roles)} roles; at most {most} share one")
