"""Starts from records: honest ones alone, by validation alone, each adding something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emobench.api import DatasetComponent, Field, Options, ProtocolOptions, TaskOffer
from emobench.api.errors import UsageError
from emobench.data.tasks import Task, find_task
from emobench.recipes.model import Block, Recipe
from emobench.registry import Plugin, Registry
from emobench.runs.codec import record_to_json
from emobench.runs.record import AuditVerdict, DataStamp, Record, TargetScores, TaskStamp
from emobench.sweeps.evidence import Evidence, read_records
from emobench.sweeps.portfolio import portfolio, starts_for
from emobench.sweeps.recipe_space import SearchSpace, space_of
from emobench.sweeps.study import Start

Run = Callable[..., Record]
DATA = "the data of today"
ACME = Plugin(package="acme", version="2.0", module="acme.plugin")


class Several(Options):
    of: tuple[str, ...] = Field((), description="the datasets it is made of")


@pytest.fixture
def registry(registry: Registry) -> Registry:
    """The made-up registry with datasets of speech, one of several, and one of pictures."""
    for name, modality, offers in (
        ("mine", "audio", ("speakers", "other")),
        ("near", "audio", ("speakers", "a")),
        ("far", "audio", ("a",)),
        ("both", "audio", ("mine-to-near", "far-to-near")),
        ("seen", "image", ("faces",)),
    ):
        component = DatasetComponent(
            name=name,
            target="a:B",
            summary="made up",
            modalities=(modality,),
            licence="none",
            obtain="make it up",
            layout="none",
            options=Several,
            tasks=tuple(
                TaskOffer(
                    name=offer,
                    summary="made up",
                    protocol=ProtocolOptions(),
                    options={"of": tuple(offer.split("-to-"))} if name == "both" else {},
                )
                for offer in offers
            ),
        )
        registry.add("dataset", component, ACME)
    return registry


@pytest.fixture
def task() -> Task:
    dataset = Block(kind="dataset", use="mine", options=Several())
    return Task(name="mine/speakers", dataset=dataset, protocol=ProtocolOptions())


@pytest.fixture
def space(recipe: Recipe, registry: Registry) -> SearchSpace:
    return space_of(recipe, registry=registry, open_kinds=["loss", "techniques"])


@pytest.fixture
def run(recipe: Recipe) -> Run:
    """A run of the recipe at this learning rate, with these figures."""
    counter = iter(range(10_000))

    def make(
        lr: float, validation: float | None, *, task: str = "near/speakers", **changes: Any
    ) -> Record:
        whole = replace(recipe, optimizer=_with_rate(recipe.optimizer, lr))
        figures = {} if validation is None else {"uar": validation}
        test = changes.pop("test", 0.5)
        stamp = TaskStamp(
            name=task,
            version=changes.pop("version", 1),
            metric="uar",
            protocol=changes.pop("protocol", ProtocolOptions()).dump(),
            targets=changes.pop("targets", ("emotion",)),
            fold=changes.pop("fold", 0),
        )
        data = DataStamp(fingerprint=changes.pop("data", DATA), train=6, validation=2, test=2)
        return Record(
            id=f"run-{next(counter)}",
            identity="i",
            recipe_name=f"rate-{lr:g}",
            recipe=whole.dump(),
            task=stamp,
            data=data,
            **{
                "seed": 0,
                "state": "ok",
                "scores": {"emotion": TargetScores(metrics={"uar": test}, validation=figures)},
                **changes,
            },
        )

    return make


def _with_rate(block: Block, lr: float) -> Block:
    return replace(block, options=block.options.replace(lr=lr))


@pytest.fixture
def evidence(task: Task, registry: Registry) -> Evidence:
    return Evidence(task=task, registry=registry, fingerprint=lambda: DATA)


@pytest.fixture
def rates(space: SearchSpace, evidence: Evidence) -> Callable[..., list[float]]:
    """The learning rates of the starts, in their order."""

    def ask(records: list[Record], count: int = 5) -> list[float]:
        starts = portfolio(space, records=records, evidence=evidence, count=count)
        return [start.values["optimizer.lr"] for start in starts]

    return ask


def test_the_best_by_validation_comes_first_whatever_the_test_figures(
    run: Run, rates: Callable[..., list[float]]
) -> None:
    records = [run(1e-3, 0.6, test=0.2), run(2e-3, 0.7, test=0.1), run(3e-3, 0.4, test=0.9)]
    assert rates(records) == [2e-3, 1e-3]


def test_figures_are_means_over_seeds(run: Run, rates: Callable[..., list[float]]) -> None:
    lucky = [run(1e-3, 0.9, seed=0), run(1e-3, 0.3, seed=1)]
    steady = [run(2e-3, 0.7, seed=0), run(2e-3, 0.7, seed=1)]
    assert rates([*lucky, *steady], count=1) == [2e-3]


def test_a_run_without_a_figure_counts_as_the_worst(
    run: Run, rates: Callable[..., list[float]]
) -> None:
    shaky = [run(1e-3, 0.9), run(1e-3, None, state="diverged", seed=1)]
    assert rates([*shaky, run(2e-3, 0.7), run(3e-3, 0.3)], count=1) == [2e-3]


def test_a_collapse_which_was_judged_on_test_does_not_count(
    run: Run, rates: Callable[..., list[float]]
) -> None:
    assert rates([run(1e-3, 0.9, state="collapsed"), run(2e-3, 0.5)], count=1) == [1e-3]


@pytest.mark.parametrize(
    "changes",
    [
        {"audit": AuditVerdict(verdict="leaky")},
        {"audit": AuditVerdict(verdict="warned")},
        {"state": "interrupted"},
        {"state": "failed"},
        {"members": ("a", "b")},
        {"task": "seen/faces"},
        {"task": "unknown/speakers"},
        {"task": "mine/speakers", "fold": 1},
        {"task": "mine/speakers", "version": 2},
        {"task": "mine/speakers", "protocol": ProtocolOptions(test=0.4)},
        {"task": "mine/speakers", "targets": ("age",)},
        {"task": "mine/speakers", "data": "those of yesterday"},
        {"task": "both/mine-to-near"},
        {"task": "near/of a file"},
        {"task": "mine/other"},
    ],
    ids=lambda changes: " ".join(f"{key}={value}" for key, value in changes.items()),
)
def test_what_is_not_honest_or_similar_is_not_asked(
    changes: dict[str, Any], run: Run, rates: Callable[..., list[float]]
) -> None:
    assert rates([run(1e-3, 0.9, **changes), run(2e-3, 0.5)]) == [2e-3]


def test_the_task_itself_is_asked_and_weighs_most(
    run: Run, rates: Callable[..., list[float]]
) -> None:
    elsewhere = [
        run(1e-3, 0.9, task="near/a"),
        run(2e-3, 0.8, task="near/a"),
        run(3e-3, 0.1, task="near/a"),
    ]
    here = [run(1e-3, 0.1, task="mine/speakers"), run(2e-3, 0.9, task="mine/speakers")]
    assert rates([*elsewhere, *here], count=1) == [2e-3]


def test_other_data_of_several_datasets_are_asked(
    run: Run, rates: Callable[..., list[float]]
) -> None:
    assert rates([run(1e-3, 0.9, task="both/far-to-near")]) == [1e-3]


def test_a_task_on_several_datasets_asks_none_of_these(
    run: Run, space: SearchSpace, task: Task, registry: Registry
) -> None:
    options = Several(of=("near", "mine"))
    both = replace(task, dataset=Block(kind="dataset", use="both", options=options))
    evidence = Evidence(task=both, registry=registry, fingerprint=lambda: DATA)
    tasks = ("near/a", "far/a", "mine/other", "both/far-to-near")
    records = [run(1e-3, 0.9, task=name) for name in tasks]
    assert [record.task.name for record in records if evidence.admits(record)] == ["far/a"]


def test_runs_of_a_task_file_count_until_its_split_changes(
    tmp_path: Path, run: Run, registry: Registry
) -> None:
    path = tmp_path / "own.yaml"
    asked = []
    for folds in (5, 10):
        path.write_text(f"dataset: mine\nprotocol: {{use: grouped-kfold, folds: {folds}}}\n")
        evidence = Evidence(
            task=find_task(path, registry=registry), registry=registry, fingerprint=lambda: DATA
        )
        asked.append(
            evidence.admits(
                run(1e-3, 0.9, task="own", protocol=ProtocolOptions(use="grouped-kfold"))
            )
        )
    assert asked == [True, False]


def test_the_data_are_opened_only_to_compare_them(
    run: Run, space: SearchSpace, task: Task, registry: Registry
) -> None:
    opened: list[str] = []

    def fingerprint() -> str:
        opened.append("once")
        return DATA

    evidence = Evidence(task=task, registry=registry, fingerprint=fingerprint)
    portfolio(space, records=[run(1e-3, 0.9)], evidence=evidence)
    assert not opened
    own = [run(1e-3, 0.9, task="mine/speakers") for _ in range(2)]
    portfolio(space, records=own, evidence=evidence)
    assert opened == ["once"]


def test_each_next_start_is_good_where_those_before_are_weak(
    run: Run, rates: Callable[..., list[float]]
) -> None:
    near = {1e-3: 0.90, 2e-3: 0.88, 3e-3: 0.2, 4e-3: 0.1}
    far = {1e-3: 0.60, 2e-3: 0.55, 3e-3: 0.9, 4e-3: 0.1}
    records = [run(lr, value, task="near/a") for lr, value in near.items()]
    records += [run(lr, value, task="far/a") for lr, value in far.items()]
    assert rates(records) == [1e-3, 3e-3, 2e-3]


def test_no_more_starts_than_asked_for(run: Run, rates: Callable[..., list[float]]) -> None:
    records = [run(lr * 1e-3, 0.9 - lr / 100) for lr in range(1, 8)] + [run(9e-3, 0.1)]
    assert rates(records, count=2) == [1e-3, 2e-3]


def test_no_records_give_no_starts(rates: Callable[..., list[float]]) -> None:
    assert rates([]) == []


def test_a_value_outside_its_range_goes_to_the_end_and_is_told(
    run: Run, space: SearchSpace, evidence: Evidence
) -> None:
    starts = portfolio(space, records=[run(0.5, 0.9)], evidence=evidence)
    assert [start.values["optimizer.lr"] for start in starts] == [0.01]
    assert starts[0].origin == "rate-0.5, by validation of near/speakers, brought into the ranges"


def test_recipes_that_come_out_alike_are_one_start(
    run: Run, rates: Callable[..., list[float]]
) -> None:
    assert rates([run(0.5, 0.9), run(0.7, 0.8), run(1e-3, 0.1)]) == [0.01]


def test_a_recipe_of_other_components_is_left_out(
    run: Run, rates: Callable[..., list[float]]
) -> None:
    sgd = run(1e-3, 0.9)
    sgd = replace(sgd, recipe={**sgd.recipe, "optimizer": {"use": "sgd", "lr": 1e-3}})
    gone = run(3e-3, 0.95)
    gone = replace(gone, recipe={**gone.recipe, "loss": "not_installed"})
    assert rates([sgd, gone, run(2e-3, 0.8), run(4e-3, 0.1)]) == [2e-3]


def test_every_start_builds_what_its_values_say(
    run: Run, space: SearchSpace, evidence: Evidence
) -> None:
    from emobench.sweeps.suggest import Known

    records = [run(lr, 0.9) for lr in (1e-3, 5.0)]
    for start in portfolio(space, records=records, evidence=evidence):
        assert space.values(space.build(Known(start.values))) == start.values


def test_records_of_a_runs_folder_are_read(
    tmp_path: Path, run: Run, space: SearchSpace, task: Task, registry: Registry
) -> None:
    record = run(2e-3, 0.9)
    (tmp_path / record.id).mkdir()
    (tmp_path / record.id / "record.json").write_text(record_to_json(record))
    starts: list[Start] = starts_for(
        space, task=task, registry=registry, fingerprint=lambda: DATA, records=tmp_path
    )
    assert [start.origin for start in starts] == [
        "rate-0.002, by validation of near/speakers, brought into the ranges"
    ]


def test_without_published_records_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_records() == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no folder '.*nowhere' to read records from"):
        read_records(tmp_path / "nowhere")
