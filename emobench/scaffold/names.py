"""What a new plugin's files, package and classes are called, and which names are refused."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from dataclasses import dataclass

from emobench.api.component import NAME_PATTERN, Kind
from emobench.api.errors import UsageError
from emobench.api.option_types import shorten

LONGEST = 40
PREFIX = "emobench"
TAKEN_MODULES = ("cards", "options", "registration")
"""Names of what every generated package holds beside its method."""

RULE = f"lower-case words of letters and digits joined by - or _, at most {LONGEST} characters"


@dataclass(frozen=True, kw_only=True)
class PluginNames:
    """One component's name, in every form in which a package needs it."""

    kind: Kind
    name: str

    @property
    def module(self) -> str:
        """The module of the method: `soft_focal`."""
        return self.name.replace("-", "_")

    @property
    def distribution(self) -> str:
        """What `pip install` takes: `emobench-soft-focal`."""
        return f"{PREFIX}-{self.name.replace('_', '-')}"

    @property
    def package(self) -> str:
        """What is imported: `emobench_soft_focal`."""
        return f"{PREFIX}_{self.module}"

    @property
    def class_name(self) -> str:
        """The class of the method: `SoftFocal`."""
        return "".join(word.capitalize() for word in self.module.split("_"))


def plugin_names(name: str, *, kind: Kind) -> PluginNames:
    """The names of a new plugin; a UsageError gives the rule and a valid spelling."""
    own = re.sub(rf"^{PREFIX}[-_]", "", name)
    if own != name:
        raise UsageError(
            f"{shorten(name)} would be the package {shorten(f'{PREFIX}-{name}')}; give the "
            f"component's own name, such as '{spell(own, kind=kind)}'"
        )
    if not NAME_PATTERN.fullmatch(name) or len(name) > LONGEST:
        raise UsageError(
            f"{shorten(name)} is no name for a component: it must be {RULE}; "
            f"'{spell(name, kind=kind)}' would do"
        )
    names = PluginNames(kind=kind, name=name)
    if keyword.iskeyword(names.module) or names.module in TAKEN_MODULES:
        raise UsageError(
            f"'{name}' cannot be the name of the method's module; '{name}-{kind}' would do"
        )
    if keyword.iskeyword(names.class_name) or hasattr(builtins, names.class_name):
        raise UsageError(
            f"'{name}' would make a class '{names.class_name}', which hides Python's own; "
            f"'{name}-{kind}' would do"
        )
    return names


def spell(name: str, *, kind: Kind) -> str:
    """The nearest valid spelling: `SoftFocal` is `soft-focal`, `ümlaut` is `umlaut`."""
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", name)
        if not unicodedata.combining(letter)
    )
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", bare)
    words = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:LONGEST].rstrip("-")
    if not words:
        return f"my-{kind}"
    return words if words[0].isalpha() else f"{kind}-{words}"[:LONGEST].rstrip("-")
