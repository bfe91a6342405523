"""Whom a resource is shared with: each account, organization, service and network by its name.

A name counts where a caller who has it, and nothing else that the policy names, gets something
that strangers do not get. What the trust covers is left out; AWS services are always told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from . import explain
from .actions import examples
from .answer import NO_TRUST, Answer, Document, Trust
from .asking import ANYTHING, decided, now, of_services, unreadable
from .decide import Found, Question
from .globs import Budget, like
from .keys import PUBLIC_PROVIDERS, provider
from .model import Condition, Policy, Statement, network, plain
from .outside import Outside, named, trusted
from .questions import named_callers
from .reading import read
from .solve import Domain, Globs, address, span
from .strangers import SIGNED_ONLY, callers, mentioned, spread
from .worlds import FEDERATED, ROLE, ROOT, SERVICE, USER, World, owned_by

EVERYONE, ACCOUNT, ORGANIZATION, UNIT, SERVICE_NAME, NETWORK, PROVIDER, CANONICAL_USER = (
    "everyone", "account", "organization", "organizational unit", "service", "network",
    "identity provider", "canonical user",
)


@dataclass(frozen=True, slots=True)
class Share:
    """One whom a resource is shared with: what it is, its name, by which statement, in words."""

    kind: str
    name: str
    statement: str
    because: str
    witness: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Shared(Answer):
    """The answer to "is it shared with anyone outside the trust", and with whom."""

    shares: tuple[Share, ...] = ()

    def names(self, *kinds: str) -> tuple[str, ...]:
        """Return the names of those of some kinds, in the order of the policy."""
        return tuple(one.name for one in self.shares if one.kind in kinds)


def shared(policy: Document, trust: Trust = NO_TRUST, *, service: str = "s3") -> Shared:
    """Say whether a resource is shared outside the trust, and tell each with whom it is.

    Services are told too, but are not a yes by themselves: ask ``confused_deputy`` of those.
    """
    if policy is None:
        return Shared(False, "there is no policy that could share it")
    document = read(policy)
    if document.unreadable:
        return Shared(None, unreadable(document).because)
    asking = _Asking(document, trust, service)
    found = [asking.everyone()]
    names = _names(document, trust)
    closed = asking.closed() if names else []
    for name in names:
        found.append(asking.one(name, closed))
        if sum(isinstance(one, Answer) for one in found) > _DOUBTS:
            break
    doubts = [one for one in found if isinstance(one, Answer)]
    shares = tuple(one for one in found if isinstance(one, Share))
    outside = [one for one in shares if one.kind != SERVICE_NAME]
    if outside:
        told = ", ".join(f"{one.kind} {one.name}".strip() for one in outside)
        first = outside[0]
        more = "; not all of its names could be decided" if doubts else ""
        because = f"it is shared with {told}{more}"
        return Shared(True, because, first.statement, first.witness, shares)
    if doubts:
        return Shared(None, doubts[0].because, shares=shares)
    services = ", ".join(one.name for one in shares)
    with_services = f", only with services: {services}" if services else ""
    because = f"it is shared with nobody outside the trust{with_services}"
    return Shared(False, because, shares=shares)


_NOBODY: Final = Outside()
# After so many names that could not be decided the rest are not asked: each takes its time.
_DOUBTS: Final = 2
# What of the budget strangers may spend; the rest is for the names.
_STRANGERS: Final = 600_000  # steps


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that a policy lets in: what it is, the key that holds it ("": a Principal)."""

    kind: str
    name: str
    key: str = ""


