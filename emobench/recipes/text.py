"""YAML text to plain values that know where they stand: YAML 1.2 core rules on PyYAML's events.

Text is hostile until proven otherwise: no tags, no code, and budgets on size, depth and aliases,
kept while the events arrive and before anything recurses. Faults are collected, not raised.

    document = parse_mapping(Path("mine.yaml"))     # or parse_text(text, file="mine.yaml")
    root = document.mapping()                       # raises RecipeError with every fault
    node = root.get("dataset")                      # MappingNode | ListNode | ScalarNode | None
    value = plain(root)                             # dicts, lists, scalars
    fault = locate(root, ("dataset", "use")).fault("unknown dataset ...")
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from emobench.api.errors import Fault, RecipeError
from emobench.recipes.nodes import (
    Entry,
    ListNode,
    MappingNode,
    Node,
    Place,
    Scalar,
    ScalarNode,
    locate,
    plain,
    shorten,
)

__all__ = [
    "Document",
    "Entry",
    "ListNode",
    "MappingNode",
    "Node",
    "Place",
    "ScalarNode",
    "locate",
    "parse_mapping",
    "parse_text",
    "parse_value",
    "plain",
    "resolve",
]

MAX_BYTES = 256 * 1024
MAX_DEPTH = 40
MAX_KEY = 100
MAX_WEIGHT = 1_000_000
"""Characters and values (16 each) of the whole text once every alias is written out."""
MAX_FAULTS = 100
MAX_WHOLE_NUMBER = 2**63

_WHOLE_NUMBER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Document:
    """A text as read: `root` is None where nothing could be made of it; then faults say why."""

    file: str
    root: MappingNode | None
    faults: tuple[Fault, ...] = ()

    def mapping(self) -> MappingNode:
        """The root, or a RecipeError with every fault."""
        if self.faults or self.root is None:
            raise RecipeError(self.faults)
        return self.root


def parse_mapping(path: Path, *, file: str | None = None) -> Document:
    """Read a YAML file whose top level is a mapping; `file` is the name that faults show."""
    shown = str(path) if file is None else file
    try:
        if path.is_dir():
            return _unreadable(shown, "is a folder, not a YAML file")
        if not path.exists():
            return _unreadable(shown, "there is no such file")
        if not path.is_file():
            return _unreadable(shown, "is not a regular file")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return _unreadable(shown, f"cannot be read: {reason}")
    if len(data) > MAX_BYTES:
        return _unreadable(shown, f"is larger than {MAX_BYTES // 1024} KiB, too large for a recipe")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return _unreadable(shown, f"is not UTF-8 text (byte {error.start})", line=line)
    return parse_text(text, file=shown)


def _unreadable(file: str, message: str, *, line: int = 0) -> Document:
    place = Place(file, line, 1 if line else 0)
    return Document(file=file, root=None, faults=(place.fault(message),))


def parse_text(text: str, *, file: str) -> Document:
    """Read YAML text whose top level is a mapping."""
    builder = _Builder(file=file)
    node = builder.read(text)
    if node is None and not builder.faults:
        return _unreadable(file, "is empty; a mapping of keys to values is expected")
    if isinstance(node, ListNode | ScalarNode):
        builder.faults.append(node.place.fault("expected a mapping of keys to values here"))
        node = None
    return Document(file=file, root=node, faults=tuple(builder.faults))


def parse_value(text: str, *, place: Place) -> tuple[Node | None, list[Fault]]:
    """Read one value, as `--set` takes it, by the same rules; every part stands at `place`."""
    builder = _Builder(file=place.file, fixed=place)
    node = builder.read(text)
    if builder.faults:
        return None, builder.faults
    return node or ScalarNode(None, place), []


class _StopReadingError(Exception):
    """The rest of the text is not worth reading, or not safe to."""


@dataclass
class _Frame:
    """A list or mapping whose end has not been seen yet."""

    place: Place
    anchor: str | None
    start: int
    items: list[Node] | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    awaits_value: bool = False
    key: tuple[str, Place] | None = None
    height: int = 1


@dataclass
class _Anchored:
    node: Node
    weight: int
    height: int


class _Builder:
    """Builds nodes from parse events with a stack of its own, so that depth is a plain number."""

    def __init__(self, *, file: str, fixed: Place | None = None) -> None:
        self.file = file
        self.fixed = fixed
        self.faults: list[Fault] = []
        self.frames: list[_Frame] = []
        self.anchors: dict[str, _Anchored | None] = {}
        self.weight = 0
        self.documents = 0
        self.root: Node | None = None

    def read(self, text: str) -> Node | None:
        """The root of the only document, or None; faults are in `faults`."""
        if len(text) > MAX_BYTES:
            message = f"is larger than {MAX_BYTES // 1024} KiB, too large for a recipe"
            self.faults.append(Place(self.file).fault(message))
            return None
        try:
            for event in _events(text):
                self._take(event)
        except _BrokenTextError as error:
            self.faults.append((self.fixed or error.place(self.file)).fault(str(error)))
            return None
        except _StopReadingError:
            return None
        return self.root

    def _take(self, event: Any) -> None:
        place = self._place(event.start_mark)
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                self._stop(place, "a second document starts here; one file holds one document")
        elif kind == "AliasEvent":
            self._take_alias(event, place)
        elif kind == "ScalarEvent":
            self._take_scalar(event, place)
        elif kind in ("SequenceStartEvent", "MappingStartEvent"):
            self._refuse_tag(event, place)
            self._spend(16, place)
            if len(self.frames) >= MAX_DEPTH:
                self._stop(place, f"nested deeper than {MAX_DEPTH} levels")
            items: list[Node] | None = [] if kind == "SequenceStartEvent" else None
            self._reserve(event.anchor)
            self.frames.append(_Frame(place, event.anchor, self.weight - 16, items))
        elif kind in ("SequenceEndEvent", "MappingEndEvent"):
            frame = self.frames.pop()
            node: Node = (
                MappingNode(frame.entries, frame.place)
                if frame.items is None
                else ListNode(tuple(frame.items), frame.place)
            )
            self._anchor(frame.anchor, node, self.weight - frame.start, frame.height)
            self._attach(node, frame.height)

    def _take_scalar(self, event: Any, place: Place) -> None:
        tagged = self._refuse_tag(event, place)
        self._spend(16 + len(event.value), place)
        value: Scalar = event.value
        if event.style in (None, "") and not tagged:
            try:
                value = resolve(event.value)
            except ValueError as error:
                self._fault(place, str(error))
                value = 0
        if isinstance(value, str) and _UNUSABLE.search(value):
            self._fault(place, "the text holds a NUL character or half a surrogate pair")
            value = _UNUSABLE.sub("?", value)
        node = ScalarNode(value, place)
        self._anchor(event.anchor, node, 16 + len(event.value), 0)
        self._attach(node, 0)

    def _take_alias(self, event: Any, place: Place) -> None:
        known = self.anchors.get(event.anchor)
        if known is None:
            inside = event.anchor in self.anchors
            why = "stands inside itself" if inside else "is not defined above"
            self._fault(place, f"alias '*{shorten(event.anchor)}' {why}")
            self._attach(ScalarNode(None, place), 0)
            return
        if len(self.frames) + known.height > MAX_DEPTH:
            self._stop(place, f"nested deeper than {MAX_DEPTH} levels, aliases written out")
        self._spend(known.weight, place)
        self._attach(known.node, known.height)

    def _reserve(self, anchor: str | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = None

    def _anchor(self, anchor: str | None, node: Node, weight: int, height: int) -> None:
        if anchor is not None:
            self.anchors[anchor] = _Anchored(node, weight, height)

    def _attach(self, node: Node, height: int) -> None:
        if not self.frames:
            self.root = node
            return
        frame = self.frames[-1]
        frame.height = max(frame.height, height + 1)
        if frame.items is not None:
            frame.items.append(node)
        elif not frame.awaits_value:
            frame.key, frame.awaits_value = self._key(node, frame), True
        else:
            if frame.key is not None:
                frame.entries[frame.key[0]] = Entry(node, frame.key[1])
            frame.key, frame.awaits_value = None, False

    def _key(self, node: Node, frame: _Frame) -> tuple[str, Place] | None:
        if not isinstance(node, ScalarNode):
            self._fault(node.place, "a key must be a word, not a list or mapping")
            return None
        key = node.value
        if not isinstance(key, str):
            shown = "null" if key is None else str(key).lower()
            self._fault(node.place, f"a key must be text; quote it if you mean it: '{shown}'")
        elif key == "<<":
            self._fault(node.place, "merge keys ('<<') are not taken; use 'extends'")
        elif len(key) > MAX_KEY:
            self._fault(node.place, f"a key of {len(key)} characters; at most {MAX_KEY} are taken")
        elif key in frame.entries:
            first = frame.entries[key].key_place
            where = f" (first in line {first.line})" if first.line else ""
            self._fault(node.place, f"key '{key}' is given twice{where}")
        else:
            return key, node.place
        return None

    def _refuse_tag(self, event: Any, place: Place) -> bool:
        if event.tag is None:
            return False
        tag = shorten(event.tag)
        self._fault(place, f"tags are not taken (here '{tag}'); write the value plainly")
        return True

    def _spend(self, weight: int, place: Place) -> None:
        self.weight += weight
        if self.weight > MAX_WEIGHT:
            self._stop(place, "too many values once every alias is written out")

    def _fault(self, place: Place, message: str) -> None:
        self.faults.append(place.fault(message))
        if len(self.faults) >= MAX_FAULTS:
            self._stop(place, f"{MAX_FAULTS} faults so far; the rest was not read")

    def _stop(self, place: Place, message: str) -> None:
        self.faults.append(place.fault(message))
        raise _StopReadingError

    def _place(self, mark: Any) -> Place:
        return self.fixed or Place(self.file, mark.line + 1, mark.column + 1)


def resolve(word: str) -> Scalar:
    """The value of an unquoted word by the YAML 1.2 core schema: `no` is text, `1e-3` a number."""
    if word in _WORDS:
        return _WORDS[word]
    if _WHOLE_NUMBER.fullmatch(word):
        base = {"0o": 8, "0x": 16}.get(word[:2], 10)
        number = int(word, base) if len(word) <= 80 else MAX_WHOLE_NUMBER
        if not -MAX_WHOLE_NUMBER <= number < MAX_WHOLE_NUMBER:
            raise ValueError(f"whole number {shorten(word)} does not fit in 64 bits")
        return number
    if _NUMBER.fullmatch(word):
        return float(word)
    if _SPECIAL_NUMBER.fullmatch(word):
        return float(word.replace(".", "", 1))
    return word


def _codepoint(character: int | str | bytes) -> str:
    return f"U+{character if isinstance(character, int) else ord(character):04X}"


class _BrokenTextError(Exception):
    """The text is no YAML; knows where."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line, self.column = line, column

    def place(self, file: str) -> Place:
        return Place(file, self.line, self.column)


def _events(text: str) -> Iterator[Any]:
    """Parse with libyaml, which is fast; what it refuses, the parser with better words judges."""
    import yaml

    given = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CBaseLoader):
            given += 1
            yield event
    except (yaml.YAMLError, ValueError, AttributeError):
        yield from islice(_plainly_parsed(text), given, None)


def _plainly_parsed(text: str) -> Iterator[Any]:
    from yaml import BaseLoader
    from yaml.error import MarkedYAMLError, YAMLError
    from yaml.reader import ReaderError

    events: Any = None
    try:
        events = BaseLoader(text)
        while events.check_event():
            yield events.get_event()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = ", ".join(part for part in (error.context, error.problem) if part)
        advice = "; indent with spaces, not tabs" if "'\\t'" in words else ""
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise _BrokenTextError(f"not valid YAML: {words}{advice}", line, column) from error
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - before.rfind("\n")
        message = f"not valid YAML: character {_codepoint(error.character)} is not allowed"
        raise _BrokenTextError(message, line, column) from error
    except (YAMLError, ValueError, OverflowError) as error:
        line = events.line + 1 if events else 0
        message = f"not valid YAML: {error}"
        raise _BrokenTextError(message, line, events.column + 1 if events else 0) from error
