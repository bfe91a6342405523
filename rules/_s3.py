"""What several rules ask about one bucket: which blocks hold, who reaches it, who uses it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Kind, Resource
from auditor.kinds import ACCOUNT_BLOCK, BUCKET, TABLE, AccountBlock, Bucket
from auditor.policy import (
    Answer,
    Trust,
    acl_grants,
    bucket_public,
    bucket_public_write,
    cross_account,
    public,
)
from auditor.verdict import Fail, NotApplicable, Pass, Verdict

SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ENFORCED = "BucketOwnerEnforced"
LOG_TARGET = "LoggingEnabled.TargetBucket"

READS = ("s3:Get*", "s3:List*")
WRITES = (
    "s3:Put*", "s3:Delete*", "s3:Create*", "s3:Update*", "s3:Replicate*", "s3:Restore*",
    "s3:Abort*", "s3:Initiate*", "s3:Bypass*", "s3:ObjectOwnerOverride*",
)  # fmt: skip
_READABLE = {"READ", "READ_ACP", "FULL_CONTROL"}

USERS: tuple[tuple[Kind[Any], str], ...] = tuple(
    (kind, link.path)
    for kind in TABLE if kind.service == "sagemaker"
    for link in kind.links if link.to is BUCKET
)  # fmt: skip
"""Where SageMaker names a bucket: the kind, and the link in it."""


def policy(*statements: Mapping[str, Any]) -> str:
    """Return a bucket policy of these statements as S3 answers it: JSON text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal: Any, *actions: str, **more: Any) -> dict[str, Any]:
    """Return a statement that lets somebody act on the bucket ``ml-data`` and its objects."""
    return {
        "Sid": "Share", "Effect": "Allow", "Principal": principal, "Action": list(actions),
        "Resource": ["arn:aws:s3:::ml-data", "arn:aws:s3:::ml-data/*"], **more,
    }  # fmt: skip


# -- the parts that decide about access


def account_block(resource: Resource[Any]) -> AccountBlock:
    """Return the account's own block of public access, which stands above every bucket's.

    Raises :class:`Unseen` where nobody asked for it.
    """
    found = resource.all(ACCOUNT_BLOCK)
    if not found:
        raise Unseen(f"the block of public access of account {resource.account} was not asked for")
    return found[0].data


def settings_on(block: AccountBlock | Bucket) -> dict[str, bool]:
    """Return each of the four settings as one level has it; all off where it has no block."""
    found = block.PublicAccessBlockConfiguration
    if found is None:
        return dict.fromkeys(SETTINGS, False)
    return {
        "BlockPublicAcls": bool(found.BlockPublicAcls),
        "IgnorePublicAcls": bool(found.IgnorePublicAcls),
        "BlockPublicPolicy": bool(found.BlockPublicPolicy),
        "RestrictPublicBuckets": bool(found.RestrictPublicBuckets),
    }


def blocks(bucket: Resource[Bucket]) -> dict[str, str]:
    """Return which level turns each setting on: "account", "bucket", or "" where neither does.

    S3 applies the stricter of both levels, setting by setting.
    """
    account, own = settings_on(account_block(bucket)), settings_on(bucket.data)
    return {s: "account" if account[s] else "bucket" if own[s] else "" for s in SETTINGS}


def ownership(bucket: Resource[Bucket]) -> str:
    """Return the bucket's ObjectOwnership; "" where it has no ownership controls."""
    controls = bucket.data.OwnershipControls
    rules = (controls.Rules or []) if controls else []
    return next((rule.ObjectOwnership or "" for rule in rules), "")


def acl(bucket: Resource[Bucket]) -> Mapping[str, Any]:
    """Return the bucket's ACL. Every bucket has one, so none is something nobody looked at."""
    found = bucket.data.Acl
    if found is None:
        raise Unseen(f"the ACL of {bucket.name} was not seen")
    return found.raw()


def enforced(answer: Answer) -> Verdict:
    """Turn what the policy was found to enforce into a verdict."""
    if answer.answer is None:
        raise Unseen(answer.because)
    return Pass() if answer.answer else Fail(answer.because)


# -- is it public


def _readable(*, policy: Any, acl: Mapping[str, Any] | None, **rest: Any) -> Answer:
    """Answer whether the public can read, rather than merely write, in a bucket."""
    granted = {*acl_grants(acl, to="all"), *acl_grants(acl, to="authenticated")}
    by_acl = bucket_public(policy=None, acl=acl if granted & _READABLE else None, **rest)
    if by_acl.answer:
        return by_acl
    reads = public(policy, actions=READS)
    if reads.answer is False:
        return by_acl
    by_policy = bucket_public(policy=policy, acl=None, **rest)
    return reads if by_policy.answer else by_policy


