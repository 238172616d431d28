"""The command `emobench`: its commands, and how every error ends. Loads nothing heavy."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import NoReturn, TextIO

import click

from emobench.api.errors import EmobenchError, PluginError
from emobench.cli.lazy import LazyGroup

COMMANDS = {
    "ablate": "Measure each difference of two recipes alone.",
    "audit": "Say whether scores on a task can be believed.",
    "check": "Validate recipes and say what they would run.",
    "diagnose": "Say why a run or a recipe failed, and what cures it.",
    "leaderboard": "Rank everything that was run.",
    "plugins": "List, show, write and test the components that recipes are made of.",
    "publish": "Copy finished runs to the published records.",
    "run": "Train and score recipes.",
    "sweep": "Search for better recipes and options.",
    "tasks": "Show the tasks that the installed datasets offer.",
}
"""Every command with its line of help; `emobench/cli/<name>.py` is read when it is called."""

BUG = 1
INTERRUPTED = 130
BROKEN_PIPE = 141


def _show_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"emobench {version('emobench')}")
        context.exit()


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    files="emobench.cli.{}",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version.",
)
def app() -> None:
    """Benchmark emotion recognition with numbers that can be believed.

    A recipe describes a whole training; a task is a dataset with an honest split and a metric.

    \b
    Examples:
      emobench run enhanced               train and score a shipped recipe
      emobench run mine.yaml --seeds 5    the same for a file, with five seeds
      emobench leaderboard                compare everything that was run
      emobench plugins list               what a recipe can be made of
      emobench plugins new loss mine      a package for a method of your own
    """


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    warnings.showwarning = _show_warning
    sys.exit(run_command_line(sys.argv[1:]))


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Tell our own warnings as a user reads them, and all others with the line they come from."""
    ours = category.__module__.partition(".")[0] == __name__.partition(".")[0]
    shown = (
        f"warning: {message}"
        if ours
        else warnings.formatwarning(message, category, filename, lineno, line).rstrip()
    )
    click.echo(shown, err=True)


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
    try:
        with app.make_context("emobench", list(arguments)) as context:
            app.invoke(context)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except EmobenchError as error:
        print_error(error)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last place where a bug can be told
        fault = _fault_of_a_plugin(error)
        if fault is None:
            return _report_bug()
        print_error(fault)
        return fault.exit_code
    return 0


def _fault_of_a_plugin(error: Exception) -> PluginError | None:
    """The error in a user's words, where a plugin's code raised it."""
    from emobench.blame import plugin_error
    from emobench.registry import load_registry

    try:
        return plugin_error(error, load_registry())
    except Exception:  # noqa: BLE001 - the bug may lie in the registry itself
        return None


def print_error(error: EmobenchError) -> None:
    """Tell a user's error on stderr, every line of it marked; a traceback stands above it."""
    if isinstance(error, PluginError) and error.trace:
        click.echo(error.trace, err=True)
    for line in str(error).splitlines() or [type(error).__name__]:
        click.echo(f"error: {line}", err=True)


def _report_bug() -> int:
    traceback.print_exc()
    click.echo(
        "error: this is a bug in emobench or in a plugin, not in your call; please report it with "
        "the lines above and the output of `emobench --version` and `emobench plugins list`",
        err=True,
    )
    return BUG
