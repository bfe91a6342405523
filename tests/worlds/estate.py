"""A world with every kind of the table in two regions, made from botocore's shapes.

Each document is drawn at random from what AWS's model allows, and then given what makes it part
of a whole: its name and ARN, what its row's links point at, and a secret wherever the row says
that there may be one. ``HAND`` is what is written by hand, because it hangs together in more ways
than a row can tell: buckets, roles, keys, trails, the network, images.
"""

from __future__ import annotations

import base64
import random
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import jmespath

from auditor.aws.plan import plan
from auditor.kinds import TABLE
from tests.fakeaws import EMPTY, By, Chosen, Error, legal
from tests.fakeaws.document import describing, items_of, listing
from tests.fakeaws.service import service
from tests.worlds.make import (
    ACCOUNT,
    EU,
    SECRET,
    US,
    ago,
    allow,
    arn,
    bucket,
    key,
    key_arn,
    managed_policy,
    policy,
    role,
    role_arn,
    statement,
    trail,
    training_logs,
)

REGIONS = (EU, US)
EACH = 2  # resources of each kind in each region
MANY = {  # enough of these that Search is worth a call
    "AWS::SageMaker::TrainingJob": 10, "AWS::SageMaker::ProcessingJob": 10,
}
BY_HAND = {
    "AWS::S3::Bucket", "AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::KMS::Key",
    "AWS::CloudTrail::Trail", "AWS::EC2::InstanceType", "AWS::EC2::PrefixList",
    "AWS::ECR::Repository", "AWS::ECR::Image",
    "AWS::EFS::FileSystem", "AWS::SecretsManager::Secret", "AWS::Logs::LogStream",
    "AWS::CloudWatch::MetricData",
}
# Members of random answers that must not be random: a page token means another page.
_TOKENS = ("NextToken", "nextToken", "Marker", "NextMarker", "position", "PaginationToken")
_SIMPLE = re.compile(r"[\w.\[\]]+")


@dataclass
class Estate:
    """A document, and what is true of it."""

    document: dict[str, Any]
    names: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # (kind, region)
    # kind and name of a resource, the link's path, the kind it points at
    links: set[tuple[str, str, str, str]] = field(default_factory=set)
    secrets: int = 0


def build(kinds=TABLE, seed=0) -> Estate:
    """Return a world of these kinds."""
    return _Builder(kinds, seed).build()


