"""``auditor publish``."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from pathlib import Path

import click

from auditor.cli._output import packed, parse_outcomes
from auditor.errors import AuditorError
from auditor.finding import Run
from auditor.plugins import load_report
from auditor.saved import load

_BUCKET = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.+)")
SENT = "fail,unknown,waived,pass"


@click.command(name="publish")
@click.argument("target", metavar="security-hub|s3://BUCKET/KEY")
@click.argument("file", metavar="RUN.json", type=click.Path(path_type=Path))
@click.option("--send", is_flag=True, help="Really send; without it you see what would be sent.")
@click.option("--profile", metavar="NAME", help="The AWS profile to use.")
@click.option("--outcomes", metavar="LIST", default=SENT, show_default=True,
              help="Send only these outcomes.")
@click.option("-f", "--format", "name", default="json", show_default=True,
              help="For S3: the format of the object.")
@click.option("--bucket-owner", default="", metavar="ACCOUNT",
              help="For S3: the account that the bucket must belong to.")
def command(
    target: str, file: Path, send: bool, profile: str | None, outcomes: str, name: str,
    bucket_owner: str,
) -> None:
    """Send a finished run to Security Hub or S3; a dry run unless --send.

    It uses credentials that may write; a scan needs none of them.
    """
    run, wanted = load(file), parse_outcomes(outcomes) or frozenset()
    if target == "security-hub":
        code = _security_hub(run, wanted, profile, send)
    elif matched := _BUCKET.fullmatch(target):
        code = _s3(run, wanted, profile, matched[1], matched[2], name, bucket_owner, send)
    else:
        raise AuditorError(f"{target}: neither security-hub nor s3://BUCKET/KEY")
    if not send:
        click.echo("dry run: nothing was sent; --send sends it", err=True)
    raise click.exceptions.Exit(code)


def _security_hub(run: Run, wanted: frozenset[str], profile: str | None, send: bool) -> int:
    findings = load_report("asff").findings(run, wanted)
    if not send:
        counts: Counter[tuple[str, str, str]] = Counter()
        first = None
        for one in findings:
            first = first or one
            counts[one["AwsAccountId"], one["Region"], one["RecordState"].lower()] += 1
        for (account, region, state), count in sorted(counts.items()):
            click.echo(f"{account} {region}: {count:,} {state}")
        if first:
            click.echo(f"the first:\n{json.dumps(first, indent=2)}")
        return 0
    from auditor.aws.publish import Publisher

    told = Publisher(profile).to_security_hub(findings)
    for (account, region), count in sorted(told.sent.items()):
        click.echo(f"{account} {region}: {count:,} imported", err=True)
    for account, count in sorted(told.elsewhere.items()):
        click.echo(f"{account}: {count:,} left out: Security Hub takes them with that account's"
                   " own credentials only", err=True)
    for id, code, message in told.refused[:20]:
        click.echo(f"refused: {id}: {code} {message!a}", err=True)
    if told.refused:
        click.echo(f"{len(told.refused):,} findings were refused", err=True)
    return 3 if told.refused or told.elsewhere else 0


def _s3(
    run: Run, wanted: frozenset[str], profile: str | None, bucket: str, key: str, name: str,
    owner: str, send: bool,
) -> int:
    report = load_report(name)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report"
        with file.open("wb") as out, packed(out, Path(key)) as place:
            report.write(run, place, outcomes=wanted)
        click.echo(f"s3://{bucket}/{key}: {file.stat().st_size:,} bytes of {name}", err=True)
        if send:
            from auditor.aws.publish import Publisher

            Publisher(profile).to_s3(file, bucket, key, owner)
    return 0
