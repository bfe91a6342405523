"""Which statements of a policy speak of an action: found first, so that few are left to search."""

from __future__ import annotations

from collections.abc import Callable

from .globs import Pattern, like, matches
from .model import Policy, Statement, plain


class Index:
    """A policy by the actions that its statements speak of."""

    def __init__(self, policy: Policy) -> None:
        self._rows = [(statement, _speaks(statement)) for statement in policy.statements]

    def about(self, action: str) -> Policy | None:
        """Return the policy as far as it is about an action, or None where it allows it nowhere:
        no Allow speaks of it, or a Deny without exceptions does.
        """
        low = action.lower()
        chosen = tuple(one for one, speaks in self._rows if speaks(low))
        if not any(one.allow for one in chosen) or any(map(_final, chosen)):
            return None
        return Policy(chosen)


def _final(statement: Statement) -> bool:
    """Say whether a Deny holds for every resource and every request."""
    if statement.allow or statement.faults or statement.conditions or statement.not_resource:
        return False
    return statement.resources is None or "*" in statement.resources


def _head(text: str) -> str:
    """Return what stands before the first wildcard."""
    return text.partition("*")[0].partition("?")[0]


def _speaks(statement: Statement) -> Callable[[str], bool]:
    if statement.actions is None:
        return lambda action: True
    texts = [text.lower() for text in statement.actions]
    whole = {text for text in texts if "*" not in text and "?" not in text}
    # Most wildcards are one star at the end: *, s3:*, iam:Get*.
    heads = tuple(text[:-1] for text in texts if text == f"{_head(text)}*")
    wild: list[tuple[str, Pattern]] = [
        (_head(text), like(plain(text)))
        for text in texts if text not in whole and not text.startswith(heads)
    ]
    negated = statement.not_action

    def speaks(action: str) -> bool:
        hit = action in whole or action.startswith(heads) or any(
            action.startswith(head) and matches(pattern, action) for head, pattern in wild
        )
        return hit != negated

    return speaks
