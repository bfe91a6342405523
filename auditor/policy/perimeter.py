"""Which data perimeter a bucket's policy enforces: ours only by network, organization or account.

A perimeter is enforced where every request from beyond it is denied, whatever other policies
allow. AWS services are not held to it: they call on their own network, and whom they act for is
``confused_deputy``'s question. AWS whitepaper "Building a Data Perimeter on AWS".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .actions import OF_BUCKETS, OF_OBJECTS
from .answer import NO_TRUST, Answer, Document, Trust
from .asking import narrowed
from .denials import Hole, all_denied
from .outside import Outside, named, trusted
from .reading import read
from .solve import Domain
from .worlds import PRINCIPALS, SERVICE, World

_NEVER = Domain(present=False)


def network_perimeter(policy: Document, trust: Trust = NO_TRUST, bucket: str = "") -> Answer:
    """Say whether every request from other networks than ours is denied, whoever calls.

    Ours are the VPCs, endpoints and narrow address ranges that the trust names; where it names
    none, those that the policy names.
    """
    ours = trusted(trust)
    if not (trust.vpcs or trust.endpoints or trust.networks):
        ours = named(read(policy))
    inside = Outside(
        networks=ours.networks, vpcs=ours.vpcs,
        fixed={k: v for k, v in ours.fixed.items() if k.startswith(("aws:sourcevpc", "aws:vpce"))},
    )
    return _enforced(policy, bucket, "from another network", inside, _by_itself)


def organization_perimeter(policy: Document, trust: Trust = NO_TRUST, bucket: str = "") -> Answer:
    """Say whether every request by principals outside our organizations is denied.

    Ours are those of the trust, with their units; where it names none, those of the policy.
    """
    ours = trusted(trust)
    if not (trust.organizations or trust.org_units):
        ours = named(read(policy))
    inside = Outside(organizations=ours.organizations, paths=ours.paths)
    return _enforced(policy, bucket, "by a principal of another organization", inside, _outsider)


def account_perimeter(policy: Document, trust: Trust = NO_TRUST, bucket: str = "") -> Answer:
    """Say whether every request by principals of accounts that are not ours is denied.

    Ours are those of the trust; where it names none, those of the policy.
    """
    ours = trusted(trust)
    if not (trust.account or trust.accounts):
        ours = named(read(policy))
    inside = Outside(accounts=ours.accounts)
    return _enforced(policy, bucket, "by a principal of another account", inside, _outsider)


def _by_itself(world: World) -> World | None:
    """Leave out services, and calls that a service passes on from its own network."""
    if world.kind == SERVICE:
        return None
    return replace(world, fixed={**world.fixed,
        "aws:viaawsservice": Domain(False, values=("false",)),
        "aws:calledvia": _NEVER, "aws:calledviafirst": _NEVER, "aws:calledvialast": _NEVER
    })


def _outsider(world: World) -> World | None:
    return world if world.kind in PRINCIPALS or world.kind == "anonymous" else None


def _enforced(
    policy: Document, bucket: str, how: str, inside: Outside,
    caller: Callable[[World], World | None],
) -> Answer:
    holes = [
        Hole(how, narrowed(["s3:?*"]), shape, examples, caller=caller)
        for shape, examples in (("{}", OF_BUCKETS), ("{}/object", OF_OBJECTS))
    ]
    return all_denied(policy, bucket, holes, f"S3 request {how}", inside)
