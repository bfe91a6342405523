"""The KMS key behind a member: does the customer manage it, and can it still be used."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import KEY
from auditor.verdict import Fail, Pass


def customer_managed(resource: Resource[Any], path: str, noun: str) -> Pass | Fail:
    """Judge the keys that ``resource`` names at the link ``path``; ``noun`` says what they encrypt.

    A key counts only when KMS says that the customer manages it and that it is enabled: the
    presence of an id says neither, for the id may be an alias of AWS's own key. Raises
    :class:`Unseen` for a key that KMS did not let us describe. The caller has made sure that a
    key is named at all.
    """
    for edge in resource.edges(KEY, path):
        if edge.value.rpartition(":")[2].startswith("alias/aws/"):
            return Fail(f"{noun} is encrypted with {edge.value}, a key that AWS manages")
        if edge.state == "missing":
            return Fail(f"{noun} names the key {edge.value}, which does not exist")
        if edge.target is None:
            raise Unseen(f"{edge.value} was not seen: {edge.gap or edge.state}", edge.gap)
        key = edge.target.data
        if key.KeyManager != "CUSTOMER":
            return Fail(f"{noun} is encrypted with {edge.value}, a key that AWS manages")
        if key.KeyState != "Enabled":
            return Fail(f"{noun} is encrypted with {edge.value}, which is {key.KeyState}")
    return Pass()
