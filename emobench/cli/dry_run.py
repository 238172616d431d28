"""`emobench run --dry-run`: what would run, what is stored already and what cannot start.

Loads no torch, unless a device is named that only torch can judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import click

from emobench.api import EmobenchError
from emobench.boards.words import count
from emobench.cli.text import print_json, print_lines, table
from emobench.registry import Registry
from emobench.runs.opening import stored_record
from emobench.runs.plan import AnyPlan, Settings
from emobench.runs.record import FINAL_STATES, State


@dataclass(frozen=True, kw_only=True)
class _Outlook:
    """One plan, the state of its stored record, if any, and the error that would stop it.

    `members` are the same of the runs that an ensemble combines.
    """

    plan: AnyPlan
    stored: State | None = None
    error: EmobenchError | None = None
    members: tuple[_Outlook, ...] = ()


def show_plans(
    plans: Sequence[AnyPlan], *, settings: Settings, registry: Registry, as_json: bool
) -> int:
    """Print the plans, and on stderr each error that would stop one; gives the exit code."""
    _check_device(settings.device)
    outlooks = [_look(plan, settings, registry) for plan in plans]
    if as_json:
        print_json(
            {"device": settings.device, "plans": [_document(outlook) for outlook in outlooks]}
        )
    else:
        print_lines(_lines(outlooks, settings))
    errors = [outlook.error for outlook in outlooks if outlook.error]
    for message in dict.fromkeys(map(str, errors)):
        for line in message.splitlines():
            click.echo(f"error: {line}", err=True)
    return errors[0].exit_code if errors else 0


def _check_device(device: str) -> None:
    """Raise the UsageError that the run would raise; auto and cpu are everywhere."""
    if device in ("auto", "cpu"):
        return
    from emobench.training.build import choose_device

    choose_device(device)


def _look(plan: AnyPlan, settings: Settings, registry: Registry) -> _Outlook:
    try:
        record = stored_record(plan, settings=settings, registry=registry)
    except EmobenchError as error:
        return _Outlook(plan=plan, error=error)
    members = tuple(_look(member, settings, registry) for member in plan.members)
    return _Outlook(plan=plan, stored=record.state if record else None, members=members)


def _document(outlook: _Outlook) -> dict[str, object]:
    """One plan; only that of an ensemble has members."""
    plan = outlook.plan
    members = [_document(member) for member in outlook.members]
    return {
        "recipe": plan.recipe.name,
        "task": plan.task.name,
        "seed": plan.seed,
        "fold": plan.fold,
        "stored": outlook.stored,
        "error": str(outlook.error) if outlook.error else None,
        **({"members": members} if members else {}),
    }


def _lines(outlooks: Sequence[_Outlook], settings: Settings) -> list[str]:
    able = [outlook for outlook in outlooks if outlook.error is None]
    rows = []
    for outlook in able:
        rows += [_row(outlook), *(_row(member, indent="  ") for member in outlook.members)]
    head = ["recipe", "task", "seed", "fold", "stored"]
    lines = [*table(head, rows, right=["seed", "fold"]), ""] if able else []
    work = {
        one.plan
        for outlook in able
        for one in (outlook, *_members_to_run(outlook, settings))
        if settings.fresh or one.stored not in FINAL_STATES
    }
    total = f"{count(len(work), 'run')} to do on device {settings.device}"
    stopped = len(outlooks) - len(able)
    return [*lines, f"{total}; {stopped} cannot start (see the error)" if stopped else total]


def _members_to_run(outlook: _Outlook, settings: Settings) -> tuple[_Outlook, ...]:
    """An ensemble that is stored is answered without a look at its members."""
    answered = outlook.stored in FINAL_STATES and not settings.fresh
    return () if answered else outlook.members


def _row(outlook: _Outlook, *, indent: str = "") -> list[str]:
    plan = outlook.plan
    name, stored = f"{indent}{plan.recipe.name}", outlook.stored or "no"
    return [name, plan.task.name, str(plan.seed), str(plan.fold), stored]
