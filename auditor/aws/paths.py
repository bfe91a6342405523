"""Paths into AWS's answers, checked against the shapes before anything is asked."""

from __future__ import annotations

import types
import typing
from typing import Any

import jmespath
from jmespath.exceptions import ParseError

from auditor.shape import Shape


class NoSuchMember(Exception):
    """A path that names a member AWS does not have, or that is no JMESPath; the text says which."""


def check(shape: type[Shape], path: str) -> None:
    """Follow a JMESPath through a shape; raises :class:`NoSuchMember` where AWS has no such."""
    try:
        parsed = jmespath.compile(path).parsed
    except ParseError as error:
        raise NoSuchMember(f"{path}: {error}") from None
    _follow(parsed, shape)


def fields(path: str) -> list[str]:
    """Return the members that a condition on one flat item reads."""
    waiting, found = [jmespath.compile(path).parsed], []
    while waiting:
        node = waiting.pop()
        if node["type"] == "field":
            found.append(node["value"])
        waiting += [child for child in node["children"] if isinstance(child, dict)]
    return found


_HINTS: dict[str, dict[str, Any]] = {}  # of each shape, by its name


def _hints(shape: type[Shape]) -> dict[str, Any]:
    name = f"{shape.__module__}.{shape.__qualname__}"
    if name not in _HINTS:
        _HINTS[name] = typing.get_type_hints(shape)
    return _HINTS[name]


def _follow(node: dict[str, Any], at: Any) -> Any:
    """Return what a node of a path leads to from ``at``: a shape, a list, a map or Any."""
    inner = node["children"]
    match node["type"]:
        case "field":
            return _member(at, node["value"])
        case "subexpression" | "index_expression" | "pipe":
            for child in inner:
                at = _follow(child, at)
            return at
        case "projection" | "value_projection":
            return list[_follow(inner[1], _item(_follow(inner[0], at)))]  # type: ignore[misc]
        case "filter_projection":
            item = _item(_follow(inner[0], at))
            _follow(inner[2], item)
            return list[_follow(inner[1], item)]  # type: ignore[misc]
        case "flatten":
            many = _follow(inner[0], at)
            once = _item(many)
            return once if typing.get_origin(once) is list else many
        case "index" | "slice":
            return _item(at) if node["type"] == "index" else at
        case "identity" | "current":
            return at
        case _:  # a function, a condition, several at once: each of its paths from here
            for child in inner:
                if isinstance(child, dict):
                    _follow(child, at)
            return Any


def _member(at: Any, name: str) -> Any:
    if at is Any:
        return Any
    if typing.get_origin(at) is dict:
        return typing.get_args(at)[1]
    if isinstance(at, type) and issubclass(at, Shape):
        hint = _hints(at).get(name)
        if hint is None:
            raise NoSuchMember(f"{at.__name__} has no member {name}")
        known = [a for a in typing.get_args(hint) if a is not types.NoneType]
        return known[0] if isinstance(hint, types.UnionType) else hint
    raise NoSuchMember(f"{name} is read of what has no members: {at}")


def _item(at: Any) -> Any:
    if typing.get_origin(at) in (list, dict):
        return typing.get_args(at)[-1]
    return Any
