"""Write the JSON report's schema and its field tables: ``python tools/schema.py [--check]``.

Both derive from the structures of ``auditor/finding.py``. ``docs/report.schema.json`` is theirs
whole; in ``docs/json-report.md`` only what lies between the two markers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from auditor.finding import SCHEMA, Run

DOCS = Path(__file__).resolve().parent.parent / "docs"
BEGIN, END = "<!-- fields: written by tools/schema.py -->", "<!-- end of fields -->"


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the report."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://sagemaker-auditor.readthedocs.io/schema/{SCHEMA}/report.schema.json",
        "title": f"JSON report of the auditor, schema {SCHEMA}",
        **msgspec.json.schema(Run),
    }


def kind_of(field: dict[str, Any]) -> str:
    """Return the type of a field in words."""
    if "enum" in field:
        return " ".join(f"`{json.dumps(value)}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        return " or ".join(kind_of(one) for one in field["anyOf"])
    match field.get("type"):
        case "array":
            return f"list of {kind_of(field['items'])}"
        case "object":
            return f"object of {kind_of(field['additionalProperties'])}"
        case None:
            return "any value"
        case str() as name:
            return name
        case other:
            raise ValueError(f"no words for the type {other!r}")


def tables() -> str:
    """Return a table for each structure, the run first."""
    lines = []
    for name, structure in schema()["$defs"].items():
        lines += [
            f"### {name}", "", structure["description"], "", "| field | type | meaning |",
            "|---|---|---|",
            *(f"| `{field}` | {kind_of(about)} | {about['description']} |"
              for field, about in structure["properties"].items()),
            "",
        ]
    return "\n".join(lines)


def page(text: str) -> str:
    """Return the page with its field tables written again."""
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    return f"{head}{BEGIN}\n\n{tables()}\n{END}{tail}"


def main() -> int:
    """Write schema and tables, or with ``--check`` say which are stale."""
    described = DOCS / "json-report.md"
    wanted = {
        DOCS / "report.schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n",
        described: page(described.read_text()),
    }
    stale = [p for p, text in wanted.items() if not p.exists() or p.read_text() != text]
    if "--check" not in sys.argv:
        for path in stale:
            path.write_text(wanted[path])
    print(f"schema: {', '.join(p.name for p in stale) or 'nothing changed'}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
