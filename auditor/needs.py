"""Which kinds of resources rules look at, from the code of the rules themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import CodeType, ModuleType
from typing import Any

from auditor.kind import Kind
from auditor.kinds import TABLE
from auditor.rule import Rule


def kinds_of(rule: Rule[Any]) -> set[Kind[Any]]:
    """Return the kinds that a rule may look at: every one that its code can name.

    A rule reaches other resources by naming their kind (``to``, ``used_by``, ``edges``, ``all``),
    itself or in a function of its own pack. So all the kinds are taken that the rule and what it
    calls there name, whether a sample gets that far or not, and those of its samples.
    """
    found = {rule.on} | {other.kind for s in (*rule.good, *rule.bad) for other in s.others}
    pack = rule.check.__module__.rpartition(".")[0] or rule.check.__module__
    waiting: list[Any] = [rule.check]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Kind):
            found.add(value)
        elif isinstance(value, Rule):
            waiting.append(value.check)
        elif isinstance(value, Mapping):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            waiting += value
        elif callable(value):
            waiting += _of_callable(value, pack)
    return found


def _of_callable(value: Callable[..., Any], pack: str) -> Iterator[Any]:
    """Yield what a function or class of the pack names, nothing for those of others."""
    if isinstance(value, partial):
        yield from (value.func, value.args, value.keywords)
        return
    inner = getattr(value, "__wrapped__", None)
    if inner is not None:
        yield inner  # what a decorator stands around; it may look at something itself
    if not str(getattr(value, "__module__", "")).startswith(pack):
        return
    if isinstance(value, type):
        yield from vars(value).values()
        return
    code = getattr(value, "__code__", None)
    if code is None:
        return
    yield from getattr(value, "__defaults__", None) or ()
    yield from (getattr(value, "__kwdefaults__", None) or {}).values()
    for cell in value.__closure__ or ():
        yield cell.cell_contents
    room = value.__globals__
    for name in set(_names(code)):
        if name in room and not isinstance(room[name], ModuleType):
            yield room[name]
        for module in room.values():  # `module.NAME`
            if isinstance(module, ModuleType) and isinstance(vars(module).get(name), Kind):
                yield vars(module)[name]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def kinds_for(rules: Iterable[Rule[Any]]) -> list[Kind[Any]]:
    """Return the kinds that must be collected for these rules, in the order of the table.

    Those that they look at; the kinds under which these are listed; and for a kind that nothing
    lists, because it is asked for by name, the kinds that name it.
    """
    found = {kind for rule in rules for kind in kinds_of(rule)}
    judged = {rule.on for rule in rules}
    before = -1
    while before != len(found):
        before = len(found)
        found |= {kind.parent for kind in found if kind.parent is not None}
        for kind in [k for k in found if k.asked or k.on_demand]:
            naming = {one for one in TABLE if any(link.to is kind for link in one.links)}
            if kind in judged or not naming & found:
                found |= naming
    return [kind for kind in TABLE if kind in found]
