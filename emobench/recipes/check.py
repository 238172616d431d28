"""The second pass: each block against its component's options; and faults between blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emobench.api.component import Kind
from emobench.api.errors import Fault, PluginError, unknown_name
from emobench.api.options import OptionFault, Options
from emobench.recipes.merge import as_block, block_name
from emobench.recipes.model import (
    BLOCK_SECTIONS,
    COMBINING_KEYS,
    ENSEMBLE_KEYS,
    LIST_SECTIONS,
    RECIPE_KEYS,
    RECIPE_SCHEMA,
    REQUIRED_SECTIONS,
    SINGLE_SECTIONS,
    SWEEP_KEY,
    TRAINING_KEYS,
    Block,
    Recipe,
    TrainOptions,
)
from emobench.recipes.nodes import (
    ListNode,
    MappingNode,
    Node,
    ScalarNode,
    locate,
    plain,
    shorten,
)
from emobench.recipes.sweep import read_sweep
from emobench.registry import Registered, Registry


def is_task_file(root: MappingNode) -> bool:
    """Whether a mapping has a task's `dataset` and nothing that a recipe is made of."""
    return "dataset" in root.entries and not _recipe_keys(root)


def is_recipe_file(root: MappingNode) -> bool:
    """Whether a mapping has what a recipe is made of, and no task's `dataset`."""
    return "dataset" not in root.entries and bool(_recipe_keys(root))


def _recipe_keys(root: MappingNode) -> set[str]:
    return {"extends", *SINGLE_SECTIONS, *LIST_SECTIONS, *COMBINING_KEYS} & set(root.entries)


def is_ensemble(root: MappingNode) -> bool:
    """Whether a mapping has what only an ensemble is made of."""
    return any(key in root.entries for key in COMBINING_KEYS)


def training_keys(root: MappingNode) -> list[str]:
    """The keys of a mapping that only a recipe which trains has."""
    return [key for key in root.entries if key in TRAINING_KEYS]


def check_schema(root: MappingNode, *, faults: list[Fault]) -> None:
    """Refuse a file that does not say which schema it follows, or follows another."""
    node = root.get("schema")
    if node is None:
        faults.append(
            root.place.fault(f"'schema' is required; write 'schema: {RECIPE_SCHEMA}' first")
        )
        return
    value = plain(node)
    if isinstance(value, int) and not isinstance(value, bool):
        if value != RECIPE_SCHEMA:
            hint = "upgrade emobench" if value > RECIPE_SCHEMA else "rewrite the file"
            message = f"schema {value} is not known here, only schema {RECIPE_SCHEMA}; {hint}"
            faults.append(node.place.fault(message))
    else:
        faults.append(node.place.fault(f"'schema' must be the number {RECIPE_SCHEMA}"))


def check_keys(root: MappingNode, *, faults: list[Fault]) -> None:
    """Refuse keys that no recipe has, and those of a recipe that trains in an ensemble."""
    own = ENSEMBLE_KEYS if is_ensemble(root) else RECIPE_KEYS
    for key, entry in root.entries.items():
        if key in own:
            continue
        if key in TRAINING_KEYS:
            what = next(name for name in COMBINING_KEYS if name in root.entries)
            message = (
                f"'{key}' has no place in an ensemble, which '{what}' makes this: an ensemble "
                f"trains nothing itself; give '{key}' to its members, in their files or by `set`"
            )
        elif key == SWEEP_KEY:
            message = "an ensemble cannot be swept; give 'sweep' to the recipe of a member"
        else:
            known = own if is_ensemble(root) or training_keys(root) else (*own, *COMBINING_KEYS)
            message = unknown_name("key", key, known)
        faults.append(entry.key_place.fault(message))


def parse_block(kind: Kind, node: Node, *, registry: Registry, faults: list[Fault]) -> Block | None:
    """A block from `{use: name, ...}` or a bare name; None, with faults added, if it is wrong."""
    block = as_block(node)
    if block is None:
        message = f"expected a {kind}: its name, or a mapping with 'use' and its options"
        faults.append(node.place.fault(message))
        return None
    entry = _component(kind, block, registry, faults)
    if entry is None:
        return None
    given = {key: value for key, value in block.entries.items() if key != "use"}
    options, wrong = _parse_options(entry, MappingNode(given, block.place))
    for fault in wrong:
        place = locate(block, fault.path, at_key=fault.at_key)
        faults.append(place.fault(_option_message(entry.name, fault)))
    if options is None:
        return None
    plugin = entry.plugin
    return Block(
        kind=kind, use=entry.name, options=options, package=plugin.package, version=plugin.version
    )


def _component(
    kind: Kind, block: MappingNode, registry: Registry, faults: list[Fault]
) -> Registered | None:
    use = block.get("use")
    if use is None:
        known = ", ".join(registry.of_kind(kind)) or "none is installed"
        faults.append(block.place.fault(f"'use' is missing: which {kind}? known: {known}"))
        return None
    name = plain(use)
    if not isinstance(name, str):
        faults.append(use.place.fault(f"'use' must be the name of a {kind}"))
        return None
    entry = registry.components.get((kind, name))
    if entry is None:
        message = _of_other_kind(kind, name, registry) or registry.unknown(kind, name)
        faults.append(use.place.fault(message))
    return entry


