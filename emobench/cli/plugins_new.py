"""`emobench plugins new`: a complete package for a new component."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emobench.api import KINDS, Kind, UsageError, unknown_name
from emobench.cli import flags
from emobench.cli.text import print_lines

if TYPE_CHECKING:
    from emobench.registry import Registry
    from emobench.scaffold.names import PluginNames


@click.command("new")
@click.argument("kind", metavar="KIND")
@click.argument("name", metavar="NAME")
@click.option(
    "--out",
    type=flags.FOLDER,
    default=Path(),
    metavar="DIR",
    help="Where the package's folder is made; without it, here.",
)
def new_plugin(kind: str, name: str, out: Path) -> None:
    """Write a complete package for a new component: a small real method to put yours in place of.

    \b
    KIND is one of: backbone, head, frontend, loss, augmentation, sampler, optimizer,
    scheduler, technique, postprocessor, combiner, dataset.

    \b
    Examples:
      emobench plugins new loss soft-focal
      emobench plugins new dataset my-clips --out ~/plugins
    """
    from emobench.registry import CORE_PACKAGE, load_registry
    from emobench.scaffold.names import plugin_names
    from emobench.scaffold.package import new_package

    known = next((one for one in KINDS if one == kind), None)
    if known is None:
        raise UsageError(unknown_name("kind", kind, KINDS))
    names = plugin_names(name, kind=known)
    registry = load_registry()
    for warning in _warnings(names, registry):
        click.echo(f"warning: {warning}", err=True)
    core = next(plugin for plugin in registry.plugins if plugin.package == CORE_PACKAGE)
    root = new_package(names, folder=out, core_version=core.version)
    print_lines(_next_steps(names, root, known))


def _warnings(names: PluginNames, registry: Registry) -> list[str]:
    """What will be in the way once the new package is installed beside the others."""
    from emobench.registry import normal_package

    found = []
    entry = registry.components.get((names.kind, names.name))
    if entry is not None:
        found.append(
            f"{names.kind} '{names.name}' is taken by {entry.plugin.package} "
            f"{entry.plugin.version}; both cannot be installed side by side"
        )
    for plugin in registry.plugins:
        if normal_package(plugin.package) == names.distribution:
            found.append(
                f"{plugin.package} {plugin.version} is installed; installing this package "
                "replaces it"
            )
    return found


def _next_steps(names: PluginNames, root: Path, kind: Kind) -> list[str]:
    """Where the package is, and what to type next."""
    data = " --data-root tests/data" if kind == "dataset" else ""
    return [
        f"{root}: {kind} '{names.name}', ready to be installed. Next:",
        f"  cd {shlex.quote(str(root))}",
        '  pip install -e ".[test]"',
        "  pytest",
        f"  emobench plugins show {kind}/{names.name}",
        f"  emobench run recipes/try-{names.name}.yaml{data}",
        f"then put your method into {names.package}/{names.module}.py",
    ]
