"""What is asked of an identity: everything that grants it something, capped by its boundary.

Service control policies are not considered: they are not among its documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from .actions import COMPUTE, IAM_ADMINISTRATION
from .answer import Answer, Identity
from .asking import now
from .decide import Found, Question, decide
from .explain import witness
from .globs import Budget, GaveUp, exact
from .keys import SELF_KEYS
from .model import Policy, Statement
from .narrow import Index
from .reading import read
from .solve import Domain, Globs, Order, Tests
from .strangers import mentioned, own, spread
from .worlds import ROLE, USER, World

# Names that nobody gave: what is allowed on these is allowed on whatever there is.
FRESH: Final = "fresh-7f3a9c51"
FRESH_ACTION: Final = "fresh7f3a9c51"
_FRESH_ACCOUNT: Final = "000011112222"
_SESSION: Final = 36 * 3600  # seconds
_WILD: Final = re.compile(r"[*?$]")

# What an action works on, where that is not a role; the service authorization reference.
_RESOURCES: Final = {
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
_ROLE: Final = "iam::{account}:role/{name}"
_OBJECT: Final = "s3:::{name}/object"


@dataclass(frozen=True, slots=True)
class Documents:
    """An identity's documents, read: what grants, what caps (or nothing), its own callers."""

    grants: Policy
    boundary: Policy | None
    account: str
    budget: Budget = field(default_factory=Budget)  # of all actions that are asked about
    indexes: list[Index] = field(default_factory=list)
    known: dict[str, tuple[Policy, ...] | None] = field(default_factory=dict)

    @property
    def policies(self) -> tuple[Policy, ...]:
        """What grants, and the boundary where there is one: each must allow a request."""
        return (self.grants,) if self.boundary is None else (self.grants, self.boundary)

    def about(self, action: str) -> tuple[Policy, ...] | None:
        """Return the policies as far as they are about an action; None where one allows it nowhere.

        Raise GaveUp where nothing is left of the budget.
        """
        if action not in self.known:
            self.budget.spend(sum(len(policy.statements) for policy in self.policies))
            self.known[action] = self._about(action)
        return self.known[action]

    def _about(self, action: str) -> tuple[Policy, ...] | None:
        if not self.indexes:
            self.indexes.extend(Index(policy) for policy in self.policies)
        found = []
        for index in self.indexes:
            policy = index.about(action)
            if policy is None:
                return None
            found.append(policy)
        return tuple(found)


def documents_of(identity: Identity) -> Documents | Answer:
    """Read an identity's documents; where one cannot be read, that is the answer."""
    statements: list[Statement] = []
    for name, document in identity.documents:
        policy = read(document, name)
        if policy.unreadable:
            where = f"the policy {name}" if name else "the policy"
            return Answer(None, f"{where} cannot be read: {policy.unreadable}")
        statements += policy.statements
    boundary = None
    if identity.boundary is not None:
        boundary = read(identity.boundary, "the permissions boundary")
        if boundary.unreadable:
            return Answer(None, f"the permissions boundary cannot be read: {boundary.unreadable}")
    return Documents(Policy(tuple(statements)), boundary, identity.account)


def admin(identity: Identity) -> Answer:
    """Say whether an identity is an administrator in all but name.

    That is: without conditions and on all resources it may administer IAM, pass roles and start
    something that runs with them, and no Deny stops it at all times.
    """
    documents = documents_of(identity)
    if isinstance(documents, Answer):
        return documents
    found: list[Found] = []
    groups = (
        ((f"iam:{FRESH_ACTION}",), "administer IAM"),
        (IAM_ADMINISTRATION, "give itself permissions"),
        (("iam:PassRole",), "pass every role"),
        (COMPUTE, "start anything that runs with a role"),
    )
    for actions, ability in groups:
        one = first(documents, actions, counts=unconditional)
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
    return reaches(identity, ("iam:PassRole",), _ROLE, "a role that no policy names")


def assumes_any_role(identity: Identity) -> Answer:
    """Say whether an identity may assume a role that no policy of its names."""
    return reaches(identity, ("sts:AssumeRole",), _ROLE, "a role that no policy names")


def reaches_any_bucket(identity: Identity) -> Answer:
    """Say whether an identity may read, write or delete objects of a bucket that no policy names.

    A condition on the resource's own tags names it; other conditions do not.
    """
    actions = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    return reaches(identity, actions, _OBJECT, "objects of a bucket that no policy names")


def reaches(identity: Identity, actions: Sequence[str], shape: str, what: str) -> Answer:
    """Say whether an identity may do one of several actions on a resource that nobody named.

    ``shape`` is the ARN behind its partition, with places for {region}, {account} and {name}.
    """
    documents = documents_of(identity)
    if isinstance(documents, Answer):
        return documents
    found = first(documents, actions, shape=shape)
    if isinstance(found, Answer):
        return found
    if found is None:
        return Answer(False, f"it may not {' or '.join(actions)} on {what}")
    return granted(found, what)


