"""Random policies against the engine: can its answers be contradicted?

A yes must come with a request that the other evaluator, ``concrete``, allows, and that only a
stranger (or the identity itself) could make. After a no every request of a small world is tried:
each action, resource and caller in it, with each value of each key that the policy compares.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import product
from random import Random
from typing import Any, Final

from auditor.policy import (
    Answer,
    Identity,
    Trust,
    cross_account,
    full_access,
    privesc,
    public,
    public_write,
    service_wildcard,
    tls_only,
)
from auditor.policy.concrete import Caller, Request, allows, denies, matches
from auditor.policy.escalation import paths
from auditor.policy.model import OPERATORS, Policy, Statement
from auditor.policy.reading import read
from auditor.policy.strangers import mentioned

OWN, FRIEND = "111122223333", "444455556666"
OTHER, NEAR = "999999999999", "111199999999"

_TEXT: Final = (
    "StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
)
_ARN: Final = (*_TEXT, "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals")
_NUMBER: Final = tuple(
    f"Numeric{end}" for end in ("Equals", "NotEquals", "LessThan", "LessThanEquals",
                                "GreaterThan", "GreaterThanEquals")
)
_DATE: Final = tuple(name.replace("Numeric", "Date") for name in _NUMBER)

# A key: what compares it, and with which values.
KEYS: Final[Mapping[str, tuple[Sequence[str], Sequence[str]]]] = {
    "aws:SourceVpce": (_TEXT, ("vpce-1", "vpce-*", "vpce-?2", "*")),
    "aws:SourceVpc": (_TEXT, ("vpc-1", "vpc-2", "vpc-?*")),
    "aws:SourceIp": (
        ("IpAddress", "NotIpAddress"),
        ("203.0.113.0/24", "9.0.0.0/8", "0.0.0.0/1", "128.0.0.0/1", "0.0.0.0/0", "2600::/8"),
    ),
    "aws:PrincipalOrgID": (_TEXT, ("o-1", "o-2", "o-*", "*")),
    "aws:PrincipalAccount": (_TEXT, (OWN, "1111*", "*")),
    "aws:PrincipalArn": (
        _ARN,
        (f"arn:aws:iam::{OWN}:role/*", "arn:aws:iam::*:role/admin", f"*{OWN}*", "*",
         "arn:aws:iam::1111*:*", "arn:aws:iam::*"),
    ),
    "aws:userid": (_TEXT, ("AIDAOURS00000000:*", "*:session", "AROA*")),
    "aws:username": (_TEXT, ("alice", "a*")),
    "aws:PrincipalTag/team": ((*_TEXT, "BinaryEquals"), ("ml", "m*", "${aws:username}", "*")),
    "aws:Referer": (_TEXT, ("https://example.com/*", "x", "*")),
    "aws:SecureTransport": (("Bool",), ("true", "false")),
    "aws:CurrentTime": (_DATE, ("2020-01-01T00:00:00Z", "2090-01-01T00:00:00Z")),
    "s3:max-keys": ((*_NUMBER, "StringEquals"), ("1", "10", "10.5")),
    "s3:prefix": (("StringLike", "StringNotLike"), ("home/${aws:username}/*", "home/*")),
    "iam:PassedToService": (
        _TEXT, ("ec2.amazonaws.com", "sagemaker.amazonaws.com", "*.amazonaws.com")
    ),
    "aws:RequestedRegion": (_TEXT, ("eu-west-1", "us-*")),
}
assert {o.lower() for ops, _ in KEYS.values() for o in ops} | {"null"} == set(OPERATORS)

_PRINCIPALS: Final = (
    "*", "*", "*", {"AWS": "*"}, {"AWS": f"arn:aws:iam::{OWN}:root"}, {"AWS": FRIEND},
    {"AWS": f"arn:aws:iam::{FRIEND}:role/x"}, {"Service": "sns.amazonaws.com"},
    {"AWS": "AIDAEXAMPLE0000000000"}, {"AWS": [OWN, f"arn:aws:iam::{FRIEND}:user/alice"]},
)
_ACTIONS: Final = ("s3:*", "*", "s3:GetObject", "s3:Put*", "s3:?etObject", "S3:LISTBUCKET", "iam:*")
_RESOURCES: Final = (
    "*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b*", "arn:aws:s3:::b/secret/*",
    "arn:aws:s3:::*/${aws:username}", "arn:aws:s3:*",
)
_OWN_ACTIONS: Final = (
    "*", "iam:*", "iam:PassRole", "iam:Pass*", "sagemaker:*", "sagemaker:Create*", "ec2:*",
    "sagemaker:CreateTrainingJob", "ec2:RunInstances", "lambda:Update*", "iam:CreatePolicyVersion",
    "iam:CreateAccessKey", "sts:*", "sts:AssumeRole", "s3:*", "s3:Get*", "*:*",
)
_OWN_RESOURCES: Final = (
    "*", "*", f"arn:aws:iam::{OWN}:role/*", "arn:aws:iam::*:role/x", "arn:aws:iam::aws:policy/*",
    f"arn:aws:iam::{OWN}:policy/p", "arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::*:user/*",
    "arn:aws:iam::*:role/aws-service-role/*", "arn:aws:sagemaker:*:*:*", "arn:aws:s3:::*",
)


def _some(random: Random, values: Sequence[str]) -> Any:
    found = random.sample(list(values), random.choice((1, 1, 2)))
    return found[0] if len(found) == 1 else found


def _conditions(random: Random, keys: Sequence[str]) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for key in random.sample(list(keys), random.choice((0, 0, 1, 1, 2))):
        operators, values = KEYS[key]
        if random.random() < 0.15:
            block.setdefault("Null", {})[key] = random.choice(("true", "false"))
            continue
        name = random.choice(("", "", "", "ForAllValues:", "ForAnyValue:"))
        name += random.choice(list(operators)) + random.choice(("", "", "IfExists"))
        block.setdefault(name, {})[key] = _some(random, values)
    return block


def _statement(
    random: Random, keys: Sequence[str], actions: Sequence[str], resources: Sequence[str]
) -> dict[str, Any]:
    one: dict[str, Any] = {"Effect": random.choice(("Allow", "Allow", "Deny"))}
    one[random.choice(("Action",) * 5 + ("NotAction",))] = _some(random, actions)
    one[random.choice(("Resource",) * 6 + ("NotResource",))] = _some(random, resources)
    block = _conditions(random, keys)
    return {**one, "Condition": block} if block else one


def resource_policy(random: Random) -> dict[str, Any]:
    """Return a policy of a bucket; it compares at most three keys."""
    names = [key for key in KEYS if key not in ("iam:PassedToService", "aws:RequestedRegion")]
    keys = random.sample(names, 3)
    statements = []
    for _ in range(random.randint(1, 4)):
        one = _statement(random, keys, _ACTIONS, _RESOURCES)
        element = random.choice(("Principal",) * 6 + ("NotPrincipal",))
        statements.append({**one, element: random.choice(_PRINCIPALS)})
    version = random.choice(("2012-10-17",) * 3 + ("2008-10-17",))
    return {"Version": version, "Statement": statements}


def identity_policy(random: Random) -> dict[str, Any]:
    """Return a policy of an identity; it compares at most two keys."""
    names = ("iam:PassedToService", "aws:RequestedRegion", "aws:CurrentTime", "aws:SecureTransport",
             "aws:username", "aws:PrincipalTag/team", "aws:SourceVpce")
    keys = random.sample(names, 2)
    statements = [
        _statement(random, keys, _OWN_ACTIONS, _OWN_RESOURCES) for _ in range(random.randint(1, 5))
    ]
    return {"Version": "2012-10-17", "Statement": statements}


# -- the small world of strangers


def _strangers() -> Iterator[tuple[Caller, dict[str, str]]]:
    """Yield callers who have nothing of the owner's, with the keys they are known by."""
    for network, kind in product(("internet", "vpc"), ("anonymous", "user", "role")):
        places: Sequence[Mapping[str, str]] = (
            [{"aws:sourceip": ip} for ip in ("198.51.100.7", "8.8.8.8", "2a00::1")]
            if network == "internet"
            else [{"aws:sourcevpc": "vpc-9", "aws:sourcevpce": "vpce-9"},
                  {"aws:sourcevpc": "vpc-33", "aws:sourcevpce": "vpce-22"}]
        )
        for place in places:
            if kind == "anonymous":
                yield Caller(kind), {
                    **place, "aws:principalaccount": "anonymous", "aws:userid": "anonymous"
                }
                continue
            for account, name in product((OTHER, NEAR), ("admin", OWN, "z")):
                arn = f"arn:aws:iam::{account}:{kind}/{name}"
                ids = "AIDATHEIRS000000" if kind == "user" else "AROATHEIRS00000:session"
                yield Caller(kind, arn), {
                    **place, "aws:principalarn": arn, "aws:principalaccount": account,
                    "aws:userid": ids,
                }


