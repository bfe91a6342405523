"""What is asked of whom a role or a resource lets in on another's behalf.

A service that acts for whoever asks it (the confused deputy), the users of an identity provider,
and, of a role's trust policy, everybody and other accounts. IAM user guide, "The confused deputy
problem", "Identity-provider controls for shared OIDC providers".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from . import explain
from .actions import examples
from .answer import NO_TRUST, Answer, Document, Trust
from .asking import ANY_ACTION, ANYTHING, decided, narrowed, now, unreadable
from .decide import Question
from .keys import PUBLIC_PROVIDERS, is_claim, provider
from .model import Policy, Statement
from .outside import Outside, named, trusted
from .questions import cross_account, public
from .reading import read
from .solve import Domain
from .strangers import mentioned, spread
from .worlds import FEDERATED, SERVICE, World

_ASSUMING: Final = ("sts:AssumeRole*",)


# -- the confused deputy

# Keys by which a policy for everyone speaks of services only.
_SERVICE_KEYS: Final = frozenset({
    "aws:principalservicename", "aws:principalservicenameslist", "aws:principalisawsservice",
})


def confused_deputy(policy: Document, trust: Trust = NO_TRUST, *, service: str = "") -> Answer:
    """Say whether a service that a policy lets in may act there for anybody's resource.

    Safe is what the account or organization that the service acts for is held to:
    aws:SourceAccount, aws:SourceArn with an account in it, aws:SourceOrgID, aws:SourceOrgPaths.
    The ARN of a bucket has no account. ``service`` is not needed: every action counts.
    """
    if policy is None:
        return Answer(False, "there is no policy that could let in a service")
    document = read(policy)
    if document.unreadable:
        return unreadable(document)
    names = _service_names(document)
    if not names:
        return Answer(False, "no statement lets in an AWS service by its name")
    inside, ours = named(document), trusted(trust)
    fixed = {
        key: values for key, values in inside.fixed.items()
        # A bucket's name says whose it is as long as nobody else has the name.
        if key != "aws:sourcearn" and key not in _SERVICE_KEYS
    }
    outside = replace(
        inside, accounts=inside.accounts | ours.accounts,
        organizations=inside.organizations | ours.organizations, paths=ours.paths, fixed=fixed,
        owner=trust.account,
    )
    worlds = [world for name in names for world in _deputies(document, outside, name)]
    found = decided(Question(
        (document,), (document,), worlds, ANY_ACTION, ANYTHING, counts=_lets_in_services,
        prefer=examples,
    ))
    if isinstance(found, Answer):
        return found
    if found:
        return explain.allowed(found, document)
    told = [s.place for s in document.statements if s.allow and _lets_in_services(s)][:3]
    return Answer(False, (
        f"what {', '.join(told)} grants to services is held to the accounts or organizations "
        "that they act for"
    ))


def _service_names(document: Policy) -> list[str]:
    found: dict[str, None] = {}
    for statement in document.statements:
        if not statement.allow or not _lets_in_services(statement):
            continue
        for one in statement.principals or ():
            if one.kind == "service":
                found[one.value] = None
            elif one.kind in ("wildcard", "everyone"):
                found.setdefault("sns.amazonaws.com")
        for condition in statement.conditions:
            if condition.key in _SERVICE_KEYS:
                found.update({
                    v: None for v in condition.values if re.fullmatch(r"[\w.-]+\.[\w.-]+", v)
                })
    return list(found)


def _lets_in_services(statement: Statement) -> bool:
    """Say whether a statement names services: as its Principal, or as all that everyone is."""
    for one in statement.principals or ():
        if one.kind == "service" or (one.kind == "wildcard" and one.element == "service"):
            return True
        if one.kind == "everyone" and any(c.key in _SERVICE_KEYS for c in statement.conditions):
            return True
    return False


def _deputies(document: Policy, outside: Outside, name: str) -> Iterator[World]:
    """Yield a service as it comes: with what it acts for, in full or in part, or without a word."""
    itself = {
        "aws:principalservicename": Domain(False, values=(name,)),
        "aws:principalservicenameslist": Domain(False, values=(name,)),
        "aws:principalisawsservice": Domain(False, values=("true",)),
    }
    absent = Domain(present=False)
    arn, account = {"source": absent}, {"source account": absent}
    for bare, gone in (
        (False, {}), (True, {}), (True, account), (True, arn),
        (True, {**arn, **account, "source organization": absent}),
    ):
        world = World(
            SERVICE, outside, now(), name, network="aws", bare=bare, fixed={**itself, **gone}
        )
        yield from spread(world, mentioned(document))


# -- users of an identity provider

# What every cluster and pipeline asks for: it says to whom the token goes, not whose it is.
_ANY_AUDIENCE: Final = frozenset({
    "sts.amazonaws.com", "https://sts.amazonaws.com", "sts.amazonaws.com.cn",
})
# Beginnings of ``sub`` that all share. Amazon EKS user guide, "IAM roles for service accounts".
_COMMON_SUBJECTS: Final = ("system:serviceaccount:",)


def oidc_trust_open(policy: Document, trust: Trust = NO_TRUST) -> Answer:
    """Say whether a trust policy lets in users of an identity provider, whoever they are.

    A provider whose users are everybody (GitHub, GitLab, Google, Cognito) is open unless the
    owner in ``sub`` is fixed, or an own ``aud`` or ``app_id`` where the provider gives those out.
    An own provider (EKS, Okta) is open where neither ``sub`` nor an own audience is fixed. SAML
    is not: there the provider itself says who may have which role.
    """
    if policy is None:
        return Answer(False, "there is no trust policy that could let anybody in")
    document = read(policy)
    if document.unreadable:
        return unreadable(document)
    names = _provider_names(document)
    if not names:
        return Answer(False, "no statement lets in users of a web identity provider")
    inside, ours = named(document), trusted(trust)
    fixed = {
        key: values - _ANY_AUDIENCE if key.endswith(":aud") else values
        for key, values in inside.fixed.items()
    }
    outside = replace(
        inside, fixed=fixed, claims=True, heads=_heads(document),
        networks=(*inside.networks, *ours.networks), owner=trust.account,
    )
    worlds = [
        world for name in names
        for world in spread(World(FEDERATED, outside, now(), name), mentioned(document))
    ]
    found = decided(Question(
        (document,), (document,), worlds, narrowed(["sts:AssumeRoleWithWebIdentity"]), ANYTHING,
        prefer=examples,
    ))
    if isinstance(found, Answer):
        return found
    if found:
        return explain.allowed(found, document)
    hosts = ", ".join(sorted({provider(name) for name in names})[:3])
    return Answer(False, f"users of {hosts} are let in only with the claims that are fixed")


def _provider_names(document: Policy) -> list[str]:
    """Return the OIDC providers that a policy names, and public ones where it names them all."""
    found: dict[str, None] = {}
    everyone = False
    for statement in document.statements:
        if not statement.allow:
            continue
        everyone |= statement.not_principals is not None
        for one in statement.principals or ():
            if one.kind == "federated" and provider(one.value):
                found[one.value] = None
            everyone |= one.kind == "everyone"
            everyone |= one.kind == "wildcard" and one.element == "federated"
    if everyone:
        keys = sorted(key for key in mentioned(document) if is_claim(key))
        hosts = [key.rpartition(":")[0] for key in keys]
        found.update(dict.fromkeys([*hosts, "accounts.google.com"]))
    return list(found)


def _heads(document: Policy) -> dict[str, frozenset[str]]:
    """Return how the claims of ours begin, where a pattern says it: ``system:serviceaccount:ml:``.

    Of providers for everybody ``owner_in`` knows what an owner is in ``sub``; of their other
    claims only those that begin with the owner will do.
    """
    found: dict[str, set[str]] = {}
    for statement in document.statements:
        for one in statement.conditions:
            if not is_claim(one.key) or one.operator.style != "like":
                continue
            for value in one.values:
                head = re.split(r"[*?]|\$\{", value)[0]
                shared = any(common.startswith(head) for common in _COMMON_SUBJECTS)
                if head and head != value and not shared and _says_whose(one.key, head):
                    found.setdefault(one.key, set()).add(head)
    return {key: frozenset(heads) for key, heads in found.items()}


def _says_whose(key: str, head: str) -> bool:
    host, _, claim = key.rpartition(":")
    if host not in PUBLIC_PROVIDERS:
        return True
    # GitHub's acme/app and acme/app/.github/workflows/x.yml@refs/heads/main.
    return claim in ("repository", "job_workflow_ref") and "/" in head


# -- a role's trust policy


def trust_public(policy: Document) -> Answer:
    """Say whether a role's trust policy lets any AWS account, or anybody's users, assume it."""
    return public(policy, service="sts", actions=_ASSUMING)


def trust_foreign(policy: Document, trust: Trust) -> Answer:
    """Say whether principals of another account outside the trust may assume a role.

    An external id keeps out those who do not know it, not the account that does: with one the
    role is still shared, and the answer says so.
    """
    answer = cross_account(policy, trust, service="sts", actions=_ASSUMING)
    if not answer.answer or "sts:externalid" not in {k.lower() for k in answer.witness or ()}:
        return answer
    return replace(answer, because=(
        f"{answer.because}; the external id only keeps out other customers of that account"
    ))
