"""Which buckets, keys, roles, repositories and log groups machine learning uses, and by what path.

SageMaker's own resources are machine learning; so is what they point at, what that points at in
turn, and an API that leads to an endpoint, with what it points at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from auditor.inventory import Inventory, Resource
from auditor.kinds import (
    BUCKET,
    FILE_SYSTEM,
    HTTP_API,
    KEY,
    LOG_GROUP,
    POLICY,
    REPOSITORY,
    REST_API,
    ROLE,
    SECRET,
)

# Kinds of which an account has some that have nothing to do with machine learning.
SCOPED = (BUCKET, KEY, ROLE, POLICY, REPOSITORY, LOG_GROUP, FILE_SYSTEM, SECRET)
_OWN = "AWS::SageMaker::"
_NAMES = {kind.name for kind in SCOPED}
# Of several ways to one resource SQLite tells the one with the least of this: always the same.
_FIRST = "min(p.path || ' ' || r.kind || ' ' || r.arn || ' ' || t.arn)"


@dataclass(frozen=True, slots=True)
class Use:
    """Whether machine learning uses a resource: yes or no, or None where that was not seen."""

    ml: bool | None
    because: str


@dataclass(frozen=True, slots=True)
class _Step:
    """How a resource was reached: from which, at which member."""

    kind: str
    name: str
    arn: str
    path: str
    back: bool = False  # it is the resource that points at the other

    @property
    def thing(self) -> str:
        """What it was reached from, in words: ``model fraud-v3``."""
        noun = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", self.kind.rpartition("::")[2]).lower()
        return f"{noun} {self.name}"


class Scope:
    """What machine learning uses in one inventory; read once, from its links."""

    def __init__(self, inventory: Inventory) -> None:
        self._db = inventory.db
        self._steps: dict[tuple[str, str], _Step] = {}
        # what was not listed may point at anything
        self._blind = next((
            gap for gap in inventory.gaps()
            if gap.kind.startswith(_OWN) and not gap.member
        ), None)
        self._read()

    def of(self, resource: Resource[Any]) -> Use | None:
        """Return whether machine learning uses a resource; None for kinds of which all matter."""
        if resource.kind.name not in _NAMES:
            return None
        if resource.kind is LOG_GROUP and resource.name.startswith("/aws/sagemaker/"):
            return Use(True, "SageMaker writes here")
        if (resource.kind.name, resource.arn) in self._steps:
            return Use(True, self._path(resource.kind.name, resource.arn))
        if self._blind is not None:
            return Use(None, f"what points here was not all seen: {self._blind}")
        return Use(False, "nothing of SageMaker's leads here")

    def _path(self, kind: str, arn: str) -> str:
        """Say how a resource was reached, from SageMaker on."""
        steps: list[_Step] = []
        place = (kind, arn)
        while place in self._steps:
            steps.insert(0, self._steps[place])
            place = (steps[0].kind, steps[0].arn)
        text = steps[0].thing
        for step, then in zip(steps, [*(one.thing for one in steps[1:]), "this"], strict=True):
            text += ", which" if step is not steps[0] else ""
            text += f" {'stands behind' if step.back else 'points at'} {then} ({step.path})"
        return text

    def _read(self) -> None:
        reached = self._take(self._db.execute(
            f"SELECT t.kind, t.arn, r.kind, r.name, r.arn, p.path, {_FIRST} FROM edge e"
            " JOIN resource r ON r.id = e.source JOIN target t ON t.id = e.target"
            " JOIN path p ON p.id = e.path"
            f" WHERE r.kind LIKE '{_OWN}%' AND t.state = 'here' AND t.kind NOT LIKE '{_OWN}%'"
            " GROUP BY t.kind, t.arn"
        ))
        reached += self._take(self._db.execute(
            f"SELECT r.kind, r.arn, t.kind, x.name, t.arn, p.path, {_FIRST} FROM resource r"
            " JOIN edge e ON e.source = r.id JOIN target t ON t.id = e.target"
            " JOIN path p ON p.id = e.path JOIN resource x ON x.arn = t.arn AND +x.kind = t.kind"
            f" WHERE r.kind IN (?, ?) AND t.state = 'here' AND t.kind LIKE '{_OWN}%'"
            " GROUP BY r.kind, r.arn", (REST_API.name, HTTP_API.name),
        ), back=True)
        while reached:
            reached = self._take(self._db.execute(
                f"SELECT t.kind, t.arn, r.kind, r.name, r.arn, p.path, {_FIRST} FROM resource r"
                " JOIN edge e ON e.source = r.id JOIN target t ON t.id = e.target"
                " JOIN path p ON p.id = e.path WHERE r.arn IN (SELECT value FROM json_each(?))"
                f" AND t.state = 'here' AND t.kind NOT LIKE '{_OWN}%' GROUP BY t.kind, t.arn",
                (json.dumps(reached),),
            ))

    def _take(self, rows: Iterable[tuple[Any, ...]], back: bool = False) -> list[str]:
        """Remember what was reached for the first time; return its ARNs."""
        return list(self._new(rows, back))

    def _new(self, rows: Iterable[tuple[Any, ...]], back: bool) -> Iterator[str]:
        for kind, arn, from_kind, name, from_arn, path, _ in rows:
            if (kind, arn) not in self._steps and (kind, arn) != (from_kind, from_arn):
                self._steps[kind, arn] = _Step(from_kind, name, from_arn, path, back)
                yield arn
