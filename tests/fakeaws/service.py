"""botocore's models seen from the server's side: what a request asks for."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

import botocore.exceptions
import botocore.session

SESSION = botocore.session.get_session()


@dataclass(frozen=True)
class Request:
    """An HTTP request; header names are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Call:
    """What a request asks for: an operation of a service, in a region, by an account."""

    account: str
    region: str
    service: str
    operation: str
    params: dict[str, Any] = field(default_factory=dict)

    def __str__(self):
        return f"{self.service}:{self.operation} {self.params} in {self.region}"


class NoSuchOperation(Exception):
    """A request that means no operation of the service."""


class Service:
    """One service: its operations, its protocol, how its requests are read."""

    def __init__(self, name):
        self.name = name
        self.model = SESSION.get_service_model(name)
        self.protocol = self.model.resolved_protocol
        self.signs_as = self.model.metadata.get("signingName") or self.model.endpoint_prefix
        self.operations = {n: self.model.operation_model(n) for n in self.model.operation_names}
        loader = SESSION.get_component("data_loader")
        try:
            self.paginators = loader.load_service_model(name, "paginators-1")["pagination"]
        except botocore.exceptions.DataNotFoundError:
            self.paginators = {}

    def read(self, request):
        """Return the operation and the parameters of a request."""
        if self.protocol == "json":
            name = request.headers.get("x-amz-target", "").rpartition(".")[2]
            return name, _from_json(self._input(name), json.loads(request.body or b"{}"))
        if self.protocol in ("query", "ec2"):
            given = dict(parse_qsl(request.body.decode() or request.query, keep_blank_values=True))
            name = given.get("Action", "")
            shape = self._input(name)
            return name, _from_query(shape, given, "", self.protocol == "ec2") if shape else {}
        for route in self._routes:
            labels = route.match(request)
            if labels is not None:
                return route.name, self._from_rest(route.name, request, labels)
        raise NoSuchOperation(f"{self.name}: {request.method} {request.path}?{request.query}")

    def error_status(self, code):
        """Return the HTTP status of an error that the models declare, or None."""
        for shape in self.model.error_shapes:
            declared = shape.metadata.get("error", {})
            if code in (shape.name, declared.get("code")):
                return declared.get("httpStatusCode")
        return None

    def _input(self, name):
        if name not in self.operations:
            raise NoSuchOperation(f"{self.name}: {name or 'no operation named'}")
        return self.operations[name].input_shape

    @cached_property
    def _routes(self):
        live = {_address(o) for o in self.operations.values() if not o.deprecated}
        routes = [
            _Route(operation) for operation in self.operations.values()
            if not (operation.deprecated and _address(operation) in live)
        ]
        return sorted(routes, key=lambda r: (len(r.needs), r.literal), reverse=True)

    def _from_rest(self, name, request, labels):
        shape = self.operations[name].input_shape
        if shape is None:
            return {}
        query = parse_qs(request.query, keep_blank_values=True)
        payload = shape.serialization.get("payload")
        body = json.loads(request.body) if self.protocol == "rest-json" and request.body else {}
        if payload:
            body = {payload: body}
        params = {}
        for member, inner in shape.members.items():
            where = inner.serialization.get("location")
            wire = inner.serialization.get("name", member)
            if where == "uri" and wire in labels:
                params[member] = _scalar(inner, labels[wire])
            elif where == "querystring" and wire in query:
                many = inner.type_name == "list"
                params[member] = (
                    [_scalar(inner.member, v) for v in query[wire]] if many
                    else _scalar(inner, query[wire][0])
                )
            elif where == "header" and wire.lower() in request.headers:
                params[member] = _scalar(inner, request.headers[wire.lower()])
            elif where is None and wire in body:
                params[member] = _from_json(inner, body[wire])
        return params


@cache
def service(name):
    """Return a service by botocore's name of it; its models are read once."""
    return Service(name)


@cache
def known_services():
    """Return the names of all services that botocore has models of."""
    return frozenset(SESSION.get_available_services())


class _Route:
    """The method, path and query of an operation of a REST protocol."""

    def __init__(self, operation):
        self.name = operation.name
        self.method = operation.http["method"]
        path, _, query = operation.http["requestUri"].partition("?")
        pieces = re.split(r"(\{[^}]*\})", path.rstrip("/"))
        self.literal = sum(len(p) for p in pieces if not p.startswith("{"))
        self._labels = [p.strip("{}").rstrip("+") for p in pieces if p.startswith("{")]
        pattern = "".join(
            ("(.+)" if p.endswith("+}") else "([^/]+)") if p.startswith("{") else re.escape(p)
            for p in pieces
        )
        self._pattern = re.compile(f"{pattern}/?")
        self.needs = dict(parse_qsl(query, keep_blank_values=True))
        shape = operation.input_shape
        for member in shape.required_members if shape else ():
            inner = shape.members[member].serialization
            if inner.get("location") == "querystring":
                self.needs.setdefault(inner["name"], "")

    def match(self, request):
        """Return what stands in the path's labels, or None where the request is another's."""
        found = self._pattern.fullmatch(request.path) if self.method == request.method else None
        if found is None:
            return None
        query = parse_qs(request.query, keep_blank_values=True)
        if any(k not in query or (v and v not in query[k]) for k, v in self.needs.items()):
            return None
        return dict(zip(self._labels, map(unquote, found.groups()), strict=True))


def _address(operation):
    return operation.http["method"], operation.http["requestUri"]


def _scalar(shape, text):
    match shape.type_name:
        case "integer" | "long":
            return int(text)
        case "float" | "double":
            return float(text)
        case "boolean":
            return text.lower() == "true"
        case _:
            return text


def _from_json(shape, value):
    if shape is None or value is None:
        return {}
    match shape.type_name:
        case "structure":
            wire = {m.serialization.get("name", n): (n, m) for n, m in shape.members.items()}
            return {
                wire[k][0]: _from_json(wire[k][1], v)
                for k, v in value.items() if k in wire and v is not None
            }
        case "list":
            return [_from_json(shape.member, v) for v in value]
        case "map":
            return {k: _from_json(shape.value, v) for k, v in value.items()}
        case "blob":
            return base64.b64decode(value)
        case _:
            return value


def _from_query(shape, given, prefix, ec2):
    """Read a flat form such as ``Filter.member.1=Role`` (query) or ``VpcId.1=vpc-1`` (ec2)."""

    def under(key):
        return any(k == key or k.startswith(f"{key}.") for k in given)

    match shape.type_name:
        case "structure":
            named = {n: f"{prefix}.{w}" if prefix else w for n, w in _query_names(shape, ec2)}
            return {
                n: _from_query(shape.members[n], given, key, ec2)
                for n, key in named.items() if under(key)
            }
        case "list":
            flat = ec2 or shape.serialization.get("flattened")
            item = "" if flat else f".{shape.member.serialization.get('name', 'member')}"
            found = []
            while under(f"{prefix}{item}.{len(found) + 1}"):
                key = f"{prefix}{item}.{len(found) + 1}"
                found.append(_from_query(shape.member, given, key, ec2))
            return found
        case _:
            return _scalar(shape, given.get(prefix, ""))


def _query_names(shape, ec2):
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        if ec2:
            wire = member.serialization.get("queryName") or wire[0].upper() + wire[1:]
        yield name, wire
