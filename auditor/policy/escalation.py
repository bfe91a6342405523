"""Whether an identity can come to more than it is allowed: the known paths, each tried in turn.

The paths are data (``escalation.json``): the actions that one needs, the services that a role is
passed to on it, and why it leads further. Each action of a path must be allowed somewhere, by the
policies and by the boundary: Deny, NotAction, NotResource, the resources named and conditions
count. What nobody can change (AWS's own policies, service-linked and reserved roles) is left out,
and a role must be passed to a service that the path works with.

The catalogue is the union of public ones (pathfinding.cloud, Prowler, Rhino Security Labs,
Cloudsplaining, hackingthe.cloud) and of what SageMaker's API adds. An action that is here only by
name needs no other data about it, so a new one never stops a question.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Final

from .answer import Answer, Identity
from .decide import Found, Question, decide
from .explain import witness
from .globs import GaveUp, Pattern, arn, exact
from .identity import Documents, documents_of, first, themselves, undecided
from .model import Policy, Statement, plain
from .solve import Domain, Globs, Tests


@dataclass(frozen=True, slots=True)
class Path:
    """One way to more permissions.

    ``passes`` are the services one of which the role is passed to, ``others`` says that the users
    acted on must be others than the caller, ``any`` that the resource must be one nobody named.
    """

    id: str
    actions: tuple[str, ...]
    because: str
    sources: tuple[str, ...]
    passes: tuple[str, ...] = ()
    others: bool = False
    any: bool = False

    @property
    def services(self) -> frozenset[str]:
        """The services whose actions it uses, IAM aside where another is there."""
        found = {action.partition(":")[0] for action in self.actions}
        return frozenset(found - {"iam"} or found)


@cache
def paths() -> tuple[Path, ...]:
    """Return every known path, those through IAM itself first."""
    text = resources.files(__package__).joinpath("escalation.json").read_text("utf-8")
    return tuple(
        Path(
            row["id"], tuple(row["actions"]), row["because"], tuple(row["sources"]),
            tuple(row.get("passes", ())), row.get("others", False), row.get("any", False),
        )
        for row in json.loads(text)
    )


def privesc(identity: Identity, *, services: Iterable[str] = ()) -> Answer:
    """Say whether an identity can take more permissions than it has, and by which path.

    ``services`` narrows the question to paths through some services: ("sagemaker",). An
    administrator can, of course.
    """
    documents = documents_of(identity)
    if isinstance(documents, Answer):
        return documents
    wanted = frozenset(services)
    search = _Search(documents)
    doubt: Answer | None = None
    for path in paths():
        if wanted and not wanted & path.services:
            continue
        try:
            steps = search.walk(path)
        except GaveUp as gave_up:
            doubt = doubt or undecided(gave_up)
            continue
        if steps:
            return _answer(path, steps)
    if doubt:
        return doubt
    way = f" through {', '.join(sorted(wanted))}" if wanted else ""
    return Answer(False, f"no known path{way} leads to more permissions than it has")


def privesc_paths(identity: Identity) -> tuple[Path, ...] | None:
    """Return every path that is open to an identity; None where a document cannot be read.

    A path that could not be decided counts as open.
    """
    documents = documents_of(identity)
    if isinstance(documents, Answer):
        return None
    search = _Search(documents)
    found = []
    for path in paths():
        try:
            if search.walk(path):
                found.append(path)
        except GaveUp:
            found.append(path)
    return tuple(found)


def anywhere(
    documents: Documents, actions: Iterable[str]
) -> Iterator[tuple[str, Found | GaveUp | None]]:
    """Yield for each action a request for it on anything that it works on, None, or GaveUp."""
    search = _Search(documents)
    for action in actions:
        yield action, search.step(action, (), False)


def _answer(path: Path, steps: Sequence[Found]) -> Answer:
    told = ", ".join(
        f"{one.request.action} on {one.request.resource} ({one.statements[0].place})"
        for one in steps
    )
    labels = dict.fromkeys(one.statements[0].label for one in steps)
    shown: dict[str, str] = {"path": path.id, **witness(steps[0])}
    for number, one in enumerate(steps[1:], 2):
        keys = "".join(f", {key}={value}" for key, value in one.request.keys.items())
        shown[f"step {number}"] = f"{one.request.action} on {one.request.resource}{keys}"
    because = f"it can take more permissions than it has, by {path.id}: it may {told}. "
    return Answer(True, because + path.because, ", ".join(labels), shown)


# -- what an action works on, where IAM's own rules or another service's ARNs say so; from the
#    service authorization reference. Others work on resources of their own service.

_USERS: Final = ("iam::{account}:user/*",)
_GROUPS: Final = ("iam::{account}:group/*",)
_POLICIES: Final = ("iam::{account}:policy/*",)
_ROLES: Final = ("iam::{account}:role/*",)
_OBJECTS: Final = ("s3:::*/*",)
_TYPES: Final = {
    "iam:createpolicyversion": _POLICIES,
    "iam:setdefaultpolicyversion": _POLICIES,
    "iam:attachuserpolicy": _USERS,
    "iam:putuserpolicy": _USERS,
    "iam:createaccesskey": _USERS,
    "iam:createloginprofile": _USERS,
    "iam:updateloginprofile": _USERS,
    "iam:deleteuserpermissionsboundary": _USERS,
    "iam:putuserpermissionsboundary": _USERS,
    "iam:addusertogroup": _GROUPS,
    "iam:attachgrouppolicy": _GROUPS,
    "iam:putgrouppolicy": _GROUPS,
    "iam:attachrolepolicy": _ROLES,
    "iam:putrolepolicy": _ROLES,
    "iam:updateassumerolepolicy": _ROLES,
    "iam:deleterolepermissionsboundary": _ROLES,
    "iam:putrolepermissionsboundary": _ROLES,
    "iam:passrole": _ROLES,
    "iam:addroletoinstanceprofile": ("iam::{account}:instance-profile/*",),
    "sts:assumerole": ("iam::*:role/*",),
    "ec2:runinstances": ("ec2:*:*:instance/*",),
    "ec2-instance-connect:sendsshpublickey": ("ec2:*:*:instance/*",),
    "ssm:startsession": ("ec2:*:*:instance/*", "ssm:*:*:*", "ecs:*:*:task/*"),
    "s3:getobject": _OBJECTS,
    "s3:getobjectversion": _OBJECTS,
    "ssm:sendcommand": ("ec2:*:*:instance/*", "ssm:*:*:*"),
}
# IAM guide: service-linked roles can neither be edited nor passed, those of Identity Center are its
# own. AWS's managed policies cannot be edited either: their account is no number.
_UNTOUCHABLE: Final = (
    "iam::*:role/aws-service-role/*", "iam::*:role/aws-reserved/*",
)
_ANY_ACCOUNT: Final = "????????????"
_WILD: Final = re.compile(r"[*?$]")
_SELF: Final = "${aws:username}"
_PASSED_TO: Final = "iam:passedtoservice"


def _pattern(text: str) -> Pattern:
    return arn(plain(text))


@dataclass(slots=True)
class _Search:
    """The steps of paths, each looked for once."""

    documents: Documents
    known: dict[tuple[str, tuple[str, ...], bool], Found | GaveUp | None] = field(
        default_factory=dict
    )
    hopeless: set[tuple[object, ...]] = field(default_factory=set)
    entangled: dict[tuple[object, ...], GaveUp] = field(default_factory=dict)
    partitions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.partitions = _partitions(self.documents.policies)

    def walk(self, path: Path) -> list[Found] | None:
        """Return a request for each action of a path, None where one has none, or GaveUp."""
        about = map(self.documents.about, path.actions)
        if any(policies is None for policies in about):
            return None
        if path.any:
            found = first(self.documents, path.actions)
            if isinstance(found, Answer):
                raise GaveUp(found.because)
            return [found] if found else None
        steps: list[Found] = []
        doubt: GaveUp | None = None
        for action in path.actions:
            passes = path.passes if action == "iam:PassRole" else ()
            key = (action, passes, path.others)
            if key not in self.known:
                self.known[key] = self.step(action, passes, path.others)
            step = self.known[key]
            if step is None:
                return None
            if isinstance(step, GaveUp):
                doubt = step
            else:
                steps.append(step)
        if doubt:
            raise doubt
        return steps

    def step(self, action: str, passes: tuple[str, ...], others: bool) -> Found | GaveUp | None:
        """Look for a resource on which an action is allowed."""
        try:
            policies = self.documents.about(action)
        except GaveUp as gave_up:
            return gave_up
        if policies and others:
            policies = tuple(map(_for_others, policies))
        if not policies:
            return None
        account = self.documents.account
        service = action.partition(":")[0].lower()
        shapes = _TYPES.get(action.lower(), (f"{service}:*:*:*",))
        texts = self.written(shapes)
        policies = tuple(_near(policy, texts) for policy in policies)
        if not all(any(one.allow for one in policy.statements) for policy in policies):
            return None
        # What no request of one action gets, none of another gets by the same statements.
        mark = (tuple(policy.statements for policy in policies), texts, passes)
        if mark in self.hopeless:
            return None
        if mark[:2] in self.entangled:
            return self.entangled[mark[:2]]
        where: Tests = ((Globs(tuple(map(_pattern, texts))), True),)
        if shapes == _ROLES:
            where += ((Globs(tuple(map(_pattern, self.written(_UNTOUCHABLE)))), False),)

        def prefer(chosen: Sequence[Statement]) -> Iterator[tuple[str, str]]:
            named = (t for one in chosen[:1] for t in (one.resources or ())[:20])
            for text in (*named, *texts):
                example = _example(text, account or "111122223333")
                if example:
                    yield action, example

        fixed = {}
        if passes:
            china = tuple(f"{name}.cn" for name in passes if "aws-cn" in self.partitions)
            fixed = {_PASSED_TO: Domain(False, True, values=(*passes, *china))}
        worlds = list(themselves(self.documents, policies, fixed, tagged=True))
        question = Question(
            policies, policies, worlds, ((Globs((exact(action.lower()),)), True),), where,
            principals=False, prefer=prefer, budget=self.documents.budget,
        )
        try:
            found = decide(question)
        except GaveUp as gave_up:
            self.entangled[mark[:2]] = gave_up
            return gave_up
        if found is None:
            self.hopeless.add(mark)
        return found

    def written(self, shapes: Sequence[str]) -> tuple[str, ...]:
        """Return ARN patterns with the identity's account, in each partition that is named."""
        account = self.documents.account or _ANY_ACCOUNT
        return tuple(
            f"arn:{partition}:{shape.format(account=account)}"
            for partition in self.partitions for shape in shapes
        )


