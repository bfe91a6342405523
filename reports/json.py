"""The run as JSON: the contract for everyone's scripts, described in docs/json-report.md."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import IO, Any

import msgspec

from auditor.finding import Run

from ._text import as_json
from ._told import chosen


def write(
    run: Run, out: IO[bytes], *, outcomes: Collection[str] | None = None, **_: Any
) -> None:
    """Write the run to ``out``; ``outcomes`` narrows the findings and nothing else.

    The same run gives the same bytes. Findings are encoded one by one, so memory stays flat.
    """
    shown = chosen(run.findings, outcomes)
    out.write(b"{\n")
    for position, name in enumerate(run.__struct_fields__):
        value = shown if name == "findings" else getattr(run, name)
        out.write(b"%s  %s: " % (b",\n" if position else b"", as_json(name)))
        if isinstance(value, msgspec.Struct):
            out.writelines(_object(value, b"  "))
        elif value is None or isinstance(value, int):
            out.write(as_json(value))
        else:
            out.writelines(_list(value))
    out.write(b"\n}\n")


def _object(structure: msgspec.Struct, indent: bytes) -> Iterator[bytes]:
    """Yield an object with a line for each member, and for each structure in a member's list."""
    yield b"{"
    for position, name in enumerate(structure.__struct_fields__):
        value = getattr(structure, name)
        yield b"%s\n%s  %s: " % (b"," if position else b"", indent, as_json(name))
        if isinstance(value, list) and value and isinstance(value[0], msgspec.Struct):
            yield b"["
            for number, item in enumerate(value):
                yield b"%s\n%s    %s" % (b"," if number else b"", indent, as_json(item))
            yield b"\n%s  ]" % indent
        else:
            yield as_json(value)
    yield b"\n%s}" % indent


def _list(structures: Iterable[msgspec.Struct]) -> Iterator[bytes]:
    yield b"["
    separator = b""
    for structure in structures:
        yield separator + b"\n    "
        yield from _object(structure, b"    ")
        separator = b","
    yield b"\n  ]" if separator else b"]"
