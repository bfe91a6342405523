"""``auditor permissions``."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.errors import AuditorError

_HOW = {
    "cloudformation": "aws cloudformation deploy --stack-name sagemaker-auditor"
    " --capabilities CAPABILITY_NAMED_IAM --template-file FILE"
    " --parameter-overrides TrustedPrincipalArn=ARN ExternalId=SECRET",
    "stackset": "aws cloudformation deploy --stack-name sagemaker-auditor-organization"
    " --template-file FILE --parameter-overrides TrustedPrincipalArn=ARN ExternalId=SECRET"
    " OrganizationalUnits=r-ROOT",
}


@click.command(name="permissions")
@click.option("--format", "form", default="json", show_default=True,
              type=click.Choice(["json", "terraform", "cloudformation", "stackset"]),
              help="The policy; or a role that has it, which the auditor assumes: in one account,"
              " or with a stack set in every account of an organization.")
@click.option("--part", type=click.IntRange(min=1), metavar="N",
              help="With json: only the Nth of the managed policies that hold it all.")
@click.option("--select", multiple=True, metavar="RULE",
              help="Only what these rules look at: an id or a glob. Repeatable.")
@click.option("--ignore", multiple=True, metavar="RULE",
              help="Not what only these rules look at. Repeatable.")
@click.option("--rules", "local", multiple=True, metavar="DIR", type=click.Path(path_type=Path),
              help="A directory with rules of your own. Repeatable.")
def command(
    form: str, part: int | None, select: tuple[str, ...], ignore: tuple[str, ...],
    local: tuple[Path, ...],
) -> None:
    """Print the least-privilege IAM policy that a scan needs.

    With --select or --ignore it is narrower: what the chosen rules can look at, by their code. A
    scan with it still asks for the rest and reports as not seen what it may not see.
    """
    from auditor.aws.permissions import (
        LONGEST,
        as_json,
        cloudformation,
        length,
        parts,
        stackset,
        terraform,
    )
    from auditor.aws.plan import permissions
    from auditor.kinds import TABLE
    from auditor.needs import kinds_for
    from auditor.plugins import load_rules
    from auditor.scan import choose

    kinds = list(TABLE)
    if select or ignore or local:
        kinds = kinds_for(choose(load_rules(local), select, ignore))
    documents = parts(kinds)
    if part is not None:
        if form != "json" or part > len(documents):
            raise AuditorError(
                f"--part {part}: there are {len(documents)} parts, and only with --format json"
            )
        click.echo(as_json(documents[part - 1]))
    elif form == "json":
        whole = permissions(kinds)
        click.echo(as_json(whole))
        if len(documents) > 1:
            click.echo(
                f"{length(whole):,} characters: a managed policy holds {LONGEST:,}. --part 1 to"
                f" --part {len(documents)} print ones that fit; the other formats use them.",
                err=True,
            )
    elif form == "terraform":
        click.echo(terraform(documents), nl=False)
    else:
        template = cloudformation(documents) if form == "cloudformation" else stackset(documents)
        click.echo(as_json(template))
        click.echo(f"to create it: {_HOW[form]}", err=True)
