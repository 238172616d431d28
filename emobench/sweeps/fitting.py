"""Leaves out of a space what cannot go together on a task: found by building it, not by training.

The one file of a space that loads torch, and only where components are chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from emobench.api.errors import DataError, EmobenchError, UsageError
from emobench.api.options import Options
from emobench.data.tasks import Task
from emobench.registry import Registry
from emobench.runs.plan import Plan, Settings
from emobench.sweeps.recipe_space import Pair, SearchSpace, used
from emobench.sweeps.sections import Choice, Section
from emobench.sweeps.suggest import Conflict, Drawn
from emobench.sweeps.trial import FOLD

if TYPE_CHECKING:
    from emobench.api import Context
    from emobench.runs.opening import OpenedPlan

LONGEST_ITEM = 10_000
"""Values along an item's longest side that trials of a search can be trained on."""

SOME_WIDTH = 64
"""The width of the embedding that heads are tried with."""

DRAWS = 20
"""How often options are drawn where a component's defaults alone do not build."""

MOST_UNREADABLE = 20

READING = ("backbone", "augmentations")
"""Sections whose components read what the frontend gives."""

UNSEEN = "what cannot go together on this task will show once its data are there"
OTHER_INPUT = "it takes another kind of input"

Shape = tuple[int, ...]


def fitting(
    space: SearchSpace, *, task: Task, settings: Settings, registry: Registry
) -> SearchSpace:
    """The space without the components that cannot do their work on this task.

    What a frontend and a backbone or an augmentation cannot do together is noted in `apart`. The
    recipe's own components stay, whatever they say. Opens the dataset, and reads one item of it;
    where there is none, the space stays as it is, with a note. A UsageError where the recipe's own
    frontend reads what the task does not offer: all choices are made for what it reads.
    """
    if not any(section.open for section in space.sections):
        return space
    from emobench.runs.opening import frontend_modality, open_plan

    plan = Plan(recipe=space.recipe, task=task, seed=0, fold=FOLD)
    try:
        opened = open_plan(plan, settings=settings, registry=registry)
    except DataError:
        return replace(space, notes=(*space.notes, UNSEEN))
    modality = frontend_modality(opened, registry=registry)
    bench = _Bench(opened, modality=modality, registry=registry)
    return _Fitter(space=space, bench=bench).fitted()


@dataclass(kw_only=True)
class _Fitter:
    """Leaves out what refuses the task, and notes what refuses one another."""

    space: SearchSpace
    bench: _Bench
    notes: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    apart: list[Pair] = field(default_factory=list)

    def fitted(self) -> SearchSpace:
        """The space with what is left."""
        sections = {section.name: section for section in self.space.sections}
        sections["frontend"] = self._without(sections["frontend"], self._frontend)
        for name, section in sections.items():
            if name in READING:
                sections[name] = self._without(section, self._reader)
            elif name != "frontend" and section.open:
                sections[name] = self._without(section, self._other)
        sections["frontend"] = self._without(
            sections["frontend"], lambda choice: self._unread(choice, sections["backbone"])
        )
        kept = {
            (section.name, choice.use)
            for section in sections.values()
            for choice in section.choices
        }
        if self.strangers:
            others = ", ".join(self.strangers)
            self.notes.append(f"left out, as they are for another kind of input: {others}")
        return replace(
            self.space,
            sections=tuple(sections.values()),
            notes=(*self.space.notes, *self.notes),
            apart=tuple(pair for pair in self.apart if kept.issuperset(pair)),
        )

    def _without(self, section: Section, refusal: Callable[[Choice], str]) -> Section:
        """The section without those of its choices that are refused; the recipe's own stay."""
        own, kept = used(self.space.recipe, section.name), []
        for choice in section.choices:
            why = refusal(choice)
            if why == OTHER_INPUT and choice.use not in own:
                self.strangers.append(f"{choice.kind} '{choice.use}'")
            elif why and choice.use not in own:
                self.notes.append(f"{choice.kind} '{choice.use}' is left out: {why}")
            else:
                kept.append(choice)
        return replace(section, choices=tuple(kept))

    def _frontend(self, choice: Choice) -> str:
        """Why a frontend is no use; the shape of what it gives is noted."""
        own = choice.use == self.space.recipe.frontend.use
        found = self.bench.shape_of(choice)
        if isinstance(found, str):
            return found
        if max(found, default=0) > LONGEST_ITEM and not own:
            return f"an item of it has the shape {found}, too long for the trials of a search"
        self.shapes[choice.use] = found
        return ""

    def _reader(self, choice: Choice) -> str:
        """Why what reads a frontend's items can read those of none, with the last reason."""
        why = ""
        refused = []
        for frontend, shape in self.shapes.items():
            told = self.bench.refusal(choice, shape=shape)
            if told:
                refused.append(frontend)
                why = told
        section = next(one for one in self.space.sections if choice in one.choices)
        self.apart += [(("frontend", frontend), (section.name, choice.use)) for frontend in refused]
        return why if len(refused) == len(self.shapes) else ""

    def _other(self, choice: Choice) -> str:
        return self.bench.refusal(choice, shape=self.shapes[self.space.recipe.frontend.use])

    def _unread(self, choice: Choice, backbones: Section) -> str:
        """Why a frontend is no use: no backbone reads what it gives."""
        taken = [
            one
            for one in backbones.choices
            if (("frontend", choice.use), ("backbone", one.use)) not in self.apart
        ]
        return "" if taken else "no backbone reads what it gives"


