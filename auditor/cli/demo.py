"""``auditor demo``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from auditor.errors import AuditorError


@click.command(
    name="demo", context_settings={"ignore_unknown_options": True, "allow_extra_args": True}
)
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), default=".",
              show_default=True, metavar="DIR", help="Where report.html and report.json go.")
@click.argument("scan_options", nargs=-1, type=click.UNPROCESSED)
def command(output: Path, scan_options: tuple[str, ...]) -> None:
    """Scan an embedded AWS with a believable ML account; no credentials needed.

    Every option of `auditor scan` may follow. Findings are what the demo is for, and so is a bucket
    of somebody else's that nobody let it look into: it exits 0 where `auditor scan` would exit 1
    or 3.
    """
    from auditor.gate import CLEAN, FINDINGS, INCOMPLETE

    output.mkdir(parents=True, exist_ok=True)
    # The embedded AWS is a process of its own: the one that scans can never write. It ends when
    # its standard input closes, so nothing is left running however this process ends.
    server = subprocess.Popen(
        [sys.executable, "-m", "auditor.aws.demo"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    try:
        assert server.stdout is not None
        click.echo("starting the embedded AWS ...", err=True)
        line = server.stdout.readline()
        if not line:
            raise AuditorError("the embedded AWS did not start (see above)")
        code = _scan(json.loads(line), output, scan_options)
    finally:
        if server.stdin is not None:
            server.stdin.close()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    if code in (FINDINGS, INCOMPLETE):
        click.echo(
            f"The demo found what it should; `auditor scan` exits {code} here, the demo 0.",
            err=True,
        )
        code = CLEAN
    raise click.exceptions.Exit(code)


def _scan(ready: dict[str, object], output: Path, options: tuple[str, ...]) -> int:
    html, report = output / "report.html", output / "report.json"
    args = [
        "scan", *(a for r in ready["regions"] for a in ("--region", str(r))),  # type: ignore[attr-defined]
        "-f", "table", "-f", f"html={html}", "-f", f"json={report}", *options,
    ]
    click.echo(f"$ AWS_ENDPOINT_URL={ready['url']} auditor {' '.join(args)}", err=True)
    with tempfile.TemporaryDirectory(prefix="auditor-demo-") as scratch:
        environment = {
            k: v for k, v in os.environ.items()
            if not k.startswith("AWS_") and k.lower() not in ("http_proxy", "https_proxy")
        } | {
            "AWS_ENDPOINT_URL": str(ready["url"]), "AWS_ACCESS_KEY_ID": "demo",
            "AWS_SECRET_ACCESS_KEY": "demo", "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true", "XDG_CACHE_HOME": scratch,
        }
        return subprocess.run(
            [sys.executable, "-m", "auditor", *args], env=environment, check=False
        ).returncode
