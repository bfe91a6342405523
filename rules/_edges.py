"""What a link leads to, or words for why it leads nowhere."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Edge, Resource


def target(edge: Edge, noun: str) -> Resource[Any]:
    """Return the resource that a link means; ``noun`` says what it is ("security group").

    Raises :class:`Unseen` where it was not seen, belongs to another account or does not exist:
    for questions that cannot be answered without it.
    """
    if edge.target is not None:
        return edge.target
    if edge.state == "foreign":
        whose = f"account {edge.owner}" if edge.owner else "another account"
        raise Unseen(f"the {noun} {edge.value} belongs to {whose}, which was not scanned")
    if edge.state == "missing":
        raise Unseen(f"the {noun} {edge.value} was not found")
    raise Unseen(f"the {noun} {edge.value} was not seen: {edge.gap or 'not listed'}", edge.gap)
