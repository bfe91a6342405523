"""Generate docs/rules/, docs/kinds.md, docs/comparison.md: ``python tools/docs.py [--check]``.

They derive from the rules, the table of kinds and docs/catalogue.csv; ``make check`` fails when
they are stale.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import comparison

from auditor.aws.plan import permissions_text, plan
from auditor.kinds import TABLE
from auditor.plugins import load_rules
from auditor.rule import Rule, Sample

DOCS = Path(__file__).resolve().parent.parent / "docs"


def rule_page(rule: Rule[Any]) -> str:
    """Return the page of one rule."""
    lines = [
        f"# {rule.title}", "",
        f"`{rule.id}` · **{rule.severity.value}** · on `{rule.on.name}`", "",
        rule.rationale, "",
        "## How to mend it", "", rule.fix, "",
    ]
    if not rule.default:
        lines[4:4] = [f"Off unless selected: `auditor scan --select {rule.id}`.", ""]
    for heading, samples in (("Sound", rule.good), ("Not sound", rule.bad)):
        lines += [f"## {heading}", ""]
        for sample in samples:
            lines += [*_sample(sample), ""]
    if rule.settings:
        lines += ["## Settings", "", f"Under `[rules.{rule.id}]` of `auditor.toml`:", ""]
        for setting in rule.settings:
            default = json.dumps(setting.default, default=list)
            lines.append(f"- `{setting.name}` (default `{default}`): {setting.help}")
        lines.append("")
    if rule.controls:
        lines += ["## Controls", ""]
        lines += [f"- {name}: {', '.join(ids)}" for name, ids in rule.controls.items()]
        lines.append("")
    if rule.aliases:
        lines += [f"Earlier ids: {', '.join(f'`{a}`' for a in rule.aliases)}", ""]
    return "\n".join(lines)


def _sample(sample: Sample) -> list[str]:
    lines = ["```json", json.dumps(sample.data, indent=2, default=str), "```"]
    if sample.tags:
        lines += ["", f"with the tags `{json.dumps(sample.tags)}`"]
    for other in sample.others:
        lines += [
            "", f"with `{other.kind.name}`", "",
            "```json", json.dumps(other.data, indent=2, default=str), "```",
        ]
    if sample.settings:
        lines += ["", f"with the settings `{json.dumps(sample.settings, default=list)}`"]
    return lines


def rule_index(rules: list[Rule[Any]]) -> str:
    """Return the list of rules."""
    lines = [
        "# Rules", "", f"{len(rules)} rules. `auditor explain RULE` says the same of each.", "",
        "| rule | severity | on | title |", "|---|---|---|---|",
    ]
    for rule in sorted(rules, key=lambda r: (r.on.name, r.id)):
        lines.append(
            f"| [{rule.id}]({rule.id}.md) | {rule.severity.value} | {rule.on.name} |"
            f" {rule.title} |"
        )
    return "\n".join([*lines, ""])


def kinds_page() -> str:
    """Return the table of kinds: what is collected, by which calls, and where it points."""
    lines = [
        "# Kinds", "",
        "Every kind of resource the auditor collects, derived from the table in"
        " `auditor/kinds/` and botocore's service models.", "",
        "| kind | calls | points at |", "|---|---|---|",
    ]
    for kind in sorted(TABLE, key=lambda k: k.name):
        calls = ", ".join(f"`{c.service}:{c.operation}`" for c in plan(kind).calls) or "none"
        links = ", ".join(f"`{link.path}` → {link.to.name}" for link in kind.links) or "nothing"
        lines.append(f"| {kind.name} | {calls} | {links} |")
    lines += [
        "", "## Permissions", "",
        "The least-privilege policy that these calls need; `auditor permissions` prints it.", "",
        "```json", permissions_text(TABLE), "```", "",
    ]
    return "\n".join(lines)


def pages() -> dict[Path, str]:
    """Return every generated page with its text."""
    rules = [r for r in load_rules() if r.pack == "auditor"]
    found = {DOCS / "rules" / f"{r.id}.md": rule_page(r) for r in rules}
    found[DOCS / "rules" / "index.md"] = rule_index(rules)
    found[DOCS / "kinds.md"] = kinds_page()
    found[DOCS / "comparison.md"] = comparison.page(r.id for r in rules)
    return found


def main() -> int:
    """Write the pages, or with ``--check`` say which are stale."""
    check = "--check" in sys.argv
    wanted = pages()
    stale = [p for p, text in wanted.items() if not p.exists() or p.read_text() != text]
    left = [p for p in (DOCS / "rules").glob("*.md") if p not in wanted]
    if not check:
        (DOCS / "rules").mkdir(parents=True, exist_ok=True)
        for path in stale:
            path.write_text(wanted[path])
        for path in left:
            path.unlink()
    names = ", ".join(str(p.relative_to(DOCS)) for p in [*stale, *left])
    print(f"docs: {names or 'nothing changed'}")
    return 1 if check and (stale or left) else 0


if __name__ == "__main__":
    sys.exit(main())
