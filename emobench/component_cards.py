"""A component's card: the page that ships inside its plugin and says what the method does, when it
helps and when it hurts. Found, read, begun and judged here, without importing the component.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

from emobench.api.component import Component, Kind
from emobench.api.errors import PluginError
from emobench.api.options import OptionField, Options

CARDS = "cards"
TABLE_BEGINS = "<!-- options -->"
TABLE_ENDS = "<!-- /options -->"
HELPS = "Say for which data and which fault of a training."
HURTS = "Say with what it does not mix, and what it costs."
"""What stands in a fresh card until its author has written it."""


def card_path(kind: Kind, component: Component) -> Path:
    """Where the card lies: `<top-level package of the target>/cards/<kind>/<name>.md`."""
    top = top_package(component)
    spec = importlib.util.find_spec(top)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        found = "is one file" if spec else "cannot be found"
        raise PluginError(
            f"{kind} '{component.name}' has no place for its card: '{top}' {found}; the card ships "
            f"in the folder of a package, as {top}/{CARDS}/{kind}/{component.name}.md"
        )
    return Path(folders[0]) / CARDS / kind / f"{component.name}.md"


def top_package(component: Component) -> str:
    """The import package in which the component's target lies."""
    return component.target.partition(":")[0].partition(".")[0]


def read_card(kind: Kind, component: Component) -> str:
    """The card's text; empty where there is none."""
    try:
        return card_path(kind, component).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, PluginError):
        return ""


def new_card(kind: Kind, component: Component) -> str:
    """A fresh card: what the registration says, and what its author has still to write."""
    source = component.source or "none"
    parts = [
        f"# {component.name}",
        component.summary,
        f"**When it helps.** {HELPS}",
        f"**When it hurts.** {HURTS}",
        f"Source: {source}",
        _table_between_marks(component),
    ]
    return "\n\n".join(parts) + "\n"


def with_current_table(text: str, component: Component) -> str:
    """The card with today's options between its marks; without marks, both are put at its end."""
    before, begins, rest = text.partition(TABLE_BEGINS)
    _, ends, after = rest.partition(TABLE_ENDS)
    if not begins or not ends:
        return f"{text.rstrip()}\n\n{_table_between_marks(component)}\n"
    return before + _table_between_marks(component) + after


def card_fault(kind: Kind, component: Component) -> str:
    """What is wrong with the card and which command mends it; empty where nothing is."""
    try:
        path = card_path(kind, component)
    except PluginError as error:
        return str(error)
    text = read_card(kind, component)
    mend = f"run `emobench plugins cards {top_package(component).replace('_', '-')}`"
    if not text:
        return f"{kind} '{component.name}' has no card at {path}; {mend}"
    if text.splitlines()[0].strip() != f"# {component.name}":
        return f"{path}: the first line must be '# {component.name}'; mend it, then {mend}"
    if component.summary not in " ".join(text.split()):
        return f"{path}: the summary '{component.summary}' is not in it; add it, then {mend}"
    if with_current_table(text, component) != text:
        return f"{path}: its table of options is not that of the code; {mend}"
    return _fault_of_words(path, text, component)


def _fault_of_words(path: Path, text: str, component: Component) -> str:
    """What its author has still to write, or has written otherwise in the registration."""
    words = " ".join(text.split())
    for sentence in (HELPS, HURTS):
        if sentence in words:
            return f"{path}: '{sentence}' is still to be written; put your own words in its place"
    sources = [line for line in text.splitlines() if line.startswith("Source:")]
    if component.source and sources and not any(component.source in line for line in sources):
        return (
            f"{path}: '{sources[0]}' is not the component's source, '{component.source}'; "
            "name it there too, or mend the registration"
        )
    return ""


def prose(text: str) -> str:
    """The card without its title and its table of options."""
    before, _, rest = text.partition(TABLE_BEGINS)
    after = rest.partition(TABLE_ENDS)[2]
    title, _, body = before.partition("\n")
    return f"{body if title.startswith('# ') else before}{after}".strip()


def options_table(options: type[Options]) -> str:
    """The options as a markdown table."""
    if not options.fields():
        return "It takes no options."
    rows = [
        "| option | type | default | bounds | searched | meaning |",
        "|---|---|---|---|---|---|",
    ]
    for field in options.fields():
        default = "required" if field.required else f"`{json.dumps(_plain(field.default))}`"
        cells = [
            f"`{field.name}`",
            field.type_name,
            default,
            bounds_words(field),
            search_words(field),
            field.description,
        ]
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def bounds_words(field: OptionField) -> str:
    """The bounds of an option: `> 0, <= 1`."""
    signs = (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<="))
    limits = [(sign, getattr(field.bounds, name)) for name, sign in signs]
    words = [f"{sign} {limit:g}" for sign, limit in limits if limit is not None]
    least = field.bounds.min_length
    if least is not None:
        words.append(f"at least {least} {'item' if least == 1 else 'items'}")
    return ", ".join(words)


def search_words(field: OptionField) -> str:
    """The range that a sweep searches: `0.05 to 0.8 (log)`; empty where none is declared."""
    search = field.search
    if search is None:
        return ""
    if search.choices:
        return ", ".join(map(str, search.choices))
    return f"{search.low:g} to {search.high:g}" + (" (log)" if search.log else "")


def _table_between_marks(component: Component) -> str:
    return f"{TABLE_BEGINS}\n{options_table(component.options)}\n{TABLE_ENDS}"


def _plain(value: Any) -> Any:
    """A default as JSON can show it."""
    return value.dump() if isinstance(value, Options) else value