@dataclass(frozen=True)
class _Asking:
    """A policy and whom its owner trusts, and what is asked of the two for one name."""

    document: Policy
    trust: Trust
    service: str
    at: float = field(default_factory=now)
    budget: Budget = field(default_factory=Budget)  # of strangers and all names

    @cached_property
    def outside(self) -> Outside:
        """What strangers do not have: what the policy names and what the trust covers."""
        inside, ours = named(self.document), trusted(self.trust)
        fixed = {key: frozenset(values) for key, values in inside.fixed.items()}
        for key, values in ours.fixed.items():
            fixed[key] = fixed.get(key, frozenset()) | values
        return replace(
            inside, accounts=inside.accounts | ours.accounts,
            organizations=inside.organizations | ours.organizations, paths=ours.paths,
            networks=(*inside.networks, *ours.networks), vpcs=ours.vpcs, fixed=fixed,
            owner=self.trust.account,
        )

    def found(
        self, worlds: Iterable[World], statements: Sequence[Statement], budget: Budget
    ) -> Found | Answer | None:
        """Return what such callers get by some Allows, against every Deny."""
        keys = mentioned(self.document)
        meant = frozenset(map(id, statements))
        return decided(Question(
            (self.document,), (self.document,),
            [there for world in worlds for there in spread(world, keys)],
            of_services(self.document, self.service), ANYTHING,
            counts=lambda one: id(one) in meant, prefer=examples, budget=budget,
        ))

    def strangers(self) -> list[World]:
        """Return the worlds of those who have nothing that the policy names."""
        signed = self.service in SIGNED_ONLY
        return list(callers(self.document, self.outside, self.at, anonymous=not signed))

    def closed(self) -> list[Statement]:
        """Return the Allows that give strangers nothing."""
        allows = [one for one in self.document.statements if one.allow]
        worlds = self.strangers()
        return [
            one for one in allows
            if not isinstance(self.found(worlds, [one], self.budget), Found)
        ]

    def everyone(self) -> Share | Answer | None:
        """Return the sharing with strangers."""
        allows = [one for one in self.document.statements if one.allow]
        found = self.found(self.strangers(), allows, self.budget.part(_STRANGERS))
        return self.share(_Name(EVERYONE, ""), found)

    def one(self, name: _Name, closed: Sequence[Statement]) -> Share | Answer | None:
        """Return the sharing with one name, by the Allows that are closed to strangers."""
        return self.share(name, self.found(self.worlds(name), closed, self.budget))

    def share(self, name: _Name, found: Found | Answer | None) -> Share | Answer | None:
        """Return the sharing that a request shows."""
        if not isinstance(found, Found):
            return found
        answer = explain.allowed(found, self.document)
        return Share(name.kind, name.name, answer.statement, answer.because, answer.witness)

    def worlds(self, name: _Name) -> Iterator[World]:
        """Yield the callers with a name, strangers in everything else."""
        outside, kinds = self.outside, (USER, ROLE, ROOT)
        match name.kind:
            case "account" if name.name.isdigit():
                there = replace(outside, accounts=outside.accounts - {name.name})
                for kind in kinds:
                    # Its own account says that it is none of the others.
                    arns = World(kind, _NOBODY, self.at).domain("principal")
                    own = replace(arns, tests=(*arns.tests, owned_by(name.name)))
                    yield World(kind, there, self.at, fixed={"principal": own})
                yield from self.named(outside, name.name)
            case "account" | "canonical user":
                yield from self.named(outside, name.name)
            case "organization" | "organizational unit":
                pattern = like(plain(name.name if "/" in name.name else f"{name.name}/*"))
                paths = Domain(False, True, ((Globs((pattern,)), True),))
                for kind in kinds:
                    yield World(kind, outside, self.at, fixed={"organization": paths})
            case "network":
                net = network(name.name)
                value = address(span(net)[0]) if net else name.name
                where = "internet" if net else "vpc"
                fixed = {name.key: Domain(False, values=(value,))}
                for kind in ("anonymous", *kinds):
                    yield World(kind, outside, self.at, network=where, fixed=fixed)
            case "service":
                itself = {
                    "aws:principalservicename": Domain(False, values=(name.name,)),
                    "aws:principalisawsservice": Domain(False, values=("true",)),
                }
                for bare in (False, True):
                    yield World(SERVICE, Outside(), self.at, name.name, network="aws", bare=bare,
                                fixed=itself)
            case "identity provider":
                yield World(FEDERATED, Outside(), self.at, name.name)

    def named(self, outside: Outside, name: str) -> Iterator[World]:
        """Yield the sessions, canonical users and odd ARNs of a name."""
        there = replace(outside, accounts=outside.accounts - {name, *name.split(":")[4:5]})
        for world in named_callers(self.document, there, self.at):
            if name == world.name or f":{name}:" in world.name:
                yield world


_OF_ACCOUNTS: Final = frozenset({
    "aws:principalaccount", "kms:calleraccount", "aws:principalarn", "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
})
_OF_NETWORKS: Final = frozenset({"aws:sourcevpc", "aws:sourcevpce", "aws:sourceip"})


def _names(document: Policy, trust: Trust) -> list[_Name]:
    """Return the names that a policy lets in or spares from a Deny, but for what the trust covers.
    """
    found: dict[tuple[str, str], _Name] = {}
    for statement in document.statements:
        principals = statement.principals if statement.allow else statement.not_principals
        names = [_principal(one.kind, one.value) for one in principals or ()]
        for one in statement.conditions:
            if statement.allow != one.operator.negated and not one.fault:
                names += _in_condition(one)
        for name in names:
            if name and not _covered(name, trust):
                found.setdefault((name.kind, name.name), name)
    return list(found.values())