def _partitions(policies: Sequence[Policy]) -> tuple[str, ...]:
    found = {"aws"}
    for policy in policies:
        for one in policy.statements:
            heads = (text.split(":", 2)[1:2] for text in one.resources or ())
            found |= {h[0] for h in heads if h and re.fullmatch(r"aws-[a-z-]+", h[0])}
    return tuple(sorted(found))


def _near(policy: Policy, texts: Sequence[str]) -> Policy:
    """Return a policy without the Allows whose resources are plainly others than these.

    It only spares the search what a look at the texts shows.
    """
    return Policy(tuple(
        one for one in policy.statements
        if not one.allow or one.not_resource or one.resources is None
        or any(not _apart(named, text) for named in one.resources for text in texts)
    ))


def _apart(named: str, text: str) -> bool:
    """Say whether two ARN patterns plainly have no ARN in common that anybody can change."""
    parts, others = named.split(":", 5), text.split(":", 5)
    if len(parts) < 6 or "$" in named.rpartition(":")[0]:
        return False
    for part, other in zip(parts[:5], others[:5], strict=True):
        if not _WILD.search(part + other) and part != other:
            return True
    head, tail = _WILD.split(parts[5])[0], _WILD.split(others[5])[0]
    if parts[2] == "iam" and (
        parts[4] == "aws" or head.startswith(("role/aws-service-role/", "role/aws-reserved/"))
    ):
        return True
    return not head.startswith(tail) and not tail.startswith(head)


def _example(text: str, account: str) -> str:
    """Return an ARN that fits a pattern, or nothing where it is none."""
    parts = text.split(":", 5)
    if len(parts) < 6:
        return ""
    plain_ones = ("arn", "aws", "example", "us-east-1", account, "example")
    return ":".join(
        plain_one if part in ("*", _ANY_ACCOUNT) else part.replace("*", "example").replace("?", "x")
        for part, plain_one in zip(parts, plain_ones, strict=True)
    )


def _for_others(policy: Policy) -> Policy:
    """Return a policy as it is for users other than the caller: none of them is the caller's own.
    """
    found = []
    for one in policy.statements:
        left = tuple(t for t in one.resources or () if not t.lower().endswith(_SELF))
        if one.resources is None or len(left) == len(one.resources):
            found.append(one)
        elif left:
            found.append(replace(one, resources=left))
        elif one.not_resource:
            found.append(replace(one, resources=None, not_resource=False))
    return Policy(tuple(found))
