"""One resource at a time: describe it, or put it together from the calls it is made of."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import jmespath

from auditor.aws import paths
from auditor.aws.buckets import Buckets
from auditor.aws.pace import Pace, Refused
from auditor.aws.plan import NAME, Call, Listing, operation, plan, tokens
from auditor.aws.seen import Asked, Seen
from auditor.aws.session import Caller
from auditor.aws.wire import as_it_came
from auditor.inventory import GLOBAL, Kind, Part
from auditor.kind import KNOWN, named_in
from auditor.kinds import BUCKET
from auditor.masks import Masker


def plain(value: Any) -> Any:
    """Return an answer as JSON can hold it: times in ISO 8601, bytes in base64."""
    return json.loads(json.dumps(value, default=_told))


def _told(value: Any) -> str:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)


def ended(answer: Mapping[str, Any], call: Call) -> None:
    """Refuse a last page that says, as IAM and KMS do, that there are more."""
    for told in ("IsTruncated", "Truncated"):
        if answer.get(told):
            raise Refused("MalformedAnswer", f"the answer is {told} and has no page token", call)


def listed(answer: Mapping[str, Any], path: str) -> list[Any] | None:
    """Return the items of a page, ``Items`` or ``Groups[].Items``; None where it has no such."""
    head, _, inner = path.partition("[].")
    found = answer.get(head)
    if not isinstance(found, list):
        return None
    if not inner:
        return found
    groups = [group.get(inner) if isinstance(group, Mapping) else None for group in found]
    if not all(isinstance(group, list) for group in groups):
        return None
    return [item for group in groups for item in group or ()]


class Reader(Buckets):
    """Turns calls into resources; safe to use from many threads."""

    def __init__(self, pace: Pace, caller: Caller, home: str, masker: Masker) -> None:
        super().__init__(pace, caller, home, masker)
        self._answers: dict[str, Future[dict[str, Any]]] = {}  # what resources share
        self._seen: dict[tuple[str, str], object] = {}  # what was asked for, by kind and ARN

    # -- lists

    def page(
        self, call: Listing, region: str, given: Mapping[str, Any], before: set[str]
    ) -> tuple[list[Any], str]:
        """Return the items of one page and the token of the next, "" after the last.

        Raises :class:`Refused` also where the list is missing from the answer, or a token comes
        twice: neither is an empty account.
        """
        params = dict(given)
        if call.limit and call.limit not in params:
            params[call.limit] = min(call.most or 100, 1000)
        answer = self.pace.call(call.call, self.at(region), params)
        items = listed(answer, call.items)
        if items is None:
            raise Refused("MalformedAnswer", f"the answer has no {call.items}", call.call)
        if any(item is None for item in items):
            raise Refused("MalformedAnswer", f"an item of {call.items} is null", call.call)
        if call.keep:
            items = [item for item in items if jmespath.search(call.keep, item)]
        if call.renames:
            items = [
                {**item, **{ours: item[theirs] for ours, theirs in call.renames if theirs in item}}
                for item in items
            ]
        token = str(answer.get(call.token_out) or "") if call.token_out else ""
        if token and token in before:
            raise Refused("RepeatedToken", "AWS gave the same page token twice")
        if not token:
            ended(answer, call.call)
        return items, token

    # -- resources

    def document(self, kind: Kind[Any], region: str, document: Any, call: Call) -> Seen:
        """Return a resource whose whole document is at hand, which becomes the resource's own."""
        told = dict(document) if as_it_came(call.service) else plain(document)
        masked = self._masked(kind, told)
        arn, name = self.identity(kind, region, masked)
        return Seen(
            kind, region, arn, name, masked, f"{call.service}:{call.operation}", _now()
        )

    def listed(self, kind: Kind[Any], region: str, item: Any) -> Seen | None:
        """Return the resource a list item speaks of; None if it has gone since."""
        way = plan(kind)
        assert way.listing is not None
        item = item if isinstance(item, Mapping) else {way.item_id: item}
        name = kind.called(item) or str(item.get(way.item_id) or "")
        if way.describe is None:
            seen = self.document(kind, region, item, way.listing.call)
            if kind is BUCKET:
                seen.region = self._bucket_region(seen)
            return self._parts(seen)
        given = {
            parameter: name if member == NAME else item[member]
            for parameter, member in way.takes.items() if member == NAME or member in item
        }
        if way.key_is_list:
            given[way.key] = [given[way.key]]
        try:
            if absent := [n for n in way.needs if n not in given]:
                raise Refused("MalformedAnswer", f"the list has no {', '.join(absent)}",
                              way.listing.call)
            document = self._describe(kind, self.at(region), given)
        except Refused as refused:
            if refused.means(way.gone):
                return None
            arn, name = self.identity(kind, region, item, name)
            return Seen(
                kind, region, arn, name, {},
                f"{way.listing.call.service}:{way.listing.call.operation}", _now(),
                [self.gap(kind, region, way.describe, refused, arn)],
            )
        return self._parts(self.document(kind, region, document, way.describe))

    def of_parent(self, kind: Kind[Any], parent: Seen) -> dict[str, Any]:
        """Return what a resource gives to the list of a kind under it; its name at the least."""
        key = plan(parent.kind).item_id
        return {
            n: parent.document.get(n) or (parent.name if n == key else "")
            for n in plan(kind).of_parent
        }

    def single(self, kind: Kind[Any], region: str) -> Seen:
        """Return the one resource of a kind that a region or an account has."""
        arn, name = self.identity(kind, region, {}, region)
        name = self.caller.account if region == GLOBAL else name
        first = kind.parts[0].call.replace(".", ":") if kind.parts else "sts:GetCallerIdentity"
        begins = filled(kind.begins, {"account": self.caller.account, "region": region})
        return self._parts(Seen(kind, region, arn, name, begins, first, _now()))

    def asked(self, kind: Kind[Any], region: str, value: str) -> Asked:
        """Return what a link's value is: a resource, nothing, somebody else's, or unseen."""
        if kind is BUCKET:
            return self._bucket(kind, value)
        way = plan(kind)
        assert way.describe is not None
        meant = kind.canon(value)
        owner = kind.foreign(value)
        if owner and owner != self.caller.account and not kind.abroad:
            return Asked("foreign", owner)
        region = self.place(kind, region, value)
        name = meant.rpartition("/")[2] if way.key.endswith("Name") else meant
        given = {way.key: [name] if way.key_is_list else name}
        try:
            document = self._describe(
                kind, self.at(region), kind.asks(value) if kind.asks else given
            )
        except Refused as refused:
            if refused.means(way.gone):
                return Asked("missing")
            return Asked("unseen", "", gap=self.gap(
                kind, region, way.describe, refused, value))
        seen = self.document(kind, region, document, way.describe)
        if kind.scope == "account" and meant.startswith("arn:") and seen.arn != meant:
            return Asked("missing")  # the name was given anew, under another path
        mine = object()  # another name of it may have led here before; its parts are asked once
        if self._seen.setdefault((kind.name, seen.arn), mine) is not mine:
            return Asked("here", seen.arn)
        return Asked("here", seen.arn, self._parts(seen))

    def place(self, kind: Kind[Any], region: str, value: str) -> str:
        """Return the region of what a link's value means: an ARN tells its own."""
        told = kind.place(value)
        return told if told and kind.scope == "region" else region

    def meant(self, kind: Kind[Any], region: str, value: str) -> str:
        """Return one word for all the ways to name the same thing here, to ask for it once.

        ``s3://data/a`` and ``s3://data/b`` mean one bucket; a key's ARN and its id one key.
        """
        here = (
            f"arn:{self.caller.partition}:{kind.service}:{region}:{self.caller.account}:"
        )
        word = kind.canon(value)
        return word.removeprefix(here).removeprefix("key/") if word.startswith(here) else word

    def _describe(self, kind: Kind[Any], at: str, given: Mapping[str, Any]) -> Any:
        """Describe; an answer that does not even name the resource is not an answer."""
        way = plan(kind)
        assert way.describe is not None
        answer = self.whole(way.describe, at, given)
        document = jmespath.search(kind.answer, answer) if kind.answer else answer
        if not isinstance(document, Mapping) or not all(document.get(n) for n in way.names):
            raise Refused(
                "MalformedAnswer", f"the answer has no {' or no '.join(way.names)}", way.describe
            )
        return document

    # -- parts

    def _parts(self, seen: Seen) -> Seen:
        for part in seen.kind.parts:
            if part.where and not jmespath.search(part.where, seen.document):
                # whether to ask hangs on what may itself have been refused
                read = paths.fields(part.where)
                seen.gaps += [
                    replace(gap, member=part.member) for gap in seen.gaps if gap.member in read
                ]
                continue
            if seen.document.get(part.member) is not None:
                continue  # the list or the bulk answer already carried it
            try:
                value = self._part(seen, part)
            except Refused as refused:
                service, _, name = part.call.partition(".")
                seen.gaps.append(self.gap(
                    seen.kind, seen.region, Call(service, name), refused, seen.arn, part.member
                ))
                continue
            seen.document[part.member] = plain(value)
            for path in _secret_paths(seen.kind):
                if path[0].removesuffix("[]") == part.member:
                    _mask_at(seen.document, path, self.masker)
            seen.document[part.member] = self.masker.scrub(seen.document[part.member])
        return seen

    def _part(self, seen: Seen, part: Part) -> Any:
        needed = [n for n in named_in(part.given) if n not in KNOWN]
        if any(not seen.document.get(n) for n in needed):
            raise Refused("MalformedAnswer", f"the answer has no {', '.join(needed)}")
        known = {n: seen.document[n] for n in needed} | {
            "name": seen.name, "arn": seen.arn, "account": self.caller.account,
            "region": seen.region,
        }
        if part.each is None:
            return self._answer(part, seen.region, known)
        service, _, name = part.each[0].partition(".")
        call = Call(service, name)
        first = next(iter(part.given))
        given = {first: part.given[first]} if part.each_given is None else part.each_given
        answer = self.whole(call, seen.region, filled(given, known))
        listed = jmespath.search(part.each[1], answer)
        if not isinstance(listed, list):
            raise Refused("MalformedAnswer", f"the answer has no {part.each[1]}", call)
        return [self._answer(part, seen.region, known | {"each": item}) for item in listed]

    def whole(self, call: Call, region: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return an answer with the lists of all its pages."""
        token_in, token_out = tokens(call.service, call.operation)
        whole = answer = self.pace.call(call, self.at(region), given)
        before: set[str] = set()
        lists = {member for member, value in whole.items() if isinstance(value, list)}
        while token_out and answer.get(token_out):
            following = str(answer[token_out])
            if following in before:
                raise Refused("RepeatedToken", "AWS gave the same page token twice", call)
            before.add(following)
            answer = self.pace.call(call, self.at(region), {**given, token_in: following})
            if not any(isinstance(answer.get(member), list) for member in lists):
                raise Refused(
                    "MalformedAnswer", f"a page has no {' or '.join(sorted(lists))}", call
                )
            for member, value in answer.items():
                if isinstance(value, list):
                    whole[member] = [*whole.get(member, ()), *value]
        if token_out:
            ended(answer, call)
        whole.pop(token_out, None)
        return whole

    def _ask(
        self, part: Part, call: Call, region: str, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        if part.pages:
            return self.whole(call, region, given)
        return self.pace.call(call, self.at(region), given)

    def _common(
        self, part: Part, call: Call, region: str, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return an answer that several resources may have in common: it is asked for once."""
        key = f"{call} {self.at(region)} {json.dumps(given, sort_keys=True)}"
        mine: Future[dict[str, Any]] = Future()
        first = self._answers.setdefault(key, mine)
        if first is mine:
            try:
                mine.set_result(self._ask(part, call, region, given))
            except BaseException as error:
                mine.set_exception(error)
                raise
        return first.result()

    def _answer(self, part: Part, region: str, known: Mapping[str, Any]) -> Any:
        service, _, name = part.call.partition(".")
        call = Call(service, name)
        given = filled(part.given, known)
        try:
            if {"name", "arn", "each"} & set(named_in(part.given)):
                answer = self._ask(part, call, region, given)
            else:
                answer = self._common(part, call, region, given)
        except Refused as refused:
            if refused.means(part.absent):
                return None
            raise
        value = jmespath.search(part.answer, answer) if part.answer else answer
        member = operation(service, name).output_shape.members.get(part.answer)
        expected = part.absent or part.always or (
            member is not None and member.type_name in ("list", "map")
        )
        if value == [None] or (value is None and expected):
            raise Refused("MalformedAnswer", f"the answer has no {part.answer}")
        return value

    def _masked(self, kind: Kind[Any], document: dict[str, Any]) -> dict[str, Any]:
        for path in _secret_paths(kind):
            _mask_at(document, path, self.masker)
        scrubbed: dict[str, Any] = self.masker.scrub(document)
        return scrubbed


def filled(template: Any, known: Mapping[str, Any]) -> Any:
    """Return parameters with the templates in them filled; what is no text stays as it is."""
    if isinstance(template, str):
        return template.format_map(known)
    if isinstance(template, Mapping):
        return {name: filled(inner, known) for name, inner in template.items()}
    if isinstance(template, list | tuple):
        return [filled(inner, known) for inner in template]
    return template


@cache
def _secret_paths(kind: Kind[Any]) -> tuple[list[str], ...]:
    return tuple(path.split(".") for path in kind.secrets)


def _mask_at(document: Any, path: list[str], masker: Masker) -> None:
    head, rest = path[0], path[1:]
    member = head.removesuffix("[]")
    if not isinstance(document, dict) or document.get(member) is None:
        return
    if not rest:
        document[member] = masker.suspect(document[member])
        return
    for inner in document[member] if head.endswith("[]") else [document[member]]:
        _mask_at(inner, rest, masker)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
