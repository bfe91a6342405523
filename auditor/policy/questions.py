"""What is asked of a resource policy: is it public, shared, TLS only, SSE-KMS only, readable."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from . import explain
from .actions import OF_BUCKETS, OF_OBJECTS, READING_VERBS, S3_PERMISSIONS, examples
from .answer import Answer, Document, Trust
from .decide import Found, Prefer, Question, decide
from .encode import role_patterns
from .globs import ANY, REST, WORD, GaveUp, Pattern, exact, like, run
from .model import Policy, Statement, plain
from .outside import Outside, claims, named, trusted
from .reading import read
from .solve import Domain, Globs, Tests
from .strangers import SIGNED_ONLY, callers, mentioned, spread
from .worlds import ARN, CANONICAL, ROLE, World


def now() -> float:
    """Return the present moment as epoch seconds: what has expired is past, the rest may come."""
    return datetime.now(UTC).timestamp()


def public(
    policy: Document, *, service: str = "s3", actions: Collection[str] = ()
) -> Answer:
    """Say whether a stranger may do something: anyone on the internet, or any AWS account.

    A stranger has none of the accounts, organizations, networks and ids that the policy names as
    fixed values. ``actions`` narrows the question to patterns such as ``s3:Get*``.
    """
    return _public(policy, service, _narrowed(actions), "let in a stranger")


def public_write(policy: Document, *, service: str = "s3") -> Answer:
    """Say whether a stranger may change something; changes of permissions are named first."""
    reads = tuple((*run(WORD), *exact(f":{verb}"), *REST) for verb in READING_VERBS)
    gravest = _narrowed(S3_PERMISSIONS) if service == "s3" else ()
    return _public(policy, service, ((Globs(reads), False),), "let a stranger write", gravest)


def _public(
    policy: Document, service: str, actions: Tests, aim: str, gravest: Tests = ()
) -> Answer:
    if policy is None:
        return Answer(False, f"there is no policy that could {aim}")
    document = read(policy)
    if document.unreadable:
        return _unreadable(document)
    outside, signed = named(document), service in SIGNED_ONLY
    worlds = list(callers(document, outside, now(), anonymous=not signed))
    if gravest:
        found = _decided(_question(document, worlds, service, gravest))
        if isinstance(found, Found):
            return explain.allowed(found, document)
    return _allowed(document, worlds, service, actions, aim)


def cross_account(
    policy: Document, trust: Trust, *, service: str = "s3", actions: Collection[str] = ()
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
        return _unreadable(document)
    outside, at = trusted(trust), now()
    outside = replace(outside, fixed={**outside.fixed, **claims(document)})
    worlds = [
        *callers(document, outside, at, anonymous=service not in SIGNED_ONLY),
        *_named_callers(document, outside, at),
    ]
    return _allowed(document, worlds, service, _narrowed(actions), aim)


def _named_callers(document: Policy, outside: Outside, at: float) -> Iterable[World]:
    """Yield the callers that only a policy's own names describe: sessions, canonical users, odd
    ARNs (an account that is no number, a CloudFront identity).
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


_ANYTHING: Tests = ((Globs((run(ANY, 1),)), True),)


def _allowed(
    document: Policy, worlds: Sequence[World], service: str, actions: Tests, aim: str
) -> Answer:
    question = _question(document, worlds, service, actions)
    found = _decided(question)
    if isinstance(found, Answer):
        return found
    if found:
        return explain.allowed(found, document)

    def alone(statement: Statement) -> bool:
        one = replace(document, statements=(statement,))
        return isinstance(_decided(replace(question, grants=(one,), all=(one,))), Found)

    return Answer(False, explain.nobody(document, aim, alone))


def _question(
    document: Policy, worlds: Sequence[World], service: str, actions: Tests
) -> Question:
    actions = (*_of_services(document, service), *actions)
    return Question((document,), (document,), worlds, actions, _ANYTHING, prefer=examples)


def _narrowed(actions: Collection[str]) -> Tests:
    """Return the test for actions that fit one of several patterns; none narrows nothing."""
    if not actions:
        return ()
    return ((Globs(tuple(_pattern(action) for action in actions)), True),)


def _pattern(action: str) -> Pattern:
    return like(plain(action.lower()))


def _of_services(document: Policy, service: str) -> Tests:
    """Return the test for actions of the policy's service and of those its Allows name.

    A NotAction or a wildcard names every service there is, but a bucket's policy gives no
    permission elsewhere.
    """
    services = {service.lower()}
    for statement in document.statements:
        if statement.allow and not statement.not_action:
            services |= {a.partition(":")[0].lower() for a in statement.actions or () if ":" in a}
    heads = [s for s in sorted(services) if "*" not in s and "?" not in s]
    return ((Globs(tuple((*exact(f"{s}:"), *run(WORD, 1)) for s in heads)), True),)


def _decided(question: Question) -> Found | Answer | None:
    """Return what was found, or the answer "undecided"."""
    try:
        return decide(question)
    except GaveUp as gave_up:
        return Answer(None, f"this policy could not be decided: {gave_up}")


def _unreadable(document: Policy) -> Answer:
    return Answer(None, f"the policy cannot be read: {document.unreadable}")


