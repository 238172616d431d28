"""`emobench diagnose`: runs by their evidence, recipes by experiments; real, on tiny tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PARENT = """\
schema: 1
summary: A small network on action units.
task: small.yaml
frontend: {use: values}
backbone: {use: dense, hidden: [32]}
head: {use: linear}
loss: {use: cross_entropy}
optimizer: {use: adamw, lr: 0.02}
train: {epochs: 4, batch_size: 64}
"""
CHILD = """\
schema: 1
extends: sound.yaml
summary: The same with a rate that moves nothing, and a little dropout.
optimizer: {lr: 1.0e-9}
backbone: {dropout: 0.1}
"""
TASK = "dataset: {use: synthetic-au, items: 400, identities: 12, label_noise: 0.0}\n"


@pytest.fixture
def recipes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOBENCH_CACHE", str(folder / "cache"))
    (folder / "small.yaml").write_text(TASK)
    (folder / "sound.yaml").write_text(PARENT)
    (folder / "still.yaml").write_text(CHILD)
    return folder


def test_a_recipe_is_cured_by_its_guilty_difference_and_the_run_tells_the_cause(
    recipes: Path, emobench: Callable[..., Any]
) -> None:
    outcome = emobench("diagnose", "still.yaml", "--processes", "1", "--json")
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)
    assert (found["verdict"], found["parent"]) == ("ill", "sound")
    assert found["cures"] == [["optimizer.lr"]]
    assert found["causes"][0]["name"] == "rate_too_low"
    assert found["words"].endswith("undoing backbone.dropout alone does not")
    assert {tuple(trial["undone"]) for trial in found["trials"]} == {
        ("backbone.dropout",),
        ("optimizer.lr",),
    }
    run = found["run"]["id"]
    told = emobench("diagnose", run)
    assert told.code == 0, told.err
    assert "the learning rate is too low to move anything" in told.out
    assert emobench("diagnose", f"runs/{run}").out == told.out
    assert not (recipes / "runs" / "doctor" / run).exists()


def test_a_recipe_that_is_as_good_as_its_parent_has_nothing_to_cure(
    recipes: Path, emobench: Callable[..., Any]
) -> None:
    (recipes / "same.yaml").write_text("schema: 1\nextends: sound.yaml\ntrain: {epochs: 4}\n")
    outcome = emobench("diagnose", "same.yaml", "--processes", "1")
    assert outcome.code == 0, outcome.err
    assert "nothing to cure: sound, its parent, has UAR" in outcome.out


def test_a_recipe_without_a_parent_asks_for_one(recipes: Path, refused: Callable[..., str]) -> None:
    assert refused("diagnose", "sound.yaml", code=2) == (
        "error: recipe 'sound' extends no other; say with --against RECIPE what it is to be "
        "compared with, such as --against baseline"
    )


def test_what_belongs_to_recipes_is_refused_for_a_run(
    recipes: Path, refused: Callable[..., str], emobench: Callable[..., Any]
) -> None:
    outcome = emobench("run", "sound.yaml", "--set", "train.epochs=1", "--json")
    run = json.loads(outcome.out)["runs"][0]["id"]
    assert refused("diagnose", run, "--fold", "1", code=2) == (
        "error: --fold belongs to a recipe; a run is diagnosed as it was"
    )


def test_a_name_that_only_a_run_can_have_is_refused_with_the_runs_that_there_are(
    recipes: Path, refused: Callable[..., str], emobench: Callable[..., Any]
) -> None:
    outcome = emobench("run", "sound.yaml", "--set", "train.epochs=1", "--json")
    run = json.loads(outcome.out)["runs"][0]["id"]
    assert refused("diagnose", f"runs/{run}x", code=2) == (
        f"error: there is no run '{run}x' in 'runs'; did you mean '{run}'?; 1 run is there; give a "
        "run's id, its folder, a published record, or a recipe"
    )
    assert refused("diagnose", "runs", code=2) == (
        "error: 'runs' is a folder without record.json, and so no run; it has 1 run in it, name "
        "one of them"
    )


def test_a_file_that_is_no_published_record_is_named_in_the_refusal(
    recipes: Path, refused: Callable[..., str]
) -> None:
    (recipes / "other.json").write_text('{"a": 1}')
    assert refused("diagnose", "other.json", code=4) == (
        "error: 'other.json' cannot be diagnosed: it is no published record: 'published' must be a "
        "whole number from 1"
    )
    assert "there is no run 'missing.json' in '.'" in refused("diagnose", "missing.json", code=2)


def test_check_warns_of_a_known_cause_and_still_passes(
    recipes: Path, emobench: Callable[..., Any]
) -> None:
    (recipes / "twice.yaml").write_text(
        "schema: 1\nextends: sound.yaml\nsampler: {use: weighted}\nloss: {class_weights: sqrt}\n"
    )
    outcome = emobench("check", "twice.yaml")
    assert outcome.code == 0
    assert outcome.err == (
        "caution: twice: rare classes are balanced twice, by the sampler 'weighted' and by the "
        "loss's class_weights: keep one of them (double_balancing, emobench-essentials)\n"
    )
