"""One bucket, everything together: its policy, its ACL, who owns objects, and what is blocked.

S3 user guide: "Blocking public access", "Access control list overview", "Controlling ownership of
objects".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from .answer import Answer, Document
from .questions import public, public_write

# What GetPublicAccessBlock answers: four flags; None where there is no configuration.
Flags = Mapping[str, Any] | None

Group = Literal["all", "authenticated"]

_GROUPS: Mapping[Group, str] = {
    "all": "/groups/global/AllUsers", "authenticated": "/groups/global/AuthenticatedUsers"
}
_WRITES = ("WRITE", "WRITE_ACP", "FULL_CONTROL")
_WHO: Mapping[Group, str] = {"all": "anyone on the internet", "authenticated": "every AWS account"}


def acl_grants(
    acl: Mapping[str, Any] | None, *, to: Group, write: bool = False
) -> list[str]:
    """Return the permissions that an ACL, as GetBucketAcl answers it, grants to a public group.

    ``write`` keeps those that let the group change the bucket. None has no grants.
    """
    found = []
    for grant in (acl or {}).get("Grants") or ():
        uri = (grant.get("Grantee") or {}).get("URI") or ""
        permission = grant.get("Permission") or ""
        if uri.endswith(_GROUPS[to]) and (not write or permission in _WRITES):
            found.append(permission)
    return found


def bucket_public(
    *,
    policy: Document,
    acl: Mapping[str, Any] | None,
    ownership: str | None,
    bucket_block: Flags,
    account_block: Flags,
    account: str = "",
) -> Answer:
    """Say whether a bucket is public: by its ACL or by its policy, as far as neither is blocked.

    ``ownership`` is the bucket's ObjectOwnership (None: no controls, so ACLs are live). The ACLs
    of single objects are not seen here; where they could be public, the answer says so.
    """
    return _answer(public, False, policy, acl, ownership, (bucket_block, account_block), account)


def bucket_public_write(
    *,
    policy: Document,
    acl: Mapping[str, Any] | None,
    ownership: str | None,
    bucket_block: Flags,
    account_block: Flags,
    account: str = "",
) -> Answer:
    """Say whether a stranger may change a bucket or its objects; otherwise as ``bucket_public``."""
    return _answer(
        public_write, True, policy, acl, ownership, (bucket_block, account_block), account
    )


def _answer(
    ask: Callable[[Document], Answer], write: bool, policy: Document,
    acl: Mapping[str, Any] | None, ownership: str | None, blocks: tuple[Flags, Flags], account: str,
) -> Answer:
    if not _is_acl(acl):
        return Answer(None, "the bucket's ACL cannot be read")
    verb = "writable for" if write else "open to"
    acls_live = ownership != "BucketOwnerEnforced" and not _blocked(blocks, "IgnorePublicAcls")
    groups: tuple[Group, ...] = ("all", "authenticated")
    granted = {group: acl_grants(acl, to=group, write=write) for group in groups}
    if acls_live:
        for group, grants in granted.items():
            if grants:
                return Answer(True, (
                    f"the bucket is {verb} {_WHO[group]}: its ACL grants them "
                    f"{', '.join(sorted(set(grants)))}, ACLs are not disabled and "
                    "IgnorePublicAcls is off"
                ))
    notes = []
    if not acls_live and any(granted.values()):
        enforced = ownership == "BucketOwnerEnforced"
        why = "ACLs are disabled" if enforced else "IgnorePublicAcls is on"
        notes.append(f"its ACL has public grants, but {why}")
    if acls_live:
        notes.append("ACLs are live, so single objects may be public")
    if _blocked(blocks, "RestrictPublicBuckets"):
        owner = f"account {account}" if account else "the owner's account"
        notes.append(f"RestrictPublicBuckets holds a public policy to {owner} and AWS services")
        return Answer(False, "; ".join(["the bucket is not public", *notes]))
    answer = ask(policy)
    if answer.answer:
        return Answer(True, f"{answer.because}; RestrictPublicBuckets is off", answer.statement,
                      answer.witness)
    if answer.answer is None:
        return answer
    return Answer(False, "; ".join(["the bucket is not public", answer.because, *notes]))


def _is_acl(acl: object) -> bool:
    if acl is None:
        return True
    grants = acl.get("Grants") or () if isinstance(acl, Mapping) else None
    return isinstance(grants, list | tuple) and all(
        isinstance(grant, Mapping) and isinstance(grant.get("Grantee") or {}, Mapping)
        for grant in grants
    )


def _blocked(blocks: tuple[Flags, Flags], flag: str) -> bool:
    """Say whether the bucket's or its account's configuration sets a flag."""
    return any(block is not None and block.get(flag) is True for block in blocks)
