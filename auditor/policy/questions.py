"""What is asked of a resource policy: is it public, shared, TLS only, SSE-KMS only, readable."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from . import explain
from .actions import READING_VERBS, S3_PERMISSIONS, examples
from .answer import Answer, Document, Trust
from .asking import ANYTHING, decided, narrowed, now, of_services, unreadable
from .decide import Found, Question
from .encode import role_patterns
from .globs import REST, WORD, Budget, exact, run
from .model import Policy, Statement
from .outside import Outside, claims, named, trusted
from .reading import read
from .solve import Domain, Globs, Tests
from .strangers import SIGNED_ONLY, callers, mentioned, spread
from .worlds import ARN, CANONICAL, FEDERATED, ROLE, World

# What of a budget the gravest actions are looked for with, before all others.
_GRAVEST: Final = 400_000  # steps
# What does not only read.
_WRITING: Final[Tests] = (
    (Globs(tuple((*run(WORD), *exact(f":{verb}"), *REST) for verb in READING_VERBS)), False),
)


def public(
    policy: Document, *, service: str = "s3", actions: Collection[str] = (),
    budget: Budget | None = None,
) -> Answer:
    """Say whether a stranger may do something: anyone on the internet, or any AWS account.

    A stranger has none of the accounts, organizations, networks and ids that the policy names as
    fixed values. ``actions`` narrows the question to patterns such as ``s3:Get*``; with an empty
    ``service`` the policy's own actions and resources say of which it is. ``budget`` is that of a
    larger question, where this is a part of one.
    """
    return _public(policy, service, narrowed(actions), "let in a stranger", budget=budget)


def public_write(
    policy: Document, *, service: str = "s3", budget: Budget | None = None
) -> Answer:
    """Say whether a stranger may change something; changes of permissions are named first."""
    gravest = narrowed(S3_PERMISSIONS) if service in ("s3", "") else ()
    return _public(policy, service, _WRITING, "let a stranger write", gravest, budget=budget)


def public_through(
    policy: Document, access_point: str, *, write: bool = False, vpc_only: bool = False,
    budget: Budget | None = None,
) -> Answer:
    """Say whether a stranger may do something who comes through one of the owner's access points.

    ``access_point`` is its ARN. Being an access point's is then no condition that keeps strangers
    out; of the two policies, the access point's and its bucket's, both must let them in.
    """
    account, origin = access_point.split(":")[4:5], "VPC" if vpc_only else "Internet"
    fixed = {
        "access point": Domain(False, values=(access_point,)),
        "s3:accesspointnetworkorigin": Domain(False, values=(origin,)),
    }
    aim = f"let in a stranger through an access point of account {''.join(account)}"
    return _public(policy, "s3", _WRITING if write else (), aim, fixed=fixed, budget=budget)


def public_list(policy: Document, *, service: str = "s3") -> Answer:
    """Say whether a stranger may list what is there: s3:ListBucket, sqs:ListQueues and the like."""
    return _public(policy, service, narrowed(["*:List*"]), "let a stranger list")


def _public(
    policy: Document, service: str, actions: Tests, aim: str, gravest: Tests = (),
    fixed: Mapping[str, Domain] | None = None, budget: Budget | None = None,
) -> Answer:
    budget = budget or Budget()
    if policy is None:
        return Answer(False, f"there is no policy that could {aim}")
    document = read(policy)
    if document.unreadable:
        return unreadable(document)
    outside, signed = named(document), service in SIGNED_ONLY
    worlds = [
        replace(world, fixed={**world.fixed, **(fixed or {})})
        for world in callers(document, outside, now(), anonymous=not signed)
    ]
    if gravest:
        found = decided(_question(document, worlds, service, gravest, budget.part(_GRAVEST)))
        if isinstance(found, Found):
            return explain.allowed(found, document)
    return _allowed(document, worlds, service, actions, aim, budget)


def cross_account(
    policy: Document, trust: Trust, *, service: str = "s3", actions: Collection[str] = (),
    budget: Budget | None = None,
) -> Answer:
    """Say whether someone outside the owner's account and trust may do something.

    The policy is the offer: the other side must allow it too. AWS services are not another
    account here.
    """
    aim = "let in anyone outside the trusted accounts"
    if policy is None:
        return Answer(False, f"there is no policy that could {aim}")
    document = read(policy)
    if document.unreadable:
        return unreadable(document)
    outside, at = trusted(trust), now()
    outside = replace(outside, fixed={**outside.fixed, **claims(document)})
    worlds = [
        *callers(document, outside, at, anonymous=service not in SIGNED_ONLY),
        *named_callers(document, outside, at),
    ]
    return _allowed(document, worlds, service, narrowed(actions), aim, budget or Budget())


def named_callers(document: Policy, outside: Outside, at: float) -> Iterable[World]:
    """Yield the callers that only a policy's own names describe: sessions, canonical users, users
    of another account's provider, odd ARNs (no account's number, a CloudFront identity).
    """
    keys = mentioned(document)
    found: dict[tuple[str, str], World] = {}
    for statement in document.statements:
        for one in statement.principals or () if statement.allow else ():
            value = one.value
            if one.kind == "account":
                value = f"arn:aws:iam::{value}:root"
            parts = value.split(":", 5)
            account = parts[4] if len(parts) == 6 else ""
            if account in outside.accounts:
                continue
            if one.kind == "federated":
                # A role trusts its own account's providers only, so without an account it is ours.
                if outside.owner and re.fullmatch(r"\d{12}", account):
                    found[FEDERATED, value] = World(FEDERATED, outside, at, value)
                continue
            ordinary = re.fullmatch(r"\d{12}", account) and re.match(
                r"arn:aws[a-z-]*:iam::\d+:(root$|user/|role/)", value
            )
            if one.kind == "session":
                shape = ((Globs(role_patterns(value)), True),)
                fixed = {"principal": Domain(False, True, shape)}
                found[ROLE, value] = World(ROLE, outside, at, value, fixed=fixed)
            elif one.kind == "canonical":
                found[CANONICAL, value] = World(CANONICAL, outside, at, value)
            elif one.kind in ("arn", "account") and not ordinary:
                found[ARN, value] = World(ARN, outside, at, value)
    for world in found.values():
        yield from spread(world, keys)


def _allowed(
    document: Policy, worlds: Sequence[World], service: str, actions: Tests, aim: str,
    budget: Budget,
) -> Answer:
    question = _question(document, worlds, service, actions, budget)
    found = decided(question)
    if isinstance(found, Answer):
        return found
    if found:
        return explain.allowed(found, document)

    def alone(statement: Statement) -> bool | None:
        one = replace(document, statements=(statement,))
        found = decided(replace(question, grants=(one,), all=(one,)))
        return None if isinstance(found, Answer) else found is not None

    return Answer(False, explain.nobody(document, aim, alone))


def _question(
    document: Policy, worlds: Sequence[World], service: str, actions: Tests, budget: Budget
) -> Question:
    actions = (*of_services(document, service), *actions)
    return Question(
        (document,), (document,), worlds, actions, ANYTHING, prefer=examples, budget=budget
    )


def readable(policy: Document) -> Answer:
    """Say whether a document is well-formed: no, with each fault and its place; None for no JSON.

    What AWS accepts but hardly means (the id of a deleted principal) is told, but is no fault.
    """
    document = read(policy)
    if document.unreadable:
        return unreadable(document)
    faults = list(document.faults)
    first = ""
    for statement in document.statements:
        faults += [f"{statement.place}: {fault}" for fault in statement.faults]
        if statement.faults and not first:
            first = statement.label
    if faults:
        return Answer(False, f"the policy is malformed: {'; '.join(faults)}", first)
    if document.notes:
        return Answer(True, f"the policy is well-formed, but {'; '.join(document.notes)}")
    return Answer(True, "there is no policy" if policy is None else "the policy is well-formed")
