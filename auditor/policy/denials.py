"""What a bucket's policy must deny: plain HTTP, uploads that no KMS key encrypts.

What a policy allows under a condition proves nothing: identity policies may allow the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from . import explain
from .actions import OF_BUCKETS, OF_OBJECTS, SAMPLES
from .answer import Answer, Document
from .asking import ANYTHING, decided, now, unreadable
from .decide import Prefer, Question
from .globs import ANY, WORD, Budget, exact, like, run
from .model import Policy, plain
from .outside import Outside
from .reading import read
from .solve import Domain, Globs, Tests
from .strangers import callers
from .worlds import World


def tls_only(policy: Document, bucket: str = "", *, service: str = "s3") -> Answer:
    """Say whether every request over plain HTTP, by anybody, on a bucket or its objects is
    denied. What is allowed over HTTPS only proves nothing: other policies may allow HTTP.

    Without ``bucket`` it is the bucket (every bucket) that the policy names. Of another
    ``service``, or where the policy speaks of another only, it is whatever the policy is about.
    """
    document = read(policy)
    service = "s3" if bucket else _spoken_of(document, service.lower())
    if service != "s3":
        names = tuple(one for one in SAMPLES if one.startswith(f"{service}:"))
        hole = Hole("over plain HTTP", _actions(service), "", names, secure=False)
        return all_denied(policy, "", [hole], f"{service} request over plain HTTP")
    holes = [
        Hole("over plain HTTP", _actions("s3"), shape, examples, secure=False)
        for shape, examples in (("{}", OF_BUCKETS), ("{}/object", OF_OBJECTS))
    ]
    return all_denied(policy, bucket, holes, "S3 request over plain HTTP")


def _actions(service: str) -> Tests:
    return ((Globs(((*exact(f"{service}:"), *run(WORD, 1)),)), True),)


def _spoken_of(document: Policy, service: str) -> str:
    """Return the one service whose actions a policy names where it names none of S3's."""
    if service != "s3":
        return service
    texts = [r for s in document.statements for r in s.resources or ()]
    heads = {
        action.partition(":")[0].lower()
        for s in document.statements for action in s.actions or () if ":" in action
    }
    only = heads.pop() if len(heads) == 1 else ""
    if not only.isalpha() or any(":s3:" in text for text in texts):
        return service
    return only


_NOBODY: Final = Outside()

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
        Hole(how, put, "{}/object", ("s3:PutObject",), headers) for how, headers in uploads
    ]
    return all_denied(policy, bucket, holes, "upload without a KMS key")


@dataclass(frozen=True, slots=True)
class Hole:
    """Requests that must be denied: how they come, which actions, on what, with which headers.

    ``shape`` makes the resource of a bucket's ARN: the bucket itself, or any of its objects; an
    empty one means whatever the policy is about. ``caller`` narrows who calls; None leaves out.
    """

    how: str
    actions: Tests
    shape: str
    examples: tuple[str, ...]
    headers: Mapping[str, str] | None = None
    secure: bool | None = None
    caller: Callable[[World], World | None] = lambda world: world

    def resources(self, arn: str, document: Policy) -> Tests:
        """Return the test for the resources it means."""
        if not self.shape:
            texts = [text for s in document.statements for text in s.resources or ()]
            fixed = [like(plain(text)) for text in texts if "${" not in text]
            return ((Globs(tuple(fixed)), True),) if fixed else ANYTHING
        objects = (*exact(f"{arn}/"), *run(ANY, 1))
        return ((Globs((objects if "/" in self.shape else exact(arn),)), True),)

    def world(self, world: World) -> World | None:
        """Return a caller's world as far as it makes such requests, or None where it does not."""
        there = self.caller(world)
        if there is None:
            return None
        fixed: dict[str, Domain] = dict(there.fixed)
        if self.headers is not None:
            fixed |= {key: Domain(present=False) for key in (_SSE, _KEY_ID, _CUSTOMER)}
            fixed |= {key: Domain(False, values=(v,)) for key, v in self.headers.items()}
        secure = there.secure if self.secure is None else self.secure
        return replace(there, fixed=fixed, secure=secure)


def all_denied(
    policy: Document, bucket: str, holes: Sequence[Hole], what: str, outside: Outside = _NOBODY
) -> Answer:
    """Say whether all these requests, by anybody, are denied; else name one that is not."""
    document = read(policy)
    if document.unreadable:
        return unreadable(document)
    if all(one.allow for one in document.statements):
        why = "there is no policy" if policy is None else "the policy has no Deny"
        return Answer(False, f"not every {what} is denied: {why}")
    worlds = list(callers(document, outside, now(), anonymous=True, everybody=True))
    denies = [one.label for one in document.statements if not one.allow]
    statement = denies[0] if len(denies) == 1 else ""
    budget = Budget()
    for arn in _buckets(document, bucket):
        for hole in holes:
            shape = hole.shape or _about(document)
            pairs = [(action, shape.format(arn)) for action in hole.examples]
            there = [one for world in worlds if (one := hole.world(world)) is not None]
            found = decided(Question(
                (), (document,), there, hole.actions, hole.resources(arn, document),
                prefer=_always(pairs), budget=budget,
            ))
            if isinstance(found, Answer):
                return found
            if found:
                because = explain.gap(found, document, hole.how)
                return Answer(False, because, statement, explain.witness(found))
    return Answer(True, f"every {what} is denied", statement)


def _about(document: Policy) -> str:
    """Return a resource that a policy is about, for an example."""
    texts = [text for s in document.statements for text in s.resources or ()]
    return re.sub(r"[*?{}]", "x", next((text for text in texts if text != "*"), "x"))


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

