"""The document answers calls: what is declared, what derives from it, and nothing else."""

from __future__ import annotations

import re

from tests.fakeaws import derived
from tests.fakeaws.document import (
    EMPTY,
    By,
    Chosen,
    Error,
    describing,
    items_of,
    listing,
    load,
    own,
    summarised,
)
from tests.fakeaws.faults import not_found, region_disabled
from tests.fakeaws.paging import TOKENS, pages
from tests.fakeaws.permissions import Permissions
from tests.fakeaws.select import Generated, Mapped, Test, select
from tests.fakeaws.service import service
from tests.fakeaws.unset import unset

NOT_MODELLED = "FakeNotModelled"


class World:
    """The accounts of a document; answers whole, paging comes later."""

    def __init__(self, accounts, permissions=None):
        self.accounts = load(accounts)
        self.permissions = permissions or Permissions()
        self._indexes = {}

    def answer(self, call):
        """Return the whole answer to a call; raises :class:`Error`."""
        of = service(call.service)
        regions = self.accounts[call.account]
        if call.region not in regions and (call.service, call.operation) not in derived.ANYWHERE:
            raise region_disabled(of, call)
        entries = self._entries(call)
        for declared in entries:
            if call.operation in declared:
                return _declared(declared[call.operation], call)
        derive = derived.OPERATIONS.get((call.service, call.operation))
        if derive is not None:
            return derive(self, call)
        for declared in entries:
            found = self._of_resources(of, declared, call)
            if found is not None:
                return found
        for declared in entries:
            if declared.get("*") is EMPTY:
                return self._nothing(of, call)
        raise Error(NOT_MODELLED, f"{call} is not in the document", 501)

    def resources(self, call_or_account, service_name, noun, region=""):
        """Yield the resources of a kind in an account (and region) with the region they lie in."""
        account = getattr(call_or_account, "account", call_or_account)
        for at, services in self.accounts[account].items():
            if region in ("", at) or at == "*":
                for resource in services.get(service_name, {}).get(noun, ()):
                    yield at, resource

    def declared(self, call, noun):
        """Return the resources of a kind where a call asks, or None where nothing is said."""
        for entries in self._entries(call):
            if noun in entries:
                return entries[noun]
            if entries.get("*") is EMPTY:
                return []
        return None

    def _entries(self, call):
        regions = self.accounts[call.account]
        here = [regions[at] for at in (call.region, "*") if at in regions]
        found = [services[call.service] for services in here if call.service in services]
        rest = any(services.get("*") is EMPTY for services in here)
        return [*found, {"*": EMPTY}] if rest else found

    def _of_resources(self, of, declared, call):
        """Answer from the resources of a region: their list, one of them, or something of one."""
        for noun, resources in declared.items():
            if not isinstance(resources, list | Generated):
                continue
            if call.operation == listing(of, noun):
                return self._list(of, call, noun, resources)
            if call.operation == describing(of, noun):
                return _bare(of, self._named(of, call, resources))
            if isinstance(resources, list) and any(call.operation in r for r in resources):
                resource = self._named(of, call, resources)
                if call.operation in resource:
                    return _declared(resource[call.operation], call)
                return self._nothing(of, call)
        return None

    def _nothing(self, of, call):
        """Return what AWS says where there is nothing of what is asked for."""
        found = unset(call)
        return _empty(of, call) if found is None else found

    def _named(self, of, call, resources):
        """Return the resource whose members are what the call's parameters say.

        What it does not tell itself, such as its parent's name, it tells under ``_of``.
        """
        required = of.operations[call.operation].input_shape.required_members
        for resource in self._candidates(resources, call.params[required[0]]):
            known = own(resource) | resource.get("_of", {})
            values = _values(resource)
            if all(
                known.get(k) == v or (str(v) in values and (k not in known or _is_arn(v)))
                for k, v in call.params.items() if k in required or (k in known and k not in TOKENS)
            ):
                return resource
        raise not_found(call)

    def _candidates(self, resources, value):
        """Return the resources that one of their own words may name so."""
        if isinstance(resources, Generated):
            return resources.named(value)
        known, length, index = self._indexes.get(id(resources), (None, 0, {}))
        if known is not resources or length != len(resources):  # a test may add to a list
            index = {}
            for resource in resources:
                for word in _values(resource) | set(map(str, resource.get("_of", {}).values())):
                    index.setdefault(word, []).append(resource)
            self._indexes[id(resources)] = resources, len(resources), index
        return index.get(str(value), ())

    def _list(self, of, call, noun, resources):
        """Return the summaries of resources; a filter that is not modelled is refused aloud."""
        operation = of.operations[call.operation]
        way = pages(of, operation)
        paging = {way[0], way[2]} if way else set()
        tests, by, descending = [], "", False
        for name, value in call.params.items():
            if name in paging or name == "ModelPackageType":
                continue
            if name == "SortBy":
                by = _SORTS.get(value, value).replace("<Noun>", noun)
            elif name == "SortOrder":
                descending = value == "Descending"
                by = by or "CreationTime"
            else:
                tests.append(self._test(of, call, noun, resources, name, value))
        if noun == "ModelPackage":  # those of no group, unless one says otherwise
            of_group = "ModelPackageGroupName" in call.params
            wanted = call.params.get("ModelPackageType", "Versioned" if of_group else "Unversioned")
            if wanted != "Both":
                has = "Exists" if wanted == "Versioned" else "NotExists"
                tests.append(Test("ModelPackageVersion", has))
        member, shape = items_of(operation)
        found = select(resources, tests, by, descending)
        return {member: Mapped(found, lambda resource: summarised(shape, resource))}

    def _test(self, of, call, noun, resources, name, value):
        """Return what a parameter of a list asks of the resources."""
        bound = _BOUNDS.get(name)
        if bound:
            return Test(*bound, value)
        if name == "NameContains":
            return Test(f"{noun}Name", "Contains", value)
        if name == "StatusEquals":
            return Test(f"{noun}Status", "Equals", value)
        member = name.removesuffix("Equals")
        parent = re.sub(r"(Name|Arn|Id)$", "", member)
        parents = self.declared(call, parent) if parent != noun else None
        if parents and isinstance(parents, list):
            found = self._candidates(parents, value)
            if not found:
                raise not_found(call)
            return _Child(member, _values(found[0]))
        if isinstance(resources, list) and (not resources or any(
            member in r or member in r.get("_of", {}) for r in resources
        )):
            return _Child(member, {str(value)})
        raise Error(NOT_MODELLED, f"the parameter {name} of {call}", 501)


