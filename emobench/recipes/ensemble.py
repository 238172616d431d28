"""The second pass for ensembles: members, each a whole recipe, and the combiner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emobench.api.errors import Fault, unknown_name
from emobench.recipes.check import Sections, check_keys, check_recipe, is_ensemble
from emobench.recipes.model import EnsembleRecipe, Member, MemberOptions, Recipe
from emobench.recipes.nodes import Entry, ListNode, MappingNode, Node, ScalarNode, locate, plain
from emobench.recipes.override import Override, apply_overrides, member_overrides
from emobench.registry import Registry

MEMBER_KEYS = ("use", "copies", "set", "name", "recipe")
EXAMPLE = "a recipe's name or file, or a mapping such as {use: baseline, copies: 2}"


@dataclass(frozen=True, kw_only=True)
class FoundRecipe:
    """A recipe that was read but not checked yet; `complete` is false where a parent is missing."""

    root: MappingNode
    name: str
    path: str
    complete: bool = True


FindRecipe = Callable[[ScalarNode, list[Fault]], FoundRecipe | None]
"""Reads the recipe that a member names, or says in the list of faults why it cannot."""


def check_ensemble(
    root: MappingNode,
    *,
    found_as: FoundRecipe,
    overrides: Sequence[Override],
    registry: Registry,
    find: FindRecipe,
) -> tuple[EnsembleRecipe | None, list[Fault]]:
    """The ensemble that a merged mapping describes, or None and every fault.

    `overrides` change every member, after what the member's own `set` changes.
    """
    faults: list[Fault] = []
    sections = Sections(root=root, registry=registry, complete=found_as.complete, faults=faults)
    reader = _MemberReader(
        sections=sections, path=found_as.path, overrides=overrides, find=find, faults=faults
    )
    members = reader.members()
    combiner = sections.block("combiner", "combiner", required=True)
    task, summary = sections.text("task"), sections.text("summary")
    if faults or combiner is None or not found_as.complete:
        return None, faults
    ensemble = EnsembleRecipe(
        name=found_as.name,
        path=found_as.path,
        members=members,
        combiner=combiner,
        task=task,
        summary=summary or "",
    )
    return ensemble, []


@dataclass(kw_only=True)
class _MemberReader:
    sections: Sections
    path: str
    overrides: Sequence[Override]
    find: FindRecipe
    faults: list[Fault]

    def members(self) -> tuple[Member, ...]:
        """Every member that could be read; what is wrong with the others is in the faults."""
        node = self.sections.given("members")
        if node is None:
            if self.sections.complete:
                place = locate(self.sections.root, ("members",))
                message = f"'members' is required: a list, each entry {EXAMPLE}"
                self.faults.append(place.fault(message))
            return ()
        if not isinstance(node, ListNode):
            message = f"'members' must be a list, each entry after a '- ': {EXAMPLE}"
            self.faults.append(node.place.fault(message))
            return ()
        read = [self.member(item) for item in node.items]
        members = tuple(member for member in read if member is not None)
        if len(members) == len(read) and sum(member.copies for member in members) < 2:
            message = (
                "an ensemble needs two members at least; name another recipe, or give copies: 2"
            )
            self.faults.append(node.place.fault(message))
        return members

    def member(self, node: Node) -> Member | None:
        """One member; None, with faults added, if it is wrong."""
        before = len(self.faults)
        if isinstance(node, ScalarNode):
            node = MappingNode({"use": Entry(node, node.place)}, node.place)
        if not isinstance(node, MappingNode):
            self.faults.append(node.place.fault(f"expected a member: {EXAMPLE}"))
            return None
        for key, entry in node.entries.items():
            if key not in MEMBER_KEYS:
                message = unknown_name("key of a member", key, MEMBER_KEYS)
                self.faults.append(entry.key_place.fault(message))
        copies = self.copies(node)
        changes = self.changes(node)
        recipe = self.recipe(node, changes)
        if recipe is None or len(self.faults) > before:
            return None
        return Member(recipe=recipe, copies=copies)

    def copies(self, node: MappingNode) -> int:
        given = {key: entry for key, entry in node.entries.items() if key == "copies"}
        options, wrong = MemberOptions.parse(plain(MappingNode(given, node.place)))
        for fault in wrong:
            message = f"{'.'.join(map(str, fault.path))}: {fault.message}"
            self.faults.append(locate(node, fault.path, at_key=fault.at_key).fault(message))
        return options.copies if options else 1

    def changes(self, node: MappingNode) -> list[Override]:
        given = node.get("set")
        if given is None:
            return []
        if not isinstance(given, MappingNode):
            message = "'set' must be a mapping of keys to values, such as {train.epochs: 10}"
            self.faults.append(given.place.fault(message))
            return []
        return member_overrides(given, faults=self.faults)

    def recipe(self, node: MappingNode, changes: Sequence[Override]) -> Recipe | None:
        """The member's recipe with its own changes, then those of the call."""
        found = self.named(node)
        if found is None:
            return None
        root = apply_overrides(found.root, changes, name=found.name, faults=self.faults)
        root = apply_overrides(root, self.overrides, name=found.name, faults=self.faults)
        recipe, wrong = check_recipe(
            root,
            name=found.name,
            path=found.path,
            registry=self.sections.registry,
            complete=found.complete,
        )
        self.faults += wrong
        return recipe

    def named(self, node: MappingNode) -> FoundRecipe | None:
        """The recipe that `use` names, or that stands under `recipe`."""
        use, recipe, name = node.get("use"), node.get("recipe"), node.get("name")
        if (use is None) == (recipe is None):
            problem = (
                f"which recipe is this member? write 'use' with {EXAMPLE}"
                if use is None
                else "'use' and 'recipe' both say what the member is; keep one of them"
            )
            self.faults.append(node.place.fault(problem))
            return None
        if recipe is not None:
            return self.written_out(node, recipe, name)
        if name is not None:
            message = "'name' goes with 'recipe'; a member named by 'use' keeps its own name"
            self.faults.append(node.entries["name"].key_place.fault(message))
        if not isinstance(use, ScalarNode) or not isinstance(use.value, str) or not use.value:
            place = use.place if use else node.place
            self.faults.append(place.fault(f"expected a member: {EXAMPLE}"))
            return None
        found = self.find(use, self.faults)
        if found is not None and is_ensemble(found.root):
            message = (
                f"'{found.name}' is an ensemble, and only recipes that train can be members; "
                "name its members here instead"
            )
            self.faults.append(use.place.fault(message))
            return None
        return found

    def written_out(self, node: MappingNode, recipe: Node, name: Node | None) -> FoundRecipe | None:
        """A recipe that stands in the ensemble's own file, as in the copy beside a record."""
        if not isinstance(recipe, MappingNode):
            message = "'recipe' must be a whole recipe, written out; 'use' names one"
            self.faults.append(recipe.place.fault(message))
            return None
        if not isinstance(name, ScalarNode) or not isinstance(name.value, str) or not name.value:
            place = name.place if name else node.place
            message = "'name' must say in a word what the recipe under 'recipe' is called"
            self.faults.append(place.fault(message))
            return None
        if is_ensemble(recipe) or "extends" in recipe.entries:
            key = "extends" if "extends" in recipe.entries else "members and combiners"
            message = f"'{key}' cannot stand in a recipe that is written out here"
            self.faults.append(recipe.place.fault(message))
            return None
        check_keys(recipe, faults=self.faults)
        return FoundRecipe(root=recipe, name=name.value, path=self.path)