_FREE: Final[Mapping[str, Sequence[str | None]]] = {
    "aws:principalorgid": ("o-9", None),
    "aws:username": ("alice", "bob"),
    "aws:principaltag/team": ("ml", "alice", None),
    "aws:referer": ("https://example.com/a", "x", None),
    "aws:securetransport": ("true", "false"),
    "aws:currenttime": ("2080-01-01T00:00:00Z", "2099-01-01T00:00:00Z"),
    "s3:max-keys": ("0", "1", "7", "11", None),
    "s3:prefix": ("home/alice/x", "home/bob/y", None),
}
_MEMBERS_ONLY: Final = ("aws:principalorgid", "aws:principaltag/team")


def strangers_requests(policy: Policy) -> Iterator[Request]:
    """Yield every request of the small world: keys that the policy does not compare are left out,
    for they change nothing.
    """
    used = mentioned(policy)
    seen = set()
    for caller, known in _strangers():
        free = [key for key in _FREE if key in used]
        if caller.kind != "user":
            free = [key for key in free if key != "aws:username"]
        if caller.kind == "anonymous":
            free = [key for key in free if key not in _MEMBERS_ONLY]
        fixed = {key: value for key, value in known.items() if key in used}
        mark = (caller.kind, tuple(sorted(fixed.items())))
        if mark in seen:
            continue
        seen.add(mark)
        for values in product(*(_FREE[key] for key in free)):
            keys = {k: v for k, v in zip(free, values, strict=True) if v is not None}
            for action, resource in product(
                ("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
                ("arn:aws:s3:::b", "arn:aws:s3:::b/x", "arn:aws:s3:::b/secret/alice"),
            ):
                yield Request(caller, action, resource, {**fixed, **keys})


# -- what is asked


@dataclass(slots=True)
class Figures:
    """What a run found."""

    policies: int = 0
    answers: Counter[tuple[str, bool | None]] = field(default_factory=Counter)
    replayed: int = 0
    tried: int = 0
    milliseconds: list[float] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)

    def timed(self, name: str, start: float, answer: Answer) -> Answer:
        """Note an answer and how long it took."""
        self.milliseconds.append((time.perf_counter() - start) * 1000)
        self.answers[name, answer.answer] += 1
        return answer


