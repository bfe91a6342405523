"""What an execution role may do: its policies put together, and a question asked of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Edge, Resource
from auditor.kinds import POLICY, ROLE
from auditor.policy import Answer, Identity
from auditor.rule import Other
from auditor.shapes.iam import ManagedPolicyDetail, RoleDetail
from auditor.verdict import Fail, NotApplicable, Pass, Verdict

from ._edges import target

Question = Callable[[Identity], Answer]
_ATTACHED = "AttachedManagedPolicies[].PolicyArn"
_BOUNDARY = "PermissionsBoundary.PermissionsBoundaryArn"


def roles_may(
    holders: Iterable[tuple[Edge, str]], question: Question, unseen: Unseen | None = None
) -> Verdict:
    """Fail where the answer to ``question`` is yes for any of the roles.

    ``holders`` are links to roles, each with words for whose it is (" of the model x", or "").
    ``unseen`` is a reason why there may be more roles than these. Raises :class:`Unseen` where
    one was not seen or not decided, unless another fails for certain. A role that was deleted
    grants nothing.
    """
    gone: list[str] = []
    looked = False
    for edge, whose in holders:
        if edge.state == "missing":
            gone.append(f"{edge.value}{whose}")
            continue
        try:
            role = target(edge, "role")
            answer = ask(question, identity(role))
        except Unseen as why:
            unseen = why
            continue
        if answer.answer:
            return Fail(f"the role {role.name}{whose}: {answer.because}")
        if answer.answer is None:
            unseen = Unseen(f"the role {role.name}{whose} is undecided: {answer.because}")
        looked = True
    if unseen:
        raise unseen
    if looked:
        return Pass()
    if gone:
        return NotApplicable(f"the role {', '.join(gone)} no longer exists")
    return NotApplicable("no role is behind it")


def own_role(resource: Resource[Any]) -> list[tuple[Edge, str]]:
    """Return the link to the role at ``RoleArn``, which is always set, for :func:`roles_may`."""
    if not resource.data.RoleArn:
        raise Unseen(f"AWS names no RoleArn of {resource.name}")
    return [(edge, "") for edge in resource.edges(ROLE, "RoleArn")]


@lru_cache(maxsize=512)
def ask(question: Question, who: Identity) -> Answer:
    """Ask once for each set of policies: thousands of jobs share a role."""
    return question(who)


def identity(role: Resource[RoleDetail]) -> Identity:
    """Return every document that grants the role something, and the boundary that caps it.

    Raises :class:`Unseen` where one of them was not seen: what is missing might allow or deny
    anything.
    """
    inline, attached = role.data.RolePolicyList, role.data.AttachedManagedPolicies
    links = role.edges(POLICY, _ATTACHED)
    if inline is None or attached is None or len(links) < len(attached):
        raise Unseen(f"the policies of the role {role.name} were not all seen")
    documents = [
        (inner.PolicyName or "", _text(inner.PolicyDocument, f"{inner.PolicyName} of {role.name}"))
        for inner in inline
    ]
    documents += [default_version(target(edge, "policy")) for edge in links]
    boundary = None
    if role.data.PermissionsBoundary is not None:
        caps = role.edges(POLICY, _BOUNDARY)
        if not caps:
            raise Unseen(f"the permissions boundary of the role {role.name} was not seen")
        _, boundary = default_version(target(caps[0], "permissions boundary"))
    return Identity(tuple(documents), boundary, role.account)


def default_version(policy: Resource[ManagedPolicyDetail]) -> tuple[str, str]:
    """Return the name of a managed policy and the document that is in force."""
    name = policy.arn.rpartition("/")[2]
    for version in policy.data.PolicyVersionList or ():
        if version.IsDefaultVersion:
            return name, _text(version.Document, name)
    raise Unseen(f"the default version of the policy {name} was not seen")


def _text(document: Any, name: str) -> str:
    """Return a document as JSON text, whichever way IAM's answer carried it."""
    if not document:
        raise Unseen(f"the document of the policy {name} was not seen")
    return document if isinstance(document, str) else json.dumps(document)


# -- samples

ROLE_ARN = "arn:aws:iam::111122223333:role/fraud"


def may_do(*granted: tuple[str, str]) -> Other:
    """Return a role that may do each of these actions on its resource, for the samples."""
    return Other(ROLE, {
        "RoleName": "fraud", "Arn": ROLE_ARN, "AttachedManagedPolicies": [],
        "RolePolicyList": [{"PolicyName": "work", "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}
                          for action, resource in granted],
        }}],
    })
