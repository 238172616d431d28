"""Cautions: known ways in which a recipe fails, told before anything is trained. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from emobench.api.component import NAME_PATTERN, TARGET_PATTERN, Kind
from emobench.api.options import Options

OptionsOf = TypeVar("OptionsOf", bound=Options)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One component that a recipe picks, with its options."""

    kind: Kind
    name: str
    options: Options


@dataclass(frozen=True, kw_only=True)
class Choices:
    """A recipe as a caution sees it: what it picks, in its order, and how it trains."""

    picked: tuple[Choice, ...]
    epochs: int
    batch_size: int

    def of_kind(self, *kinds: Kind) -> tuple[Choice, ...]:
        """What the recipe picks of these kinds."""
        return tuple(choice for choice in self.picked if choice.kind in kinds)

    def find(self, options: type[OptionsOf]) -> OptionsOf | None:
        """The options of that class where the recipe picks the component they belong to."""
        found = (choice.options for choice in self.picked if isinstance(choice.options, options))
        return next(found, None)


@dataclass(frozen=True, kw_only=True)
class Caution:
    """One known cause of failure. `target` is `module:function`, imported only when it is asked.

    The function takes `Choices` and gives one sentence (what is wrong with them, and what to do),
    or None. Like a registration module it imports nothing heavy.
    """

    name: str
    target: str
    summary: str

    def __post_init__(self) -> None:
        if not NAME_PATTERN.fullmatch(self.name):
            raise ValueError(
                f"caution name '{self.name}' must be lower-case words joined by _ or -"
            )
        if not TARGET_PATTERN.fullmatch(self.target):
            raise ValueError(f"target '{self.target}' of '{self.name}' must read 'module:Name'")
