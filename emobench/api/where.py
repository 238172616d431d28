"""Where a dataset finds a word about an item: its label, its group, its part of the split."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from emobench.api.options import Field, Options


class Where(Options):
    """Where a word about an item is found: one of a column, a parent folder or a pattern."""

    column: str = Field("", description="column of the table")
    folder: int | None = Field(
        None, ge=1, description="which parent folder names it; 1 is the one the file lies in"
    )
    pattern: str = Field(
        "",
        description="regular expression searched in the file name; its first group, or the "
        "whole match, is the word",
    )

    def conflicts(self) -> list[str]:
        """One place at most, and a pattern that compiles."""
        given = [name for name, value in self.dump().items() if value]
        found = [f"give one of {', '.join(given)}, not {len(given)}"] if len(given) > 1 else []
        try:
            re.compile(self.pattern)
        except re.error as error:
            found.append(f"pattern '{self.pattern}' is no regular expression: {error}")
        return found

    @property
    def given(self) -> bool:
        """Whether a place is named at all."""
        return bool(self.column or self.folder or self.pattern)

    def word_in(self, name: str) -> str | None:
        """What the parent folder, or the pattern, says of a file of this name; None for nothing."""
        path = PurePosixPath(name)
        if self.folder:
            return path.parts[-1 - self.folder] if len(path.parts) > self.folder else None
        match = re.search(self.pattern, path.name)
        if match is None:
            return None
        return match.group(1) if match.re.groups else match.group(0)

    def __str__(self) -> str:
        place = next(((name, value) for name, value in self.dump().items() if value), None)
        return f"{place[0]} '{place[1]}'" if place else "nowhere"
