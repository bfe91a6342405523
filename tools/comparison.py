"""Generate docs/comparison.md from the rules and docs/catalogue.csv, for ``tools/docs.py``.

The catalogue lists every control that somebody publishes for this field, by our rule's id, with
the names that others give it; it was gathered in August 2026. A line there says that a tool has a
check of that subject, not that its verdict is right.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

CATALOGUE = Path(__file__).resolve().parent.parent / "docs" / "catalogue.csv"
# The columns of the catalogue with their titles; further tools share the column "other".
TOOLS = {
    "security_hub": "Security Hub", "config_rule": "AWS Config", "prowler": "Prowler",
    "checkov": "Checkov", "powerpipe": "Powerpipe",
}
OTHERS = {
    "aws-samples-aiml": "AWS samples AI/ML", "c7n-kit": "Custodian's kit", "cdk-nag": "cdk-nag",
    "cloudsploit": "CloudSploit", "mondoo": "Mondoo", "service-screener": "Service Screener",
    "stave": "Stave", "trivy": "Trivy",
}


def catalogue() -> list[dict[str, str]]:
    """Return the rows of the catalogue."""
    with CATALOGUE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _names(row: dict[str, str]) -> dict[str, str]:
    """Return what each tool calls a control, by the tool's title."""
    found = {title: row[column] for column, title in TOOLS.items() if row[column]}
    others: defaultdict[str, list[str]] = defaultdict(list)
    for entry in filter(None, (part.strip() for part in row["other"].split(";"))):
        tool, _, name = entry.partition(":")
        others[tool].append(name or tool)
    for tool, names in others.items():
        found[OTHERS.get(tool, tool)] = ", ".join(names)
    return found


def page(rules: Iterable[str]) -> str:
    """Return the page, of the ids of our rules."""
    ours = set(rules)
    rows = [row for row in catalogue() if row["tier"] != "4-later"]
    published = [row for row in rows if row["tier"] != "3-beyond"]
    counts: Counter[str] = Counter()
    for row in published:
        counts.update(tool for tool in _names(row))
    lines = [
        "# Beside the other tools", "",
        f"Of {len(published)} controls that somebody publishes for machine learning on AWS and"
        f" what it leans on, this auditor has {sum(r['key'] in ours for r in published)}; the"
        " others are in [not-rules.md](not-rules.md), each with the reason. A tool counts where"
        " it has a check of that subject, whatever its verdict is worth"
        " ([August 2026](catalogue.csv)).", "",
        "| tool | controls | share |", "|---|---|---|",
        _count("**auditor**", sum(r["key"] in ours for r in published), len(published)),
        *(_count(tool, n, len(published)) for tool, n in counts.most_common(13)), "",
        f"Beyond them it has {sum(r['key'] in ours for r in rows if r['tier'] == '3-beyond')}"
        " that nobody else publishes.", "",
    ]
    by_service: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in published:
        by_service[row["service"]].append(row)
    for service in sorted(by_service):
        lines += [f"## {service}", "", "| control | here | elsewhere |", "|---|---|---|"]
        for row in sorted(by_service[service], key=lambda r: r["key"]):
            key = row["key"]
            here = f"[yes](rules/{key}.md)" if key in ours else "[no](not-rules.md)"
            there = "; ".join(f"{tool}: `{name}`" for tool, name in _names(row).items())
            lines.append(f"| {key} | {here} | {there.replace('|', '/')} |")
        lines.append("")
    return "\n".join(lines)


def _count(tool: str, count: int, of: int) -> str:
    return f"| {tool} | {count} | {100 * count / of:.0f} % |"