class _Child:
    """What is asked of resources that belong to another, by any of that one's names."""

    narrows = False

    def __init__(self, member, words):
        self._member = member
        self._words = words

    def holds(self, resource):
        return str((own(resource) | resource.get("_of", {})).get(self._member)) in self._words


_SORTS = {"Name": "<Noun>Name", "Status": "<Noun>Status"}
# Bounds are as their words say: what was made at that very moment is neither after nor before it.
_BOUNDS = {
    f"{prefix}{word}": (member, operator)
    for prefix, member in (
        ("CreationTime", "CreationTime"), ("Created", "CreationTime"),
        ("LastModifiedTime", "LastModifiedTime"), ("ModifiedTime", "LastModifiedTime"),
    )
    for word, operator in (("After", "GreaterThan"), ("Before", "LessThan"))
}


def _values(resource):
    return {str(v) for k, v in own(resource).items() if k.endswith(("Arn", "Id", "Name"))}


def _is_arn(value):
    return str(value).startswith("arn:")


def _declared(entry, call):
    if isinstance(entry, By | Chosen):
        entry = entry.answer(call.params)
    if isinstance(entry, Error):
        raise entry
    return entry


def _bare(of, resource):
    return {k: v for k, v in own(resource).items() if k not in of.operations}


def _empty(of, call):
    operation = of.operations[call.operation]
    if pages(of, operation) is None and not call.operation.startswith("List"):
        raise not_found(call)
    return {
        n: [] for n, m in operation.output_shape.members.items() if m.type_name == "list"
    }
