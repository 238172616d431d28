"""The command line as a whole: its commands and their list."""

from __future__ import annotations

import click
import pytest

from emobench.cli import app as app_module
from emobench.cli import plugins as plugins_module


@pytest.mark.parametrize("name", app_module.COMMANDS)
def test_the_list_of_commands_says_what_the_command_says(name: str) -> None:
    command = app_module.app.get_command(click.Context(app_module.app), name)
    assert command is not None
    assert command.get_short_help_str(limit=200) == app_module.COMMANDS[name]


@pytest.mark.parametrize("name", plugins_module.COMMANDS)
def test_the_list_of_plugin_commands_says_what_the_command_says(name: str) -> None:
    group = plugins_module.plugins
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert command.get_short_help_str(limit=200) == plugins_module.COMMANDS[name]


def test_warnings_of_others_keep_the_line_they_come_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app_module._show_warning(UserWarning("take care"), UserWarning, "acme.py", 3)
    assert capsys.readouterr().err == "acme.py:3: UserWarning: take care\n"


def test_a_misspelt_command_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    assert app_module.run_command_line(["rnu"]) == 2
    assert "unknown command 'rnu'; did you mean 'run'?" in capsys.readouterr().err


def test_the_help_of_plugins_says_what_a_plugin_is_and_how_to_make_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert app_module.run_command_line(["plugins", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "A plugin is an installed package that offers components" in told
    assert "emobench plugins new loss soft-focal" in told
    assert "EMOBENCH_PLUGINS limits what is loaded" in told
    assert app_module.run_command_line(["--help"]) == 0
    assert "List, show, write and test the components" in capsys.readouterr().out
