"""`emobench plugins list`: every component that the installed plugins offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from emobench.api import KINDS, UsageError, unknown_name
from emobench.boards.words import count
from emobench.cli import flags
from emobench.cli.text import print_json, print_lines, table, terminal_width, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emobench.registry import Registered, Registry


@click.command("list")
@click.option("--kind", metavar="KIND", help="Show this kind alone.")
@flags.as_json
def list_plugins(kind: str | None, as_json: bool) -> None:
    """List every component: its kind, name, package, source and what it does.

    \b
    Examples:
      emobench plugins list
      emobench plugins list --kind loss
    """
    from emobench.origins import borrowed
    from emobench.registry import load_registry

    registry = load_registry()
    if kind is not None and kind not in KINDS:
        raise UsageError(unknown_name("kind", kind, KINDS))
    wanted = KINDS if kind is None else (kind,)
    entries = [entry for one in wanted for entry in registry.of_kind(one).values()]
    warnings = borrowed(entries, registry=registry)
    if as_json:
        print_json(_document(entries, registry, warnings))
        return
    width = terminal_width()
    print_lines([*_listed(entries, width=width), *_origins(entries, registry, width=width)])
    print_lines(
        [
            "",
            f"{count(len(entries), 'component')} from {count(len(registry.packages()), 'plugin')}; "
            "`emobench plugins show NAME` tells of one what it does, and its options",
        ]
    )
    for warning in (*registry.broken, *warnings):
        click.echo(f"warning: {warning}", err=True)


def _listed(entries: Sequence[Registered], *, width: int | None) -> list[str]:
    """A table or, where that is wider than the terminal, the components one below the other."""
    rows = [
        [
            entry.kind,
            entry.name,
            f"{entry.plugin.package} {entry.plugin.version}",
            entry.component.source,
            entry.component.summary,
        ]
        for entry in entries
    ]
    lines = table(["kind", "name", "package", "source", "summary"], rows)
    if width is None or max(map(len, lines)) <= width:
        return lines
    lines = []
    for kind, name, package, source, summary in rows:
        lines += wrapped(f"{kind} {name}: {summary}", width=width, hanging="  ")
        origin = ", ".join(filter(None, (package, source)))
        lines += wrapped(origin, width=width, indent="    ", hanging="    ")
    return lines


def _origins(entries: Sequence[Registered], registry: Registry, *, width: int | None) -> list[str]:
    """Where the packages of these components came from, but for those of a package index."""
    from emobench.origins import origin

    shown = {entry.plugin.package for entry in entries}
    told = {one: origin(one) for one in registry.packages() if one.package in shown}
    lines = [
        line
        for plugin, where in told.items()
        if where not in ("core", "package index")
        for line in wrapped(
            f"{plugin.package} {plugin.version}: {where}", width=width, indent="  ", hanging="    "
        )
    ]
    return ["", "not from a package index:", *lines] if lines else []


def _document(
    entries: Sequence[Registered], registry: Registry, warnings: Sequence[str]
) -> dict[str, Any]:
    from emobench.origins import origin

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
            {
                "package": plugin.package,
                "version": plugin.version,
                "api": plugin.api,
                "origin": origin(plugin),
            }
            for plugin in registry.packages()
        ],
        "broken": [
            {
                "package": broken.plugin.package,
                "version": broken.plugin.version,
                "origin": origin(broken.plugin),
                "reason": broken.reason,
            }
            for broken in registry.broken
        ],
        "warnings": list(warnings),
    }
