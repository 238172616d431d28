"""Where published records are kept: the default folder, and the flag that names another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from emobench.cli import flags

DEFAULT_OUT = Path("leaderboards")
DEFAULT_RECORDS = DEFAULT_OUT / "records"

Command = TypeVar("Command", bound=Callable[..., object])


def records_folder(flag: str) -> Callable[[Command], Command]:
    """The option, called `--records` where they are read and `--out` where they are written."""
    return click.option(
        flag,
        type=flags.FOLDER,
        default=DEFAULT_RECORDS,
        show_default=True,
        metavar="DIR",
        help="Where published records are kept.",
    )
