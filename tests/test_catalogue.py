"""Every published control is a rule, or a line that says why it is none."""

from __future__ import annotations

import re
from pathlib import Path

from auditor.plugins import load_rules
from tools import comparison

DOCS = Path(__file__).resolve().parent.parent / "docs"
RULES = {r.id for r in load_rules() if r.pack == "auditor"}
ROWS = {row["key"]: row for row in comparison.catalogue()}


def excused() -> dict[str, str]:
    text = (DOCS / "not-rules.md").read_text()
    return dict(re.findall(r"^- `([a-z0-9-]+)`: (.+)$", text, re.M))


def test_every_published_control_is_a_rule_or_has_a_reason():
    published = {key for key, row in ROWS.items() if row["tier"] in ("1-core", "2-published")}
    assert published - RULES - excused().keys() == set()
    assert excused().keys() & RULES == set()
    assert excused().keys() <= ROWS.keys()
    assert all(len(reason) > 30 for reason in excused().values())


def test_every_rule_is_in_the_catalogue():
    aliases = {alias for r in load_rules() for alias in r.aliases}
    assert RULES - ROWS.keys() - aliases == set()


def test_the_comparison_counts_what_is_there():
    page = comparison.page(RULES)
    published = [r for r in ROWS.values() if r["tier"] in ("1-core", "2-published")]
    ours = sum(row["key"] in RULES for row in published)
    assert f"| **auditor** | {ours} |" in page
    assert "| Prowler | " in page and "| Security Hub | " in page
