"""`emobench sweep status`: where a sweep stands, from its journal alone. Loads nothing heavy."""

from __future__ import annotations

from pathlib import Path

import click

from emobench.cli import flags


@click.command("status", short_help="Say where a sweep stands.")
@click.argument("name", required=False, metavar="[NAME]")
@flags.runs
@flags.as_json
def status(name: str | None, runs: Path, as_json: bool) -> None:
    """Say where a sweep stands: trials, the best so far, and who is at work.

    Without a NAME, every sweep in a line.

    \b
    Examples:
      emobench sweep status
      emobench sweep status first --json
    """
    from emobench.cli.sweep_standing import show_sweep, show_sweeps

    if name is None:
        show_sweeps(runs, as_json=as_json)
    else:
        show_sweep(runs, name, as_json=as_json)
