"""`emobench plugins list`: every component that the installed plugins offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from emobench.api import KINDS, UsageError, unknown_name
from emobench.boards.words import count
from emobench.cli import flags
from emobench.cli.text import print_json, print_lines, table

if TYPE_CHECKING:
    from emobench.registry import Registered, Registry


@click.command("list")
@click.option("--kind", metavar="KIND", help="Show this kind alone.")
@flags.as_json
def list_plugins(kind: str | None, as_json: bool) -> None:
    """List every component: its kind, name, package and what it does.

    \b
    Examples:
      emobench plugins list
      emobench plugins list --kind loss
    """
    from emobench.registry import load_registry

    registry = load_registry()
    if kind is not None and kind not in KINDS:
        raise UsageError(unknown_name("kind", kind, KINDS))
    wanted = KINDS if kind is None else (kind,)
    entries = [entry for one in wanted for entry in registry.of_kind(one).values()]
    if as_json:
        print_json(_list_document(entries, registry))
        return
    rows = [
        [entry.kind, entry.name, entry.plugin.package, entry.component.summary] for entry in entries
    ]
    print_lines(table(["kind", "name", "package", "summary"], rows))
    print_lines(
        [
            "",
            f"{count(len(entries), 'component')} from {count(len(registry.plugins), 'plugin')}; "
            "`emobench plugins show NAME` tells a component's options",
        ]
    )
    for broken in registry.broken:
        click.echo(f"warning: {broken}", err=True)


def _list_document(entries: list[Registered], registry: Registry) -> dict[str, Any]:
    return {
        "components": [
            {
                "kind": entry.kind,
                "name": entry.name,
                "summary": entry.component.summary,
                "source": entry.component.source,
                "package": entry.plugin.package,
                "version": entry.plugin.version,
            }
            for entry in entries
        ],
        "plugins": [
            {"package": plugin.package, "version": plugin.version} for plugin in registry.plugins
        ],
        "broken": [
            {
                "package": broken.plugin.package,
                "version": broken.plugin.version,
                "reason": broken.reason,
            }
            for broken in registry.broken
        ],
    }
