"""What goes wrong: mistakes of the user's, and things that AWS did not let us see."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class AuditorError(Exception):
    """A mistake that the user can mend; its text is one line saying what to do (exit 2)."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean a, b?)`` for the known words nearest to ``word``, or nothing."""
    close = get_close_matches(word, list(known), n=3, cutoff=0.5)
    return f" (did you mean {', '.join(close)}?)" if close else ""


def full(error: OSError) -> bool:
    """Tell whether the disk is full, or as much of it as we may have."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def no_space(what: object, error: Exception) -> AuditorError:
    """Return the error of a disk that is full."""
    why = error.strerror if isinstance(error, OSError) else error
    return AuditorError(
        f"no space left: {what} could not be written ({why}); free some or name another place"
    )


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing AWS did not let us see: the call, what it said, and what would mend it.

    ``kind`` is the kind of resource that stays unseen; ``arn`` names the one resource concerned
    ("" where a whole list was refused); ``member`` the part of it ("" for all of it).
    """

    account: str
    region: str
    service: str
    operation: str
    code: str
    message: str
    action: str
    kind: str = ""
    arn: str = ""
    member: str = ""

    def __str__(self) -> str:
        """One sentence for people."""
        where = f"{self.service}:{self.operation} in {self.region}"
        return f"{where} answered {self.code}: {self.message}" if self.message else (
            f"{where} answered {self.code}"
        )


class Unseen(Exception):
    """Something that a rule asked for was not seen; the engine turns it into Unknown."""

    def __init__(self, what: str, gap: Gap | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.gap = gap
