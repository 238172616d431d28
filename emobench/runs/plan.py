"""What will be run: recipes x tasks x seeds x folds, and the identity of each run. No torch."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emobench.api.errors import UsageError
from emobench.api.streams import seed_for
from emobench.data.tasks import Task, find_task, folder_task
from emobench.recipes.identity import identity
from emobench.recipes.model import AnyRecipe, Block, EnsembleRecipe, Recipe
from emobench.registry import CORE_PACKAGE, Registry
from emobench.sources import versioned_name

if TYPE_CHECKING:
    from emobench.runs.record import TaskStamp

COPY_SEEDS = 1_000_000
"""Seeds of copies lie below: short enough to be read, and typed after --seed."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run to be: a recipe on one fold of a task with one seed."""

    recipe: Recipe
    task: Task
    seed: int
    fold: int = 0

    @property
    def members(self) -> tuple[Plan, ...]:
        """A recipe that trains has none."""
        return ()


@dataclass(frozen=True, kw_only=True)
class EnsemblePlan:
    """One ensemble to be, on one fold of a task with one seed."""

    recipe: EnsembleRecipe
    task: Task
    seed: int
    fold: int = 0

    @property
    def members(self) -> tuple[Plan, ...]:
        """The runs it combines. The first copy of a recipe has the ensemble's own seed."""
        seeds: dict[str, list[int]] = {}
        plans = []
        for member in self.recipe.members:
            key = identity(recipe=member.recipe.method())
            for _ in range(member.copies):
                seed = _copy_seed(self.seed, key, taken=seeds.setdefault(key, []))
                plans.append(Plan(recipe=member.recipe, task=self.task, seed=seed, fold=self.fold))
        return tuple(plans)


AnyPlan = Plan | EnsemblePlan


def _copy_seed(seed: int, key: str, *, taken: list[int]) -> int:
    """The seed of the next copy of a recipe; those before it are `taken`, and so is this then."""
    copy = len(taken)
    found = seed if copy == 0 else seed_for(seed, "copy", key, copy) % COPY_SEEDS
    while found in taken:
        found = (found + 1) % COPY_SEEDS
    taken.append(found)
    return found


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where and how to run. Only the device may move a score, by rounding; records name it."""

    runs: Path = Path("runs")
    data_root: str = ""
    device: str = "auto"
    fresh: bool = False
    cache: Path | None = None
    time_limit: float | None = None
    plots: bool = True


def plan_runs(
    recipes: Sequence[AnyRecipe],
    *,
    task_names: Sequence[str] = (),
    seeds: Sequence[int] = (0,),
    fold: int | None = None,
    data: Path | None = None,
    group: str | None = None,
    registry: Registry,
) -> list[AnyPlan]:
    """Every run that a call asks for; k-fold tasks run every fold unless one is named."""
    if data is not None and task_names:
        raise UsageError(
            "--data and --task both say what to run on; leave --task out, or leave --data out and "
            "name the folder in the task file (dataset.root)"
        )
    if group is not None and data is None:
        raise UsageError("--group belongs to --data; a task file states its group itself")
    plans: list[AnyPlan] = []
    for recipe in recipes:
        for task in _tasks(recipe, task_names, data, group, registry):
            for each in _folds(task, fold):
                plans += [_plan(recipe, task, seed, each) for seed in seeds]
    return plans


def _plan(recipe: AnyRecipe, task: Task, seed: int, fold: int) -> AnyPlan:
    if isinstance(recipe, EnsembleRecipe):
        return EnsemblePlan(recipe=recipe, task=task, seed=seed, fold=fold)
    return Plan(recipe=recipe, task=task, seed=seed, fold=fold)


def _tasks(
    recipe: AnyRecipe,
    names: Sequence[str],
    data: Path | None,
    group: str | None,
    registry: Registry,
) -> list[Task]:
    if data is not None:
        return [folder_task(data, group=group, registry=registry)]
    return [find_task(name, registry=registry) for name in names or [default_task(recipe)]]


def default_task(recipe: AnyRecipe) -> str:
    """The task that the recipe names; a task file is looked for beside the recipe."""
    if not recipe.task:
        raise UsageError(
            f"recipe '{recipe.name}' names no task; give one with --task "
            "(`emobench tasks list` shows them)"
        )
    if recipe.path and recipe.task.endswith((".yaml", ".yml")):
        return str(Path(recipe.path).parent / recipe.task)
    return recipe.task


def _folds(task: Task, fold: int | None) -> list[int]:
    count = task.protocol.fold_count
    if fold is None:
        return list(range(count))
    if count == 1 and fold != 0:
        raise UsageError(f"task {task.name} is not split in folds; leave --fold out")
    if not 0 <= fold < count:
        raise UsageError(f"task {task.name} has folds 0 to {count - 1}; there is no fold {fold}")
    return [fold]


def component_versions(recipe: AnyRecipe, task: Task, registry: Registry) -> dict[str, str]:
    """`kind/name` of everything that takes part, with the package, version and code it is of."""
    blocks: list[Block] = [*recipe.blocks(), task.dataset]
    versions = {}
    for block in blocks:
        entry = registry.get(block.kind, block.use)
        versions[f"{block.kind}/{block.use}"] = versioned_name(entry)
    return dict(sorted(versions.items()))


def package_version(registry: Registry) -> str:
    """The core's own version: its loop, protocols and scoring take part in every run."""
    return next((p.version for p in registry.plugins if p.package == CORE_PACKAGE), "")


def run_identity(plan: Plan, *, stamp: TaskStamp, fingerprint: str, registry: Registry) -> str:
    """Hash of all that could move a score: recipe, task, data, seed, fold, component versions."""
    return identity(
        recipe=plan.recipe.method(),
        task=[stamp.version, dict(stamp.protocol), list(stamp.targets), stamp.metric],
        core=package_version(registry),
        dataset=plan.task.dataset.use,
        data=fingerprint,
        seed=plan.seed,
        fold=plan.fold,
        components=component_versions(plan.recipe, plan.task, registry),
    )


def ensemble_identity(plan: EnsemblePlan, *, members: Sequence[str], registry: Registry) -> str:
    """Hash of the members' identities, which cover task and data, and of the combiner."""
    block = plan.recipe.combiner
    plugin = registry.get(block.kind, block.use).plugin
    return identity(
        members=list(members),
        combiner=[block.dump(), plugin.package, plugin.version],
        core=package_version(registry),
        seed=plan.seed,
    )


def run_id(plan: AnyPlan, identity: str) -> str:
    """A folder name a person can read, made unique by the identity."""
    words = [plan.recipe.name[:40], plan.task.name[:60]]
    if plan.task.protocol.fold_count > 1:
        words.append(f"fold{plan.fold}")
    words += [f"seed{plan.seed}", identity[:10]]
    text = unicodedata.normalize("NFKD", "-".join(words)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).lstrip("-_.")
