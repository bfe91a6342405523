"""The set-ups of another tool's own tests, judged by our rules.

Each table holds facts: what exists, what the other tool's test of its check expects (Prowler's, read
in 2026), and what our rule says. Where the two differ a sentence says why. Where our rule needs more
than the other test has (a second container, a role that may call a model), that is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.rule import Other

# What the other tool's words mean in ours; "none" is no finding at all.
SAME = {
    ("pass", "pass"), ("fail", "fail"), ("none", "none"), ("none", "not_applicable"),
    ("manual", "unknown"),
}
REASONS = {
    "wording": "There is nothing to judge, and the two say so in different words.",
    "unseen": "What was not seen: ours says unknown.",
    "fuller": "Ours looks at more of the same setting.",
    "AWS": "What AWS does with it decides otherwise.",
    "scope": "The two ask different questions of the same setting.",
}


@dataclass(frozen=True)
class Row:
    """A set-up: the words for it, the document judged (None: nothing of the kind is there).

    ``peer`` is what the other tool says, ``ours`` what we say, the same unless given. ``reason`` is
    one of REASONS, ``why`` the sentence.
    """

    about: str
    data: Mapping[str, Any] | None
    peer: str
    ours: str = ""
    reason: str = ""
    why: str = ""
    others: tuple[Other, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """What our rule has to say."""
        return self.ours or self.peer

    @property
    def agrees(self) -> bool:
        """Whether the two say the same."""
        return (self.peer, self.status) in SAME


@dataclass(frozen=True)
class Replay:
    """One check of the other tool and the rule of ours that asks the same, with the set-ups."""

    check: str
    rule: str
    rows: tuple[Row, ...]


def row(about: str, data: Mapping[str, Any] | None, peer: str, *others: Other,
        ours: str = "", reason: str = "", why: str = "", **given: Any) -> Row:
    """Return a set-up; ``given`` goes to the judge (settings, unseen, seen, refused, region)."""
    return Row(about, data, peer, ours, reason, why, others, given)


def differs(about: str, data: Mapping[str, Any] | None, peer: str, ours: str, reason: str,
            why: str, *others: Other, **given: Any) -> Row:
    """Return a set-up on which the two differ, with the reason."""
    return Row(about, data, peer, ours, reason, why, others, given)


def none(about: str = "nothing of the kind") -> Row:
    """Return the set-up in which there is nothing to judge."""
    return Row(about, None, "none")


def replay(check: str, rule: str, *rows: Row) -> Replay:
    """Return one check's set-ups."""
    return Replay(check, rule, rows)
