"""A kind and botocore's service models -> the calls that collect it, each of them checked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.model import OperationModel

from auditor.aws.models import model
from auditor.inventory import Kind

# Operations whose IAM action has another name. Source: the Service Authorization Reference,
# "Actions, resources, and condition keys" of each service.
ACTIONS = {
    ("s3", "ListBuckets"): "s3:ListAllMyBuckets",
    ("s3", "HeadBucket"): "s3:ListBucket",
    ("s3", "GetBucketEncryption"): "s3:GetEncryptionConfiguration",
    ("s3", "GetPublicAccessBlock"): "s3:GetBucketPublicAccessBlock",
    ("s3", "GetBucketLifecycleConfiguration"): "s3:GetLifecycleConfiguration",
    ("s3", "GetBucketReplication"): "s3:GetReplicationConfiguration",
    ("s3", "GetObjectLockConfiguration"): "s3:GetBucketObjectLockConfiguration",
    ("s3", "GetBucketNotificationConfiguration"): "s3:GetBucketNotification",
    ("s3control", "GetPublicAccessBlock"): "s3:GetAccountPublicAccessBlock",
    ("resourcegroupstaggingapi", "GetResources"): "tag:GetResources",
}
PREFIXES = {"s3control": "s3", "resourcegroupstaggingapi": "tag"}
# Calls that belong to no kind: who we are, where, the bulk answers and the fall-backs.
ALWAYS = (
    ("sts", "GetCallerIdentity"), ("ec2", "DescribeRegions"),
    ("resourcegroupstaggingapi", "GetResources"),
)
BULK = {
    "AWS::IAM::Role": (("iam", "GetAccountAuthorizationDetails"),),
    "AWS::S3::Bucket": (("s3", "GetBucketLocation"), ("s3", "HeadBucket")),
}
TOKENS = (
    "NextToken", "nextToken", "Marker", "ContinuationToken", "NextMarker", "PaginationToken",
)
LIMITS = ("MaxResults", "maxResults", "MaxItems", "MaxBuckets", "ResourcesPerPage")
GONE = (
    "ResourceNotFound", "ResourceNotFoundException", "ValidationException:Could not find",
    "ValidationException:RecordNotFound", "ValidationException:does not exist",
)


class BadRow(Exception):
    """A row of the table that disagrees with AWS's model."""


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of one service."""

    service: str
    operation: str

    @property
    def action(self) -> str:
        """Return the IAM action that allows it."""
        prefix = PREFIXES.get(self.service, self.service)
        return ACTIONS.get((self.service, self.operation), f"{prefix}:{self.operation}")


@dataclass(frozen=True, slots=True)
class Listing:
    """How a kind is listed: the call, where its items are, and how it goes on."""

    call: Call
    items: str
    token_in: str = ""
    token_out: str = ""
    limit: str = ""
    most: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The calls of one kind."""

    kind: Kind[Any]
    listing: Listing | None
    describe: Call | None
    key: str
    key_is_list: bool
    item_id: str
    gone: tuple[str, ...]
    calls: tuple[Call, ...]


def operation(service: str, name: str) -> OperationModel:
    """Return botocore's model of an operation; raises :class:`BadRow` where there is none."""
    if name not in model(service).operation_names:
        raise BadRow(f"{service} has no operation {name}")
    return model(service).operation_model(name)


@cache
def tokens(service: str, name: str) -> tuple[str, str]:
    """Return the members by which an operation goes on, given and answered; "" where it is whole.
    """
    op = operation(service, name)
    given = op.input_shape.members if op.input_shape else {}
    answered = op.output_shape.members if op.output_shape else {}
    token_in = next((t for t in TOKENS if t in given), "")
    token_out = next((t for t in ("NextMarker", *TOKENS) if t in answered), "")
    return (token_in, token_out) if token_in and token_out else ("", "")


