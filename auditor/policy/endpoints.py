"""What is asked of a VPC endpoint's policy: does it hold calls to our resources and principals.

Without a policy AWS lets every call through (Amazon VPC guide, "Control access to VPC endpoints
using endpoint policies"). All that call through an endpoint are in its VPC, so that conditions on
the VPC or the endpoint restrict nothing there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from . import explain
from .actions import examples
from .answer import NO_TRUST, Answer, Document, Trust
from .asking import ANY_ACTION, decided, now, unreadable
from .decide import Question
from .globs import ANY, LOWER, NO_COLON, Pattern, exact, run
from .model import Policy
from .outside import Outside, named, trusted
from .reading import read
from .solve import Globs, Tests
from .worlds import ANYONE, FRESH_ACCOUNTS, ROLE, ROOT, USER, World, foreign_owner

# A name that nobody gave: who may use it may do whatever there is.
_FRESH: Final = "fresh7f3a9c51"
_DEFAULT: Final = "there is no policy, and without one AWS lets every call through"


def vpce_open(policy: Document, trust: Trust = NO_TRUST, *, service: str = "") -> Answer:
    """Say whether an endpoint lets anybody do anything with anybody's resources.

    That is a caller who is not ours, an action of any name, and a resource that is not ours, all
    three at once. No policy is AWS's default: yes.
    """
    return _asked(
        policy, trust, service, foreign_caller=True, foreign_resource=True, any_action=True
    )


def vpce_own_resources(policy: Document, trust: Trust = NO_TRUST, *, service: str = "") -> Answer:
    """Say whether an endpoint reaches only resources of ours, whoever calls."""
    found = _asked(
        policy, trust, service, foreign_caller=False, foreign_resource=True, any_action=False
    )
    return _turned(found, "only resources that the policy or the trust names are reached")


def vpce_own_principals(policy: Document, trust: Trust = NO_TRUST, *, service: str = "") -> Answer:
    """Say whether an endpoint serves only principals of ours, whatever they reach for."""
    found = _asked(
        policy, trust, service, foreign_caller=True, foreign_resource=False, any_action=False
    )
    return _turned(found, "only principals that the policy or the trust names are served")


def _turned(found: Answer, yes: str) -> Answer:
    if found.answer is None:
        return found
    if found.answer:
        return replace(found, answer=False)
    return Answer(True, yes)


def _asked(
    policy: Document, trust: Trust, service: str, *, foreign_caller: bool, foreign_resource: bool,
    any_action: bool,
) -> Answer:
    if policy is None:
        return Answer(True, _DEFAULT)
    document = read(policy)
    if document.unreadable:
        return unreadable(document)
    outside = _outside(document, trust)
    callers = outside if foreign_caller else Outside(owner=trust.account)
    actions = _actions(service, any_action)
    resources = _foreign_resources(document, outside) if foreign_resource else ()
    worlds = list(_worlds(document, callers, outside if foreign_resource else None))
    found = decided(Question(
        (document,), (document,), worlds, actions, resources, prefer=examples,
    ))
    if isinstance(found, Answer):
        return found
    if found:
        return explain.allowed(found, document)
    return Answer(False, "no statement lets everybody do everything with everybody's resources")


def _outside(document: Policy, trust: Trust) -> Outside:
    """Return what is ours: by the trust, or as the policy names it; networks say nothing here."""
    inside, ours = named(document), trusted(trust)
    fixed = {
        key: values for key, values in inside.fixed.items() if not key.startswith("aws:sourcevpc")
    }
    return replace(
        inside, accounts=inside.accounts | ours.accounts,
        organizations=inside.organizations | ours.organizations, paths=ours.paths,
        networks=(), fixed=fixed, owner=trust.account,
    )


def _worlds(document: Policy, outside: Outside, others: Outside | None) -> Iterator[World]:
    """Yield who calls through an endpoint; ``others`` says which owners' resources are not ours."""
    fixed = foreign_owner(others) if others is not None else {}
    for kind in (ANYONE, USER, ROLE, ROOT):
        yield World(kind, outside, now(), network="vpc", fixed=fixed)


def _actions(service: str, any_action: bool) -> Tests:
    if not any_action:
        return ANY_ACTION
    head = exact(f"{service.lower()}:") if service else (*run(LOWER, 1), *exact(":"))
    return ((Globs(((*head, *exact(_FRESH)),)), True),)


def _foreign_resources(document: Policy, outside: Outside) -> Tests:
    """Return the test for ARNs of another account's resources, and for buckets of no known name."""
    head: Pattern = (*exact("arn:"), *run(NO_COLON, 1), *exact(":"))
    anywhere = (*head, *run(LOWER, 1), *exact(":"), *run(NO_COLON), *exact(":"))
    accounts = tuple(
        (*anywhere, *exact(f"{account}:"), *run(ANY, 1)) for account in FRESH_ACCOUNTS
        if account not in outside.accounts
    )
    bucket = (*head, *exact(f"s3:::{_FRESH}"))
    return ((Globs((*accounts, bucket, (*bucket, *exact("/"), *run(ANY, 1)))), True),)