def readable(policy: Document) -> Answer:
    """Say whether a document is well-formed: no, with each fault and its place; None for no JSON.

    What AWS accepts but hardly means (the id of a deleted principal) is told, but is no fault.
    """
    document = read(policy)
    if document.unreadable:
        return _unreadable(document)
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


# -- what a bucket's policy must deny


def tls_only(policy: Document, bucket: str = "") -> Answer:
    """Say whether every S3 request over plain HTTP, by anybody, on a bucket or its objects is
    denied. What is allowed over HTTPS only proves nothing: other policies may allow HTTP.

    Without ``bucket`` it is the bucket (every bucket) that the policy names.
    """
    any_action: Tests = ((Globs(((*exact("s3:"), *run(WORD, 1)),)), True),)
    holes = [
        _Hole("over plain HTTP", any_action, shape, examples, secure=False)
        for shape, examples in (("{}", OF_BUCKETS), ("{}/object", OF_OBJECTS))
    ]
    return _denied(policy, bucket, holes, "S3 request over plain HTTP")


# S3 guide, "Protecting data with server-side encryption": the headers of an upload, as keys.
_SSE = "s3:x-amz-server-side-encryption"
_KEY_ID, _CUSTOMER = f"{_SSE}-aws-kms-key-id", f"{_SSE}-customer-algorithm"


def sse_kms_only(policy: Document, bucket: str = "", *, default_kms: bool = False) -> Answer:
    """Say whether every upload that would not be encrypted with a KMS key is denied.

    ``default_kms`` says that the bucket encrypts with KMS where the upload says nothing.
    """
    put: Tests = ((Globs((exact("s3:putobject"),)), True),)
    uploads = [
        ("with SSE-S3 (AES256)", {_SSE: "AES256"}),
        ("with a customer's own key (SSE-C)", {_CUSTOMER: "AES256"}),
    ]
    if not default_kms:
        uploads.insert(0, ("without an encryption header", {}))
    holes = [
        _Hole(how, put, "{}/object", ("s3:PutObject",), headers) for how, headers in uploads
    ]
    return _denied(policy, bucket, holes, "upload without a KMS key")


@dataclass(frozen=True, slots=True)
class _Hole:
    """Requests that must be denied: how they come, which actions, on what, with which headers.

    ``shape`` makes the resource of a bucket's ARN: the bucket itself, or any of its objects.
    """

    how: str
    actions: Tests
    shape: str
    examples: tuple[str, ...]
    headers: Mapping[str, str] | None = None
    secure: bool | None = None

    def resources(self, arn: str) -> Tests:
        """Return the test for the resources it means."""
        objects = (*exact(f"{arn}/"), *run(ANY, 1))
        return ((Globs((objects if "/" in self.shape else exact(arn),)), True),)

    def world(self, world: World) -> World:
        """Return a caller's world as far as it makes such requests."""
        fixed: dict[str, Domain] = {}
        if self.headers is not None:
            fixed = {key: Domain(present=False) for key in (_SSE, _KEY_ID, _CUSTOMER)}
            fixed |= {key: Domain(False, values=(v,)) for key, v in self.headers.items()}
        secure = world.secure if self.secure is None else self.secure
        return replace(world, fixed=fixed, secure=secure)


def _denied(policy: Document, bucket: str, holes: Sequence[_Hole], what: str) -> Answer:
    """Say whether all these requests, by anybody, are denied; else name one that is not."""
    document = read(policy)
    if document.unreadable:
        return _unreadable(document)
    if all(one.allow for one in document.statements):
        why = "there is no policy" if policy is None else "the policy has no Deny"
        return Answer(False, f"not every {what} is denied: {why}")
    worlds = list(callers(document, Outside(), now(), anonymous=True, everybody=True))
    denies = [one.label for one in document.statements if not one.allow]
    statement = denies[0] if len(denies) == 1 else ""
    for arn in _buckets(document, bucket):
        for hole in holes:
            pairs = [(action, hole.shape.format(arn)) for action in hole.examples]
            found = _decided(Question(
                (), (document,), [hole.world(world) for world in worlds], hole.actions,
                hole.resources(arn), prefer=_always(pairs),
            ))
            if isinstance(found, Answer):
                return found
            if found:
                because = explain.gap(found, document, hole.how)
                return Answer(False, because, statement, explain.witness(found))
    return Answer(True, f"every {what} is denied", statement)


def _always(pairs: list[tuple[str, str]]) -> Prefer:
    return lambda chosen: pairs


_BUCKET = re.compile(r"(arn:[^:]*:s3:::)([^/]+)")


def _buckets(document: Policy, bucket: str) -> list[str]:
    """Return the ARN of a bucket, or of each that a policy names, or of a fresh one."""
    texts = [t for s in document.statements for t in s.resources or ()]
    found: dict[str, None] = {}
    patterns: dict[str, None] = {}
    partition = "arn:aws:s3:::"
    for text in texts:
        match = _BUCKET.match(text)
        if not match or "${" in match[2]:
            continue
        if "*" not in match[1]:
            partition = match[1]
        if not re.search(r"[*?]", match[2]) and "*" not in match[1]:
            found[match[0]] = None
        elif match[2] != "*":
            name = re.sub(r"[*?]", "x", match[2])
            patterns[f"{partition}{name}"] = None
    if bucket:
        return [f"{partition}{bucket}"]
    return list(found or patterns) or [f"{partition}fresh-bucket-7f3a9c"]

