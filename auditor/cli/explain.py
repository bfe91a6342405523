"""``auditor explain``."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.errors import AuditorError, nearest

if TYPE_CHECKING:
    from auditor.rule import Rule


@click.command(name="explain")
@click.argument("name", metavar="RULE")
@click.option("--rules", "local", multiple=True, metavar="DIR", type=click.Path(path_type=Path),
              help="A directory with rules of your own. Repeatable.")
def command(name: str, local: tuple[Path, ...]) -> None:
    """Explain a rule: why, what is good and bad, how to mend it."""
    from auditor.plugins import load_rules

    rules = {n: r for r in load_rules(local) for n in (r.id, *r.aliases)}
    if name not in rules:
        raise AuditorError(f"no rule {name}{nearest(name, rules)}; `auditor rules` lists them")
    click.echo("\n".join(explained(rules[name])))


def explained(rule: Rule[Any]) -> Iterator[str]:
    """Yield the lines that explain a rule."""
    yield f"{rule.id}  ({rule.severity.value})"
    yield rule.title
    yield f"on {rule.on.name}, from {rule.pack}"
    if not rule.default:
        yield "off unless selected"
    yield ""
    yield textwrap.fill(rule.rationale, 78)
    yield ""
    yield "To mend it:"
    yield textwrap.fill(rule.fix, 78, initial_indent="  ", subsequent_indent="  ",
                        break_long_words=False, break_on_hyphens=False)
    for words, samples in (("Sound", rule.good), ("Not sound", rule.bad)):
        for sample in samples:
            yield ""
            yield f"{words}:"
            yield textwrap.indent(json.dumps(sample.data, indent=2, default=str), "  ")
            if sample.tags:
                yield f"  with the tags {json.dumps(sample.tags)}"
            for other in sample.others:
                yield f"  with {other.kind.name}:"
                yield textwrap.indent(json.dumps(other.data, indent=2, default=str), "    ")
    if rule.settings:
        yield ""
        yield f"Settings, under [rules.{rule.id}] of auditor.toml:"
        for setting in rule.settings:
            yield f"  {setting.name} = {json.dumps(setting.default, default=list)}"
            yield textwrap.fill(setting.help, 78, initial_indent="    ", subsequent_indent="    ")
    if rule.controls:
        yield ""
        yield "Controls:"
        for framework, ids in rule.controls.items():
            yield textwrap.fill(f"{framework}: {', '.join(ids)}", 78, initial_indent="  ",
                                subsequent_indent="    ")