class _Builder:
    def __init__(self, kinds, seed):
        self.kinds = list(kinds)
        self.source = random.Random(seed)
        self.estate = Estate({ACCOUNT: {region: {} for region in REGIONS}})
        self.account = self.estate.document[ACCOUNT]
        self.types: set[str] = set()

    def build(self):
        for region in REGIONS:
            for kind in self.kinds:
                if kind.name not in BY_HAND and kind.scope == "region":
                    self._add(kind, region)
            _merge(self.account[region], by_hand(region))
            self.account[region]["*"] = EMPTY
        self.account["*"] = everywhere()
        for kind in self.kinds:
            if kind.name not in BY_HAND and kind.scope == "account" and not kind.single:
                self._add(kind, "*")
        discovery = self.account[REGIONS[0]].get("macie2", {}).get(
            "GetAutomatedDiscoveryConfiguration")
        if discovery is not None:  # where it is off nobody asks for scopes
            discovery["status"] = "ENABLED"
        for region in REGIONS:
            self.account[region]["ec2"]["DescribeInstanceTypes"] = Chosen(
                "InstanceTypes", "InstanceTypes", "InstanceType",
                [{"InstanceType": t.removeprefix("ml."), "InstanceStorageSupported": False}
                 for t in sorted(self.types)], Error("InvalidInstanceType"))
        return self.estate

    # -- one kind in one region

    def _add(self, kind, region):
        of = service(kind.service)
        services = self.account.setdefault(region, {})
        declared = services.setdefault(kind.service, {})
        if kind.single:
            self._answers(kind, declared)
            return
        way = plan(kind)
        listed = way.listing.call.operation
        noun = way.describe.operation.removeprefix("Describe") if way.describe else kind.noun
        documents = [self._document(kind, region, i) for i in range(MANY.get(kind.name, EACH))]
        self.estate.names[kind.name, region] = {kind.called(d) for d in documents}
        operation = of.operations[listed]
        if way.describe and not kind.answer and listing(of, noun) == listed and (
            describing(of, noun) == way.describe.operation
        ):
            shape = items_of(operation)[1]
            for document in documents:
                document["_summary"] = self._item(kind, shape, document)
                document |= {
                    call: self._legal(of.operations[call].output_shape, 1.0)
                    for part in kind.parts for call in [part.call.partition(".")[2]]
                }
            declared[noun] = documents
            return
        head, _, inner = way.listing.items.partition("[].")
        shape = _item_shape(operation, way)
        items = documents if way.describe is None else [
            {k: d[k] for k in shape.members if k in d} | self._item(kind, shape, d)
            for d in documents
        ]
        declared[listed] = self._legal(operation.output_shape) | {
            head: [{inner: [item]} for item in items] if inner else items}
        if way.describe is not None:
            said = of.operations[way.describe.operation].output_shape
            declared[way.describe.operation] = By(way.key, {
                self._asked(kind, way, item): _at_answer(kind, self._legal(said), document)
                for item, document in zip(items, documents, strict=True)
            })
        self._answers(kind, declared)

    def _asked(self, kind, way, item):
        member = kind.takes.get(way.key, way.key)
        return str(item.get(member) or kind.called(item))

    def _answers(self, kind, declared):
        """Declare the answers of the calls that a kind is put together from."""
        for part in kind.parts:
            for call in (part.call, *(part.each or ())[:1]):
                name, _, operation = call.partition(".")
                of = service(name)
                if operation not in declared and name == kind.service:
                    declared[operation] = self._legal(of.operations[operation].output_shape, 1.0)
                    while part.each and not any(declared[operation].values()):
                        declared[operation] = self._legal(of.operations[operation].output_shape, 1.0)

    # -- documents

    def _legal(self, shape, fill=0.3):
        if shape is None:
            return {}
        made = legal.value(shape, self.source, fill=fill)
        needed = set(getattr(shape, "required_members", ()))
        return {k: "" if k in _TOKENS else v for k, v in made.items()
                if k not in _TOKENS or k in needed}

    def _document(self, kind, region, number):
        way = plan(kind)
        of = service(kind.service)
        if way.describe is None:
            shape = _item_shape(of.operations[way.listing.call.operation], way)
        else:
            shape = of.operations[way.describe.operation].output_shape
            for member in filter(None, kind.answer.split(".")):
                shape = shape.members[member]
        document = self._legal(shape)
        while kind.keep and not jmespath.search(kind.keep, document):
            document = self._legal(shape)
        document |= self._identity(kind, region, number, shape)
        for link in kind.links:
            self._link(kind, region, document, shape, link)
        for path in kind.secrets:
            found = _reach(shape, document, path, self.source)
            if found is not None:
                inner, holder, last = found
                holder[last] = _secret(inner, path)
                self.estate.secrets += 1
        return document

    def _identity(self, kind, region, number, shape):
        """Return a resource's name, ARN, parents and time."""
        base = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.noun).lower()
        name = f"{base}-{region}-{number}"
        own: dict[str, Any] = {}
        where = kind.id or f"{kind.noun}Name"
        members = re.findall(r"\{(\w+)\}", where) or [where]
        for member in (*members, f"{kind.noun}Name", f"{kind.noun}Id"):
            if member in shape.members and shape.members[member].type_name != "structure":
                inner = shape.members[member]
                own[member] = inner.enum[0] if getattr(inner, "enum", ()) else name
        arn_member = kind.arn or f"{kind.noun}Arn"
        for member in {arn_member, *(m for m in members if m.endswith("Arn"))}:
            if member in shape.members:
                own[member] = arn(kind.service, f"{base}/{name}", region)
        for other in self.kinds if "{" in where else ():  # what it belongs to is there too
            member = f"{other.noun}Name" if other.id is None else other.id
            if other is not kind and other.service == kind.service and member in members:
                own[member] = self._named(other, region, number, member)
        if kind.parent is not None:
            parent = f"{kind.parent.noun}Name"
            told = self._named(kind.parent, region, number, parent)
            if parent in shape.members:
                own[parent] = told
            else:
                own["_of"] = {parent: told}
        if kind.created in shape.members:
            told = ago(30 + number)
            timed = shape.members[kind.created].type_name == "timestamp"
            own[kind.created] = told if timed else told.isoformat()
        return own

    def _named(self, kind, region, number, member):
        if kind.name in BY_HAND:
            return _HAND_NAMES[kind.name](region)
        base = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.noun).lower()
        name = f"{base}-{region}-{number}"
        told = kind.id or f"{kind.noun}Name"
        whole = arn(kind.service, f"{base}/{name}", region)
        if member.endswith(("Arn", "ARN", "Arns")) or told.endswith("Arn") or "{" in told:
            return whole if not (kind.arn or "").count("{") else name
        return name

    def _link(self, kind, region, document, shape, link):
        """Point a link at something that is there; where its path is more than a path, do not."""
        if not _SIMPLE.fullmatch(link.path) or "[0]" in link.path:
            return
        path = link.path.removesuffix("[]")
        head = path.partition(".")[0].removesuffix("[]")
        if head not in shape.members or (kind.id or f"{kind.noun}Name") == path:
            return
        found = _reach(shape, document, path, self.source)
        if found is None:
            return
        inner, holder, last = found
        many = inner.type_name == "list"
        inner = inner.member if many else inner
        at = EU if region == "*" else region
        value = self._named(link.to, at, 0, path)
        if link.to.name == "AWS::EC2::InstanceType":
            value = next(iter(getattr(inner, "enum", ())), "ml.m5.large")
            self.types.add(value)
        if getattr(inner, "enum", ()) and value not in inner.enum:
            return
        holder[last] = [value] if many else value
        self.estate.links.add((kind.name, kind.called(document), link.path, link.to.name))

    def _item(self, kind, shape, document):
        """Return what a list says of a resource beside what its description says."""
        made = legal.value(shape, self.source, fill=0.3)
        while kind.keep and not jmespath.search(kind.keep, made | document):
            made = legal.value(shape, self.source, fill=0.3)
        known = document | document.get("_of", {})
        told = {k: v for k, v in made.items() if k not in known}
        for given, member in kind.takes.items():
            if member in shape.members and member in known:
                told[member] = known[member]
            elif member in shape.members and given in known:
                told[member] = known[given]
        if kind.created in shape.members and kind.created in known:
            told[kind.created] = known[kind.created]
        return told


