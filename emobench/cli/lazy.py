"""A group of commands each of which is read from its own file when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from emobench.api.errors import unknown_name


class LazyGroup(click.Group):
    """Commands that wait for their own imports alone.

    `table` holds every command with its line of help; `files` is the module of a command, with `{}`
    where its name goes.
    """

    def __init__(
        self, *arguments: Any, table: Mapping[str, str], files: str, **settings: Any
    ) -> None:
        super().__init__(*arguments, **settings)
        self.table = table
        self.files = files

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in self.table:
            return None
        module = importlib.import_module(self.files.format(cmd_name))
        found = (value for value in vars(module).values() if isinstance(value, click.Command))
        return next(command for command in found if command.name == cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the call names, or the nearest one in the error."""
        if args[0] not in self.table:
            ctx.fail(unknown_name("command", args[0], self.table))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.table.items()))
