"""A question as one line of JSON, and its answer as another.

    {"id": "1", "question": "public", "policy": {...}, "context": {"account_id": "111122223333"}}
    {"id": "1", "answer": true, "because": "...", "statement": "statement 1", "witness": {...}}

``policy`` is a document, its JSON text, or null. Every line has an answer: one that cannot be read
has the answer null, and says why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from .answer import Answer, Identity, Trust
from .bucket import bucket_public, bucket_public_write
from .denials import sse_kms_only, tls_only
from .endpoints import vpce_open, vpce_own_principals, vpce_own_resources
from .escalation import privesc
from .identity import admin, assumes_any_role, passes_any_role, reaches_any_bucket
from .questions import cross_account, public, public_list, public_write, readable
from .reach import (
    data_wildcard,
    decrypts_any_key,
    exfiltrates,
    full_access,
    service_wildcard,
    tampers_logs,
)
from .reading import read
from .trusts import confused_deputy, oidc_trust_open, trust_foreign, trust_public

_NULL: Final = msgspec.Raw(b"null")
# A text or texts: either is how policies are written, so either is taken here.
_Texts = list[str] | str | None


class _Context(msgspec.Struct, frozen=True):
    """What is known beside the policy. Other members are nobody's business here."""

    account_id: str | int | None = None
    service: str | None = None
    trusted_accounts: _Texts = None
    trusted_orgs: _Texts = None
    trusted_org_units: _Texts = None
    trusted_vpcs: _Texts = None
    trusted_vpces: _Texts = None
    trusted_ips: _Texts = None
    policies: list[msgspec.Raw] | None = None
    boundary: msgspec.Raw = _NULL
    bucket: str | None = None
    acl: dict[str, Any] | None = None
    ownership: str | dict[str, Any] | None = None
    bucket_bpa: dict[str, Any] | None = None
    account_bpa: dict[str, Any] | None = None


class _Line(msgspec.Struct, frozen=True):
    """One question."""

    question: str
    policy: msgspec.Raw = _NULL
    context: _Context | None = None


class _Id(msgspec.Struct, frozen=True):
    """The part of a line by which its answer is told."""

    id: msgspec.Raw = _NULL


_LINES: Final = msgspec.json.Decoder(_Line)
_IDS: Final = msgspec.json.Decoder(_Id)


class Malformed(Exception):
    """A line that is no question; its text says why."""


def _list(texts: _Texts) -> frozenset[str]:
    return frozenset([texts] if isinstance(texts, str) else texts or ())


# What people call services whose actions have another prefix.
_PREFIXES: Final = {
    "api-gateway": "execute-api", "apigateway": "execute-api", "efs": "elasticfilesystem",
    "cloudwatch-logs": "logs", "opensearch": "es", "eventbridge": "events", "sfn": "states",
}


class _Asked:
    """A question's arguments."""

    def __init__(self, line: _Line) -> None:
        self.context = line.context or _Context()
        service = (self.context.service or "").lower().removesuffix(".amazonaws.com")
        self.service = _PREFIXES.get(service, service)
        account = self.context.account_id
        self.account = str(account).zfill(12) if isinstance(account, int) else account or ""
        self.documents = [_document(line.policy), *map(_document, self.context.policies or ())]

    @property
    def trust(self) -> Trust:
        """Whom the owner trusts."""
        one = self.context
        return Trust(
            self.account, _list(one.trusted_accounts), _list(one.trusted_orgs),
            _list(one.trusted_org_units), _list(one.trusted_vpcs), _list(one.trusted_vpces),
            _list(one.trusted_ips),
        )

    @property
    def identity(self) -> Identity:
        """Everything that grants an identity something."""
        found = [one for one in self.documents if one is not None]
        names = [f"policy {n}" if len(found) > 1 else "" for n in range(1, len(found) + 1)]
        boundary = _document(self.context.boundary)
        return Identity(tuple(zip(names, found, strict=True)), boundary, self.account)

    @property
    def policy(self) -> str | Mapping[str, Any] | None:
        """The one policy of a resource, put together where there are several."""
        found = [one for one in self.documents if one is not None]
        if len(found) < 2:
            return found[0] if found else None
        for one in found:
            if read(one).unreadable:
                return one
        members = [{k.lower(): v for k, v in json.loads(one).items()} for one in found]
        versions = {one.get("version", "2008-10-17") for one in members}
        if len(versions) > 1:
            raise Malformed("its policies have different Versions and cannot be put together")
        statements: list[Any] = []
        for each in members:
            more = each["statement"]
            statements += more if isinstance(more, list) else [more]
        return {"Version": versions.pop(), "Statement": statements}

    def bucket(self, ask: Callable[..., Answer]) -> Answer:
        """Ask about a bucket, everything together."""
        one = self.context
        return ask(
            policy=self.policy, acl=one.acl, ownership=_ownership(one.ownership),
            bucket_block=_flags(one.bucket_bpa), account_block=_flags(one.account_bpa),
            account=self.account,
        )


