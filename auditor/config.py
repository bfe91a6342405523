"""``auditor.toml``, or ``[tool.auditor]`` of pyproject.toml -> settings, frozen."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from auditor.errors import AuditorError, nearest

WINDOW_DAYS = 90


class Jobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[jobs]``: how far back findings on finished jobs count."""

    window: int = WINDOW_DAYS


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a team may set once instead of on every command line."""

    jobs: Jobs = Jobs()
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
