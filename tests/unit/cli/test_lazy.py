"""Groups whose commands are read when they are called."""

from __future__ import annotations

import sys

import click
import pytest
from click.testing import CliRunner

from emobench.cli.lazy import LazyGroup


@pytest.fixture
def group(tmp_path, monkeypatch) -> LazyGroup:  # type: ignore[no-untyped-def]
    (tmp_path / "acme_commands_greet.py").write_text(
        "import click\n@click.command('greet')\ndef say():\n    click.echo('hello')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    table = {"greet": "Say hello.", "broken": "Never read."}
    return LazyGroup("acme", table=table, files="acme_commands_{}")


def test_help_lists_the_table_and_reads_no_command(group: LazyGroup) -> None:
    shown = CliRunner().invoke(group, ["--help"]).output
    assert "greet   Say hello." in shown
    assert "broken  Never read." in shown
    assert "acme_commands_greet" not in sys.modules


def test_a_command_is_found_by_its_name_whatever_its_function_is_called(group: LazyGroup) -> None:
    assert CliRunner().invoke(group, ["greet"]).output == "hello\n"


def test_an_unknown_command_is_suggested(group: LazyGroup) -> None:
    result = CliRunner().invoke(group, ["gret"])
    assert result.exit_code == 2
    assert "unknown command 'gret'; did you mean 'greet'?; known: broken, greet" in result.output


def test_a_name_outside_the_table_is_no_command(group: LazyGroup) -> None:
    assert group.get_command(click.Context(group), "say") is None
