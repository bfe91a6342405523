"""What becomes of asking AWS: a resource as it was seen, or why it was not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.aws.pace import Pace, Refused
from auditor.aws.plan import Call
from auditor.aws.session import Caller
from auditor.errors import Gap
from auditor.inventory import GLOBAL, Kind
from auditor.masks import Masker

NOWHERE = "unknown"  # the region of a bucket of which S3 does not tell where it lies


@dataclass
class Seen:
    """A resource as it was just seen, ready to be written down."""

    kind: Kind[Any]
    region: str
    arn: str
    name: str
    document: dict[str, Any]
    call: str
    at: str
    gaps: list[Gap] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a link's value; the states are those of an edge."""

    state: str
    arn: str = ""
    seen: Seen | None = None
    gap: Gap | None = None


class Asker:
    """Whoever asks: with which pace, as whom, and from where."""

    def __init__(self, pace: Pace, caller: Caller, home: str, masker: Masker) -> None:
        self.pace = pace
        self.caller = caller
        self.home = home  # where calls go that belong to no region
        self.masker = masker

    def at(self, region: str) -> str:
        """Return the region to call for a resource of ``region``."""
        return self.home if region in (GLOBAL, NOWHERE) else region

    def gap(
        self, kind: Kind[Any], region: str, call: Call, refused: Refused, arn: str = "",
        member: str = "",
    ) -> Gap:
        """Put a refusal into words; what AWS said is masked like everything else."""
        call = refused.call or call
        return Gap(
            self.caller.account, region, call.service, call.operation, refused.code,
            self.masker.tokens(refused.message)[:500], call.action, kind.name, arn, member,
        )

    def identity(self, kind: Kind[Any], region: str, document: Any, name: str = "") -> tuple[
        str, str
    ]:
        """Return the ARN and the name of a resource."""
        return kind.identity(
            document if isinstance(document, Mapping) else {}, self.caller.account,
            self.caller.partition, region, name,
        )
