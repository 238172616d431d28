from __future__ import annotations

from emobench.api import Fault
from emobench.recipes.check import parse_block
from emobench.recipes.text import parse_text
from emobench.registry import Registry


def parse(text: str, registry: Registry) -> tuple[object, list[str]]:
    node = parse_text(text, file="f").mapping().get("block")
    assert node is not None
    faults: list[Fault] = []
    block = parse_block("loss", node, registry=registry, faults=faults)
    return (block.dump() if block else None), [str(fault) for fault in faults]


def test_a_bare_name_equals_a_block_with_use(registry: Registry) -> None:
    assert parse("block: focal", registry) == parse("block: {use: focal}", registry)


def test_a_wrong_block_is_none_with_every_fault(registry: Registry) -> None:
    block, faults = parse("block:\n  use: cross_entropy\n  a: 1\n  label_smoothing: 1\n", registry)
    assert block is None
    assert faults == [
        "f:3:3: cross_entropy: unknown option 'a'; known: class_weights, label_smoothing",
        "f:4:20: cross_entropy.label_smoothing: must be less than 1, got 1",
    ]


def test_a_fault_within_an_option_points_into_it(registry: Registry) -> None:
    _, faults = parse("block: {use: focal, words: {a: x, b: 3}}", registry)
    assert faults == ["f:1:38: focal.words.b: expected text, got number 3"]


def test_a_word_of_great_length_makes_no_message_of_great_length(registry: Registry) -> None:
    for text in ("block: " + "x" * 99_999, "block: {use: cross_entropy, class_weights: %s}"):
        _, faults = parse(text.replace("%s", "y" * 99_999), registry)
        assert len(faults[0]) < 300
