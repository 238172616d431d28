"""`emobench plugins show`: one component, or what one package offers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from emobench.api import KINDS, DatasetComponent, Options, UsageError, unknown_name
from emobench.cli.text import print_lines, table, terminal_width, wrapped
from emobench.component_cards import bounds_words, search_words
from emobench.recipes.model import LIST_SECTIONS, SINGLE_SECTIONS

if TYPE_CHECKING:
    from emobench.registry import Registered, Registry


@click.command("show")
@click.argument("name", metavar="NAME")
def show_plugin(name: str) -> None:
    """Show one component: where it comes from, its options, and a block to copy.

    \b
    Examples:
      emobench plugins show focal
      emobench plugins show loss/focal
    """
    from emobench.registry import load_registry

    entry = _find(name, load_registry())
    width = terminal_width()
    facts = [line for text in _facts(entry) for line in wrapped(text, width=width, hanging="  ")]
    options = _options_lines(entry.component.options, width=width)
    print_lines([*facts, "", *options, "", *_usage(entry, width=width)])


def _facts(entry: Registered) -> list[str]:
    """What it is and where it comes from."""
    component = entry.component
    lines = [
        f"{entry.kind} {component.name}: {component.summary}",
        "",
        f"package  {entry.plugin.package} {entry.plugin.version}",
    ]
    if component.source:
        lines.append(f"source   {component.source}")
    if isinstance(component, DatasetComponent):
        lines += [f"licence  {component.licence}"]
        lines += [
            f"task     {component.name}/{offer.name}: {offer.summary}" for offer in component.tasks
        ]
    return lines


def _find(name: str, registry: Registry) -> Registered:
    """The component of that name, over all kinds; `kind/name` where several share it."""
    kind, _, rest = name.partition("/")
    if rest and kind in KINDS:
        return registry.get(kind, rest)
    found = [entry for (_, own), entry in registry.components.items() if own == name]
    if len(found) == 1:
        return found[0]
    if found:
        choices = " or ".join(sorted(f"{entry.kind}/{name}" for entry in found))
        raise UsageError(f"'{name}' is the name of several components; say {choices}")
    for broken in registry.broken:
        if broken.plugin.package == name:
            raise UsageError(f"{broken}\n{broken.trace.strip()}")
    names = {own for _, own in registry.components}
    advice = "; ".join(str(broken) for broken in registry.broken)
    raise UsageError(unknown_name("component", name, names, advice=advice))


def _options_lines(options: type[Options], *, width: int | None) -> list[str]:
    """The options as a table or, where that is wider than the terminal, one below the other."""
    if not options.fields():
        return ["It takes no options."]
    rows = [
        [
            field.name,
            field.type_name,
            "required" if field.required else _shown(field.default),
            bounds_words(field),
            search_words(field),
            field.description,
        ]
        for field in options.fields()
    ]
    head = ["option", "type", "default", "bounds", "searched", "meaning"]
    lines = table(head, rows)
    if width is None or max(map(len, lines)) <= width:
        return lines
    lines = []
    for name, kind, default, bounds, search, meaning in rows:
        default = default if default == "required" else f"default {default}"
        words = [kind, default, bounds, f"searched {search}" if search else ""]
        title = f"{name}: {'; '.join(filter(None, words))}"
        lines += wrapped(title, width=width, hanging="  ")
        lines += wrapped(meaning, width=width, indent="    ", hanging="    ")
    return lines


def _usage(entry: Registered, *, width: int | None) -> list[str]:
    """Where the component is named, and a block that works as it stands but for what is <asked>."""
    sections = {kind: key for key, kind in (*SINGLE_SECTIONS.items(), *LIST_SECTIONS.items())}
    component = entry.component
    if isinstance(component, DatasetComponent):
        place = "in a task file, given with --task FILE.yaml:"
        if component.example:
            return [place, *(f"  {line}" for line in component.example.splitlines())]
        section = "dataset"
    elif entry.kind in sections:
        place, section = "in a recipe:", sections[entry.kind]
    else:
        return [f"No recipe takes a {entry.kind} yet."]
    block = _block(entry)
    line = f"{section}: [{block}]" if section in LIST_SECTIONS else f"{section}: {block}"
    return [place, *wrapped(line, width=width, indent="  ", hanging="    ")]


def _block(entry: Registered) -> str:
    """What is required first, then the first of the other options at their defaults."""
    parts = [f"use: {entry.name}"]
    for field in sorted(entry.component.options.fields(), key=lambda field: not field.required):
        if field.required:
            parts.append(f"{field.name}: <{field.type_name}>")
        elif not isinstance(field.default, Options):
            parts.append(f"{field.name}: {_shown(field.default)}")
    return "{" + ", ".join(parts[:5]) + "}"


def _shown(value: Any) -> str:
    """A default as YAML; of nested options those alone that are set."""
    if isinstance(value, Options):
        given = {key: inner for key, inner in value.dump().items() if inner not in (None, "")}
        return "{" + ", ".join(f"{key}: {_shown(inner)}" for key, inner in given.items()) + "}"
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
