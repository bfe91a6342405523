"""The answers that come a hundred at a time: whole documents by Search, roles, tags.

They only prefetch. A list is the authority on what exists, and what a bulk answer does not carry,
or carries as it was before, is described one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from math import ceil, floor
from typing import Any

from auditor.aws.pace import Refused
from auditor.aws.parts import Reader, ended
from auditor.aws.plan import BadRow, Call, Listing, listing, operation, plan
from auditor.aws.seen import Seen
from auditor.inventory import GLOBAL, Kind
from auditor.kind import Search, condition
from auditor.kinds import POLICY, ROLE
from auditor.runs import made
from auditor.shape import when

SEARCH = Call("sagemaker", "Search")
ROLES = Call("iam", "GetAccountAuthorizationDetails")
TAGS = Call("resourcegroupstaggingapi", "GetResources")
PAGE = 100  # the most that Search answers at once, and the most ARNs that TAGS takes
WORTH = 8  # items to describe from which on a call of Search is made for them
FULL = 100  # a kind with as many resources tagged by Search is left out of the region's tags
_MOST_PAGES = 3  # of one window; what lies beyond is described one by one


@dataclass
class Found:
    """A listed item, and what Search knows of it.

    ``seen`` is None where the item must be described; ``tags`` where Search does not know it.
    """

    item: Any
    seen: Seen | None = None
    tags: Mapping[str, str] | None = None


@dataclass
class Tagged:
    """What is to be tagged in a region: ``arns`` alone, or everything, or some types of it."""

    types: list[str] = field(default_factory=list)
    arns: list[str] = field(default_factory=list)
    whole: bool = True


@cache
def lacking(kind: Kind[Any]) -> tuple[str, ...]:
    """Return the members of a kind's description that records of Search do not carry.

    Derived from botocore's models. Raises :class:`BadRow` where the row links by such a member:
    a record would be without that link, and nobody would know.
    """
    described = plan(kind).describe
    assert described is not None
    told = operation(described.service, described.operation).output_shape.members
    left_out = tuple(n for n in told if n not in _record(kind).members)
    for link in kind.links:
        if link.head in left_out:
            raise BadRow(f"{kind.name}: Search does not carry {link.path}, so it is no link")
    return left_out


def _record(kind: Kind[Any]) -> Any:
    """Return botocore's model of what a record of Search says of one resource of a kind."""
    assert kind.search is not None
    shape = operation("sagemaker", "Search").output_shape.members["Results"].member
    for member in kind.search.path:
        if member not in shape.members:
            raise BadRow(f"{kind.name}: the records of Search have no {kind.search.record}")
        shape = shape.members[member]
    return shape


def searchable(kind: Kind[Any], item: Any) -> bool:
    """Tell whether a record of Search may stand for the description of a listed item.

    It may for what is settled, and for the rest where the record carries all and the list tells
    by the time of the last change that the index has not fallen behind.
    """
    if kind.search is None or made(kind, item) is None:
        return False
    if kind.is_settled(item):
        return True
    return not lacking(kind) and item.get("LastModifiedTime") is not None


