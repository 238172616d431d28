"""`emobench tasks list` and `emobench tasks show`: what a recipe can be scored on."""

from __future__ import annotations

from dataclasses import asdict

import click

from emobench.api import DatasetComponent
from emobench.api.component import protocol_words
from emobench.cli import flags
from emobench.cli.text import print_json, print_lines, table


@click.group(no_args_is_help=True)
def tasks() -> None:
    """Show the tasks that the installed datasets offer."""


@tasks.command("list")
@flags.as_json
def list_tasks(as_json: bool) -> None:
    """List every task: dataset, protocol, metric and what it asks.

    \b
    Examples:
      emobench tasks list
    """
    from emobench.data.tasks import list_tasks as known_tasks
    from emobench.registry import load_registry

    known = known_tasks(load_registry())
    if as_json:
        print_json({"tasks": [asdict(task) for task in known]})
        return
    rows = [
        [task.name, ", ".join(task.modalities), task.protocol, task.metric, task.summary]
        for task in known
    ]
    print_lines(table(["task", "modality", "protocol", "metric", "summary"], rows))
    print_lines(["", "`emobench tasks show TASK` tells the licence and how to obtain the data"])


@tasks.command("show")
@click.argument("name", metavar="TASK")
def show_task(name: str) -> None:
    """Show one task, by name or file: split, metric, targets, licence, how to obtain the data.

    \b
    Examples:
      emobench tasks show synthetic-speech/speakers
      emobench tasks show mine.yaml
    """
    from emobench.data.tasks import find_task
    from emobench.registry import load_registry

    registry = load_registry()
    task = find_task(name, registry=registry)
    dataset = registry.get("dataset", task.dataset.use).component
    lines = [
        f"{task.name}: {task.summary}",
        "",
        f"version   {task.version}",
        f"targets   {', '.join(task.targets)}",
        f"metric    {task.metric}",
        f"protocol  {protocol_words(task.protocol.dump())}",
        f"dataset   {dataset.name}: {dataset.summary}",
    ]
    if isinstance(dataset, DatasetComponent):
        lines += [
            f"modality  {', '.join(dataset.modalities)}",
            f"licence   {dataset.licence}",
            f"obtain    {dataset.obtain}",
            "layout",
            *(f"  {line}" for line in dataset.layout.strip().splitlines()),
        ]
    print_lines(lines)
