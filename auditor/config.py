"""``auditor.toml``, or ``[tool.auditor]`` of pyproject.toml -> settings, frozen."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from auditor.errors import AuditorError, nearest
from auditor.verdict import Severity

WINDOW_DAYS = 90


class Jobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[jobs]``: how far back findings on finished jobs count."""

    window: int = WINDOW_DAYS


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[gate.groups.NAME]``: another measure for some accounts; what is not given is as for all.

    ``accounts`` are 12 digits or globs of them; the first group that holds an account is its own.
    """

    accounts: list[str]
    fail_on: Severity | None = None
    allowed: dict[Severity, int] | None = None
    grace_days: int | None = None


class Gate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[gate]``: what makes the exit code.

    ``fail_on`` is the least severity that counts, ``allowed`` how many fails of a severity may be
    there, ``frameworks`` the ids of those whose controls alone count (empty: all), ``grace_days``
    for how many days after it was first seen a fail does not count, ``max_waived`` how many may
    be waived, ``max_unknown`` how many outcomes may be unknown, and ``min_coverage`` the least
    share, 0 to 1, of outcomes that must have been determined.
    """

    fail_on: Severity = Severity.LOW
    allowed: dict[Severity, int] = {}
    frameworks: list[str] = []
    grace_days: Annotated[int, msgspec.Meta(ge=0)] = 0
    max_waived: Annotated[int, msgspec.Meta(ge=0)] | None = None
    max_unknown: Annotated[int, msgspec.Meta(ge=0)] = 0
    min_coverage: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    allow_incomplete: bool = False
    count_historical: bool = False
    new_only: bool = False
    groups: dict[str, Group] = {}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a team may set once instead of on every command line."""

    jobs: Jobs = Jobs()
    gate: Gate = Gate()
    rules: dict[str, dict[str, Any]] = {}


def read(path: str | Path | None = None) -> Settings:
    """Return the settings of a file, or of the one in this directory, or the defaults.

    Raises :class:`AuditorError` for a file that is missing (if named) or wrong, with the place.
    """
    if path is not None:
        return _parse(Path(path), _toml(Path(path)))
    if Path("auditor.toml").is_file():
        return _parse(Path("auditor.toml"), _toml(Path("auditor.toml")))
    project = Path("pyproject.toml")
    if project.is_file():
        tool = _toml(project).get("tool", {}).get("auditor")
        if tool is not None:
            return _parse(project, tool)
    return Settings()


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AuditorError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AuditorError(f"{path}: not TOML: {error}") from None


def _parse(path: Path, found: Mapping[str, Any]) -> Settings:
    known = [f.name for f in msgspec.structs.fields(Settings)]
    for key in found:
        if key not in known:
            raise AuditorError(f"{path}: no setting {key}{nearest(key, known)}")
    try:
        return msgspec.convert(found, Settings)
    except msgspec.ValidationError as error:
        raise AuditorError(f"{path}: {error}") from None
