"""Where instances keep their data: on volumes that a key can encrypt, or on NVMe of their own.

Local NVMe storage is encrypted by the hardware with keys that nobody chooses. Which types have it
is EC2's to say (InstanceStorageSupported); SageMaker's types are EC2's with ``ml.`` before them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Edge, Resource
from auditor.kinds import INSTANCE_TYPE

from ._edges import target


@dataclass(frozen=True, slots=True)
class Storage:
    """Instance types, sorted by where they keep data; ``unseen`` holds why some were not told."""

    local: tuple[str, ...]
    volumes: tuple[str, ...]
    unseen: tuple[Unseen, ...]


def storage(resource: Resource[Any], paths: Iterable[str]) -> Storage:
    """Sort the instance types that ``resource`` names at the links ``paths``."""
    return _sorted(
        (edge.value, edge) for path in paths for edge in resource.edges(INSTANCE_TYPE, path)
    )


def storage_of(resource: Resource[Any], types: Iterable[str | None]) -> Storage:
    """Sort some of the instance types that ``resource`` names, given as it names them."""
    links = {edge.value: edge for edge in resource.edges(INSTANCE_TYPE)}
    return _sorted((name or "", links.get(name or "")) for name in types)


def _sorted(types: Iterable[tuple[str, Edge | None]]) -> Storage:
    """Sort instance types, each with the link to what EC2 says of it."""
    local: dict[str, None] = {}
    volumes: dict[str, None] = {}
    unseen: list[Unseen] = []
    for name, edge in types:
        try:
            if edge is None:
                raise Unseen(f"the instance type {name} was not looked up" if name
                             else "AWS names no InstanceType")
            (local if _stores_locally(edge) else volumes)[name] = None
        except Unseen as why:
            # the caller raises it where no type that was seen settles the matter
            unseen.append(why)
    return Storage(tuple(local), tuple(volumes), tuple(unseen))


def _stores_locally(edge: Edge) -> bool:
    """Tell whether a type has local storage; one that EC2 does not know is never guessed."""
    supported = target(edge, "instance type").data.InstanceStorageSupported
    if supported is None:
        raise Unseen(f"EC2 does not say whether {edge.value} has local storage")
    return bool(supported)
