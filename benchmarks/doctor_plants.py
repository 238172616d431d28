"""Eight collapses of known cause, each among changes that do no harm; on tiny synthetic tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from emobench.api import Batch, Component, Components, Context, NoOptions, event
from emobench.recipes.load import load_recipe
from emobench.registry import Plugin, Registry, load_registry
from emobench.runs.plan import Plan, plan_runs

PARENT = """\
schema: 1
summary: A small network on action units that learns.
task: task.yaml
frontend: {use: values}
backbone: {use: dense, hidden: [64, 64], dropout: 0.1}
head: {use: mlp, hidden: [32], dropout: 0.1}
loss: {use: cross_entropy}
optimizer: {use: adamw, lr: 3.0e-3}
train: {epochs: 8, batch_size: 64}
"""

PARENTS = {
    "parent": PARENT,
    "momentum": PARENT.replace("{use: adamw, lr: 3.0e-3}", "{use: sgd, lr: 0.1}").replace(
        "hidden: [64, 64]", "hidden: [64, 64, 64]"
    ),
    "normalised": PARENT.replace(
        "hidden: [64, 64], dropout: 0.1",
        "hidden: [64, 64, 64, 64, 64, 64, 64, 64, 64, 64], dropout: 0.0, hidden_batch_norm: true",
    ).replace("epochs: 8", "epochs: 3"),
    "deep": PARENT.replace("hidden: [64, 64], dropout: 0.1", "hidden: [64, 64, 64, 64]"),
    "narrow": PARENT.replace("hidden: [64, 64]", "hidden: [4]").replace(
        "task.yaml", "blurred.yaml"
    ),
}
"""What the plants extend, by file name."""

ALL_CHANGE = "train: {batch_size: 48}\n"

TASK = """\
dataset: {use: synthetic-au, items: 1600, identities: 24, imbalance: 30.0, label_noise: 0.1}
protocol: {use: grouped-holdout, test: 0.2, validation: 0.2}
metric: uar
"""


@dataclass(frozen=True, kw_only=True)
class Plant:
    """A recipe that collapses: what is guilty, by the doctor's name of it, and what it changes.

    `guilty` are the keys of the changes of which one must be named; the others do no harm, nor does
    what all plants change.
    """

    name: str
    cause: str
    guilty: frozenset[str]
    changes: str
    parent: str = "parent"


class WrongLabels:
    """A technique that divides where a remainder was meant: every label becomes the first."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        self.classes = {target.name: len(target.classes) for target in context.task.targets}

    @event
    def transform_batch(self, batch: Batch) -> None:
        """Change the labels, as the bug has it."""
        for name, labels in batch.targets.items():
            batch.targets[name] = labels // self.classes[name]


PLANTS = (
    Plant(
        name="dead-rate",
        parent="deep",
        cause="rate_too_low",
        guilty=frozenset({"optimizer.lr"}),
        changes="""\
optimizer: {lr: 1.0e-6}
backbone: {dropout: 0.2}
head: {hidden: [48]}
""",
    ),
    Plant(
        name="exploding-rate",
        cause="rate_too_high",
        guilty=frozenset({"optimizer.lr"}),
        changes="""\
optimizer: {lr: 3.0}
head: {hidden: [48]}
loss: {label_smoothing: 0.05}
""",
    ),
    Plant(
        name="penalty-in-loss",
        cause="penalty",
        guilty=frozenset({"techniques.weight_penalty"}),
        changes="""\
techniques: [{use: weight_penalty, l2: 0.1}]
loss: {use: focal, gamma: 1.0}
head: {dropout: 0.2}
""",
    ),
    Plant(
        name="focal-alpha",
        parent="momentum",
        cause="loss_scale",
        guilty=frozenset({"loss", "loss.alpha"}),
        changes="""\
loss: {use: focal, alpha: 3.0e-4, gamma: 2.0}
scheduler: {use: onecycle}
head: {dropout: 0.2}
""",
    ),
    Plant(
        name="double-balancing",
        parent="narrow",
        cause="balancing",
        guilty=frozenset({"sampler", "loss.class_weights"}),
        changes="""\
sampler: {use: weighted, power: 2.0}
loss: {class_weights: balanced}
head: {hidden: [48]}
""",
    ),
    Plant(
        name="saturated-dropout",
        cause="dropout",
        guilty=frozenset({"backbone.dropout", "head.dropout"}),
        changes="""\
backbone: {dropout: 0.98}
head: {dropout: 0.2, hidden: [48]}
loss: {label_smoothing: 0.05}
""",
    ),
    Plant(
        name="bad-normalisation",
        parent="normalised",
        cause="norm",
        guilty=frozenset({"backbone.norm_momentum"}),
        changes="""\
backbone: {norm_momentum: 1.0e-5}
head: {hidden: [48]}
techniques: [{use: gradient_clipping, norm: 5.0}]
""",
    ),
    Plant(
        name="label-bug",
        cause="labels",
        guilty=frozenset({"techniques.planted_wrong_labels"}),
        changes="""\
techniques: [planted_wrong_labels]
backbone: {dropout: 0.2}
head: {hidden: [48]}
""",
    ),
)


def write_plants(folder: Path) -> Mapping[str, Path]:
    """The recipe files by plant, with `parent.yaml` and the task beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "task.yaml").write_text(TASK, encoding="utf-8")
    blurred = TASK.replace("label_noise: 0.1", "label_noise: 0.45, variation: 2.0").replace(
        "uar", "accuracy"
    )
    (folder / "blurred.yaml").write_text(blurred, encoding="utf-8")
    for name, text in PARENTS.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    files = {}
    for plant in PLANTS:
        files[plant.name] = folder / f"{plant.name}.yaml"
        head = f"schema: 1\nextends: {plant.parent}.yaml\nsummary: Planted, {plant.name}.\n"
        files[plant.name].write_text(head + plant.changes + ALL_CHANGE, encoding="utf-8")
    return files


def plan_of(file: Path, registry: Registry, seed: int, *overrides: str) -> Plan:
    """The one run of a recipe file."""
    recipe = load_recipe(file, overrides=overrides, registry=registry)
    (plan,) = plan_runs([recipe], seeds=[seed], registry=registry)
    assert isinstance(plan, Plan), "the plants train"
    return plan


def planted_registry() -> Registry:
    """What is installed, and the technique with the bug."""
    installed = load_registry()
    registry = Registry(components=dict(installed.components), plugins=list(installed.plugins))
    plugin = Plugin(package="planted", version="0", module=__name__, api=2)
    bug = Component(
        name="planted_wrong_labels",
        target=f"{__name__}:WrongLabels",
        summary="Gives every item the label of the first class.",
    )
    for component in Components(api_version=2, techniques=[bug]).techniques:
        registry.add("technique", component, plugin)
    registry.plugins.append(plugin)
    return registry
