"""What no stranger has: what the owner trusts, or what the policy itself names as fixed values."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from .answer import Trust
from .keys import ACCOUNT_KEYS, ARN_KEYS, FIXED_KEYS, ORGANIZATION_KEYS, is_claim, owner_in
from .model import Policy, network
from .solve import span

# Addresses that never reach AWS from the internet, so that aws:SourceIp is none of them. [KEYS]
NOT_PUBLIC: Final = tuple(
    span(ipaddress.ip_network(text))
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3", "::/3", "4000::/2", "8000::/1",
    )
)


@dataclass(frozen=True, slots=True)
class Outside:
    """What strangers do not have: by kind of thing, and by key (``fixed``)."""

    accounts: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    userids: frozenset[str] = frozenset()
    networks: tuple[tuple[int, int], ...] = ()
    vpcs: frozenset[str] = frozenset()
    fixed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    owner: str = ""
    claims: bool = False  # whether fixed claims of an identity provider keep strangers out
    heads: Mapping[str, frozenset[str]] = field(default_factory=dict)  # beginnings of ours


OWNER_ACCOUNT: Final = "000000000000"
OWNER_ORGANIZATION: Final = "o-owner00000"


def trusted(trust: Trust) -> Outside:
    """Return what is inside the owner's trust."""
    own = frozenset({trust.account}) - {""}
    nets = tuple(span(net) for text in trust.networks if (net := network(text)) is not None)
    return Outside(
        accounts=trust.accounts | own | {OWNER_ACCOUNT},
        organizations=trust.organizations | {OWNER_ORGANIZATION},
        paths=trust.org_units,
        networks=nets,
        vpcs=trust.vpcs,
        fixed={"aws:sourcevpc": trust.vpcs, "aws:sourcevpce": trust.endpoints},
        owner=trust.account,
    )


def claims(policy: Policy) -> Mapping[str, frozenset[str]]:
    """Return the claims of identity providers that a policy fixes: they keep strangers out."""
    return {key: values for key, values in named(policy).fixed.items() if is_claim(key)}


def named(policy: Policy) -> Outside:
    """Return what a policy names as fixed, wildcard-free values: nobody's but its owner's friends'.

    The list of keys and the rule are [BPA]'s; the other keys follow by the same reasoning.
    """
    accounts = {OWNER_ACCOUNT}
    organizations = {OWNER_ORGANIZATION}
    userids: set[str] = set()
    networks: list[tuple[int, int]] = []
    fixed: dict[str, set[str]] = {}
    for statement in policy.statements:
        for principal in (*(statement.principals or ()), *(statement.not_principals or ())):
            if principal.kind == "account":
                accounts.add(principal.value)
            elif principal.kind in ("arn", "session"):
                accounts.update(principal.value.split(":")[4:5])
        for condition in statement.conditions:
            if condition.operator.family == "null":
                continue
            key = condition.key
            if condition.operator.family == "ip" and not condition.fault:
                networks.extend(_narrow(condition.values))
            elif key == "aws:sourceip":
                networks.extend(_narrow(v for v in condition.values if network(v)))
            for value in condition.values:
                if "${" in value and statement.variables:
                    continue
                open_ended = condition.operator.style == "like" and bool(re.search(r"[*?]", value))
                if key in ORGANIZATION_KEYS:
                    head = value.partition("/")[0]
                    if not (condition.operator.style == "like" and re.search(r"[*?]", head)):
                        organizations.add(head)
                elif key == "aws:userid":
                    head, colon, _ = value.partition(":")
                    if not re.search(r"[*?]", head) and (colon or not open_ended):
                        userids.add(head)
                        accounts.add(head)
                elif key in ACCOUNT_KEYS and not open_ended:
                    accounts.add(value)
                elif key in ARN_KEYS:
                    accounts.update(re.findall(r"(?<!\d)\d{12}(?!\d)", value, re.ASCII))
                if owner := owner_in(key, value):
                    fixed.setdefault(key, set()).add(owner)
                elif (key in FIXED_KEYS or is_claim(key)) and not open_ended:
                    fixed.setdefault(key, set()).add(value)
    return Outside(
        frozenset(accounts), frozenset(organizations), frozenset(), frozenset(userids),
        tuple(networks), frozenset(), {k: frozenset(v) for k, v in fixed.items()},
    )


def _narrow(values: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield the networks narrow enough to be somebody's: /8 and /32 (IPv6), also together. [BPA]

    They are counted together because two /8 are as open as one /7.
    """
    found = [net for value in values if (net := network(value)) is not None]
    for version, widest in ((4, 8), (6, 32)):
        nets = [net for net in found if net.version == version]
        spans = [span(net) for net in nets if net.prefixlen >= widest]
        public = list(spans)
        for low, high in NOT_PUBLIC:
            public = [
                p for a, b in public for p in ((a, min(b, low)), (max(a, high), b)) if p[0] < p[1]
            ]
        bits = 32 if version == 4 else 128
        if _size(public) <= 1 << (bits - widest):
            yield from spans


def _size(spans: list[tuple[int, int]]) -> int:
    total, reached = 0, 0
    for low, high in sorted(spans):
        total += max(0, high - max(low, reached))
        reached = max(reached, high)
    return total
