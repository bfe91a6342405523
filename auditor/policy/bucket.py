"""One bucket, everything together: its policy, its ACL, who owns objects, and what is blocked.

S3 user guide: "Blocking public access", "Access control list overview", "Controlling ownership of
objects".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .answer import Answer, Document, Trust
from .globs import Budget
from .questions import cross_account, public, public_through, public_write

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


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """An access point of a bucket: its ARN and policy, whether it is a VPC's, and its blocks."""

    arn: str
    policy: Document
    vpc_only: bool = False
    block: Flags = None


def access_point_public(
    point: AccessPoint, *, write: bool = False, budget: Budget | None = None
) -> Answer:
    """Say whether an access point's own policy lets strangers in.

    That a request comes through the access point is no condition there, so that
    s3:DataAccessPointArn and s3:DataAccessPointAccount keep nobody out. One that only a VPC can
    reach is never public. S3 guide, "The meaning of public".
    """
    if point.vpc_only:
        return Answer(False, "only its VPC can reach the access point")
    return public_through(point.policy, point.arn, write=write, budget=budget)


def bucket_public(
    *,
    policy: Document,
    acl: Mapping[str, Any] | None,
    ownership: str | None,
    bucket_block: Flags,
    account_block: Flags,
    account: str = "",
    organization_block: Flags = None,
    access_points: Sequence[AccessPoint] = (),
    policy_status: bool | None = None,
) -> Answer:
    """Say whether a bucket is public: by its ACL, its policy or an access point, unless blocked.

    ``ownership`` is the bucket's ObjectOwnership (None: no controls, so ACLs are live). The ACLs
    of single objects are not seen here; where they could be public, the answer says so.
    ``organization_block`` is what an Organizations S3 policy says; it stands for the account's.
    ``policy_status`` is what S3 itself says of the policy (GetBucketPolicyStatus.IsPublic): of the
    two the worse counts, and the answer tells both.
    """
    account_block = account_block if organization_block is None else organization_block
    found = _Bucket(False, policy, (bucket_block, account_block), tuple(access_points), account)
    return found.answer(acl, ownership, policy_status)


def bucket_public_write(
    *,
    policy: Document,
    acl: Mapping[str, Any] | None,
    ownership: str | None,
    bucket_block: Flags,
    account_block: Flags,
    account: str = "",
    organization_block: Flags = None,
    access_points: Sequence[AccessPoint] = (),
) -> Answer:
    """Say whether a stranger may change a bucket or its objects; otherwise as ``bucket_public``."""
    account_block = account_block if organization_block is None else organization_block
    found = _Bucket(True, policy, (bucket_block, account_block), tuple(access_points), account)
    return found.answer(acl, ownership, None)


def bucket_cross_account(
    *,
    policy: Document,
    trust: Trust,
    acl: Mapping[str, Any] | None,
    ownership: str | None,
    bucket_block: Flags,
    account_block: Flags,
    organization_block: Flags = None,
) -> Answer:
    """Say whether anyone outside the trust has access: by the policy, or by the ACL's grantees.

    RestrictPublicBuckets ends every grant of a policy to others, but only while the policy is
    public; an ACL's grant to another canonical id stands as long as ACLs do.
    """
    if not _is_acl(acl):
        return Answer(None, "the bucket's ACL cannot be read")
    account_block = account_block if organization_block is None else organization_block
    blocks = (bucket_block, account_block)
    if ownership != "BucketOwnerEnforced":
        foreign = acl_foreigners(acl)
        if foreign:
            return Answer(True, f"the bucket's ACL has grants for other accounts: {_few(foreign)}")
        if not _blocked(blocks, "IgnorePublicAcls"):
            groups = [g for g in _GROUPS if acl_grants(acl, to=g)]
            if groups:
                return Answer(True, f"the bucket's ACL has grants for {_WHO[groups[0]]}")
    budget = Budget()
    answer = cross_account(policy, trust, budget=budget)
    if not answer.answer or not _blocked(blocks, "RestrictPublicBuckets"):
        return answer
    open_to_all = public(policy, budget=budget)
    if open_to_all.answer is None:
        return Answer(None, open_to_all.because)
    if open_to_all.answer:
        return Answer(False, (
            "RestrictPublicBuckets holds the policy, which is public, to the owner's account and "
            "AWS services"
        ))
    return answer


