"""The command `emobench`: its commands, and how every error ends. Loads nothing heavy."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer

from emobench.api.errors import EmobenchError
from emobench.cli.check import check
from emobench.cli.leaderboard import leaderboard
from emobench.cli.plugins import plugins
from emobench.cli.run import run
from emobench.cli.tasks import tasks

BUG = 1
INTERRUPTED = 130
BROKEN_PIPE = 141

app = typer.Typer(
    name="emobench",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
)
app.command(short_help="Train and score recipes.")(run)
app.command(short_help="Validate recipes and say what they would run.")(check)
app.command(short_help="Rank everything that was run.")(leaderboard)
app.add_typer(tasks)
app.add_typer(plugins)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"emobench {version('emobench')}")
        raise typer.Exit


@app.callback()
def emobench(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Benchmark emotion recognition with numbers that can be believed.

    A recipe describes a whole training; a task is a dataset with an honest split and a metric.

    \b
    Examples:
      emobench run enhanced               train and score a shipped recipe
      emobench run mine.yaml --seeds 5    the same for a file, with five seeds
      emobench leaderboard                compare everything that was run
      emobench plugins list               what a recipe can be made of
    """


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    sys.exit(run_command_line(sys.argv[1:]))


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code, with every error already told on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = _invoke(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has gone; without this, Python complains again at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


def _invoke(arguments: Sequence[str]) -> int:
    command = typer.main.get_command(app)
    try:
        with command.make_context("emobench", list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as ending:
        return ending.exit_code
    except EmobenchError as error:
        print_error(error)
        return error.exit_code
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last place where a bug can be told
        return _show_usage_fault(error) or _report_bug()
    return 0


def print_error(error: EmobenchError) -> None:
    """Tell a user's error on stderr, every line of it marked."""
    for line in str(error).splitlines() or [type(error).__name__]:
        typer.echo(f"error: {line}", err=True)


def _show_usage_fault(error: Any) -> int:
    """Show a fault in the arguments; 0 where the error is none.

    The exceptions of the argument parser are known by what they can do: typer has moved their
    module between its releases.
    """
    if not callable(getattr(error, "show", None)):
        return 0
    error.show()
    code: int = error.exit_code
    return code


def _report_bug() -> int:
    traceback.print_exc()
    typer.echo(
        "error: this is a bug in emobench or in a plugin, not in your call; please report it with "
        "the lines above and the output of `emobench --version` and `emobench plugins list`",
        err=True,
    )
    return BUG
