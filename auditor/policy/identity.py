"""What is asked of an identity: everything that grants it something, capped by its boundary.

Service control policies are not considered: they are not among its documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from .actions import COMPUTE, IAM_ADMINISTRATION
from .answer import Answer, Identity
from .decide import Found, Question, decide
from .explain import witness
from .globs import Budget, GaveUp, exact
from .model import Policy, Statement
from .questions import now
from .reading import read
from .solve import Domain, Globs, Tests
from .strangers import mentioned, own, spread
from .worlds import ROLE, USER, World

# Names that nobody gave: what is allowed on these is allowed on whatever there is.
_FRESH = "fresh-7f3a9c51"
_FRESH_ACCOUNT = "000011112222"

# What an action works on, where that is not a role; the service authorization reference.
_RESOURCES = {
    "iam:AttachUserPolicy": "iam::{account}:user/{name}",
    "iam:PutUserPolicy": "iam::{account}:user/{name}",
    "iam:CreateAccessKey": "iam::{account}:user/{name}",
    "iam:CreateLoginProfile": "iam::{account}:user/{name}",
    "iam:AddUserToGroup": "iam::{account}:group/{name}",
    "iam:AttachGroupPolicy": "iam::{account}:group/{name}",
    "iam:PutGroupPolicy": "iam::{account}:group/{name}",
    "iam:CreatePolicyVersion": "iam::{account}:policy/{name}",
    "iam:SetDefaultPolicyVersion": "iam::{account}:policy/{name}",
    "ec2:RunInstances": "ec2:us-east-1:{account}:instance/{name}",
    "lambda:CreateFunction": "lambda:us-east-1:{account}:function:{name}",
    "sagemaker:CreateNotebookInstance": "sagemaker:us-east-1:{account}:notebook-instance/{name}",
    "sagemaker:CreateTrainingJob": "sagemaker:us-east-1:{account}:training-job/{name}",
    "sagemaker:CreateProcessingJob": "sagemaker:us-east-1:{account}:processing-job/{name}",
    "ecs:RunTask": "ecs:us-east-1:{account}:task-definition/{name}:1",
    "cloudformation:CreateStack": "cloudformation:us-east-1:{account}:stack/{name}/1",
    "glue:CreateJob": "glue:us-east-1:{account}:job/{name}",
    "codebuild:CreateProject": "codebuild:us-east-1:{account}:project/{name}",
}
_ROLE = "iam::{account}:role/{name}"
_OBJECT = "s3:::{name}/object"


@dataclass(frozen=True, slots=True)
class _Documents:
    """An identity's documents, read: what grants, what caps (or nothing), its own callers."""

    grants: Policy
    boundary: Policy | None
    account: str
    budget: Budget = field(default_factory=Budget)

    @property
    def policies(self) -> tuple[Policy, ...]:
        return (self.grants,) if self.boundary is None else (self.grants, self.boundary)


def _documents(identity: Identity) -> _Documents | Answer:
    statements: list[Statement] = []
    for name, document in identity.documents:
        policy = read(document, name)
        if policy.unreadable:
            return Answer(None, f"the policy {name} cannot be read: {policy.unreadable}")
        statements += policy.statements
    boundary = None
    if identity.boundary is not None:
        boundary = read(identity.boundary, "the permissions boundary")
        if boundary.unreadable:
            return Answer(None, f"the permissions boundary cannot be read: {boundary.unreadable}")
    return _Documents(Policy(tuple(statements)), boundary, identity.account)


def admin(identity: Identity) -> Answer:
    """Say whether an identity is an administrator in all but name.

    That is: without conditions and on all resources it may administer IAM, pass roles and start
    something that runs with them, and no Deny stops it at all times.
    """
    documents = _documents(identity)
    if isinstance(documents, Answer):
        return documents
    found: list[Found] = []
    groups = (
        (("iam:" + re.sub(r"\W", "", _FRESH),), "administer IAM"),
        (IAM_ADMINISTRATION, "give itself permissions"),
        (("iam:PassRole",), "pass every role"),
        (COMPUTE, "start anything that runs with a role"),
    )
    for actions, ability in groups:
        one = _first(documents, actions, unconditional=True)
        if isinstance(one, Answer):
            return one
        if one is None:
            return Answer(False, f"it is no administrator: it may not {ability} on all resources")
        found.append(one)
    last = found[2]
    because = (
        "it is an administrator: unconditionally, on all resources, it may "
        f"{', '.join(one.request.action for one in found[1:])} ({last.statements[0].place})"
    )
    return Answer(True, because, last.statements[0].label, witness(last))


