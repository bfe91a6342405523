"""Who may come with a request: the kinds of callers that a policy can tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from .globs import REST, exact
from .keys import NETWORK_KEYS, PUBLIC_PROVIDERS, SELF_KEYS, SOURCE_KEYS, provider
from .model import Policy, Variable, parse
from .outside import Outside
from .solve import Domain, Globs
from .worlds import (
    ANYONE,
    FEDERATED,
    FRESH_ACCOUNTS,
    ROLE,
    ROOT,
    SERVICE,
    USER,
    World,
    owned_by,
)

# Services that take only signed requests: there, everybody is every AWS account.
SIGNED_ONLY: Final = frozenset({
    "ecr", "events", "glue", "iam", "kms", "lambda", "logs", "sagemaker", "secretsmanager", "sts",
})


def _services(names: Iterable[str]) -> Globs:
    """Return the actions of services."""
    return Globs(tuple((*exact(f"{name}:"), *REST) for name in sorted(names)))


def mentioned(policy: Policy) -> frozenset[str]:
    """Return the keys that a policy compares or uses as variables."""
    keys = {c.key for s in policy.statements for c in s.conditions if not c.fault}
    return frozenset(keys) | variables(policy)


def variables(policy: Policy) -> frozenset[str]:
    """Return the keys that a policy uses as variables."""
    found = set()
    for statement in policy.statements:
        if not statement.variables:
            continue
        texts = [*(statement.resources or ())]
        for condition in statement.conditions:
            texts += condition.values
        for text in texts:
            if "${" in text:
                found |= {i.key for i in parse(text, False, True) if isinstance(i, Variable)}
    return frozenset(found)


def own(kind: str, account: str, now: float, fixed: Mapping[str, Domain]) -> World:
    """Return the world of a user or role of an account ("": whichever it is).

    What it reaches for may be its own account's or another's.
    """
    world = World(kind, Outside(), now, fixed=fixed)
    if not account:
        return world
    arns, owners = world.domain("principal"), world.domain("owner")
    own_arn = arns.prefer[0].replace(FRESH_ACCOUNTS[0], account)
    return replace(world, fixed={
        **fixed,
        "principal": replace(arns, tests=(*arns.tests, owned_by(account)), prefer=(own_arn,)),
        "owner": replace(owners, prefer=(account, *owners.prefer)),
    })


def spread(world: World, keys: frozenset[str]) -> Iterator[World]:
    """Yield a world once for each network and transport that the keys tell apart."""
    networks = [world.network]
    if keys & NETWORK_KEYS and world.kind != SERVICE:
        networks = ["internet", "vpc"]
    secures = [world.secure]
    if "s3:tlsversion" in keys and world.secure is None:
        secures = [True, False]
    for where in networks:
        for secure in secures:
            yield replace(world, network=where, secure=secure)


def callers(
    policy: Policy, outside: Outside, now: float, *, anonymous: bool, everybody: bool = False
) -> Iterator[World]:
    """Yield the kinds of strangers that a policy can tell apart.

    ``everybody`` adds services whatever the policy says; else they come in as far as it speaks
    of the resource that they act for.
    """
    keys = mentioned(policy)
    unsigned = ((_services(SIGNED_ONLY), False),)
    worlds = [World(ANYONE, outside, now, actions=unsigned)] if anonymous else []
    worlds.append(World(USER, outside, now))
    names = {
        principal.kind
        for statement in policy.statements
        for principal in (*(statement.principals or ()), *(statement.not_principals or ()))
    }
    if keys & SELF_KEYS or any("principaltag" in key for key in keys) or "arn" in names:
        worlds += [World(ROLE, outside, now), World(ROOT, outside, now)]
    if keys & SOURCE_KEYS or everybody:
        worlds.append(World(SERVICE, outside, now, network="aws"))
        if "aws:sourcearn" in keys:
            worlds.append(World(SERVICE, outside, now, network="aws", bare=True))
    for name in _federated(policy):
        for claims in (False, True):
            there = replace(outside, claims=claims)
            at_sts = ((_services({"sts"}), claims),)
            worlds.append(World(FEDERATED, there, now, name, actions=at_sts))
    for world in worlds:
        yield from spread(world, keys)


def _federated(policy: Policy) -> list[str]:
    return sorted({
        p.value for s in policy.statements if s.allow for p in s.principals or ()
        if p.kind == "federated" and provider(p.value) in PUBLIC_PROVIDERS
    })

