"""What can be said about one resource: the outcomes and how grave they are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How grave a failed rule is; ordered, so ``Severity.LOW < Severity.HIGH``."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info to 4 for critical."""
        return list(Severity).index(self)

    def __lt__(self, other: str) -> bool:
        return self.rank < Severity(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Severity(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Severity(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Severity(other).rank


class Status(StrEnum):
    """The outcome of one rule on one resource, as reports write it."""

    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Pass:
    """The resource was looked at and is sound; ``because`` adds a note where that helps."""

    because: str = ""


@dataclass(frozen=True, slots=True)
class Fail:
    """The resource was looked at and is not sound; ``because`` says what is wrong with it.

    ``severity`` is given where this one is less grave than the rule's own: an endpoint
    configuration that no endpoint uses.
    """

    because: str
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The question does not arise for this resource; ``because`` says why."""

    because: str


# A rule cannot say Unknown (only the engine does) nor Waived (only the waiver file does).
Verdict = Pass | Fail | NotApplicable
