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
    _refuse_taken(names, registry)
    core = next(plugin for plugin in registry.plugins if plugin.package == CORE_PACKAGE)
    root = new_package(names, folder=out, core_version=core.version)
    print_lines(_next_steps(names, root, known))


def _refuse_taken(names: PluginNames, registry: Registry) -> None:
    """A name that an installed plugin or package has would clash as soon as this is installed."""
    owner = _owner(names, registry)
    if not owner:
        return
    from emobench.scaffold.names import LONGEST, PluginNames

    spellings = (f"my-{names.name}", *(f"{names.name}-{number}" for number in range(2, 100)))
    free = (
        spelling
        for spelling in spellings
        if len(spelling) <= LONGEST
        and not _owner(PluginNames(kind=names.kind, name=spelling), registry)
    )
    advice = f"'{found}' is free" if (found := next(free, "")) else "choose another name"
    raise UsageError(f"{owner}, and both cannot be installed side by side; {advice}")


def _owner(names: PluginNames, registry: Registry) -> str:
    """Who has the component's name or the package's, in words; empty where nobody has."""
    from importlib.metadata import PackageNotFoundError, version

    entry = registry.components.get((names.kind, names.name))
    if entry is not None:
        return f"{names.kind} '{names.name}' is taken by {entry.plugin}"
    try:
        return f"the package {names.distribution} {version(names.distribution)} is installed"
    except PackageNotFoundError:
        return ""


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
        f"then put your method into {names.package}/{names.module}.py, and after a change:",
        f"  emobench plugins test {names.distribution}",
        f"  emobench plugins cards {names.distribution}",
        f"what a {kind} must do is on the page of its kind in emobench's docs (reference/kinds)",
    ]