def _of_other_kind(kind: Kind, name: str, registry: Registry) -> str:
    """Say what a component is that was named as another kind, and where it belongs."""
    sections = {of: key for key, of in (*BLOCK_SECTIONS.items(), *LIST_SECTIONS.items())}
    others = sorted(of for of, own in registry.components if own == name)
    if not others:
        return ""
    words = [
        _with_article(of) + (f" (key '{sections[of]}')" if of in sections else "") for of in others
    ]
    known = ", ".join(registry.of_kind(kind)) or "none is installed"
    return f"'{name}' is {' and '.join(words)}, not {_with_article(kind)}; known: {known}"


def _with_article(kind: Kind) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _parse_options(
    entry: Registered, given: MappingNode
) -> tuple[Options | None, list[OptionFault]]:
    try:
        return entry.component.options.parse(plain(given))
    except Exception as error:  # a stranger's declaration or check may raise anything
        named = "" if isinstance(error, PluginError) else f"{type(error).__name__}: "
        raise PluginError(f"{entry} cannot check its options: {named}{error}") from error


def _option_message(owner: str, fault: OptionFault) -> str:
    path = fault.path[:-1] if fault.at_key else fault.path
    return f"{'.'.join(map(str, (owner, *path)))}: {fault.message}"


def check_recipe(
    root: MappingNode, *, name: str, path: str, registry: Registry, complete: bool = True
) -> tuple[Recipe | None, list[Fault]]:
    """The recipe that a merged mapping describes, or None and every fault.

    `complete=False` says that a parent could not be read: what is missing may have been there.
    """
    check = Sections(root=root, registry=registry, complete=complete, faults=[])
    sections: dict[str, Any] = {}
    for section, kind in SINGLE_SECTIONS.items():
        sections[section] = check.block(section, kind, required=section in REQUIRED_SECTIONS)
    for section, kind in LIST_SECTIONS.items():
        sections[section] = check.blocks(section, kind)
    train, task, summary = check.train(), check.text("task"), check.text("summary")
    sweep, wrong = read_sweep(
        check.given(SWEEP_KEY),
        blocks={key: _held(value) for key, value in sections.items()},
        registry=registry,
        complete=complete and not check.faults,
    )
    check.faults += wrong
    if check.faults or not complete:
        return None, check.faults
    recipe = Recipe(
        name=name,
        path=path,
        task=task,
        summary=summary or "",
        train=train or TrainOptions(),
        sweep=sweep,
        **sections,
    )
    return recipe, []


def _held(value: Block | tuple[Block, ...] | None) -> tuple[Block, ...]:
    return value if isinstance(value, tuple) else tuple(filter(None, [value]))


@dataclass(kw_only=True)
class Sections:
    """Reads the sections of a merged mapping; what is wrong goes to `faults`."""

    root: MappingNode
    registry: Registry
    complete: bool
    faults: list[Fault]

    def given(self, key: str) -> Node | None:
        """The value of a key; null counts as not given."""
        node = self.root.get(key)
        return None if isinstance(node, ScalarNode) and node.value is None else node

    def block(self, section: str, kind: Kind, *, required: bool) -> Block | None:
        """The block of a section, None where there is none or it is wrong."""
        node = self.given(section)
        if node is None:
            if required and self.complete:
                place = locate(self.root, (section,))
                known = ", ".join(self.registry.of_kind(kind)) or "none is installed"
                message = f"'{section}' is required: which {kind}? known: {known}"
                self.faults.append(place.fault(message))
            return None
        if not self.complete and isinstance(node, MappingNode) and node.get("use") is None:
            return None
        return parse_block(kind, node, registry=self.registry, faults=self.faults)

    def blocks(self, section: str, kind: Kind) -> tuple[Block, ...]:
        """The blocks of a section that holds a list, those that are right."""
        node = self.given(section)
        if node is None:
            return ()
        if not isinstance(node, ListNode):
            message = f"'{section}' must be a list of blocks, each after a '- '"
            self.faults.append(node.place.fault(message))
            return ()
        if section == "techniques":
            self._refuse_repeats(node, kind)
        parsed = [
            parse_block(kind, item, registry=self.registry, faults=self.faults)
            for item in node.items
        ]
        return tuple(block for block in parsed if block is not None)

    def _refuse_repeats(self, node: ListNode, kind: Kind) -> None:
        seen: dict[str, int] = {}
        for index, item in enumerate(node.items, start=1):
            name = block_name(item)
            if name is None:
                continue
            if name in seen:
                message = (
                    f"{kind} '{shorten(name)}' is given twice (entries {seen[name]} and {index})"
                )
                self.faults.append(item.place.fault(message))
            seen.setdefault(name, index)

    def train(self) -> TrainOptions | None:
        """How the recipe trains."""
        node = self.given("train")
        if node is None:
            return TrainOptions()
        if not isinstance(node, MappingNode):
            self.faults.append(node.place.fault("'train' must be a mapping, such as {epochs: 30}"))
            return None
        options, wrong = TrainOptions.parse(plain(node))
        for fault in wrong:
            place = locate(node, fault.path, at_key=fault.at_key)
            self.faults.append(place.fault(_option_message("train", fault)))
        if options and options.copies and self.given("augmentations") is None and self.complete:
            message = (
                "train.copies: the recipe has no 'augmentations', so that every copy would equal "
                "its item; name some, or leave 'copies' at 0"
            )
            self.faults.append(locate(node, ("copies",)).fault(message))
        return options

    def text(self, key: str) -> str | None:
        """The text under a key, None where there is none or it is wrong."""
        node = self.given(key)
        if node is None:
            return None
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.value.strip():
            return node.value
        self.faults.append(node.place.fault(f"'{key}' must be text"))
        return None
