"""Finding and loading recipes: files, what they extend, overrides; every fault of all at once."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from emobench.api.errors import Fault, RecipeError, unknown_name
from emobench.recipes.check import (
    check_keys,
    check_recipe,
    check_schema,
    is_ensemble,
    is_task_file,
    training_keys,
)
from emobench.recipes.ensemble import FoundRecipe, check_ensemble
from emobench.recipes.merge import merge
from emobench.recipes.model import AnyRecipe, Recipe
from emobench.recipes.nodes import Entry, MappingNode, ScalarNode, plain, shorten
from emobench.recipes.override import Override, apply_overrides, parse_overrides
from emobench.recipes.text import Document, parse_mapping
from emobench.registry import Registry

SUFFIXES = (".yaml", ".yml")
MAX_CHAIN = 10
OWN_KEYS = ("schema", "extends", "summary")
"""Keys that say something of one file, not of those that extend it."""

BESIDE_BOARDS = re.compile(r"/recipes/[0-9a-f]{8}/(?P<name>[^/]+(/[^/]+)*)$")
"""A recipe that `emobench leaderboard` wrote: behind its hash stands the name that its row has."""


def shipped_recipes() -> dict[str, Path]:
    """The recipes that come with emobench, by name (`enhanced`, `faces/baseline`)."""
    packaged = Path(__file__).parent / "shipped"
    home = packaged if packaged.is_dir() else Path(__file__).parents[2] / "recipes"
    found = {
        path.relative_to(home).with_suffix("").as_posix(): path
        for path in home.rglob("*")
        if path.suffix in SUFFIXES and path.is_file()
    }
    return dict(sorted(found.items()))


def find_recipe(source: str | Path) -> Path:
    """The file that a path names or a bare name stands for, or a RecipeError that suggests one."""
    shipped = shipped_recipes()
    text = str(source)
    if isinstance(source, str) and text in shipped:
        return shipped[text]
    path = Path(text).expanduser() if text.startswith("~/") else Path(text)
    if _exists(path):
        return path
    if path.suffix in SUFFIXES or isinstance(source, Path):
        nearest = _suggest(path, shipped)
        raise RecipeError([Fault(message=f"there is no such file{nearest}", file=shorten(text))])
    own = _with_suffix(path)
    if own is not None:
        message = f"unknown recipe '{shorten(text)}'; did you mean the file '{own}'?"
        raise RecipeError([Fault(message=message)])
    advice = "give one of these, or the path of a .yaml file"
    raise RecipeError([Fault(message=unknown_name("recipe", text, shipped, advice=advice))])


def _suggest(path: Path, shipped: Iterable[str]) -> str:
    if path.stem in shipped:
        return f"; '{path.stem}' is a shipped recipe, without the suffix"
    try:
        beside = [other.name for other in path.parent.iterdir() if other.suffix in SUFFIXES]
    except (OSError, ValueError):
        return f"; '{shorten(str(path.parent))}' is no folder that can be read"
    close = difflib.get_close_matches(path.name, beside, n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def _with_suffix(path: Path) -> Path | None:
    """The recipe file that a name stands for but for its suffix."""
    if not path.name:
        return None
    files = (path.with_name(path.name + suffix) for suffix in SUFFIXES)
    return next((file for file in files if _exists(file)), None)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def recipe_name(path: Path) -> str:
    """The shipped name, or that of the row that a recipe beside boards is of, or else the stem."""
    resolved = path.resolve()
    for name, shipped in shipped_recipes().items():
        if shipped.resolve() == resolved:
            return name
    record = path.with_name("record.json")
    if path.name == "recipe.yaml" and record.is_file():
        return _recorded_name(record) or path.stem
    beside_boards = BESIDE_BOARDS.search(resolved.with_suffix("").as_posix())
    return beside_boards["name"] if beside_boards else path.stem


def _recorded_name(record: Path) -> str:
    """The name of the recipe that a run was made with: its stored copy is that recipe."""
    try:
        name = json.loads(record.read_text(encoding="utf-8"))["recipe_name"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return name if isinstance(name, str) else ""


def parent_of(source: str | Path) -> Path | None:
    """The file of the recipe that this one extends; None where it extends none that is there."""
    path = find_recipe(source)
    document = parse_mapping(path)
    node = document.root.get("extends") if document.root else None
    return _beside(node, path.parent, []) if isinstance(node, ScalarNode) else None


def load_recipe(source: str | Path, *, overrides: Sequence[str] = (), registry: Registry) -> Recipe:
    """One recipe that trains; raises a RecipeError that carries every fault, or names an ensemble.

    Where an ensemble will do as well, `load_recipes` loads either.
    """
    (recipe,) = load_recipes([source], overrides=overrides, registry=registry)
    if isinstance(recipe, Recipe):
        return recipe
    message = "this is an ensemble, and only a recipe that trains can be used here"
    raise RecipeError([Fault(message=message, file=recipe.path)])


def load_recipes(
    sources: Sequence[str | Path], *, overrides: Sequence[str] = (), registry: Registry
) -> list[AnyRecipe]:
    """Recipes by names or paths; raises one RecipeError with every fault of all of them."""
    reader = _Reader()
    recipes: list[AnyRecipe] = []
    faults: list[Fault] = []
    for source in sources:
        try:
            path = find_recipe(source)
        except RecipeError as error:
            faults += error.faults
            continue
        recipe, wrong = _load(path, overrides, registry, reader)
        faults += wrong
        if recipe is not None:
            recipes.append(recipe)
    if faults:
        raise RecipeError(_ordered(faults))
    return recipes


def _load(
    path: Path, overrides: Sequence[str], registry: Registry, reader: _Reader
) -> tuple[AnyRecipe | None, list[Fault]]:
    chain = reader.read(path)
    if chain.root is None:
        return None, chain.faults
    faults = list(chain.faults)
    parsed = parse_overrides(overrides, faults=faults)
    found = FoundRecipe(
        root=chain.root, name=recipe_name(path), path=str(path), complete=chain.complete
    )
    check = _checked_ensemble if is_ensemble(chain.root) else _checked_recipe
    recipe, wrong = check(found, parsed, registry, reader)
    faults += wrong
    return (None if faults else recipe), faults


def _checked_recipe(
    found: FoundRecipe, overrides: Sequence[Override], registry: Registry, reader: _Reader
) -> tuple[AnyRecipe | None, list[Fault]]:
    faults = [
        override.place.fault(
            f"recipe '{found.name}' is no ensemble: a combiner joins members, and it has none"
        )
        for override in overrides
        if override.steps[0] == "combiner"
    ]
    kept = [override for override in overrides if override.steps[0] != "combiner"]
    root = apply_overrides(found.root, kept, name=found.name, faults=faults)
    recipe, wrong = check_recipe(
        root, name=found.name, path=found.path, registry=registry, complete=found.complete
    )
    return recipe, faults + wrong


def _checked_ensemble(
    found: FoundRecipe, overrides: Sequence[Override], registry: Registry, reader: _Reader
) -> tuple[AnyRecipe | None, list[Fault]]:
    faults: list[Fault] = []
    own = [override for override in overrides if not override.trains]
    ensemble, wrong = check_ensemble(
        apply_overrides(found.root, own, name=found.name, faults=faults),
        found_as=found,
        overrides=[override for override in overrides if override.trains],
        registry=registry,
        find=reader.find,
    )
    return ensemble, faults + wrong


def _ordered(faults: list[Fault]) -> list[Fault]:
    """Without repeats (a shared parent), file by file as first met, each from top to bottom."""
    unique = list(dict.fromkeys(faults))
    files = list(dict.fromkeys(fault.file for fault in unique))
    return sorted(unique, key=lambda fault: (files.index(fault.file), fault.line, fault.column))


@dataclass
class _Chain:
    """A file merged over what it extends; `complete` is false where a parent is missing."""

    root: MappingNode | None
    faults: list[Fault]
    complete: bool = True


@dataclass
class _Reader:
    """Reads each file once."""

    documents: dict[str, Document] = field(default_factory=dict)

    def read(self, path: Path, above: tuple[Path, ...] = ()) -> _Chain:
        """The file at `path` merged over its parents; `above` are the files that extend it."""
        document = self._document(path)
        faults = list(document.faults)
        if document.root is None:
            return _Chain(None, faults, complete=False)
        if is_task_file(document.root):
            message = "this is a task file, not a recipe; use --task to give it"
            return _Chain(None, [*faults, document.root.place.fault(message)], complete=False)
        check_schema(document.root, faults=faults)
        check_keys(document.root, faults=faults)
        extends = document.root.entries.get("extends")
        if extends is None:
            return _Chain(document.root, faults)
        parent = self._parent(extends, path, (*above, path.resolve()), faults)
        if parent is None or parent.root is None:
            faults += parent.faults if parent else []
            return _Chain(document.root, faults, complete=False)
        mixed = _mixed(document.root, parent.root, extends)
        if mixed:
            return _Chain(document.root, [*faults, *mixed, *parent.faults], complete=False)
        inherited = {
            key: entry for key, entry in parent.root.entries.items() if key not in OWN_KEYS
        }
        merged = merge(MappingNode(inherited, parent.root.place), document.root)
        return _Chain(merged, faults + parent.faults, parent.complete)

    def find(self, use: ScalarNode, faults: list[Fault]) -> FoundRecipe | None:
        """The recipe that a member of an ensemble names, beside the file that names it."""
        path = _beside(use, Path(use.place.file).parent, faults)
        if path is None:
            return None
        chain = self.read(path)
        faults += chain.faults
        if chain.root is None:
            return None
        return FoundRecipe(
            root=chain.root, name=recipe_name(path), path=str(path), complete=chain.complete
        )

    def _document(self, path: Path) -> Document:
        key = str(path)
        if key not in self.documents:
            self.documents[key] = parse_mapping(path)
        return self.documents[key]

    def _parent(
        self, extends: Entry, path: Path, chain: tuple[Path, ...], faults: list[Fault]
    ) -> _Chain | None:
        node = extends.node
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or not node.value:
            message = "'extends' takes one relative path or the name of a shipped recipe"
            faults.append(node.place.fault(message))
            return None
        parent = _beside(node, path.parent, faults)
        if parent is None:
            return None
        if parent.resolve() in chain:
            names = " > ".join(step.name for step in (*chain, parent))
            faults.append(node.place.fault(f"recipes that extend one another in a circle: {names}"))
            return None
        if len(chain) >= MAX_CHAIN:
            faults.append(node.place.fault(f"more than {MAX_CHAIN} recipes extend one another"))
            return None
        return self.read(parent, chain)


def _mixed(child: MappingNode, parent: MappingNode, extends: Entry) -> list[Fault]:
    """Why a file cannot extend its parent where one trains and the other is an ensemble."""
    name = plain(extends.node)
    if is_ensemble(parent) and not is_ensemble(child):
        return [
            child.entries[key].key_place.fault(
                f"'{key}' has no place here: '{name}', which this extends, is an ensemble, and an "
                "ensemble trains nothing itself"
            )
            for key in training_keys(child)
        ]
    if is_ensemble(child) and not is_ensemble(parent):
        message = (
            f"'{name}' is no ensemble, and an ensemble extends only another one; "
            "name it under 'members'"
        )
        return [extends.node.place.fault(message)]
    return []


def _beside(node: ScalarNode, folder: Path, faults: list[Fault]) -> Path | None:
    """The recipe file of that name in the folder, or the shipped recipe; else a fault."""
    name = str(node.value)
    beside = Path(os.path.normpath(folder / name))
    if _exists(beside) and beside.suffix in SUFFIXES:
        return beside
    shipped = shipped_recipes()
    if name in shipped:
        return shipped[name]
    own = _with_suffix(folder / name)
    message = (
        f"unknown recipe '{shorten(name)}'; did you mean the file '{own.name}'?"
        if own
        else f"{unknown_name('recipe', name, shipped)}; nor is it a file beside this one"
    )
    faults.append(node.place.fault(message))
    return None