# What no stranger has, where strangers are those whom the policy does not name.
_OURS: Final = frozenset({"vpce-1", "vpc-1", "vpc-2", "o-1", "o-2", OWN})
_WHERE: Final = ("aws:sourcevpc", "aws:principalorg", "aws:principalaccount")


def fuzz_resource(random: Random, figures: Figures) -> None:
    """Try one random policy of a bucket."""
    raw = resource_policy(random)
    document = read(raw)
    trust = Trust(account=OWN, accounts=frozenset({FRIEND}))
    asked: dict[str, Answer] = {}
    for name in ("public", "public_write", "cross_account"):
        start = time.perf_counter()
        if name == "public":
            answer = public(raw)
        elif name == "public_write":
            answer = public_write(raw)
        else:
            answer = cross_account(raw, trust)
        asked[name] = figures.timed(name, start, answer)
        if answer.answer:
            figures.replayed += 1
            ours = frozenset({OWN, FRIEND}) if name == "cross_account" else _OURS
            wrong = _replay(document, answer, ours)
            if wrong:
                figures.contradictions.append(f"{name}: {wrong}: {raw}")
    start = time.perf_counter()
    shut = figures.timed("tls_only", start, tls_only(raw, "b")).answer is True
    noes = {name for name, answer in asked.items() if answer.answer is False}
    for request in strangers_requests(document) if noes or shut else ():
        figures.tried += 1
        plain = request.keys.get("aws:securetransport", "false") == "false"
        if shut and plain and not denies(document, request):
            figures.contradictions.append(f"tls_only, but {request} is not denied: {raw}")
            break
        if not noes or not allows(document, request):
            continue
        if request.action != "s3:PutObject":
            noes = noes - {"public_write"}
            if not noes:
                continue
        figures.contradictions.append(f"{sorted(noes)} is no, but {request} passes: {raw}")
        break


def _replay(document: Policy, answer: Answer, ours: frozenset[str]) -> str:
    """Say what is wrong with a witness, or nothing."""
    keys = dict(answer.witness or {})
    name, action, resource = keys.pop("caller"), keys.pop("action"), keys.pop("resource")
    kind = "user" if name.startswith("arn:") else "service" if "service" in name else "anonymous"
    caller = Caller(kind, name if kind == "user" else "")
    if not allows(document, Request(caller, action, resource, keys)):
        return f"its witness {answer.witness} is not allowed"
    owned = {k: v for k, v in keys.items() if v in ours and k.startswith(_WHERE)}
    return f"its witness has {owned} of the owner's" if owned else ""


# -- the small world of an identity

_OWN_NAMES: Final = {
    "iam:passrole": (f"arn:aws:iam::{OWN}:role/x", f"arn:aws:iam::{OWN}:role/y"),
    "iam:createpolicyversion": (f"arn:aws:iam::{OWN}:policy/p", f"arn:aws:iam::{OWN}:policy/q"),
    "iam:createaccesskey": (f"arn:aws:iam::{OWN}:user/alice",),
}
_OWN_FREE: Final[Mapping[str, Sequence[str | None]]] = {
    "aws:requestedregion": ("eu-west-1", "us-east-1", "ap-south-1"),
    "aws:currenttime": ("2080-01-01T00:00:00Z", "2099-01-01T00:00:00Z"),
    "aws:securetransport": ("true", "false"),
    "aws:username": ("bob", None),
    "aws:principaltag/team": ("ml", "bob", None),
    "aws:sourcevpce": ("vpce-1", "vpce-22", "vpce-x", None),
    "iam:passedtoservice": ("ec2.amazonaws.com", "sagemaker.amazonaws.com"),
}


