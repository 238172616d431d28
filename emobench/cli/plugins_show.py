"""`emobench plugins show`: one component, or what one package offers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from emobench.api import KINDS, DatasetComponent, OptionField, Options, UsageError
from emobench.boards.board import Standing
from emobench.boards.measured import Measured, measured_with
from emobench.boards.words import count, mean, tally, title
from emobench.cli import flags
from emobench.cli.plain import plain_lines
from emobench.cli.plugins_find import find, offered_by
from emobench.cli.text import print_lines, table, terminal_width, wrapped
from emobench.component_cards import bounds_words, prose, read_card, search_words
from emobench.recipes.model import BLOCK_SECTIONS, COMBINING_KEYS, LIST_SECTIONS
from emobench.registry import Plugin, Registered, Registry


@click.command("show")
@click.argument("name", metavar="NAME")
@flags.runs
def show_plugin(name: str, runs: Path) -> None:
    """Show one component: its card, options, scores, a block to copy; or a whole package.

    \b
    Examples:
      emobench plugins show focal
      emobench plugins show loss/focal --runs runs
      emobench plugins show emobench-essentials
    """
    from emobench.origins import borrowed
    from emobench.registry import load_registry

    _refuse_missing(runs)
    registry = load_registry()
    found = find(name, registry)
    width = terminal_width()
    theirs = offered_by(found, registry) if isinstance(found, Plugin) else [found]
    for entry in theirs:
        entry.fields()  # refused here if wrongly declared, before anything is printed
    if isinstance(found, Plugin):
        print_lines(_package_lines(found, registry, width=width))
    else:
        print_lines(_component_lines(found, runs=runs, width=width))
    for warning in borrowed(theirs, registry=registry):
        click.echo(f"warning: {warning}", err=True)


def _refuse_missing(runs: Path) -> None:
    """A folder that the user named must be there; the default one need not be yet."""
    named = click.get_current_context().get_parameter_source("runs")
    if named is not ParameterSource.DEFAULT and not runs.is_dir():
        raise UsageError(
            f"there is no folder {runs}; give the folder of records with --runs DIR, the one that "
            "`emobench run` was given"
        )


def _component_lines(entry: Registered, *, runs: Path, width: int | None) -> list[str]:
    """All about one component; the block to copy comes last."""
    parts = [
        [line for text in _facts(entry) for line in wrapped(text, width=width, hanging="  ")],
        plain_lines(_card(entry), width=width),
        _options_lines(entry.fields(), width=width),
        _measured_lines(entry, runs=runs, width=width),
        _usage(entry, width=width),
    ]
    lines = [line for part in parts if part for line in ("", *part)]
    return lines[1:]


def _facts(entry: Registered) -> list[str]:
    """What it is and where it comes from."""
    component = entry.component
    lines = [f"{entry.kind} {component.name}: {component.summary}", "", *_origin(entry.plugin)]
    if component.source:
        lines.append(f"source   {component.source}")
    if component.off:
        values = ", ".join(f"{key}: {_shown(value)}" for key, value in component.off.items())
        lines.append(f"off at   {values} (then, to the bit, as without it)")
    if isinstance(component, DatasetComponent):
        lines += [f"licence  {component.licence}"]
        lines += [
            f"task     {component.name}/{offer.name}: {offer.summary}" for offer in component.tasks
        ]
    return lines


def _origin(plugin: Plugin) -> list[str]:
    from emobench.origins import origin

    return [
        f"package  {plugin.package} {plugin.version}, for version {plugin.api} of the plugin API",
        f"origin   {origin(plugin)}",
    ]


def _card(entry: Registered) -> str:
    """The card's prose, but for what the facts above it have said; or that there is no card."""
    component = entry.component
    card = read_card(entry.kind, component)
    if not card:
        return (
            "It has no card, the page on which its author says when it helps and when it hurts; "
            f"`emobench plugins cards {entry.plugin.package}` begins one."
        )
    said = (component.summary, "Source:") if component.source else (component.summary,)
    parts = prose(card).split("\n\n")
    return "\n\n".join(part for part in parts if not " ".join(part.split()).startswith(said))


def _package_lines(plugin: Plugin, registry: Registry, *, width: int | None) -> list[str]:
    """What a package offers."""
    lines = [part for text in _origin(plugin) for part in wrapped(text, width=width, hanging="  ")]
    lines.append("")
    theirs = offered_by(plugin, registry)
    for entry in sorted(theirs, key=lambda entry: (KINDS.index(entry.kind), entry.name)):
        text = f"{entry.kind} {entry.name}: {entry.component.summary}"
        lines += wrapped(text, width=width, hanging="  ")
    return lines


def _measured_lines(entry: Registered, *, runs: Path, width: int | None) -> list[str]:
    """What the records in the runs folder say of recipes with the component; nothing without."""
    if not runs.is_dir():
        return []
    from emobench.runs.store import RunStore
    from emobench.sources import versioned_name

    today = versioned_name(entry)
    found = measured_with(
        RunStore(runs).scan().records,
        component=f"{entry.kind}/{entry.name}",
        package=entry.plugin.package,
    )
    if not found:
        return []
    rows = [
        [
            one.task,
            one.recipe,
            f"{count(one.runs, 'run')}: {tally(one.states)}",
            title(one.metric),
            mean(one.score, spread=one.spread, metric=one.metric),
            _mark(one, today=today),
        ]
        for one in found
    ]
    head = ["task", "recipe", "runs", "metric", "test score", "mark"]
    lines = table(head, rows)
    if width is not None and max(map(len, lines)) > width:
        lines = []
        for task, recipe, ran, metric, score, mark in rows:
            told = ", ".join(filter(None, (f"{metric} {score}", ran, mark)))
            lines += wrapped(f"{task}, {recipe}: {told}", width=width, hanging="  ")
    about = f"measured with it (records in {runs}; of the whole recipe, not of its share in it):"
    notes = sorted({one.note for one in found if one.note})
    return [
        *wrapped(about, width=width, hanging="  "),
        *lines,
        *(line for note in notes for line in wrapped(note, width=width, hanging="  ")),
    ]


def _mark(one: Measured, *, today: str) -> str:
    """What a figure must not be read without: a split that leaks, code that is not today's."""
    standing = "" if one.standing is Standing.HONEST else one.standing.value
    code = "" if one.made == today else f"other code ({one.made.rpartition(' ')[2]})"
    return ", ".join(filter(None, (standing, code)))


def _options_lines(fields: Sequence[OptionField], *, width: int | None) -> list[str]:
    """The options as a table or, where that is wider than the terminal, one below the other."""
    if not fields:
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
        for field in fields
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
    sections = {kind: key for key, kind in (*BLOCK_SECTIONS.items(), *LIST_SECTIONS.items())}
    component = entry.component
    if isinstance(component, DatasetComponent):
        place = "in a task file, given with --task FILE.yaml:"
        if component.example:
            return [place, *(f"  {line}" for line in component.example.splitlines())]
        section = "dataset"
    else:
        section = sections[entry.kind]
        place = "in an ensemble recipe:" if section in COMBINING_KEYS else "in a recipe:"
    block = _block(entry)
    line = f"{section}: [{block}]" if section in LIST_SECTIONS else f"{section}: {block}"
    return [place, *wrapped(line, width=width, indent="  ", hanging="    ")]


def _block(entry: Registered) -> str:
    """What is required first, then the first of the other options at their defaults."""
    parts = [f"use: {entry.name}"]
    for field in sorted(entry.fields(), key=lambda field: not field.required):
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
