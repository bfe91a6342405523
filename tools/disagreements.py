"""Generate docs/disagreements.md: where another tool's own tests and our rules differ, and why.

``--check`` only says whether the page is current.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "disagreements.md"
WORDS = {"pass": "pass", "fail": "fail", "none": "nothing", "manual": "manual",
         "not_applicable": "not applicable", "unknown": "unknown"}


def page(replays: Iterable[Any]) -> str:
    """Return the page, of the tables under tests/replayed."""
    reasons: dict[str, str] = import_module("tests.replayed").REASONS
    listed = list(replays)
    rows = [(one, row) for one in listed for row in one.rows]
    apart = [(one, row) for one, row in rows if not row.agrees]
    counts = Counter(row.reason for _, row in apart)
    lines = [
        "# Where we and Prowler differ", "",
        f"The set-ups of Prowler's own tests for {len({one.check for one in listed})} of its"
        f" checks, judged by our rules: {len(rows)} verdicts, {len(rows) - len(apart)} the same,"
        f" {len(apart)} not. Where our rule needs more than the set-up has (a second instance, a"
        " role that may call a model), that was added. The facts are in tests/replayed; each"
        " verdict here is tested, Prowler's is what its test expects.", "",
        "| reason | verdicts | |", "|---|---|---|",
        *(f"| {name} | {counts[name]} | {text} |" for name, text in reasons.items()
          if counts[name]), "",
    ]
    for check in sorted({one.check for one, _ in apart}):
        lines += [f"## {check}", "", "| set-up | rule | Prowler | here | why |",
                  "|---|---|---|---|---|"]
        lines += [
            f"| {row.about} | [{one.rule}](rules/{one.rule}.md) | {WORDS[row.peer]} |"
            f" {WORDS[row.status]} | {row.reason}: {row.why} |"
            for one, row in apart if one.check == check
        ]
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    """Write the page, or say that it is not current."""
    sys.path.insert(0, str(ROOT))  # tests is no package that is installed
    text = page(import_module("tests.replayed.tables").REPLAYS)
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/disagreements.md is not current: run tools/disagreements.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
