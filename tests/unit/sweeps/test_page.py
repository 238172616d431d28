"""The page loads nothing, escapes everything, and never shows a figure on test."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from emobench.sweeps import page as page_module
from emobench.sweeps.importance import Importance, importance
from emobench.sweeps.page import page

HOSTILE = "</td><script>alert('x')</script><img src=http://evil.example/a>"


class Seen(HTMLParser):
    """Tags with their attributes, and identifiers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_words_from_outside_are_escaped_wherever_they_stand(search: Any) -> None:
    trials = [
        replace(each, origin=HOSTILE, reason=HOSTILE, values={HOSTILE: HOSTILE})
        for each in search.sweep(3).trials
    ]
    shown = search.overview(*trials, name=HOSTILE, task=HOSTILE)
    text = page(shown, importance=Importance(), recipe=HOSTILE)
    seen = Seen(text)
    assert seen.tags.count("script") == 1
    assert "img" not in seen.tags


def test_it_loads_nothing(search: Any) -> None:
    shown = search.sweep(6)
    seen = Seen(page(shown, importance=importance(shown)))
    assert not {"link", "iframe", "object"} & set(seen.tags)
    loaded = [value for name, value in seen.attributes if name in ("src", "href", "xlink:href")]
    assert all(value is not None and value.startswith("#") for value in loaded)
    policy = [value for name, value in seen.attributes if name == "content"]
    assert any(value is not None and "default-src 'none'" in value for value in policy)


def test_identifiers_are_unique_in_the_whole_page(search: Any) -> None:
    shown = search.sweep(6)
    found = [
        value
        for name, value in Seen(page(shown, importance=importance(shown))).attributes
        if name == "id"
    ]
    assert found
    assert len(found) == len(set(found))


def test_the_winner_is_named_with_its_recipe_and_marked(search: Any) -> None:
    shown = search.sweep(6)
    text = page(shown, importance=Importance(), recipe="backbone: dense")
    assert f"Trial {shown.best}, searched:" in text
    assert "<pre>backbone: dense</pre>" in text
    (marked,) = re.findall(r'<tr class="best"><td class="number" data-key="(\d+)">', text)
    assert int(marked) == shown.best


def test_without_a_trial_at_its_end_it_says_so(search: Any) -> None:
    shown = search.overview(search.shown(0, {}, None))
    assert "No trial was trained to its end yet." in page(shown, importance=Importance())


def test_trials_are_listed_from_the_best_on_and_stopped_ones_behind(search: Any) -> None:
    trials = list(search.sweep(5).trials)
    trials[2] = replace(trials[2], state="stopped", validation=None, reports={1: 0.99})
    shown = search.overview(*trials, search.shown(5, {}, None))
    text = page(shown, importance=Importance())
    order = [
        int(each) for each in re.findall(r'<tr[^>]*><td class="number" data-key="(\d+)">', text)
    ]
    assert order[0] == shown.best
    assert order[-2:] == [2, 5]
    assert "99.0% after epoch 1" in text


def test_only_so_many_trials_are_listed(search: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "MOST_ROWS", 2)
    text = page(search.sweep(5), importance=Importance())
    assert "3 more trials are in the journal." in text


def test_two_objectives_list_what_is_unbeaten(search: Any) -> None:
    trials = [replace(each, cost=float(each.index + 1)) for each in search.sweep(4).trials]
    shown = search.overview(*trials, objectives=2)
    text = page(shown, importance=Importance())
    assert "Figure and cost" in text
    assert text.index("Unbeaten:") < text.index("<h2>Trials</h2>")
