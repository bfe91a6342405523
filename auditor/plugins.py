"""Rules and reports, found by entry point; the built-in ones come through the same door."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from auditor.errors import AuditorError, nearest
from auditor.rule import Rule

RULES = "auditor.rules"
REPORTS = "auditor.reports"


class BrokenPack(AuditorError):
    """A pack of rules or a report that cannot be loaded; the run stops and names it."""


def _modules(module: ModuleType) -> Iterator[ModuleType]:
    yield module
    for info in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if not info.name.startswith("_"):
            yield importlib.import_module(f"{module.__name__}.{info.name}")


def _load(point: EntryPoint) -> Any:
    try:
        return point.load()
    except Exception as error:
        raise BrokenPack(
            f"the pack {point.name} ({point.value}) does not load: "
            f"{type(error).__name__}: {error}; mend it or uninstall it"
        ) from error


def _rules_in(module: ModuleType, pack: str) -> Iterator[Rule[Any]]:
    try:
        modules = list(_modules(module))
    except Exception as error:
        raise BrokenPack(
            f"the pack {pack} does not load: {type(error).__name__}: {error}"
        ) from error
    for one in modules:
        for value in vars(one).values():
            # a rule that a module merely imports belongs to the module that made it
            if isinstance(value, Rule) and value.check.__module__ == one.__name__:
                yield replace(value, pack=pack)


def _local(directory: Path) -> Iterator[Rule[Any]]:
    """Yield the rules of a directory, which is imported as a package of a name nobody else has.

    So its modules may import each other (`from ._common import x`).
    """
    if not directory.is_dir():
        raise AuditorError(f"--rules {directory}: no such directory")
    files = sorted(f for f in directory.glob("*.py") if f.stem != "__init__")
    if not files:
        raise AuditorError(f"--rules {directory}: no Python module (*.py) in it")
    name = f"auditor_local_{abs(hash(directory.resolve())):x}"
    package = ModuleType(name)
    package.__path__ = [str(directory)]
    sys.modules[name] = package
    for file in files:
        if file.stem.startswith("_"):
            continue
        try:
            module = importlib.import_module(f"{name}.{file.stem}")
        except Exception as error:
            raise BrokenPack(
                f"the local rules {file} do not load: {type(error).__name__}: {error}"
            ) from error
        yield from _rules_in(module, str(file))


def load_rules(local: Iterable[str | Path] = ()) -> list[Rule[Any]]:
    """Return every installed rule and those in the local directories, ordered by id.

    Raises :class:`BrokenPack` where a pack does not load, and where two rules claim one id.
    """
    found: dict[str, Rule[Any]] = {}
    candidates: list[Rule[Any]] = []
    for point in sorted(entry_points(group=RULES), key=lambda p: p.name):
        loaded = _load(point)
        if isinstance(loaded, Rule):
            candidates.append(replace(loaded, pack=point.name))
        elif isinstance(loaded, ModuleType):
            candidates += _rules_in(loaded, point.name)
        else:
            raise BrokenPack(
                f"the pack {point.name} ({point.value}) is neither a module nor a rule"
            )
    for directory in local:
        candidates += _local(Path(directory))
    for one in candidates:
        for name in (one.id, *one.aliases):
            if name in found:
                raise BrokenPack(
                    f"the pack {one.pack} has a rule {name}, which {found[name].pack} has too"
                )
            found[name] = one
    return sorted(set(found.values()), key=lambda r: r.id)


def load_report(name: str) -> Any:
    """Return the report of that name: a module with ``write(run, out, options)``.

    Raises :class:`AuditorError` with the nearest names where there is none.
    """
    points = {p.name: p for p in entry_points(group=REPORTS)}
    if name not in points:
        raise AuditorError(
            f"no report format {name}{nearest(name, points)};"
            f" there are: {', '.join(sorted(points))}"
        )
    report = _load(points[name])
    if not callable(getattr(report, "write", None)):
        raise BrokenPack(f"the report {name} ({points[name].value}) has no write()")
    return report


def report_names() -> list[str]:
    """Return the names of the installed report formats."""
    return sorted(p.name for p in entry_points(group=REPORTS))
