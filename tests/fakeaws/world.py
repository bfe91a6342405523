"""The document answers calls: what is declared, what derives from it, and nothing else."""

from __future__ import annotations

from tests.fakeaws import derived
from tests.fakeaws.document import EMPTY, By, Chosen, Error, describing, listing, load, own
from tests.fakeaws.faults import not_found, region_disabled
from tests.fakeaws.paging import pages
from tests.fakeaws.service import service

NOT_MODELLED = "FakeNotModelled"


class World:
    """The accounts of a document; answers whole, paging comes later."""

    def __init__(self, accounts):
        self.accounts = load(accounts)

    def answer(self, call):
        """Return the whole answer to a call; raises :class:`Error`."""
        of = service(call.service)
        regions = self.accounts[call.account]
        if call.region not in regions:
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
                return _empty(of, call)
        raise Error(NOT_MODELLED, f"{call} is not in the document", 501)

    def resources(self, call_or_account, service_name, noun, region=""):
        """Yield the resources of a kind in an account (and region) with the region they lie in."""
        account = getattr(call_or_account, "account", call_or_account)
        for at, services in self.accounts[account].items():
            if region in ("", at) or at == "*":
                for resource in services.get(service_name, {}).get(noun, ()):
                    yield at, resource

    def _entries(self, call):
        regions = self.accounts[call.account]
        return [
            regions[at][call.service] for at in (call.region, "*")
            if at in regions and call.service in regions[at]
        ]

    def _of_resources(self, of, declared, call):
        """Answer from the resources of a region: their list, one of them, or something of one."""
        for noun, resources in declared.items():
            if not isinstance(resources, list):
                continue
            if call.operation == listing(of, noun):
                return _list(of, call, resources)
            if call.operation == describing(of, noun):
                return _bare(of, _named(of, call, resources))
            if any(call.operation in r for r in resources):
                return _declared(_named(of, call, resources)[call.operation], call)
        return None


def _declared(entry, call):
    if isinstance(entry, By):
        entry = entry.answers.get(str(call.params.get(entry.parameter)), entry.missing)
    if isinstance(entry, Chosen):
        entry = entry.answer(call.params)
    if isinstance(entry, Error):
        raise entry
    return entry


def _named(of, call, resources):
    """Return the resource whose members are what the call's required parameters say."""
    asked = {
        name: call.params[name]
        for name in of.operations[call.operation].input_shape.required_members
    }
    for resource in resources:
        values = {str(v) for k, v in own(resource).items() if k.endswith(("Arn", "Id", "Name"))}
        if all(resource.get(k) == v or (k not in resource and v in values)
               for k, v in asked.items()):
            return resource
    raise not_found(call)


def _bare(of, resource):
    return {k: v for k, v in own(resource).items() if k not in of.operations}


def _list(of, call, resources):
    """Return the summaries of resources; a filter that is not modelled is refused aloud."""
    operation = of.operations[call.operation]
    way = pages(of, operation)
    paging = {way[0], way[2]} if way else set()
    for name in call.params:
        if name not in paging:
            raise Error(NOT_MODELLED, f"the parameter {name} of {call}", 501)
    member, shape = next(
        (n, m.member) for n, m in operation.output_shape.members.items() if m.type_name == "list"
    )
    return {
        member: [
            {k: r[k] for k in shape.members if r.get(k) is not None} | r.get("_summary", {})
            for r in resources
        ]
    }


def _empty(of, call):
    operation = of.operations[call.operation]
    if pages(of, operation) is None and not call.operation.startswith("List"):
        raise not_found(call)
    return {
        n: [] for n, m in operation.output_shape.members.items() if m.type_name == "list"
    }
