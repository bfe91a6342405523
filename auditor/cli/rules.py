"""``auditor rules``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="rules")
@click.option("--rules", "local", multiple=True, metavar="DIR", type=click.Path(path_type=Path),
              help="A directory with rules of your own. Repeatable.")
@click.option("--json", "as_json", is_flag=True, help="The rules' cards as JSON.")
def command(local: tuple[Path, ...], as_json: bool) -> None:
    """List the rules."""
    from auditor.plugins import load_rules

    rules = load_rules(local)
    if as_json:
        import msgspec

        from auditor.evaluate import card

        text = msgspec.json.format(msgspec.json.encode([card(r) for r in rules]), indent=2)
        click.echo(text.decode())
        return
    from tabulate import tabulate

    rows = [(r.severity.value, r.id, r.on.noun,
             r.title + ("" if r.default else " (off unless selected)")) for r in rules]
    click.echo(tabulate(rows, headers=["severity", "rule", "kind", "title"], tablefmt="plain"))
    click.echo(f"\n{len(rules)} rules; `auditor explain RULE` tells more of one.", err=True)