class _Bench:
    """Builds components for the task, to see which of them refuse."""

    def __init__(self, opened: OpenedPlan, *, modality: str, registry: Registry) -> None:
        from emobench.api import Context, Stream
        from emobench.runs.inputs import task_facts
        from emobench.training.build import schedule_for

        self._registry, self._opened, self._modality = registry, opened, modality
        item = _first_item(opened)
        self._context = Context(
            task=replace(task_facts(opened, opened.split, None), modalities=(modality,)),
            stream=Stream(0),
            schedule=schedule_for(1, steps=1),
            modality=modality,
            inputs={name: array.shape for name, array in item.items()},
        )

    def shape_of(self, choice: Choice) -> Shape | str:
        """The shape of what a frontend gives, or why it cannot."""
        try:
            modality = self._class_of(choice).modality
            if modality != self._modality:
                return OTHER_INPUT
            built = self._build(choice, self._context)
        except EmobenchError as error:
            return str(error)
        return tuple(built.shape())

    def refusal(self, choice: Choice, *, shape: Shape) -> str:
        """Why a component cannot do its work on items of that shape; empty where it can."""
        context = replace(self._context, inputs={self._modality: shape})
        try:
            return self._misfit(choice) or "".join(
                self._tried(choice, context=each) for each in self._contexts(choice, context)
            )
        except EmobenchError as error:
            return str(error)

    def _misfit(self, choice: Choice) -> str:
        """What the class itself says of the inputs or targets that it takes."""
        target = self._class_of(choice)
        if choice.kind == "augmentation" and target.modality not in (self._modality, "any"):
            return OTHER_INPUT
        kinds = {each.kind for each in self._context.task.targets}
        if choice.kind == "loss" and not kinds <= target.kinds:
            taken = ", ".join(sorted(target.kinds))
            return (
                f"it takes targets of kind {taken}, and the task's are {', '.join(sorted(kinds))}"
            )
        return ""

    def _contexts(self, choice: Choice, context: Context) -> list[Any]:
        """What the component would be built with: one for each target, where it serves one."""
        if choice.kind == "sampler":
            return [self._sampler_context()]
        if choice.kind in ("head", "loss", "postprocessor"):
            return [
                replace(context, target=target, width=SOME_WIDTH) for target in context.task.targets
            ]
        return [context]

    def _sampler_context(self) -> Any:
        import numpy as np

        from emobench.api import SamplerContext

        train, target = self._opened.split.train, self._opened.targets[0]
        groups = self._opened.items.groups
        return SamplerContext(
            stream=self._context.stream,
            labels=np.asarray(self._opened.items.targets[target.name])[train],
            groups=tuple(groups[int(row)] for row in train) if groups else (),
            target=target,
        )

    def _tried(self, choice: Choice, *, context: Any) -> str:
        """Build it, a backbone without the memory that its weights would take."""
        import torch

        if choice.kind != "backbone":
            self._build(choice, context)
            return ""
        try:
            with torch.device("meta"):
                self._build(choice, context)
        except UsageError:
            raise
        except EmobenchError:
            # It may not know weights without memory; then it is tried with them.
            self._build(choice, context)
        return ""

    def _build(self, choice: Choice, context: Any) -> Any:
        import torch

        entry = self._registry.get(choice.kind, choice.use)
        with torch.random.fork_rng(devices=[]):
            return entry.build(_plain_options(choice), context)

    def _class_of(self, part: Choice) -> Any:
        return self._registry.get(part.kind, part.use).load()


def _plain_options(choice: Choice) -> Options:
    """The options that are kept, with defaults; where these do not do, some of the ranges'."""
    options, _ = choice.space.options.parse(choice.space.keep)
    for attempt in range(DRAWS):
        if options is not None:
            break
        with suppress(Conflict):
            options = choice.space.build(Drawn(f"to build it {attempt}"))
    if options is None:
        raise UsageError("its options go together nowhere in their ranges")
    return options


def _first_item(opened: OpenedPlan) -> Mapping[str, Any]:
    from emobench.data.prepared import UNREADABLE

    for position in range(min(len(opened.items), MOST_UNREADABLE)):
        try:
            return opened.dataset.load(position)
        except UNREADABLE:
            continue
    return {}
