"""What every question needs: the moment, which actions are meant, and what to say when it fails."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Final

from .answer import Answer
from .decide import Found, Question, decide
from .globs import ANY, LOWER, WORD, GaveUp, Pattern, exact, like, run
from .model import Policy, Statement, plain
from .solve import Globs, Tests

# Any resource with a name.
ANYTHING: Final[Tests] = ((Globs((run(ANY, 1),)), True),)
ANY_ACTION: Final[Tests] = ((Globs(((*run(LOWER, 1), *exact(":"), *run(WORD, 1)),)), True),)


def now() -> float:
    """Return the present moment as epoch seconds: what has expired is past, the rest may come."""
    return datetime.now(UTC).timestamp()


def narrowed(actions: Collection[str]) -> Tests:
    """Return the test for actions that fit one of several patterns; none narrows nothing."""
    if not actions:
        return ()
    return ((Globs(tuple(_pattern(action) for action in actions)), True),)


def _pattern(action: str) -> Pattern:
    return like(plain(action.lower()))


def of_services(document: Policy, service: str) -> Tests:
    """Return the test for actions of the policy's service and of those its Allows name.

    A NotAction or a wildcard names every service there is, but a bucket's policy gives no
    permission elsewhere. Where ``service`` is empty, the actions and then the resources of the
    policy say of which it is; where they do not either, it may be any.
    """
    services = {service.lower()} - {""}
    allows = [s for s in document.statements if s.allow and not s.not_action]
    services |= _named_services(allows)
    services = services or _named_services(s for s in document.statements if not s.not_action)
    services = services or {
        part for s in document.statements for text in s.resources or ()
        if (part := text.split(":", 5)[2].lower() if text.count(":") >= 5 else "").isalnum()
    }
    if not services:
        return ANY_ACTION
    return ((Globs(tuple((*exact(f"{s}:"), *run(WORD, 1)) for s in sorted(services))), True),)


def _named_services(statements: Iterable[Statement]) -> set[str]:
    texts = (a for s in statements for a in s.actions or () if ":" in a)
    heads = {text.partition(":")[0].lower() for text in texts}
    return {head for head in heads if "*" not in head and "?" not in head}


def decided(question: Question) -> Found | Answer | None:
    """Return what was found, or the answer "undecided"."""
    try:
        return decide(question)
    except GaveUp as gave_up:
        return Answer(None, f"this policy could not be decided: {gave_up}")


def unreadable(document: Policy) -> Answer:
    """Return the answer about a document that cannot be read."""
    return Answer(None, f"the policy cannot be read: {document.unreadable}")
