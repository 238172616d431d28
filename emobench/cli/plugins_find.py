"""What a name on the command line means: a component, a package, or why it is neither."""

from __future__ import annotations

from pathlib import Path

from emobench.api import KINDS, PluginError, UsageError, unknown_name
from emobench.registry import ENTRY_POINT_GROUP, Plugin, Registered, Registry, normal_package


def find(name: str, registry: Registry) -> Registered | Plugin:
    """The component of that name (`kind/name` where several kinds share it), or the package."""
    kind, _, rest = name.partition("/")
    if rest and kind in KINDS:
        return registry.get(kind, rest)
    found = [entry for (_, own), entry in registry.components.items() if own == name]
    if len(found) == 1:
        return found[0]
    if found:
        choices = " or ".join(sorted(f"{entry.kind}/{name}" for entry in found))
        raise UsageError(f"'{name}' is the name of several components; say {choices}")
    package = normal_package(name)
    for broken in registry.broken:
        if normal_package(broken.plugin.package) == package:
            raise PluginError(str(broken), trace=broken.trace)
    for plugin in registry.packages():
        if normal_package(plugin.package) == package:
            return plugin
    names = {own for _, own in registry.components}
    names |= {plugin.package for plugin in registry.plugins}
    if reason := _why_no_plugin(name):
        raise UsageError(reason)
    advice = _install_what_lies_here(name)
    told = unknown_name("component or package", name, names, advice=advice)
    raise UsageError("; ".join([*map(str, registry.broken), told]))


def find_components(name: str, registry: Registry) -> list[Registered]:
    """The component of that name, or all that the package offers."""
    found = find(name, registry)
    return [found] if isinstance(found, Registered) else offered_by(found, registry)


def offered_by(plugin: Plugin, registry: Registry) -> list[Registered]:
    """All that the plugin's package offers, which may be by several entry points."""
    entries = registry.components.values()
    return [entry for entry in entries if entry.plugin.package == plugin.package]


def _why_no_plugin(name: str) -> str:
    """Why an installed distribution of that name offers nothing; empty where there is none."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        installed = distribution(name)
    except (PackageNotFoundError, ValueError):
        return ""
    about = f"{name} {installed.version} is installed"
    if installed.entry_points.select(group=ENTRY_POINT_GROUP):
        return f"{about}, but EMOBENCH_PLUGINS leaves it out"
    module = normal_package(name).replace("-", "_")
    return (
        f"{about}, but it is no plugin: it has no entry point in group '{ENTRY_POINT_GROUP}'; "
        "add to its pyproject.toml, then install it anew:\n"
        f"  [project.entry-points.{ENTRY_POINT_GROUP}]\n"
        f'  {module} = "{module}.registration:components"'
    )


def _install_what_lies_here(name: str) -> str:
    """How to install a checkout of that name which lies here; empty where none does."""
    here = Path.cwd()
    package = normal_package(name)
    for folder in (here, *sorted(here.iterdir())):
        if normal_package(folder.name) != package or not folder.is_dir():
            continue
        if (folder / "pyproject.toml").is_file():
            place = "." if folder == here else f"./{folder.name}"
        elif (here / "pyproject.toml").is_file():
            place = "."
        else:
            continue
        return f"the folder '{folder.name}' is not installed: pip install -e {place}"
    return ""
