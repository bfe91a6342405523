"""``auditor frameworks``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="frameworks")
@click.argument("framework", required=False, metavar="[ID]")
@click.option("--rules", "local", multiple=True, metavar="DIR", type=click.Path(path_type=Path),
              help="A directory with rules of your own. Repeatable.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def command(framework: str | None, local: tuple[Path, ...], as_json: bool) -> None:
    """List the compliance frameworks, or the controls of one and their rules."""
    import msgspec

    from auditor.errors import AuditorError, nearest
    from auditor.evaluate import card
    from auditor.frameworks import frameworks
    from auditor.frameworks.tally import tallied
    from auditor.plugins import load_rules

    if framework and framework not in frameworks():
        raise AuditorError(
            f"no framework {framework}{nearest(framework, frameworks())};"
            " `auditor frameworks` lists them"
        )
    cards = [card(rule) for rule in load_rules(local)]
    found = tallied(cards, {}, framework or "")
    if as_json:
        shown = [
            {
                "id": one.id, "name": one.name, "title": one.title, "source": one.source,
                "beyond": one.beyond,
                "controls": [
                    {"id": c.id, "title": c.title, "rules": c.rules} for c in one.controls
                ],
            }
            for one in found
        ]
        click.echo(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode())
        return
    from tabulate import tabulate

    if not framework:
        rows = [
            (one.id, one.title, sum(bool(c.rules) for c in one.controls), len(one.controls),
             len({rule for c in one.controls for rule in c.rules}))
            for one in found
        ]
        click.echo(tabulate(rows, tablefmt="plain", headers=[
            "framework", "title", "with rules", "controls listed", "rules"]))
        click.echo("\n`auditor frameworks ID` tells the controls of one; `auditor scan"
                   " --framework ID` judges by it.", err=True)
        return
    (one,) = found
    ours = {c.id: c.ours[one.name] for c in cards if one.name in c.ours}
    click.echo(f"{one.title}\n{one.source}\n")
    told = [
        (control.id, control.title,
         "\n".join(f"{rule}{' *' if rule in ours else ''}" for rule in control.rules) or "-")
        for control in one.controls
    ]
    click.echo(tabulate(told, tablefmt="plain", headers=["control", "asks for", "rules"]))
    reasons = sorted(set(ours.values()))
    click.echo("\n".join(["", *(f"* {reason}" for reason in reasons), one.beyond]).rstrip())
