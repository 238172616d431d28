"""`emobench plugins cards`: the pages that ship with a package's components."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from emobench.api import PluginError, UsageError
from emobench.boards.words import count
from emobench.component_cards import (
    card_fault,
    card_path,
    new_card,
    read_card,
    top_package,
    with_current_table,
)

if TYPE_CHECKING:
    from emobench.registry import Registered, Registry


@click.command("cards")
@click.argument("name", metavar="PACKAGE|KIND/NAME|NAME")
@click.option(
    "--check", is_flag=True, help="Change nothing; name what would change, and exit with 3."
)
def write_cards(name: str, check: bool) -> None:
    """Write the cards of a package's components, or bring their tables up to date.

    Ends with 3 when a card has still a fault that only its author can mend.

    \b
    Examples:
      emobench plugins cards emobench-acme
      emobench plugins cards loss/focal
      emobench plugins cards emobench-acme --check
    """
    from emobench.origins import borrowed
    from emobench.registry import load_registry

    registry = load_registry()
    entries = _components_of(name, registry)
    for entry in entries:
        entry.fields()  # refused here if wrongly declared, before a table is made of it
    if foreign := borrowed(entries, registry=registry):
        raise PluginError("\n".join(f"{sentence}: its card has no place" for sentence in foreign))
    if check:
        _refuse_faults(entries)
        click.echo(f"{name}: {count(len(entries), 'card')}, all current")
        return
    changed = [line for entry in entries if (line := _write(entry))]
    for line in changed:
        click.echo(line)
    click.echo(f"{count(len(entries), 'card')}, {len(changed)} changed")
    _refuse_faults(entries)


def _components_of(name: str, registry: Registry) -> list[Registered]:
    """What the distribution or the import package so named offers, or the component."""
    from emobench.cli.plugins_find import find_components
    from emobench.registry import normal_package

    wanted = normal_package(name)
    entries = [
        entry
        for entry in registry.components.values()
        if wanted in map(normal_package, (entry.plugin.package, top_package(entry.component)))
    ]
    return entries or find_components(name, registry)


def _refuse_faults(entries: list[Registered]) -> None:
    faults = [fault for entry in entries if (fault := card_fault(entry.kind, entry.component))]
    if faults:
        raise PluginError("\n".join(faults))


def _write(entry: Registered) -> str:
    """Write or refresh one card; gives a line where something changed."""
    path = card_path(entry.kind, entry.component)
    _refuse_what_is_not_ours(entry, path)
    present = read_card(entry.kind, entry.component)
    if present:
        text = with_current_table(present, entry.component)
    else:
        text = new_card(entry.kind, entry.component)
    if text == present:
        return ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    return f"{'table renewed' if present else 'written'}: {path}"


def _refuse_what_is_not_ours(entry: Registered, path: Path) -> None:
    """An installed wheel is not the place where its author keeps the cards."""
    if "site-packages" in path.parts or "dist-packages" in path.parts:
        package = entry.plugin.package
        raise UsageError(
            f"{package} is installed as a wheel, and its cards belong into its source: in its "
            f"checkout, `pip install -e .`, then `emobench plugins cards {package}`"
        )
