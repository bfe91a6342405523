"""Whether an identity may do something at all: one action of several, on anything whatever."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from .answer import Answer, Identity
from .asking import ANYTHING, now
from .decide import Question, decide
from .explain import witness
from .globs import GaveUp, exact
from .identity import documents_of, undecided
from .model import Statement
from .solve import Globs
from .strangers import mentioned, own, spread
from .worlds import ROLE


def may(identity: Identity, *actions: str) -> Answer:
    """Say whether a role may do one of these actions on some resource, whatever its tags."""
    documents = documents_of(identity)
    if isinstance(documents, Answer):
        return documents
    keys = frozenset().union(*(mentioned(policy) for policy in documents.policies))
    worlds = list(spread(own(ROLE, documents.account, now(), {}), keys))
    doubt: Answer | None = None
    for action in actions:
        question = Question(
            documents.policies, documents.policies, worlds,
            ((Globs((exact(action.lower()),)), True),), ANYTHING, principals=False,
            prefer=partial(_named, action), budget=documents.budget,
        )
        try:
            found = decide(question)
        except GaveUp as gave_up:
            doubt = undecided(gave_up)
            continue
        if found:
            by = found.statements[0]
            return Answer(True, f"it may {action}: {by.place} allows it", by.label, witness(found))
    return doubt or Answer(False, f"it may not {' or '.join(actions)}")


def _named(action: str, chosen: Sequence[Statement]) -> list[tuple[str, str]]:
    return [(action, text) for statement in chosen for text in statement.resources or ()]