def passes_any_role(identity: Identity) -> Answer:
    """Say whether an identity may pass a role that no policy of its names."""
    return _reaches(identity, ("iam:PassRole",), _ROLE, "a role that no policy names")


def assumes_any_role(identity: Identity) -> Answer:
    """Say whether an identity may assume a role that no policy of its names."""
    return _reaches(identity, ("sts:AssumeRole",), _ROLE, "a role that no policy names")


def reaches_any_bucket(identity: Identity) -> Answer:
    """Say whether an identity may read, write or delete objects of a bucket that no policy names.

    A condition on the resource's own tags names it; other conditions do not.
    """
    actions = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    return _reaches(identity, actions, _OBJECT, "objects of a bucket that no policy names")


def _reaches(identity: Identity, actions: Sequence[str], shape: str, what: str) -> Answer:
    documents = _documents(identity)
    if isinstance(documents, Answer):
        return documents
    found = _first(documents, actions, shape=shape)
    if isinstance(found, Answer):
        return found
    if found is None:
        return Answer(False, f"it may not {' or '.join(actions)} on {what}")
    statement = found.statements[0]
    because = f"it may {found.request.action} on {what}: {statement.place} allows it"
    keys = [c.name for c in statement.conditions]
    if keys:
        because += f", and its condition on {', '.join(keys)} names none"
    if statement.faults:
        because += f"; it is malformed ({'; '.join(statement.faults)}) and read as not restricting"
    return Answer(True, because, statement.label, witness(found))


def _first(
    documents: _Documents, actions: Sequence[str], *, shape: str = "", unconditional: bool = False
) -> Found | Answer | None:
    """Return the first of several actions that is allowed on a fresh resource."""
    worlds = list(_worlds(documents))
    doubt: Answer | None = None
    for action in actions:
        arns = _fresh(documents, shape or _RESOURCES.get(action, _ROLE))
        only: Tests = ((Globs((exact(action.lower()),)), True),)
        question = Question(
            documents.policies, documents.policies, worlds, only,
            ((Globs(tuple(map(exact, arns))), True),), principals=False,
            counts=_without_conditions if unconditional else lambda statement: True,
            prefer=partial(_pairs, action, arns), budget=documents.budget,
        )
        try:
            found = decide(question)
        except GaveUp as gave_up:
            doubt = Answer(None, f"its policies could not be decided: {gave_up}")
            continue
        if found:
            return found
    return doubt


def _pairs(action: str, arns: list[str], _: Sequence[Statement]) -> list[tuple[str, str]]:
    return [(action, arn) for arn in arns]


def _without_conditions(statement: Statement) -> bool:
    return all(condition.fault for condition in statement.conditions)


def _fresh(documents: _Documents, shape: str) -> list[str]:
    """Return the ARNs of a fresh resource: in the identity's account, or in each one named."""
    texts = [t for p in documents.policies for s in p.statements for t in s.resources or ()]
    accounts = {documents.account} if documents.account else {_FRESH_ACCOUNT}
    partitions = {"aws"}
    for text in texts:
        parts = text.split(":", 5)
        if len(parts) == 6:
            if not documents.account and re.fullmatch(r"\d{12}", parts[4]):
                accounts.add(parts[4])
            if re.fullmatch(r"aws[a-z-]*", parts[1]):
                partitions.add(parts[1])
    return [
        f"arn:{partition}:" + shape.format(account=account, name=_FRESH)
        for partition in sorted(partitions) for account in sorted(accounts)
    ]


def _worlds(documents: _Documents) -> Iterable[World]:
    """Yield the identity itself, as a role and as a user; what it touches has no tags."""
    keys = frozenset().union(*(mentioned(policy) for policy in documents.policies))
    fixed = {
        key: Domain(present=False) for key in keys
        if re.match(r"[a-z0-9-]+:(resourcetag|existingobjecttag|buckettag)/", key)
    }
    for kind in (ROLE, USER):
        yield from spread(own(kind, documents.account, now(), fixed), keys)
