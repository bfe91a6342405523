"""A policy document told to people: what kind it is, who is let in, what it allows, its faults."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from .answer import Answer, Document, Identity, Trust
from .escalation import privesc, privesc_paths
from .identity import admin, assumes_any_role, passes_any_role, reaches_any_bucket
from .model import Condition, Policy, Principal, Statement
from .questions import public, public_write
from .reach import (
    data_wildcard,
    decrypts_any_key,
    exfiltrates,
    full_access,
    service_wildcard,
    tampers_logs,
)
from .reading import read
from .shares import shared
from .trusts import confused_deputy, oidc_trust_open, trust_foreign, trust_public

IDENTITY, RESOURCE, TRUST = "an identity policy", "a resource policy", "a role's trust policy"


def kind(policy: Policy) -> str:
    """Return what kind of document it is: one without principals is for an identity."""
    if not any(s.principals or s.not_principals for s in policy.statements):
        return IDENTITY
    texts = [action for s in policy.statements for action in s.actions or ("",)]
    assuming = all(text.lower().startswith(("sts:assumerole", "sts:tagsession")) for text in texts)
    return TRUST if assuming else RESOURCE


def portrait(document: Document, *, account: str = "", service: str = "") -> Iterator[str]:
    """Yield the lines that explain a document. Names in them are foreign text, as they stand.

    ``account`` is the owner's, ``service`` that of the resource, where they are known.
    """
    policy = read(document)
    if policy.unreadable:
        yield f"This is no policy that can be read: {policy.unreadable}."
        return
    which = kind(policy)
    count = len(policy.statements)
    yield f"This is {which} of {count} {'statement' if count == 1 else 'statements'}."
    if which == IDENTITY:
        yield "It names no principal, so it speaks of whoever it is attached to."
    for statement in policy.statements:
        yield ""
        yield from _statement(statement)
    yield ""
    if which == IDENTITY:
        yield from _identity(document, account)
    elif which == TRUST:
        yield from _trust(document, Trust(account))
    else:
        yield from _resource(document, Trust(account), service or _service(policy))
    yield ""
    yield from _faults(policy)


def _service(policy: Policy) -> str:
    names = [a.partition(":")[0].lower() for s in policy.statements for a in s.actions or ()]
    return next((name for name in names if name.isalnum()), "s3")


# -- the statements


def _statement(one: Statement) -> Iterator[str]:
    verb = "allows" if one.allow else "denies"
    yield f"{one.place[:1].upper()}{one.place[1:]} {verb}"
    if one.principals is not None:
        yield from _row("who", map(_who, one.principals))
    elif one.not_principals is not None:
        yield from _row("who", ["everyone but", *map(_who, one.not_principals)])
    yield from _row("what", _names(one.actions, one.not_action, "every action"))
    yield from _row("on", _names(one.resources, one.not_resource, "what it is attached to"))
    if one.conditions:
        yield from _row("when", map(_condition, one.conditions))


def _who(one: Principal) -> str:
    match one.kind:
        case "everyone":
            return "everyone"
        case "account":
            return f"account {one.value}"
        case "service":
            return f"the service {one.value}"
        case "federated":
            return f"users of {one.value}"
        case "unique":
            return f"a deleted principal ({one.value})"
        case "wildcard":
            return f"{one.value} (AWS accepts no such pattern; read as everyone)"
    return one.value


def _names(values: tuple[str, ...] | None, negated: bool, every: str) -> list[str]:
    if values is None:
        return [every]
    return ["everything but", *values] if negated else list(values)


_OPERATORS = {"all": "every value of ", "any": "some value of ", "": ""}


def _condition(one: Condition) -> str:
    missing = ", or there is none" if one.if_missing and one.operator.family != "null" else ""
    verb = one.operator.style
    match one.operator.family:
        case "null":
            absent = any(value.lower() == "true" for value in one.values)
            return f"the request has {'no ' if absent else ''}{one.name}"
        case "string" | "arn" | "bool":
            verb = "is like" if one.operator.style == "like" else "is"
        case "ip":
            verb = "is in"
    negated = " not" if one.operator.negated else ""
    values = " or ".join(one.values) or "nothing"
    return f"{_OPERATORS[one.quantifier]}{one.name} {verb}{negated} {values}{missing}"


_MOST = 8  # values told of a list; the file has the others


def _row(name: str, values: Iterable[str]) -> Iterator[str]:
    every = list(values)
    told = every[:_MOST]
    if len(every) > _MOST:
        told.append(f"and {len(every) - _MOST} more")
    for number, value in enumerate(told):
        yield f"  {name if not number else '':5} {value}"


# -- what follows from them


def _told(words: str, answer: Answer) -> Iterator[str]:
    verdict = {True: "yes", False: "no", None: "undecided"}[answer.answer]
    yield f"  {words}: {verdict}"
    yield from textwrap.wrap(
        answer.because, 92, initial_indent="      ", subsequent_indent="      ",
        break_long_words=False, break_on_hyphens=False,
    )


def _identity(document: Document, account: str) -> Iterator[str]:
    who = Identity((("", document),), None, account)
    yield "What it allows, by itself (other policies and a boundary may add and deny):"
    for words, ask in (
        ("is an administrator", admin),
        ("has every action on every resource", full_access),
        ("has a whole service", service_wildcard),
        ("passes any role", passes_any_role),
        ("assumes any role", assumes_any_role),
        ("reaches any bucket", reaches_any_bucket),
        ("reads any data", data_wildcard),
        ("decrypts with any key", decrypts_any_key),
        ("carries data to another account", exfiltrates),
        ("covers its tracks", tampers_logs),
        ("can take more permissions", privesc),
    ):
        yield from _told(words, ask(who))
    found = privesc_paths(who) or ()
    if len(found) > 1:
        text = f"by {len(found)} known paths: {', '.join(path.id for path in found)}"
        yield from textwrap.wrap(
            text, 92, initial_indent="      ", subsequent_indent="      ", break_on_hyphens=False
        )


def _resource(document: Document, trust: Trust, service: str) -> Iterator[str]:
    yield "Who is let in:"
    yield from _told("strangers", public(document, service=service))
    yield from _told("strangers, to change something", public_write(document, service=service))
    found = shared(document, trust, service=service)
    yield from _told("others than the owner's account", found)
    for share in found.shares[:20]:
        yield f"      - {share.kind} {share.name} ({share.statement})"
    yield from _told("a service, whoever it works for", confused_deputy(document, trust))


def _trust(document: Document, trust: Trust) -> Iterator[str]:
    yield "Who may assume the role:"
    yield from _told("strangers", trust_public(document))
    yield from _told("principals of other accounts", trust_foreign(document, trust))
    yield from _told("a service, whoever it works for", confused_deputy(document, trust))
    yield from _told("users of an identity provider, whoever they are",
                     oidc_trust_open(document, trust))


def _faults(policy: Policy) -> Iterator[str]:
    faults = [*policy.faults]
    for one in policy.statements:
        faults += [f"{one.place}: {fault}" for fault in one.faults]
    if not faults and not policy.notes:
        yield "AWS would accept it; nothing in it is malformed."
    if faults:
        yield "Faults, for which nobody is thought safe:"
        yield from (f"  - {fault}" for fault in faults)
    if policy.notes:
        yield "Notes:"
        yield from (f"  - {note}" for note in policy.notes)
