"""``auditor policy``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import IO

import click

from auditor.errors import AuditorError


@click.group(name="policy")
def command() -> None:
    """Say what a policy document allows, to whom, and by which statement."""


@command.command(name="ask")
@click.argument("file", default="-", type=click.Path(path_type=Path))
def ask(file: Path) -> None:
    """Answer questions about policies: JSON Lines in, one line out for each.

    A line is {"id", "question", "policy", "context"}, its answer {"id", "answer", "because",
    "statement", "witness"}. FILE is - or left out for standard input.

    \b
    question  public, public_write, public_list, cross_account, confused_deputy, tls_only,
              sse_kms, oidc_trust_open, vpce_open, admin, full_access, service_wildcard,
              privesc, bucket_public, bucket_public_write; docs/policy.md has the rest
    policy    a document, its JSON text, or null
    context   account_id, service, trusted_accounts, trusted_orgs, trusted_org_units,
              trusted_vpcs, trusted_vpces, trusted_ips; for identities policies and boundary;
              for buckets acl, ownership, bucket_bpa, account_bpa
    answer    true, false, or null where nothing could be decided; because says why

    \b
    Exit codes:
      0  every line was a question
      2  some were not; each is answered null, and named on standard error
    """
    from auditor.policy.wire import Malformed, answered

    bad = 0
    ours: Exception | None = None
    output = sys.stdout.buffer
    with _opened(file) as lines:
        for number, line in enumerate(lines, 1):
            text, wrong = answered(line)
            output.write(f"{text}\n".encode())
            output.flush()
            if isinstance(wrong, Malformed):
                bad += 1
                click.echo(f"line {number}: {_safe(str(wrong))}", err=True)
            elif wrong is not None:
                ours = ours or wrong
    if ours is not None:
        raise ours
    if bad:
        raise AuditorError(f"{bad} {'line is' if bad == 1 else 'lines are'} no question")


def _opened(file: Path) -> IO[bytes]:
    """Open a file, or standard input for ``-``, whose lines are then read as they come."""
    if str(file) == "-":
        return sys.stdin.buffer
    try:
        return file.open("rb")
    except OSError as error:
        raise AuditorError(f"{file} cannot be read: {error.strerror}") from error


@command.command(name="explain")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--account", default="", metavar="ID",
              help="The account that the policy's resource or identity belongs to.")
@click.option("--service", default="", metavar="NAME",
              help="The service whose resource the policy is on: kms, lambda. By default the first"
              " that its actions name.")
def explain(file: Path, account: str, service: str) -> None:
    """Explain a policy document: what kind it is, who is let in, what is allowed, its faults.

    FILE is - for standard input. What cannot be decided is said to be so.
    """
    from auditor.policy.portrait import portrait

    with _opened(file) as stream:
        data = stream.read()
    try:
        text = data.decode("utf-8-sig")
        json.loads(text)
    except UnicodeDecodeError as error:
        raise AuditorError(f"{file} is not UTF-8 text (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise AuditorError(
            f"{file} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise AuditorError(f"{file} is not JSON that can be read") from error
    click.echo("\n".join(map(_safe, portrait(text, account=account, service=service))))


def _safe(text: str) -> str:
    """Return foreign text with what a terminal would obey written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
