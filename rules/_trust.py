"""Roles that SageMaker can assume, and what the trust policy of a role says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ROLE
from auditor.policy.model import Policy, Principal
from auditor.policy.reading import read
from auditor.rule import Other
from auditor.shapes.iam import RoleDetail
from auditor.verdict import NotApplicable, Verdict

Check = Callable[..., Verdict]
ROLE_ARN = "arn:aws:iam::111122223333:role/training"
# SageMaker itself, and parts of it that come under a name before it: CreateJob's is
# job.sagemaker.amazonaws.com ("Prerequisites" of model customization, SageMaker AI guide).
_SAGEMAKER = re.compile(r"([a-z0-9-]+\.)?sagemaker(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?")
_OF_SERVICES = ":role/aws-service-role/"


def trusts(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a trust policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def may_assume(principal: Any, **more: Any) -> dict[str, Any]:
    """Return a statement of a trust policy that lets somebody assume the role."""
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}


SAGEMAKER = may_assume({"Service": "sagemaker.amazonaws.com"})


def sample_role(*trust: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a role as the samples have it; without ``trust`` it is SageMaker that assumes it."""
    return {
        "RoleName": "training", "Arn": ROLE_ARN,
        "AssumeRolePolicyDocument": trusts(*(trust or (SAGEMAKER,))),
        "RolePolicyList": [], "AttachedManagedPolicies": [], **more,
    }  # fmt: skip


def other_role(*trust: dict[str, Any], **more: Any) -> Other:
    """Return the same role as a resource beside a sample."""
    return Other(ROLE, sample_role(*trust, **more))


def trust_document(role: Resource[RoleDetail]) -> str:
    """Return a role's trust policy as JSON text, whichever way IAM's answer carried it."""
    document: Any = role.data.AssumeRolePolicyDocument
    if not document:
        raise Unseen(f"the trust policy of the role {role.name} was not seen")
    return document if isinstance(document, str) else json.dumps(document)


def trust_of(role: Resource[RoleDetail]) -> Policy:
    """Return a role's trust policy, read; raises :class:`Unseen` where it cannot be."""
    parsed = read(trust_document(role))
    if parsed.unreadable:
        raise Unseen(f"the trust policy of the role {role.name} cannot be read:"
                     f" {parsed.unreadable}")  # fmt: skip
    return parsed


def named_services(role: Resource[RoleDetail]) -> Iterator[str]:
    """Yield the services that a trust policy lets in by name."""
    for principal in _let_in(trust_of(role)):
        if principal.kind == "service":
            yield principal.value


def admits_sagemaker(role: Resource[RoleDetail]) -> bool:
    """Tell whether SageMaker can assume a role: it is named, or everybody is let in."""
    return any(
        principal.kind in ("everyone", "wildcard") or is_sagemaker(principal.value)
        for principal in _let_in(trust_of(role))
    )


def is_sagemaker(service: str) -> bool:
    """Tell whether a service's name is one of SageMaker's."""
    return _SAGEMAKER.fullmatch(service.lower()) is not None


def _let_in(trust: Policy) -> Iterator[Principal]:
    """Yield whom the Allows of a trust policy name; all others than some are everyone."""
    for statement in trust.statements:
        if statement.allow:
            yield from statement.principals or ()
            if statement.not_principals is not None:
                yield Principal("everyone", "*")


def own_kind(check: Check) -> Check:
    """Make a rule NotApplicable to roles that a service made for itself: nobody may change them.

    Stands between ``@rule`` and the function.
    """

    @wraps(check)
    def judged(role: Resource[RoleDetail], **settings: Any) -> Verdict:
        if _OF_SERVICES in role.arn:
            return NotApplicable("an AWS service made the role for itself and keeps it")
        return check(role, **settings)

    return judged


def of_sagemaker(check: Check) -> Check:
    """Make a rule NotApplicable to roles that SageMaker cannot assume.

    Stands between ``@rule`` and the function.
    """

    @own_kind
    @wraps(check)
    def judged(role: Resource[RoleDetail], **settings: Any) -> Verdict:
        if not admits_sagemaker(role):
            return NotApplicable("its trust policy does not let SageMaker assume it")
        return check(role, **settings)

    return judged