def granted(found: Found, what: str) -> Answer:
    """Return the yes to "may it do this to a resource that nobody named", with its witness."""
    statement = found.statements[0]
    because = f"it may {found.request.action} on {what}: {statement.place} allows it"
    keys = [c.name for c in statement.conditions]
    if keys:
        because += f", and its condition on {', '.join(keys)} names none"
    if statement.faults:
        because += f"; it is malformed ({'; '.join(statement.faults)}) and read as not restricting"
    return Answer(True, because, statement.label, witness(found))


def first(
    documents: Documents, actions: Sequence[str], *, shape: str = "",
    counts: Callable[[Statement], bool] = lambda statement: True,
    fixed: Mapping[str, Domain] | None = None,
) -> Found | Answer | None:
    """Return the first of several actions that is allowed on a fresh resource.

    ``shape`` as in :func:`reaches`; without one it is what the action works on. ``counts`` says
    which Allows may grant it, ``fixed`` what certain keys of the request hold.
    """
    doubt: Answer | None = None
    for action in actions:
        try:
            found = _on_fresh(documents, action, shape, counts, fixed or {})
        except GaveUp as gave_up:
            doubt = doubt or undecided(gave_up)
            continue
        if found:
            return found
    return doubt


def _on_fresh(
    documents: Documents, action: str, shape: str, counts: Callable[[Statement], bool],
    fixed: Mapping[str, Domain],
) -> Found | None:
    policies = documents.about(action)
    if policies is None:
        return None
    arns = _fresh(documents, shape or _RESOURCES.get(action, _ROLE))
    policies = tuple(_near(policy, arns) for policy in policies)
    worlds = list(themselves(documents, policies, fixed, tagged=False))
    only: Tests = ((Globs((exact(action.lower()),)), True),)
    return decide(Question(
        policies, policies, worlds, only,
        ((Globs(tuple(map(exact, arns))), True),), principals=False,
        counts=counts, prefer=partial(_pairs, action, arns), budget=documents.budget,
    ))


def _near(policy: Policy, arns: Sequence[str]) -> Policy:
    """Return a policy without the Allows whose resources plainly begin otherwise than these."""
    def begins(text: str) -> bool:
        head = _WILD.split(text, maxsplit=1)[0]
        return any(one.startswith(head) for one in arns)

    return Policy(tuple(
        one for one in policy.statements
        if not one.allow or one.not_resource or one.resources is None
        or one.faults or any(map(begins, one.resources))
    ))


def undecided(why: GaveUp) -> Answer:
    """Return the answer about policies whose search was given up."""
    return Answer(None, f"its policies could not be decided: {why}")


def _pairs(action: str, arns: list[str], _: Sequence[Statement]) -> list[tuple[str, str]]:
    return [(action, arn) for arn in arns]


def unconditional(statement: Statement) -> bool:
    """Say whether a statement has no condition that restricts it."""
    return all(condition.fault for condition in statement.conditions)


def _fresh(documents: Documents, shape: str) -> list[str]:
    """Return the ARNs of a fresh resource: in the identity's account, or in each one named."""
    texts = [t for p in documents.policies for s in p.statements for t in s.resources or ()]
    accounts = {documents.account} if documents.account else {_FRESH_ACCOUNT}
    partitions, regions = {"aws"}, {"us-east-1"}
    for text in texts:
        parts = text.split(":", 5)
        if len(parts) == 6:
            if not documents.account and re.fullmatch(r"\d{12}", parts[4]):
                accounts.add(parts[4])
            if re.fullmatch(r"aws[a-z-]*", parts[1]):
                partitions.add(parts[1])
            if re.fullmatch(r"[a-z]+(-[a-z]+)+-\d", parts[3]):
                regions.add(parts[3])
    if "{region}" not in shape:
        regions = {""}
    if "{account}" not in shape:
        accounts = {""}
    return [
        f"arn:{partition}:" + shape.format(account=account, name=FRESH, region=region)
        for partition in sorted(partitions) for account in sorted(accounts)
        for region in sorted(regions)
    ]


def themselves(
    documents: Documents, policies: Sequence[Policy], given: Mapping[str, Domain], *, tagged: bool
) -> Iterator[World]:
    """Yield the identity itself, as a role and as a user.

    ``policies`` are the documents as far as they matter, ``given`` what certain keys hold; unless
    ``tagged``, what it touches has no tags. A token was issued in the last 36 hours, as no session
    is longer (STS guide, GetSessionToken).
    """
    keys = frozenset().union(*(mentioned(policy) for policy in policies))
    fixed = {
        key: Domain(present=False) for key in keys if not tagged
        if re.match(r"[a-z0-9-]+:(resourcetag|existingobjecttag|buckettag)/", key)
    }
    at = now()
    differ = keys & SELF_KEYS or any("principaltag" in key for key in keys)
    for kind in (ROLE, USER) if differ else (ROLE,):
        if "aws:tokenissuetime" in keys:
            lately: Tests = (
                (Order(">=", (at - _SESSION,), True), True), (Order("<=", (at,), True), True),
            )
            prefer = (str(int(at - 60)),)
            fixed["aws:tokenissuetime"] = Domain(kind == USER, True, lately, prefer=prefer)
        yield from spread(own(kind, documents.account, at, {**fixed, **given}), keys)