def _principal(kind: str, value: str) -> _Name | None:
    match kind:
        case "account" | "arn" | "session":
            parts = value.split(":", 5)
            account = parts[4] if len(parts) == 6 else value
            return _Name(ACCOUNT, account if re.fullmatch(r"\d{12}", account) else value)
        case "service":
            return _Name(SERVICE_NAME, value)
        case "federated":
            return _Name(PROVIDER, value)
        case "canonical":
            return _Name(CANONICAL_USER, value)
    return None


def _in_condition(condition: Condition) -> Iterator[_Name]:
    for value in condition.values:
        if "${" in value:
            continue
        if condition.key in _OF_ACCOUNTS:
            for account in re.findall(r"(?<!\d)\d{12}(?!\d)", value, re.ASCII):
                yield _Name(ACCOUNT, account, condition.key)
        elif condition.key == "aws:principalorgid":
            yield _Name(ORGANIZATION, value, condition.key)
        elif condition.key == "aws:principalorgpaths":
            yield _Name(UNIT, value, condition.key)
        elif condition.key == "aws:principalservicename":
            yield _Name(SERVICE_NAME, value, condition.key)
        elif condition.key in _OF_NETWORKS and not re.search(r"[*?]", value):
            yield _Name(NETWORK, value, condition.key)


def _covered(name: _Name, trust: Trust) -> bool:
    ours = trusted(trust)
    match name.kind:
        case "account":
            return name.name in ours.accounts
        case "organization":
            return name.name in ours.organizations
        case "organizational unit":
            units = [unit.rstrip("*") for unit in trust.org_units]
            return name.name.partition("/")[0] in ours.organizations or any(
                name.name.startswith(unit) for unit in units if unit
            )
        case "network":
            net = network(name.name)
            if net is None:
                return name.name in trust.vpcs | trust.endpoints
            low, high = span(net)
            return any(start <= low and high <= end for start, end in ours.networks)
        case "identity provider":
            parts = name.name.split(":", 5)
            account = parts[4] if len(parts) == 6 else ""
            return account in ours.accounts and provider(name.name) not in PUBLIC_PROVIDERS
    return False


# -- grants on a key


def grants_shared(grants: Sequence[Mapping[str, Any]] | None, trust: Trust = NO_TRUST) -> Shared:
    """Say whether grants on a KMS key, as ListGrants answers them, are for another account.

    A grant names one principal, or a service (KMS guide, "Grants in AWS KMS"); a service acts for
    whom the grant's issuer is, so the issuing account counts there.
    """
    if grants is None:
        return Shared(None, "the key's grants are not known")
    ours = trusted(trust)
    found: list[Share] = []
    for place, grant in enumerate(grants, 1):
        label = grant.get("Name") or grant.get("GrantId") or f"grant {place}"
        principal = grant.get("GranteePrincipal") or grant.get("GranteeServicePrincipal") or ""
        if not principal:
            return Shared(None, f"the grant {label} names nobody", shares=tuple(found))
        parts = principal.split(":", 5)
        account = parts[4] if len(parts) == 6 else ""
        what = ", ".join(grant.get("Operations") or ()) or "something"
        if len(parts) == 6 and account not in ours.accounts:
            found.append(Share(
                ACCOUNT, account or principal, label, f"{principal} may {what} by grant {label}"
            ))
        elif len(parts) != 6:
            issuer = _issuer(grant)
            if issuer and issuer not in ours.accounts:
                found.append(Share(
                    ACCOUNT, issuer, label,
                    f"{principal} may {what} by grant {label}, which account {issuer} issued",
                ))
            else:
                found.append(Share(
                    SERVICE_NAME, principal, label, f"{principal} may {what} by grant {label}"
                ))
    outside = [one for one in found if one.kind != SERVICE_NAME]
    if outside:
        return Shared(True, outside[0].because, outside[0].statement, None, tuple(found))
    return Shared(False, "no grant is for anyone outside the trust", "", None, tuple(found))


def _issuer(grant: Mapping[str, Any]) -> str:
    """Return the number of the account that issued a grant: it is told as an ARN or a number."""
    numbers = re.findall(r"\d{12}", str(grant.get("IssuingAccount") or ""), re.ASCII)
    return numbers[0] if numbers else ""