def _item_shape(operation, way):
    """Return the shape of a list's items, which may come in groups."""
    head, _, inner = way.listing.items.partition("[].")
    shape = operation.output_shape.members[head].member
    return shape.members[inner].member if inner else shape


def _at_answer(kind, whole, document):
    inner = whole
    *path, last = kind.answer.split(".") if kind.answer else [""]
    if not last:
        return document
    for member in path:
        inner = inner.setdefault(member, {})
    inner[last] = document
    return whole


def _reach(shape, document, path, source):
    """Go down a path, making what is not there; return the last shape, its holder and its key."""
    holder: Any = document
    *heads, last = path.split(".")
    for head, following in pairwise((*heads, last)):
        name = head.removesuffix("[]")
        if shape.type_name != "structure" or name not in shape.members:
            return None
        inner = shape.members[name]
        if not holder.get(name):
            if getattr(shape, "is_tagged_union", False):
                holder.clear()
            holder[name] = legal.value(inner, source, fill=0)
        holder, shape = holder[name], inner
        while shape.type_name == "list":
            own = following.removesuffix("[]")
            one_of = getattr(shape.member, "is_tagged_union", False)
            if not holder or (one_of and all(own not in each for each in holder)):
                holder.append({} if one_of else legal.value(shape.member, source, fill=0))
            fitting = [each for each in holder if own in each] if one_of else []
            holder, shape = (fitting or holder[-1:] if one_of else holder)[0], shape.member
    last = last.removesuffix("[]")
    if shape.type_name != "structure" or last not in shape.members:
        return None
    if getattr(shape, "is_tagged_union", False):
        holder.clear()
    return shape.members[last], holder, last


def _secret(shape, path):
    """Return a value of a shape with a secret in it."""
    script = f"#!/bin/sh\nexport DB_PASSWORD={SECRET}\n"
    if shape.type_name == "map":
        name = next(iter(getattr(shape.key, "enum", ())), "DB_PASSWORD")
        plain = shape.value.type_name == "string"
        return {name: SECRET if plain else _secret(shape.value, path)}
    if shape.type_name == "list":
        return [_secret(shape.member, path)]
    if shape.type_name == "structure":
        maps = [n for n, m in shape.members.items() if m.type_name == "map"]
        made = legal.value(shape, random.Random(0), fill=0)
        if maps:
            return made | {maps[0]: _secret(shape.members[maps[0]], path)}
        texts = [n for n, m in shape.members.items() if m.type_name == "string" and not m.enum]
        texts.sort(key=("Key", "Name", "Value").__contains__, reverse=True)
        return made | dict(zip(texts, ("DB_PASSWORD", SECRET), strict=False))
    if path.endswith("Content") and "Card" not in path:
        return base64.b64encode(script.encode()).decode()
    return f"DB_PASSWORD={SECRET}"


def _merge(services, more):
    for name, entries in more.items():
        services[name] = services.get(name, {}) | entries


