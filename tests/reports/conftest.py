"""Golden files: compared with what a report writes, or written by ``UPDATE_GOLDEN=1``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOM = Path(__file__).parent / "golden"


@pytest.fixture
def golden():
    """Compare bytes with the golden file of that name."""

    def compare(name: str, found: bytes) -> None:
        path = ROOM / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(found)
        assert found.decode() == path.read_text(), "UPDATE_GOLDEN=1 writes it again; read the diff"

    return compare
