"""KMS keys as resources: whose they are, what their policy says, and what of SageMaker's uses them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Kind, Resource
from auditor.kinds import KEY, TABLE, Key, account_of
from auditor.verdict import NotApplicable, Verdict

Check = Callable[..., Verdict]
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{KEY_ID}"

USERS: tuple[tuple[Kind[Any], str], ...] = tuple(
    (kind, link.path)
    for kind in TABLE if kind.service == "sagemaker"
    for link in kind.links if link.to is KEY
)  # fmt: skip
"""Where SageMaker names a key: the kind, and the link in it."""

STANDING = tuple((kind, path) for kind, path in USERS if not kind.ended)
"""Those of them that are no jobs, and go on using the key until they are deleted."""


def sample_key(**more: Any) -> dict[str, Any]:
    """Return a key as the samples have it: a symmetric one of the customer's, enabled."""
    return {
        "KeyId": KEY_ID, "Arn": KEY_ARN, "AWSAccountId": "111122223333", "KeyManager": "CUSTOMER",
        "KeyState": "Enabled", "Enabled": True, "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS", "Grants": [], **more,
    }  # fmt: skip


def allow(principal: Any, *actions: str, **more: Any) -> dict[str, Any]:
    """Return a statement of a key policy that lets somebody use the key."""
    return {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": "*",
            **more}  # fmt: skip


def policy(*statements: Mapping[str, Any]) -> str:
    """Return a key policy of these statements as KMS answers it: JSON text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def managed_by(key: Resource[Key]) -> str:
    """Return who manages a key, AWS or CUSTOMER; raises :class:`Unseen` where KMS does not say."""
    manager = key.data.KeyManager
    if not manager:
        raise Unseen(f"KMS does not say who manages {key.name}")
    return manager


def state_of(key: Resource[Key]) -> str:
    """Return the state of a key; raises :class:`Unseen` where KMS does not say."""
    state = key.data.KeyState
    if not state:
        raise Unseen(f"KMS does not say in which state {key.name} is")
    return state


def ours(check: Check) -> Check:
    """Make a rule NotApplicable to keys that AWS manages, and to those of another account.

    AWS sets the policy of its own keys, and the policy of a foreign key is its owner's to show.
    Stands between ``@rule`` and the function.
    """

    @wraps(check)
    def judged(key: Resource[Key], **settings: Any) -> Verdict:
        if managed_by(key) == "AWS":
            return NotApplicable("AWS manages the key")
        owner = key.data.AWSAccountId or account_of(key.arn)
        if owner and owner != key.account:
            return NotApplicable(f"the key belongs to account {owner} and is judged there")
        return check(key, **settings)

    return judged


def user_of(
    key: Resource[Key], places: Iterable[tuple[Kind[Any], str]] = USERS
) -> Resource[Any] | None:
    """Return the first of SageMaker's resources that names the key at one of these links.

    One that was seen settles it, whatever else was refused; where none was seen, a kind that was
    refused raises :class:`Unseen`.
    """
    refused: Unseen | None = None
    for kind, path in places:
        try:
            found = key.used_by(kind, path)
        except Unseen as unseen:
            refused = refused or unseen
            continue
        if found:
            return found[0]
    if refused:
        raise refused
    return None