def not_public(bucket: Resource[Bucket], *, write: bool) -> Verdict:
    """Judge whether the public can read (or write) in a bucket, by its policy or its ACL.

    A policy is not read where RestrictPublicBuckets is on, an ACL not where it counts for
    nothing. Where one of the two doors was refused, the other may still be seen to be open; a
    bucket is sound only when both were seen. S3's own reading of the policy is a second witness;
    the worse one counts.
    """
    ask: Callable[..., Answer] = bucket_public_write if write else _readable
    account, own = settings_on(account_block(bucket)), settings_on(bucket.data)
    document, grants, owner = None, None, ""
    refused: Unseen | None = None
    try:
        if not (account["RestrictPublicBuckets"] or own["RestrictPublicBuckets"]):
            document = bucket.data.Policy
    except Unseen as unseen:  # an open ACL is a certain fail all the same
        refused = unseen
    try:
        if not (account["IgnorePublicAcls"] or own["IgnorePublicAcls"]):
            owner = ownership(bucket)
            grants = None if owner == ENFORCED else acl(bucket)
    except Unseen as unseen:  # an open policy is a certain fail all the same
        refused = unseen
    found = ask(
        policy=document, acl=grants, ownership=owner or None, bucket_block=own,
        account_block=account, account=bucket.account,
    )  # fmt: skip
    if found.answer:
        return Fail(found.because)
    if refused:
        raise refused
    if found.answer is None:
        raise Unseen(found.because)
    doubt = _second_witness(bucket, document, WRITES if write else READS)
    if doubt:
        return doubt
    if grants is None:
        return Pass()
    return Pass(
        "not through its policy or its own ACL; but ACLs are live and IgnorePublicAcls is off, so"
        " single objects may be public through ACLs of their own, which were not looked at"
    )


def _second_witness(
    bucket: Resource[Bucket], document: str | None, actions: tuple[str, ...]
) -> Fail | None:
    """Return the finding where S3 calls a policy public that we do not."""
    if document is None:
        return None
    status = bucket.data.PolicyStatus
    if status is None or not status.IsPublic:
        return None
    ours = public(document)
    if ours.answer:
        return None  # S3 agrees and says less: ours also knows for which actions
    offered = cross_account(document, Trust(bucket.account), actions=actions)
    if offered.answer is False:
        return None  # what S3 means cannot be these actions: nobody outside is given them
    return Fail(
        "PolicyStatus.IsPublic is true: S3 calls the policy public, although our own reading"
        f" says: {ours.because}; the worse of the two counts"
    )


# -- how it encrypts, who uses it, and where it logs


def default_algorithm(bucket: Resource[Bucket]) -> str:
    """Return the algorithm of the bucket's default encryption.

    "AES256" also where S3 returns no configuration: since January 2023 S3 encrypts so anyway.
    """
    found = bucket.data.ServerSideEncryptionConfiguration
    for rule in (found.Rules or []) if found else []:
        default = rule.ApplyServerSideEncryptionByDefault
        if default and default.SSEAlgorithm:
            return default.SSEAlgorithm
    return "AES256"


def user_of(
    bucket: Resource[Bucket], places: Iterable[tuple[Kind[Any], str]]
) -> Resource[Any] | None:
    """Return the first resource that names the bucket at one of these links, if any does.

    One that was seen settles it, whatever else was refused; where none was seen, a kind that
    was refused raises :class:`Unseen`.
    """
    refused: Unseen | None = None
    for kind, path in places:
        try:
            found = bucket.used_by(kind, path)
        except Unseen as unseen:
            refused = refused or unseen
            continue
        if found:
            return found[0]
    if refused:
        raise refused
    return None


def region_of(bucket: Resource[Bucket]) -> str:
    """Return the Region a bucket lies in; raises :class:`Unseen` where S3 would not say."""
    gap = bucket.unseen.get("LocationConstraint") or bucket.unseen.get("")
    if gap is not None:
        raise Unseen(f"the Region of {bucket.name} was not seen: {gap}", gap)
    return str(bucket.region)


def logs_elsewhere(bucket: Resource[Bucket]) -> Pass | Fail:
    """Judge whether server access logging goes to another bucket that can take it."""
    logging = bucket.data.LoggingEnabled
    if logging is None or not logging.TargetBucket:
        return Fail("server access logging is off: LoggingEnabled is absent")
    target = logging.TargetBucket
    if target == bucket.name:
        return Fail(
            f"LoggingEnabled.TargetBucket is {target}, the bucket itself: whoever can change its"
            " objects can change the log of that, and each delivery of a log is logged again"
        )
    for edge in bucket.edges(BUCKET, LOG_TARGET):
        if edge.state == "missing":
            return Fail(f"LoggingEnabled.TargetBucket is {target}, which does not exist")
        if edge.state == "foreign":
            # S3 delivers to buckets of the same account only: "Logging requests with server
            # access logging", Amazon S3 User Guide
            return Fail(
                f"LoggingEnabled.TargetBucket is {target}, a bucket of another account, to which"
                " S3 delivers no logs"
            )
        if edge.state == "unseen":
            raise Unseen(f"{target} was not seen: {edge.gap}", edge.gap)
    return Pass(f"LoggingEnabled.TargetBucket is {target}")


def receives_logs(bucket: Resource[Bucket]) -> NotApplicable | None:
    """Return why a bucket needs no access log: other buckets log into it.

    Security Hub's page of S3.9 says that a target bucket needs none; a log of log deliveries
    would feed itself.
    """
    for source in bucket.used_by(BUCKET, LOG_TARGET):
        if source.name != bucket.name:
            return NotApplicable(
                f"the bucket takes the access logs of others ({source.name}) and needs none itself"
            )
    return None