@cache
def listing(service: str, name: str, items: str | None = None) -> Listing:
    """Return how a list operation pages, from its own members."""
    op = operation(service, name)
    given = op.input_shape.members if op.input_shape else {}
    answered = op.output_shape.members if op.output_shape else {}
    lists = [n for n, m in answered.items() if m.type_name == "list"]
    if items is None and len(lists) != 1:
        raise BadRow(f"{service}:{name} answers with lists {lists}; the row must say which")
    items = items or lists[0]
    if items not in answered:
        raise BadRow(f"{service}:{name} answers no {items}")
    token_in, token_out = tokens(service, name)
    limit = next((n for n in LIMITS if n in given), "")
    most = int(given[limit].metadata.get("max", 0)) if limit else 0
    if service == "ec2":
        limit = ""  # EC2 refuses MaxResults beside some filters and pages by itself
    return Listing(Call(service, name), items, token_in, token_out, limit, most)


@cache
def plan(kind: Kind[Any]) -> Plan:
    """Return the calls that collect a kind; raises :class:`BadRow` where AWS has no such."""
    found: Listing | None = None
    key, key_is_list, describe = "", False, None
    if kind.lists != "":
        found = listing(kind.service, kind.lists or f"List{kind.noun}s", kind.items)
    name = kind.describes if kind.describes is not None else f"Describe{kind.noun}"
    if name:
        describe = Call(kind.service, name)
        given = operation(kind.service, name).input_shape
        required = list(given.required_members) if given else []
        if kind.key is None and len(required) != 1:
            raise BadRow(f"{kind.service}:{name} requires {required}; the row must say which")
        key = kind.key or required[0]
        if given is None or key not in given.members:
            raise BadRow(f"{kind.service}:{name} takes no {key}")
        key_is_list = given.members[key].type_name == "list"
    calls = [c for c in (found.call if found else None, describe) if c]
    for part in kind.parts:
        service, _, called = part.call.partition(".")
        shape = operation(service, called).input_shape
        for given_name in part.given:
            if shape is None or given_name not in shape.members:
                raise BadRow(f"{part.call} takes no {given_name}")
        calls.append(Call(service, called))
        if part.each:
            service, _, called = part.each[0].partition(".")
            operation(service, called)
            calls.append(Call(service, called))
        head = part.member
        if head and head not in kind.shape.members():
            raise BadRow(f"{kind.shape.__name__} has no member {head} for {part.call}")
    for link in kind.links:
        member = link.path.partition("[")[0].partition(".")[0]
        if member not in kind.shape.members():
            raise BadRow(f"{kind.shape.__name__} has no member {member} to link by")
    for path in kind.secrets:
        member = path.partition("[")[0].partition(".")[0]
        if member not in kind.shape.members():
            raise BadRow(f"{kind.shape.__name__} has no member {member} to mask")
    calls += [Call(*c) for c in BULK.get(kind.name, ())]
    return Plan(
        kind, found, describe, key, key_is_list, kind.id or key or f"{kind.noun}Name",
        kind.gone or GONE, tuple(dict.fromkeys(calls)),
    )


def calls(kinds: Iterable[Kind[Any]]) -> list[Call]:
    """Return every call that collecting these kinds may make, each once, ordered."""
    found = {Call(*c) for c in ALWAYS}
    for kind in kinds:
        found.update(plan(kind).calls)
    return sorted(found, key=lambda c: (c.service, c.operation))


def reach(kinds: Iterable[Kind[Any]]) -> list[Kind[Any]]:
    """Return these kinds and all that their links lead to."""
    found: dict[Kind[Any], None] = {}
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop(0)
        if kind not in found:
            found[kind] = None
            waiting += [link.to for link in kind.links]
    return list(found)


def permissions(kinds: Iterable[Kind[Any]]) -> dict[str, Any]:
    """Return the least-privilege IAM policy for collecting these kinds."""
    actions = sorted({call.action for call in calls(kinds)})
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "SageMakerAuditor", "Effect": "Allow", "Action": actions, "Resource": "*"}
        ],
    }


def permissions_text(kinds: Iterable[Kind[Any]]) -> str:
    """Return the policy as JSON for people and for ``aws iam create-policy``."""
    return json.dumps(permissions(kinds), indent=2)
