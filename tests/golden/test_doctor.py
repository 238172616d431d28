"""The doctor on eight planted collapses of different causes: it must name the right one first."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from emobench.doctor.causes import find_causes
from emobench.doctor.diagnosis import diagnose
from emobench.doctor.experiments import Laboratory
from emobench.recipes.load import load_recipe
from emobench.runs.plan import Plan, Settings, plan_runs

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
ENOUGH = 7
NAMES = (
    "dead-rate",
    "exploding-rate",
    "penalty-in-loss",
    "focal-alpha",
    "double-balancing",
    "saturated-dropout",
    "bad-normalisation",
    "label-bug",
)


@pytest.fixture(scope="module")
def plants() -> Iterator[ModuleType]:
    """The benchmark's own plants, importable by the name that their component's target has."""
    name = "doctor_plants"
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[name]


@pytest.fixture(scope="module")
def laboratory(plants: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    folder = tmp_path_factory.mktemp("doctor")
    settings = Settings(runs=folder / "runs", device="cpu", cache=folder / "cache", plots=False)
    return Laboratory(settings=settings, registry=plants.planted_registry())


@pytest.fixture(scope="module")
def files(plants: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return plants.write_plants(tmp_path_factory.mktemp("plants"))


def plan(file: Path, laboratory: Laboratory) -> Plan:
    recipe = load_recipe(file, registry=laboratory.registry)
    (only,) = plan_runs([recipe], registry=laboratory.registry)
    assert isinstance(only, Plan)
    return only


def test_the_evidence_alone_names_the_planted_cause_first(
    plants: ModuleType, files: Any, laboratory: Laboratory
) -> None:
    assert tuple(plant.name for plant in plants.PLANTS) == NAMES
    told = {}
    for plant, outcome in zip(
        plants.PLANTS,
        laboratory.run([plan(files[plant.name], laboratory) for plant in plants.PLANTS]),
        strict=True,
    ):
        assert outcome.evidence is not None
        told[plant.name] = next((cause.name for cause in find_causes(outcome.evidence)), "none")
    right = [plant.name for plant in plants.PLANTS if told[plant.name] == plant.cause]
    assert len(right) >= ENOUGH, told


def test_no_cause_is_seen_in_the_sound_parents(
    plants: ModuleType, files: Any, laboratory: Laboratory
) -> None:
    folder = files["dead-rate"].parent
    plans = [plan(folder / f"{name}.yaml", laboratory) for name in plants.PARENTS]
    for outcome in laboratory.run(plans):
        assert outcome.evidence is not None
        assert not outcome.collapsed
        assert [cause.name for cause in find_causes(outcome.evidence)] == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_experiments_find_the_one_guilty_change_in_at_least_seven_of_eight(
    plants: ModuleType, files: Any, laboratory: Laboratory
) -> None:
    wrong = []
    for plant in plants.PLANTS:
        parent = load_recipe(
            files[plant.name].with_name(f"{plant.parent}.yaml"), registry=laboratory.registry
        )
        like = plan(files[plant.name], laboratory)
        found = diagnose(like.recipe, [parent], like=like, laboratory=laboratory)
        cure = {each.key for each in found.cures[0]} if found.cures else set()
        if len(cure) != 1 or not cure <= plant.guilty or found.causes[0].name != plant.cause:
            wrong.append((plant.name, sorted(cure), [cause.name for cause in found.causes]))
    assert len(NAMES) - len(wrong) >= ENOUGH, wrong