# -- by hand

IMAGE = "estate/app"
DIGEST = "sha256:" + "a" * 64


def _repository(region):
    return f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/{IMAGE}@{DIGEST}"


_HAND_NAMES = {
    "AWS::S3::Bucket": lambda region: f"s3://estate-{region}/prefix",
    "AWS::IAM::Role": lambda region: role_arn("estate"),
    "AWS::IAM::ManagedPolicy": lambda region: f"arn:aws:iam::{ACCOUNT}:policy/estate",
    "AWS::KMS::Key": lambda region: key_arn(f"key-{region}", region),
    "AWS::CloudTrail::Trail": lambda region: f"trail-{region}",
    "AWS::EC2::InstanceType": lambda region: "ml.m5.large",
    "AWS::EC2::PrefixList": lambda region: "pl-estate",
    "AWS::ECR::Repository": _repository, "AWS::ECR::Image": _repository,
    "AWS::EFS::FileSystem": lambda region: f"fs-{region}",
    "AWS::SecretsManager::Secret": lambda region: arn("secretsmanager", "secret:git-AbCdEf", region),
}


def by_hand(region):
    """Return the services of a region that are written by hand."""
    file_system = f"fs-{region}"
    secret = arn("secretsmanager", "secret:git-AbCdEf", region)
    return {
        "kms": {"Key": [key(f"key-{region}", region=region)]},
        "cloudtrail": {"Trail": [trail(f"trail-{region}", region, f"estate-{region}")]},
        "ec2": {
            "DescribeManagedPrefixLists": By("PrefixListIds", {str(["pl-estate"]): {
                "PrefixLists": [{"PrefixListId": "pl-estate", "OwnerId": ACCOUNT,
                                 "PrefixListArn": arn("ec2", "prefix-list/pl-estate", region)}]}},
                Error("InvalidPrefixListID.NotFound")),
            "GetManagedPrefixListEntries": {"Entries": [{"Cidr": "192.0.2.0/24"}]},
        },
        "backup": {"DescribeProtectedResource": Error("ResourceNotFoundException")},
        "logs": {"DescribeLogStreams": training_logs("logged", region=region)["DescribeLogStreams"]},
        "ecr": {
            "DescribeRepositories": By("repositoryNames", {str([IMAGE]): {"repositories": [{
                "repositoryName": IMAGE, "registryId": ACCOUNT,
                "repositoryArn": arn("ecr", f"repository/{IMAGE}", region)}]}},
                Error("RepositoryNotFoundException")),
            "DescribeImages": By("repositoryName", {IMAGE: {"imageDetails": [{
                "repositoryName": IMAGE, "imageDigest": DIGEST, "registryId": ACCOUNT,
                "imagePushedAt": ago(9)}]}}, Error("RepositoryNotFoundException")),
            "BatchGetRepositoryScanningConfiguration": By("repositoryNames", {str([IMAGE]): {
                "scanningConfigurations": [{
                    "repositoryName": IMAGE, "scanOnPush": True, "scanFrequency": "SCAN_ON_PUSH",
                    "repositoryArn": arn("ecr", f"repository/{IMAGE}", region)}]}}),
        },
        "efs": {"DescribeFileSystems": By("FileSystemId", {file_system: {"FileSystems": [{
            "OwnerId": ACCOUNT, "CreationToken": "c", "FileSystemId": file_system,
            "FileSystemArn": arn("elasticfilesystem", f"file-system/{file_system}", region),
            "CreationTime": ago(9), "LifeCycleState": "available", "NumberOfMountTargets": 0,
            "SizeInBytes": {"Value": 1}, "PerformanceMode": "generalPurpose", "Tags": []}]}},
            Error("FileSystemNotFound")), "*": EMPTY},
        "secretsmanager": {
            "DescribeSecret": By("SecretId", {secret: {"ARN": secret, "Name": "git"}}),
            "*": EMPTY},
    }


def everywhere():
    """Return what belongs to no region."""
    own = f"arn:aws:iam::{ACCOUNT}:policy/estate"
    return {
        "s3": {"Bucket": [
            bucket(f"estate-{region}", region, GetBucketPolicy=policy(statement(
                f"estate-{region}", "Allow", "s3:GetObject", {"AWS": role_arn("estate")})))
            for region in REGIONS]},
        "iam": {
            "Role": [role("estate", allow("s3:GetObject"), attached=[own])],
            "Policy": [managed_policy(own, allow("sagemaker:List*"))], "*": EMPTY,
        },
        "*": EMPTY,
    }