def _document(raw: msgspec.Raw) -> str | None:
    """Return a document as JSON text, so that what it says twice is seen."""
    text = bytes(raw).decode()
    if text == "null":
        return None
    if text.startswith('"'):
        inner: str = msgspec.json.decode(raw)
        return inner
    return text


def _ownership(value: str | dict[str, Any] | None) -> str | None:
    """Return the ObjectOwnership, given by itself or as GetBucketOwnershipControls answers."""
    if not isinstance(value, dict):
        return value or None
    controls = value.get("OwnershipControls", value)
    rules = controls.get("Rules") if isinstance(controls, dict) else None
    if isinstance(rules, list) and rules and isinstance(rules[0], dict):
        found = rules[0].get("ObjectOwnership")
        if isinstance(found, str):
            return found
    raise Malformed("context.ownership is neither a text nor what GetBucketOwnershipControls says")


def _flags(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the four flags, given by themselves or as GetPublicAccessBlock answers."""
    inner = (value or {}).get("PublicAccessBlockConfiguration", value)
    if inner is not None and not isinstance(inner, dict):
        raise Malformed("a public access block in the context is not an object")
    return inner


# Every question, by name.
QUESTIONS: Final[Mapping[str, Callable[[_Asked], Answer]]] = {
    "public": lambda a: public(a.policy, service=a.service),
    "public_write": lambda a: public_write(a.policy, service=a.service),
    "public_list": lambda a: public_list(a.policy, service=a.service),
    "cross_account": lambda a: cross_account(a.policy, a.trust, service=a.service),
    "confused_deputy": lambda a: confused_deputy(a.policy, a.trust, service=a.service),
    "tls_only": lambda a: tls_only(
        a.policy, a.context.bucket or "", service=a.service or "s3"
    ),
    "sse_kms": lambda a: sse_kms_only(a.policy, a.context.bucket or ""),
    "oidc_trust_open": lambda a: oidc_trust_open(a.policy, a.trust),
    "trust_public": lambda a: trust_public(a.policy),
    "trust_foreign": lambda a: trust_foreign(a.policy, a.trust),
    "vpce_open": lambda a: vpce_open(a.policy, a.trust, service=a.service),
    "vpce_own_resources": lambda a: vpce_own_resources(a.policy, a.trust, service=a.service),
    "vpce_own_principals": lambda a: vpce_own_principals(a.policy, a.trust, service=a.service),
    "admin": lambda a: admin(a.identity),
    "full_access": lambda a: full_access(a.identity),
    "service_wildcard": lambda a: service_wildcard(
        a.identity, services=(a.service,) if a.service else ()
    ),
    "data_wildcard": lambda a: data_wildcard(a.identity),
    "decrypts_any_key": lambda a: decrypts_any_key(a.identity),
    "passes_any_role": lambda a: passes_any_role(a.identity),
    "assumes_any_role": lambda a: assumes_any_role(a.identity),
    "reaches_any_bucket": lambda a: reaches_any_bucket(a.identity),
    "exfiltrates": lambda a: exfiltrates(a.identity),
    "tampers_logs": lambda a: tampers_logs(a.identity),
    "privesc": lambda a: privesc(a.identity),
    "bucket_public": lambda a: a.bucket(bucket_public),
    "bucket_public_write": lambda a: a.bucket(bucket_public_write),
    "readable": lambda a: readable(a.policy),
}


def answered(line: bytes) -> tuple[str, Exception | None]:
    """Return the answer to a line, as a line without its end, and what went wrong with it.

    That is :class:`Malformed` for a line that is no question, or a fault of ours; a policy that
    cannot be read is neither.
    """
    wrong: Exception | None = None
    try:
        answer = _asked(line)
    except Malformed as error:
        wrong = error
        answer = Answer(None, f"the line is no question: {error}")
    except Exception as error:  # noqa: BLE001 - one question's break is its answer, not the end
        wrong = error
        answer = Answer(None, f"a fault of the auditor's own: {type(error).__name__}: {error}")
    rest = json.dumps({
        "answer": answer.answer, "because": answer.because, "statement": answer.statement or None,
        "witness": None if answer.witness is None else dict(answer.witness),
    })
    return f'{{"id": {_id(line)}, {rest[1:]}', wrong


def _asked(line: bytes) -> Answer:
    if not line.strip():
        raise Malformed("it is blank")
    try:
        asked = _LINES.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from error
    except RecursionError as error:
        raise Malformed("it is nested too deeply") from error
    ask = QUESTIONS.get(asked.question)
    if ask is None:
        raise Malformed(f"there is no question {asked.question[:60]}{_nearest(asked.question)}")
    return ask(_Asked(asked))


def _nearest(word: str) -> str:
    close: Sequence[str] = get_close_matches(word[:60], list(QUESTIONS), n=2)
    if close:
        return f" (did you mean {', '.join(close)}?)"
    return f"; there are {', '.join(QUESTIONS)}"


def _id(line: bytes) -> str:
    """Return a line's id as the line writes it, null where it has none or cannot be read."""
    try:
        return bytes(_IDS.decode(line).id).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "null"
