"""The reference pages of the twelve kinds: contract, context, place in a recipe, suite."""

from __future__ import annotations

import inspect
from pathlib import Path

from emobench.api import KINDS, Kind, contracts, streams, types
from emobench.api.hooks import HOOK_OF_KIND, Hooks
from emobench.recipes.model import LIST_SECTIONS, SINGLE_SECTIONS
from emobench.registry import Registry
from emobench.testing import Suite
from emobench.testing.runner import check_names
from emobench.testing.suites import SUITES

CONTRACTS: dict[Kind, tuple[type, ...]] = {
    "backbone": (contracts.Backbone,),
    "head": (contracts.Head,),
    "frontend": (contracts.Frontend,),
    "loss": (contracts.LossFunction,),
    "augmentation": (contracts.SampleAugmentation, contracts.BatchAugmentation),
    "sampler": (contracts.Sampler,),
    "optimizer": (contracts.OptimizerRule,),
    "scheduler": (contracts.LearningRate,),
    "technique": (contracts.Technique, contracts.Stateful),
    "postprocessor": (contracts.PostProcessor,),
    "combiner": (contracts.Combiner,),
    "dataset": (contracts.Dataset, contracts.Items),
}
CONTEXTS: dict[Kind, type] = {
    "sampler": contracts.SamplerContext,
    "dataset": contracts.DatasetContext,
}
BEYOND_RECIPES = {
    "combiner": "`combiner` of an ensemble recipe",
    "dataset": "`dataset` of a task file, or `--task <dataset>/<task>`",
}


NOUNS = (
    types.RunState,
    types.Batch,
    types.Step,
    types.Features,
    types.Evaluation,
    types.Context,
    types.TaskFacts,
    types.Target,
    types.Schedule,
    streams.Stream,
)


def nouns_page() -> str:
    """The types that events and contracts speak of."""
    intro = (
        "What the [events](events.md) and the [contracts of the kinds](kinds/README.md) speak of, "
        "as it stands in `emobench.api`. A technique sees the run as a `RunState`; every component "
        "is built with a `Context`; whatever is drawn is drawn from a `Stream`."
    )
    sections = [f"## {noun.__name__}\n\n{code(noun)}" for noun in NOUNS]
    return "\n\n".join(["# Types", intro, *sections]) + "\n"


def kind_pages(folder: Path, registry: Registry) -> dict[Path, str]:
    """A page a kind, and their index."""
    pages = {folder / f"{kind}.md": kind_page(kind, registry) for kind in KINDS}
    rows = [f"| [{kind}]({kind}.md) | {purpose(kind)} | {place(kind)} |" for kind in KINDS]
    table = "\n".join(["| kind | what it is | where it is named |", "|---|---|---|", *rows])
    intro = "Twelve kinds of component; a plugin may offer any of them."
    return pages | {folder / "README.md": f"# The kinds\n\n{intro}\n\n{table}\n"}


def purpose(kind: Kind) -> str:
    """What components of the kind are, in the words of their hook."""
    return inspect.getdoc(getattr(Hooks, HOOK_OF_KIND[kind])) or ""


def place(kind: Kind) -> str:
    """Where a component of the kind is named."""
    for sections in (SINGLE_SECTIONS, LIST_SECTIONS):
        for section, of_kind in sections.items():
            if of_kind == kind:
                return f"`{section}` of a recipe"
    return BEYOND_RECIPES[kind]


def kind_page(kind: Kind, registry: Registry) -> str:
    """Everything an author of such a component must know, from the code."""
    context = CONTEXTS.get(kind, types.Context)
    installed = [
        f"- `{name}`: {entry.component.summary}" for name, entry in registry.of_kind(kind).items()
    ]
    parts = [
        f"# {kind}",
        f"{purpose(kind)} Named as {place(kind)}. Registered under "
        f"`Components({HOOK_OF_KIND[kind].removeprefix('register_')}=[...])`; "
        f"`emobench plugins new {kind} NAME` writes a working package to begin with.",
        "## Contract",
        *(code(contract) for contract in CONTRACTS[kind]),
        "## Built with",
        f"`Target(options, context)`, where the context is a `{context.__name__}`:",
        code(context),
        "The types in it stand on [a page of their own](../types.md).",
        "## What its suite checks",
        f"`from emobench.testing import {SUITES[kind].__name__}`, "
        "or `emobench plugins test PACKAGE`.",
        checks(SUITES[kind]),
        "## Installed with emobench",
        "\n".join(installed) or "None yet.",
    ]
    return "\n\n".join(parts) + "\n"


def code(item: type) -> str:
    """The source of a class, as it stands in `emobench.api`."""
    return f"```python\n{inspect.getsource(item).strip()}\n```"


def checks(suite: type[Suite]) -> str:
    """The laws of a suite, by the names of its checks."""
    rows = ["| check | law |", "|---|---|"]
    for name in check_names(suite):
        law = " ".join((inspect.getdoc(getattr(suite, name)) or "").split())
        rows.append(f"| `{name.removeprefix('test_')}` | {law} |")
    return "\n".join(rows)
