"""Which values each condition key of a request can have, by who calls.

A world is one kind of caller on one kind of network: anonymous, a user, a role or the root of an
account, a service acting for somebody's resource, a user of an identity provider. For each key it
says whether the caller has it and with which values; what is ``outside`` nobody in it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from .claims import claim_domain
from .globs import (
    DIGIT,
    LOWER,
    NO_COLON,
    PRINTABLE,
    REST,
    WORD,
    Pattern,
    exact,
    run,
    times,
    within,
)
from .keys import (
    MAYBE,
    NEVER,
    is_claim,
    provider,
    row,
)
from .outside import NOT_PUBLIC, OWNER_ACCOUNT, OWNER_ORGANIZATION, Outside
from .solve import Addresses, Domain, Everything, Globs, Literal, Order, Part, Test, Tests

# -- parts of variables


@dataclass(frozen=True, slots=True)
class View:
    """How a key looks at a variable: all of it, or a part of it."""

    variable: str
    part: str = ""

    def of(self, value: str) -> str:
        """Return what the key holds where the variable has a value."""
        if self.part == "account":
            parts = value.split(":", 5)
            return parts[4] if len(parts) > 4 else ""
        return value.partition("/")[0] if self.part == "organization" else value

    def literal(self, absent: bool, test: Test, wanted: bool) -> Literal:
        """Return what a statement about the key says of the variable."""
        if self.part and isinstance(test, Globs):
            test = Globs(tuple(_lift(pattern, self.part) for pattern in test.patterns))
        elif self.part and not isinstance(test, Everything):
            test = Part(test, self.of)
        return Literal(self.variable, absent, test, wanted)


_ARN_HEAD: Final[Pattern] = (
    *run(NO_COLON), *exact(":"), *run(NO_COLON), *exact(":"), *run(NO_COLON), *exact(":"),
    *run(NO_COLON), *exact(":"),
)


def _lift(pattern: Pattern, part: str) -> Pattern:
    """Return the pattern of a whole from that of its part."""
    if part == "account":
        return (*_ARN_HEAD, *within(pattern, ":"), *exact(":"), *REST)
    return (*within(pattern, "/"), *exact("/"), *REST)


def owned_by(account: str) -> tuple[Test, bool]:
    """Return the test for ARNs of an account."""
    return _is(_lift(exact(account), "account"))


# -- the worlds

ANYONE, USER, ROLE, ROOT, SERVICE, FEDERATED, CANONICAL, ARN = (
    "anonymous", "user", "role", "root", "service", "federated", "canonical", "arn"
)
# Those with an ARN of their own; a canonical id says whose account, but not which ARN.
PRINCIPALS: Final = frozenset({USER, ROLE, ROOT, CANONICAL, ARN})


@dataclass(frozen=True, slots=True)
class World:
    """One kind of caller: what it is, on which network, and what it cannot have."""

    kind: str
    outside: Outside
    now: float  # epoch seconds
    name: str = ""  # of the service, provider, canonical id or ARN
    network: str = "internet"  # internet | vpc | aws
    secure: bool | None = None  # over TLS; None: either
    bare: bool = False  # a service whose resource's ARN has no account (a bucket)
    actions: Tests = ()  # what it can call at all
    fixed: Mapping[str, Domain] = field(default_factory=dict)

    def view(self, key: str) -> View:
        """Return the variable behind a key for this caller."""
        special = _VIEWS.get(key)
        principal = self.kind in PRINCIPALS
        match key:
            case "aws:principalaccount" | "kms:calleraccount" if not principal:
                return View(key)
            case "aws:userid" if self.kind == ROOT:
                return View("principal", "account")
            case "aws:sourceowner" if principal:
                return View("principal", "account")
            case "aws:sourceaccount" | "aws:sourceowner" if self.bare:
                return View("source account")
        return special or View(key)

    def domain(self, variable: str) -> Domain:
        """Return what a variable can be for this caller."""
        if variable in self.fixed:
            return self.fixed[variable]
        return _domain(self, variable)


_VIEWS: Final[Mapping[str, View]] = {
    "aws:principalarn": View("principal"),
    "aws:principalaccount": View("principal", "account"),
    "kms:calleraccount": View("principal", "account"),
    "aws:principalorgpaths": View("organization"),
    "aws:principalorgid": View("organization", "organization"),
    "aws:sourcearn": View("source"),
    "aws:sourceaccount": View("source", "account"),
    "aws:sourceowner": View("source", "account"),
    "aws:sourceorgpaths": View("source organization"),
    "aws:sourceorgid": View("source organization", "organization"),
    "aws:vpceorgpaths": View("endpoint organization"),
    "aws:vpceorgid": View("endpoint organization", "organization"),
    "s3:dataaccesspointarn": View("access point"),
    "s3:dataaccesspointaccount": View("access point", "account"),
    "aws:currenttime": View("time"),
    "aws:epochtime": View("time"),
    "aws:resourceaccount": View("owner"),
    "s3:resourceaccount": View("owner"),
    "aws:resourceorgpaths": View("owner organization"),
    "aws:resourceorgid": View("owner organization", "organization"),
}

_FLAG: Final = ("true", "false")
FRESH_ACCOUNTS: Final = ("999999999999", "888888888888", "777777777777", "987654321098")
_FRESH_PATHS: Final = ("o-stranger00/r-str0/ou-str0-00000000/", "o-stranger11/r-str1/ou-1/")
_LATER: Final = "4102444800"  # 2100-01-01: a fixed moment, so that equal runs give equal answers
_ABSENT: Final = Domain(present=False)
_PARTITION: Final[Pattern] = (*exact("arn:aws"), *run(LOWER))
_ACCOUNT: Final[Pattern] = times(DIGIT, 12)


def _not(*patterns: Pattern) -> tuple[Test, bool]:
    return Globs(patterns), False


def _is(*patterns: Pattern) -> tuple[Test, bool]:
    return Globs(patterns), True


def _foreign_accounts(outside: Outside) -> tuple[Test, bool]:
    return _not(*(exact(account) for account in sorted(outside.accounts)))


def _foreign_arns(outside: Outside) -> tuple[Test, bool]:
    """ARNs in which no account of ``outside`` stands between colons."""
    accounts = [one for one in sorted(outside.accounts) if len(one) == 12 and one.isdigit()]
    return _not(*((*REST, *exact(f":{account}:"), *REST) for account in accounts))


def _foreign_paths(outside: Outside) -> tuple[Test, bool]:
    heads = [f"{one}/" for one in sorted(outside.organizations)]
    heads += [head for one in sorted(outside.paths) if (head := one.rstrip("*"))]
    return _not(*((*exact(head, True), *REST) for head in heads))


def foreign_owner(outside: Outside) -> Mapping[str, Domain]:
    """Return who owns a resource that is not ours: an account and an organization outside."""
    return {
        "owner": Domain(
            False, True, (_is(_ACCOUNT), _foreign_accounts(outside)), prefer=FRESH_ACCOUNTS
        ),
        "owner organization": _paths(outside),
    }


def _domain(world: World, variable: str) -> Domain:
    outside = world.outside
    principal = world.kind in PRINCIPALS
    match variable:
        case "principal":
            return _principal(world)
        case "organization":
            return _paths(outside) if principal else _ABSENT
        case "source organization":
            return _paths(outside) if world.kind == SERVICE else _ABSENT
        case "endpoint organization":
            return _paths(outside) if world.network == "vpc" else _ABSENT
        case "source" | "source account" if world.kind != SERVICE:
            return _ABSENT
        case "source":
            account = () if world.bare else _ACCOUNT
            name = "arn:aws:s3:::{}" if world.bare else "arn:aws:sns:us-east-1:{}:stranger"
            pattern = (
                *_PARTITION, *exact(":"), *run(LOWER, 1), *exact(":"), *run(LOWER), *exact(":"),
                *account, *exact(":"), *run(PRINTABLE, 1),
            )
            known = outside.fixed.get("aws:sourcearn", frozenset())
            return Domain(
                False, True,
                (_is(pattern), _foreign_arns(outside), _not(*map(exact, sorted(known)))),
                prefer=tuple(name.format(a) for a in FRESH_ACCOUNTS),
            )
        case "source account":
            return Domain(False, True, (_is(_ACCOUNT), _foreign_accounts(outside)),
                          prefer=FRESH_ACCOUNTS)
        case "access point":
            pattern = (
                *_PARTITION, *exact(":s3:"), *run(LOWER), *exact(":"), *_ACCOUNT,
                *exact(":accesspoint/"), *run(WORD, 1),
            )
            return Domain(True, True, (_is(pattern), _foreign_arns(outside)))
        case "time":
            return Domain(False, True, ((Order(">=", (world.now,), True), True),),
                          prefer=(_LATER,))
        case "owner":
            if outside.owner:
                return Domain(False, True, values=(outside.owner,))
            return Domain(False, True, (_is(_ACCOUNT),), prefer=(OWNER_ACCOUNT,))
        case "owner organization":
            return replace(_paths(Outside()), prefer=(f"{OWNER_ORGANIZATION}/r-own0/",))
    return _key(world, variable)


def _principal(world: World) -> Domain:
    rest: tuple[Pattern, ...]
    path = (*run(WORD_OR_SLASH), *times(WORD, 1))
    match world.kind:
        case "user" | "canonical":
            rest, prefer = ((*exact("user/"), *path),), "user/stranger"
        case "role":
            rest, prefer = ((*exact("role/"), *path),), "role/stranger"
        case "root":
            rest, prefer = (exact("root"),), "root"
        case "arn":
            return Domain(False, True, values=(world.name,))
        case _:
            return _ABSENT
    head = (*_PARTITION, *exact(":iam::"), *_ACCOUNT, *exact(":"))
    return Domain(
        False, True,
        (_is(*((*head, *one) for one in rest)), _foreign_arns(world.outside)),
        prefer=tuple(f"arn:aws:iam::{account}:{prefer}" for account in FRESH_ACCOUNTS),
    )


# AWS lets a path hold a colon. Not here: ``*:111122223333:*`` fixes an account, as AWS's guides
# read it, though a path of that name would fit it too.
WORD_OR_SLASH: Final = WORD._replace(chars=WORD.chars | {"/"})


def _paths(outside: Outside) -> Domain:
    pattern = (*run(WORD, 1), *exact("/"), *run(WORD_OR_SLASH))
    return Domain(True, True, (_is(pattern), _foreign_paths(outside)), prefer=_FRESH_PATHS)


def _key(world: World, key: str) -> Domain:
    """Return the domain of a key that is a variable of its own."""
    known = row(key)
    outside = world.outside
    if is_claim(key) or key.startswith("saml:"):
        if world.kind != FEDERATED or key.rpartition(":")[0] != provider(world.name):
            return _ABSENT
        return claim_domain(outside, key)
    match world.kind:
        case "anonymous" | "federated":
            there = known.anonymous
        case "service":
            there = known.service
        case _:
            there = known.principal
    fixed = _not(*(exact(one, True) for one in sorted(outside.fixed.get(key, frozenset()))))
    match known.holds:
        case "account" if world.kind == ANYONE and key == "aws:principalaccount":
            return Domain(False, True, values=("anonymous",))
        case "type":
            types = {ANYONE: "Anonymous", USER: "User", ROLE: "AssumedRole", ROOT: "Account"}
            if world.kind in types:
                return Domain(False, True, values=(types[world.kind],))
        case "isservice" if there != NEVER:
            value = "true" if world.kind == SERVICE else "false"
            known_true = "true" in map(str.lower, outside.fixed.get(key, ()))
            return Domain(False, not (known_true and value == "true"), values=(value,))
        case "mounted":
            inside = "true" in map(str.lower, outside.fixed.get(key, ()))
            return Domain(values=("false",) if inside else _FLAG)
        case "servicename" if there != NEVER:
            pattern = (*run(LOWER, 1), *exact("."), *run(WORD, 1))
            return Domain(False, True, (_is(pattern), fixed),
                          prefer=("sns.amazonaws.com", "events.amazonaws.com"))
        case "userid":
            return _userid(world)
        case "text" if key == "aws:username":
            named = Domain(False, True, (_is(run(WORD, 1)),), prefer=("stranger",))
            return named if world.kind in (USER, CANONICAL, ARN) else _ABSENT
        case "flag" if there != NEVER:
            return Domain(there == MAYBE, values=_FLAG)
        case "issued" if there != NEVER and world.kind != ROOT:
            since = Order(">=", (world.now - 36 * 3600,), True)
            return Domain(world.kind != ROLE, True, ((since, True),),
                          prefer=(_LATER,))
        case "issued":
            return _ABSENT
        case "ip":
            if world.network != "internet":
                return _ABSENT
            return Domain(False, True, (
                (Addresses(NOT_PUBLIC), False), (Addresses(outside.networks), False),
            ), prefer=("198.51.100.7", "203.0.113.7", "192.0.2.7"))
        case "vpcip":
            if world.network != "vpc":
                return _ABSENT
            return Domain(False, True, ((Addresses(((0, 1 << 129),)), True),), prefer=("10.0.0.7",))
        case "vpc":
            return _vpc(world, key, fixed) if world.network == "vpc" else _ABSENT
        case "transport":
            values = _FLAG if world.secure is None else ("true" if world.secure else "false",)
            return Domain(False, True, values=values)
        case "tls":
            if world.secure is False:
                return _ABSENT
            return Domain(False, True, values=("1.2", "1.3", "1.1", "1.0"))
        case "fixed":
            return Domain(True, True, (fixed, _foreign_arns(outside)))
    if there == NEVER:
        return _ABSENT
    return Domain(there == MAYBE)


def _userid(world: World) -> Domain:
    ids = sorted(world.outside.userids)
    foreign = _not(*(exact(i) for i in ids), *((*exact(f"{i}:"), *REST) for i in ids))
    upper = WORD._replace(chars=frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
    match world.kind:
        case "anonymous":
            return Domain(False, True, values=("anonymous",))
        case "user":
            return Domain(False, True, (_is((*exact("AIDA"), *run(upper, 1))), foreign),
                          prefer=("AIDASTRANGER000000000",))
        case "role" | "arn":
            pattern = (*exact("AROA"), *run(upper, 1), *exact(":"), *run(WORD, 1))
            return Domain(False, True, (_is(pattern), foreign),
                          prefer=("AROASTRANGER000000000:session",))
        case "canonical":
            return Domain()
        case _:
            return _ABSENT


def _vpc(world: World, key: str, fixed: tuple[Test, bool]) -> Domain:
    outside = world.outside
    match key:
        case "aws:sourcevpcarn":
            pattern = (
                *_PARTITION, *exact(":ec2:"), *run(LOWER), *exact(":"), *_ACCOUNT, *exact(":vpc/"),
                *run(WORD, 1),
            )
            own = _not(*((*REST, *exact(f":vpc/{vpc}")) for vpc in sorted(outside.vpcs)))
            return Domain(False, True, (_is(pattern), _foreign_arns(outside), own))
        case "aws:vpceaccount":
            return Domain(False, True, (_is(_ACCOUNT), _foreign_accounts(outside)),
                          prefer=FRESH_ACCOUNTS)
        case "aws:sourcevpc" | "aws:sourcevpce":
            name = "vpc-0stranger" if key == "aws:sourcevpc" else "vpce-0stranger"
            return Domain(False, True, (_is(run(WORD, 1)), fixed), prefer=(name,))
    return _ABSENT