def _tells(kind: Kind[Any], item: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Tell whether a record says all that can matter of an item, and says it of this item."""
    if made(kind, document) != made(kind, item):
        return False  # the name was given anew, or the index does not know that yet
    if kind.is_settled(document):
        return not kind.enough or condition(kind.enough).holds(document)
    if lacking(kind) or not document.get("LastModifiedTime"):
        return False
    return when(document["LastModifiedTime"]) == when(item["LastModifiedTime"])


def window(kind: Kind[Any], items: Sequence[Any]) -> tuple[int, int]:
    """Return the whole seconds, since 1970, between which items were made."""
    times = [t for item in items if (t := made(kind, item)) is not None]
    return floor(min(times)), ceil(max(times))


@cache
def newest_first(call: Call) -> dict[str, str]:
    """Return the parameters that sort a list by the time of making, newest first, if any do."""
    given = operation(call.service, call.operation).input_shape.members
    by = getattr(given.get("SortBy"), "enum", ())
    order = getattr(given.get("SortOrder"), "enum", ())
    for time, down in (("CreationTime", "Descending"), ("CREATION_TIME", "DESCENDING")):
        if time in by and down in order:
            return {"SortBy": time, "SortOrder": down}
    return {}


class Bulk:
    """Asks for many resources at once; safe to use from many threads."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.pace = reader.pace

    # -- Search

    def search(self, kind: Kind[Any], region: str, items: Sequence[Any]) -> list[Found]:
        """Look up items of one list page; raises :class:`Refused`.

        The query is for the time in which they were made, so that none pages deep.
        """
        search = kind.search
        assert search is not None
        earliest, latest = window(kind, items)
        every = [Found(item) for item in items]
        found = {self.reader.identity(kind, region, one.item)[0]: one for one in every}
        missing = set(found)
        given = {
            "Resource": search.resource, "MaxResults": PAGE,
            "SortBy": kind.created, "SortOrder": "Descending",
            "SearchExpression": {"Filters": [
                {"Name": kind.created, "Operator": "GreaterThanOrEqualTo",
                 "Value": _time(earliest)},
                {"Name": kind.created, "Operator": "LessThanOrEqualTo",
                 "Value": _time(latest + search.late)},
                *({"Name": name, "Operator": "Equals", "Value": value}
                  for name, value in search.where.items()),
            ]},
        }
        token = ""
        for _ in range(_MOST_PAGES):
            answer = self.pace.call(
                SEARCH, region, {**given, "NextToken": token} if token else given
            )
            for result in self._results(answer):
                self._match(kind, region, _document(search, result), found, missing)
            token = str(answer.get("NextToken") or "")
            if not token or len(missing) < WORTH:
                break
        return every

    def _match(
        self, kind: Kind[Any], region: str, document: Mapping[str, Any],
        found: Mapping[str, Found], missing: set[str],
    ) -> None:
        tags = document.get("Tags") or ()
        arn, _ = self.reader.identity(kind, region, document)
        mine = found.get(arn)
        if mine is None:
            return  # made in the same second as one of these
        missing.discard(arn)
        if made(kind, document) != made(kind, mine.item):
            return
        mine.tags = self.reader.masker.scrub(pairs(tags, SEARCH))
        if _tells(kind, mine.item, document):
            told = {k: v for k, v in document.items() if k != "Tags"}
            mine.seen = self.reader.document(kind, region, told, SEARCH)

    @staticmethod
    def _results(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        results = answer.get("Results")
        if not isinstance(results, list):
            raise Refused("MalformedAnswer", "the answer has no Results", SEARCH)
        return results

    # -- roles

    def roles(self) -> Iterator[Seen]:
        """Yield every role and policy of the account; raises :class:`Refused`."""
        token: dict[str, Any] = {}
        before: set[str] = set()
        given = {"Filter": ["Role", "LocalManagedPolicy", "AWSManagedPolicy"], "MaxItems": 1000}
        while True:
            answer = self.pace.call(ROLES, self.reader.home, {**given, **token})
            for kind, member in ((POLICY, "Policies"), (ROLE, "RoleDetailList")):
                for document in answer.get(member) or ():
                    yield self.reader.document(kind, GLOBAL, document, ROLES)
            following = answer.get("Marker")
            if not following or not answer.get("IsTruncated"):
                ended(answer, ROLES)
                return
            if following in before:
                raise Refused("RepeatedToken", "IAM gave the same page token twice")
            before.add(following)
            token = {"Marker": following}

    # -- tags

    def tags(self, region: str, wanted: Tagged) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the tags of what is in a region, by ARN; raises :class:`Refused`."""
        if wanted.whole:
            yield from self._tags(region, {})
        elif wanted.types:
            try:
                yield from self._tags(region, {"ResourceTypeFilters": wanted.types})
            except Refused as refused:
                if refused.code != "InvalidParameterException":
                    raise
                yield from self._tags(region, {})  # a type that the tagging API does not know
                return
        for start in range(0, len(wanted.arns), PAGE):
            yield from self._tags(region, {"ResourceARNList": wanted.arns[start:start + PAGE]})

    def _tags(
        self, region: str, given: Mapping[str, Any]
    ) -> Iterator[tuple[str, dict[str, str]]]:
        page = listing(TAGS.service, TAGS.operation, "ResourceTagMappingList")
        named = "ResourceARNList" in given  # which does not go together with the size of a page
        token = ""
        before: set[str] = set()
        while True:
            goes_on = {page.token_in: token} if token else {}
            items, token = self.reader.page(
                Listing(page.call, page.items, page.token_in, page.token_out) if named else page,
                region, {**given, **goes_on}, before,
            )
            for item in items:
                yield told(item, "ResourceARN", TAGS), self.reader.masker.scrub(
                    pairs(told(item, "Tags", TAGS), TAGS)
                )
            if not token:
                return
            before.add(token)


def told(answer: Mapping[str, Any], member: str, call: Call) -> Any:
    """Return a member that an answer must have; raises :class:`Refused` where it has none."""
    value = answer.get(member)
    if value is None:
        raise Refused("MalformedAnswer", f"the answer has no {member}", call)
    return value


def pairs(tags: Iterable[Mapping[str, Any]], call: Call) -> dict[str, str]:
    """Return tags as a map; raises :class:`Refused` where one lacks its key or its value."""
    return {told(tag, "Key", call): told(tag, "Value", call) for tag in tags}


def _document(search: Search, result: Any) -> Mapping[str, Any]:
    """Return the document in a result of Search."""
    for member in search.path:
        result = result.get(member) if isinstance(result, Mapping) else None
    if not isinstance(result, Mapping):
        raise Refused("MalformedAnswer", f"a result has no {'.'.join(search.path)}", SEARCH)
    return result


def _time(seconds: int) -> str:
    """Return a time as Search's filters take it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
