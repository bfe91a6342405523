"""The KMS key behind a member: does the customer manage it, and can it still be used."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import KEY
from auditor.verdict import Fail, Pass

from ._edges import target


def customer_managed(resource: Resource[Any], path: str, noun: str) -> Pass | Fail:
    """Judge the keys that ``resource`` names at the link ``path``; ``noun`` says what they encrypt.

    A key counts only when KMS says that the customer manages it and that it is enabled: the
    presence of an id says neither, for the id may be an alias of AWS's own key. Raises
    :class:`Unseen` for a key that KMS did not let us describe. The caller has made sure that a
    key is named at all.
    """
    for edge in resource.edges(KEY, path):
        if _of_aws(edge.value):
            return Fail(f"{noun} is encrypted with {edge.value}, a key that AWS manages")
        if edge.state == "missing":
            return Fail(f"{noun} names the key {edge.value}, which does not exist")
        key = target(edge, "key").data
        if not key.KeyManager or not key.KeyState:
            raise Unseen(f"KMS does not say who manages {edge.value} and whether it is enabled")
        if key.KeyManager != "CUSTOMER":
            return Fail(f"{noun} is encrypted with {edge.value}, a key that AWS manages")
        if key.KeyState != "Enabled":
            return Fail(f"{noun} is encrypted with {edge.value}, which is {key.KeyState}")
    return Pass()


def named(key: str | None, member: str, noun: str) -> Pass | Fail:
    """Judge whether ``member``, whose value is ``key``, names a KMS key for ``noun``.

    AWS gives "" for some members that are not set. Nothing is asked of KMS: who manages the key
    and whether it can be used is for :func:`customer_managed`.
    """
    if not key:
        return Fail(f"{member} is not set: no customer-managed key is named for {noun}")
    return Pass(f"{member} is {key}" + (", a key that AWS manages" if _of_aws(key) else ""))


def _of_aws(key: str) -> bool:
    """Tell whether a key is named by an alias that AWS keeps for its own keys."""
    return key.rpartition(":")[2].startswith("alias/aws/")