class _SmallWorld:
    """Every request of an identity in its small world, tried once for what tells actions apart."""

    def __init__(self, policies: Sequence[Policy], figures: Figures) -> None:
        self.policies = policies
        self.figures = figures
        self.known: dict[tuple[object, ...], bool] = {}

    def allows(self, action: str, passes: Sequence[str]) -> bool:
        """Say whether an action is allowed on something."""
        about = [
            Policy(tuple(one for one in policy.statements if _speaks(one, action.lower())))
            for policy in self.policies
        ]
        if not all(any(one.allow for one in policy.statements) for policy in about):
            return False
        service = action.partition(":")[0]
        there = f"arn:aws:{service}:eu-west-1:{OWN}"
        names = _OWN_NAMES.get(action.lower(), (f"{there}:instance/i", f"{there}:x/y"))
        mark = (tuple(policy.statements for policy in about), names, tuple(passes))
        if mark not in self.known:
            self.known[mark] = self._tried(about, action, names, passes)
        return self.known[mark]

    def _tried(
        self, about: Sequence[Policy], action: str, names: Sequence[str], passes: Sequence[str]
    ) -> bool:
        used: frozenset[str] = frozenset().union(*map(mentioned, about))
        keys = sorted(key for key in used if key in _OWN_FREE)
        choices = [passes if k == "iam:passedtoservice" else _OWN_FREE[k] for k in keys]
        for name, values in product(names, product(*choices)):
            self.figures.tried += 1
            held = {k: v for k, v in zip(keys, values, strict=True) if v is not None}
            request = Request(Caller("role", f"arn:aws:iam::{OWN}:role/me"), action, name, held)
            if all(allows(policy, request, principals=False) for policy in about):
                return True
        return False


def _speaks(one: Statement, action: str) -> bool:
    texts = one.actions or ("*",)
    return any(fnmatchcase(action, text.lower()) for text in texts) != one.not_action


def fuzz_identity(random: Random, figures: Figures) -> None:
    """Try the random policies of one identity, sometimes with a boundary."""
    raw = [identity_policy(random) for _ in range(random.choice((1, 1, 2)))]
    boundary = identity_policy(random) if random.random() < 0.25 else None
    who = Identity(tuple((f"p{n}", one) for n, one in enumerate(raw)), boundary, OWN)
    grants = Policy(tuple(s for n, one in enumerate(raw) for s in read(one, f"p{n}").statements))
    policies = [grants] if boundary is None else [grants, read(boundary)]
    for name, ask in (
        ("privesc", privesc), ("full_access", full_access), ("service_wildcard", service_wildcard)
    ):
        start = time.perf_counter()
        answer = figures.timed(name, start, ask(who))
        if answer.answer:
            figures.replayed += 1
            keys = dict(answer.witness or {})
            for step in _steps(keys):
                if not _granted(policies, step):
                    figures.contradictions.append(f"{name}: {step} is not allowed: {raw, boundary}")
        elif name == "privesc" and answer.answer is False:
            world = _SmallWorld(policies, figures)
            for path in paths():
                if not path.any and all(
                    world.allows(action, path.passes or ("none",)) for action in path.actions
                ):
                    figures.contradictions.append(f"privesc is no, but {path.id}: {raw, boundary}")
                    break


def _steps(keys: dict[str, str]) -> Iterator[Request]:
    """Yield the requests of a witness: the first in full, the further ones in a line each."""
    keys.pop("path", None)
    further = [keys.pop(key) for key in list(keys) if key.startswith("step ")]
    caller = Caller("role", keys.pop("caller"))
    yield Request(caller, keys.pop("action"), keys.pop("resource"), dict(keys))
    for line in further:
        what, *rest = line.split(", ")
        action, _, resource = what.partition(" on ")
        held = dict(one.split("=", 1) for one in rest)
        yield Request(caller, action, resource, held)


def _granted(policies: Sequence[Policy], request: Request) -> bool:
    return all(
        any(matches(s, request, principals=False) for s in policy.statements if s.allow)
        and not denies(policy, request, principals=False)
        for policy in policies
    )


def run(count: int, seed: int) -> Figures:
    """Try so many random policies, half of them of buckets, half of identities."""
    random = Random(seed)
    figures = Figures()
    for number in range(count):
        (fuzz_identity if number % 2 else fuzz_resource)(random, figures)
        figures.policies += 1
    return figures