def acl_foreigners(acl: Mapping[str, Any] | None) -> list[str]:
    """Return the canonical ids or addresses, other than the owner's, that an ACL grants something.
    """
    owner = ((acl or {}).get("Owner") or {}).get("ID") or ""
    found: dict[str, None] = {}
    for grant in (acl or {}).get("Grants") or ():
        grantee = grant.get("Grantee") or {}
        name = grantee.get("ID") or grantee.get("EmailAddress") or ""
        if name and name != owner:
            found[name] = None
    return list(found)


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


@dataclass(frozen=True, slots=True)
class _Bucket:
    write: bool
    policy: Document
    blocks: tuple[Flags, ...]
    access_points: tuple[AccessPoint, ...]
    account: str
    budget: Budget = field(default_factory=Budget)

    def answer(
        self, acl: Mapping[str, Any] | None, ownership: str | None, status: bool | None
    ) -> Answer:
        """Return the answer from the ACL first, then the policies."""
        if not _is_acl(acl):
            return Answer(None, "the bucket's ACL cannot be read")
        verb = "writable for" if self.write else "open to"
        ignored = _blocked(self.blocks, "IgnorePublicAcls")
        acls_live = ownership != "BucketOwnerEnforced" and not ignored
        groups: tuple[Group, ...] = ("all", "authenticated")
        granted = {group: acl_grants(acl, to=group, write=self.write) for group in groups}
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
            why = "IgnorePublicAcls is on" if ignored else "ACLs are disabled"
            notes.append(f"its ACL has public grants, but {why}")
        if acls_live:
            notes.append("ACLs are live, so single objects may be public")
        if _blocked(self.blocks, "RestrictPublicBuckets"):
            owner = f"account {self.account}" if self.account else "the owner's account"
            notes.append(f"RestrictPublicBuckets holds a public policy to {owner} and AWS services")
            return Answer(False, "; ".join(["the bucket is not public", *notes]))
        return self.by_policy(status, notes)

    def by_policy(self, status: bool | None, notes: Sequence[str]) -> Answer:
        """Return the answer from the policies, where nothing restricts them."""
        answer = (public_write if self.write else public)(self.policy, budget=self.budget)
        if answer.answer:
            s3 = "; S3 itself calls the policy not public" if status is False else ""
            return replace(answer, because=f"{answer.because}; RestrictPublicBuckets is off{s3}")
        if status:
            return Answer(True, (
                f"S3 itself calls the policy public, though {answer.because}; "
                "RestrictPublicBuckets is off"
            ))
        doubt = answer if answer.answer is None else None
        for point in self.access_points:
            through = self.through(point)
            if through.answer:
                return through
            if through.answer is None:
                doubt = doubt or through
        if doubt:
            return doubt
        return Answer(False, "; ".join(["the bucket is not public", answer.because, *notes]))

    def through(self, point: AccessPoint) -> Answer:
        """Say whether strangers come in through an access point: its policy and the bucket's."""
        if _blocked((point.block,), "RestrictPublicBuckets"):
            return Answer(False, "RestrictPublicBuckets is on for the access point")
        answer = access_point_public(point, write=self.write, budget=self.budget)
        if not answer.answer:
            return answer
        behind = public_through(
            self.policy, point.arn, write=self.write, budget=self.budget
        )
        if not behind.answer:
            return behind
        return replace(answer, because=f"through access point {point.arn}: {answer.because}")


def _is_acl(acl: object) -> bool:
    if acl is None:
        return True
    grants = acl.get("Grants") or () if isinstance(acl, Mapping) else None
    return isinstance(grants, list | tuple) and all(
        isinstance(grant, Mapping) and isinstance(grant.get("Grantee") or {}, Mapping)
        for grant in grants
    )


def _blocked(blocks: tuple[Flags, ...], flag: str) -> bool:
    """Say whether one of several configurations sets a flag."""
    return any(block is not None and block.get(flag) is True for block in blocks)
