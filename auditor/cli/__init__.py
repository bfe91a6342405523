"""The command ``auditor``: its subcommands, each in a module that is imported when it is used."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
from typing import Any

import click

from auditor import __version__
from auditor.errors import AuditorError, full, nearest, no_space

# The help is repeated here so that `auditor --help` imports no command; a test compares them.
COMMANDS = {
    "scan": "Collect an account, judge it, report it.",
    "collect": "Collect an account into an inventory file, without judging it.",
    "evaluate": "Judge an inventory file, without asking AWS anything.",
    "report": "Write the reports of a finished run again, from its JSON report.",
    "gate": "Decide a finished run's exit code, from its JSON report.",
    "publish": "Send a finished run to Security Hub or S3; a dry run unless --send.",
    "rules": "List the rules.",
    "explain": "Explain a rule: why, what is good and bad, how to mend it.",
    "frameworks": "List the compliance frameworks, or the controls of one and their rules.",
    "policy": "Say what a policy document allows, to whom, and by which statement.",
    "doctor": "Say before a scan what it will not be allowed to see.",
    "permissions": "Print the least-privilege IAM policy that a scan needs.",
    "demo": "Scan an embedded AWS with a believable ML account; no credentials needed.",
}


class _Left(Exception):
    """Whoever read our output has left."""


class Lazy(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import and return one command."""
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"auditor.cli.{name}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; click would end with 1, which says "findings", where a pipe is closed.
        """
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _Left from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; name the nearest ones where there is none."""
        if args and args[0] not in COMMANDS:
            ctx.fail(f"no command {args[0]}{nearest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="auditor")
def group() -> None:
    """Audit the security of Amazon SageMaker and of everything an ML workload leans on.

    It only reads. What it could not see it reports as unknown, never as passed.

    \b
    Exit codes:
      0  clean
      1  findings at or above --fail-on
      2  wrong usage or configuration
      3  incomplete: something could not be seen
      4  a fault of the auditor's own
    """


def main(args: list[str] | None = None) -> Any:
    """Run the command line; an error of the user's is one line and exit 2, never a traceback."""
    atexit.register(gc.freeze)  # or Python looks for cycles in all of it once more: a second
    try:
        code = group.main(args=args, prog_name="auditor", standalone_mode=False)
    except AuditorError as error:
        click.echo(f"error: {error}", err=True)
        code = 2
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except _Left:
        sys.stderr.close()  # nobody is there to be told
        code = 141
    except Exception as error:
        if isinstance(error, OSError) and full(error):
            _no_space(error)
            sys.exit(2)
        if os.environ.get("AUDITOR_DEBUG"):
            raise
        click.echo(
            f"error: a fault of the auditor's own: {type(error).__name__}: {error}\n"
            "Set AUDITOR_DEBUG=1 for the traceback and report it, please.", err=True,
        )
        code = 4
    sys.exit(code if isinstance(code, int) else 0)


def _no_space(error: OSError) -> None:
    """Say that the disk is full; what is still to be written goes nowhere, not even at the end."""
    if error.filename is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    click.echo(f"error: {no_space(error.filename or 'standard output', error)}", err=True)
