"""A study brought back from its journal, at whatever moment, goes on as if never killed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emobench.api import ProtocolOptions
from emobench.api.errors import DataError
from emobench.api.options import NoOptions
from emobench.data.tasks import Task
from emobench.recipes.model import Block, Recipe
from emobench.registry import Registry
from emobench.sweeps.grid import GridSearch
from emobench.sweeps.journal import Asked, Ended, Journal, read_events
from emobench.sweeps.optuna_search import OptunaSearch
from emobench.sweeps.recipe_space import space_of
from emobench.sweeps.rungs import asha
from emobench.sweeps.searcher import RandomSearch, Searcher
from emobench.sweeps.study import Start, Study
from emobench.sweeps.trial import Report, Trial, TrialEnd

EPOCHS = 9
COUNT = 8

Open = Callable[..., Study]


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is pulled from this disk while a test runs."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def opened(recipe: Recipe, registry: Registry) -> Iterator[Open]:
    """Opens a study in a folder, by what its journal says; the one before it is dead."""
    journals: list[Journal] = []
    whole = replace(recipe, train=recipe.train.replace(epochs=EPOCHS))
    space = space_of(whole, registry=registry, open_kinds=("loss",))
    dataset = Block(kind="dataset", use="made", options=NoOptions())

    def call(folder: Path, *, by: str = "tpe", metric: str = "uar", **changes: Any) -> Study:
        task = Task(
            name="made/up",
            dataset=dataset,
            protocol=ProtocolOptions(use="grouped-kfold"),
            metric=metric,
        )
        searchers: dict[str, Searcher] = {
            "tpe": OptunaSearch(space.build, seed=1, startup=3),
            "random": RandomSearch(seed=1),
            "grid": GridSearch(space.build, levels=2),
        }
        for journal in journals:
            journal.close()
        journals[:] = [Journal(folder / "journal.jsonl", root=folder)]
        return Study(
            space,
            task=task,
            seed=1,
            searcher=searchers[by],
            rungs=asha(EPOCHS),
            journal=journals[0],
            **changes,
        )

    yield call
    for journal in journals:
        journal.close()


def figure_at(trial: Trial, epoch: int) -> float:
    """A curve that is the same whenever the trial is trained."""
    rate = float(trial.values["optimizer.lr"])
    return (0.4 + 30 * rate) * epoch / EPOCHS


def train(study: Study, trial: Trial, *, behind: int = 0) -> None:
    """Train a trial to its end, from a checkpoint some epochs behind what was heard."""
    first = max(0, study.stories[trial.index].epoch - behind) + 1
    if first > 1 and not study.heard(
        trial.index, Report(epoch=first - 1, epochs=EPOCHS, validation=0.0)
    ):
        stop(study, trial)
        return
    for epoch in range(first, EPOCHS + 1):
        report = Report(epoch=epoch, epochs=EPOCHS, validation=figure_at(trial, epoch))
        if not study.heard(trial.index, report) and epoch in study.milestones(trial):
            stop(study, trial)
            return
    if trial.index % 5 == 1:
        study.ended(trial.index, TrialEnd(state="failed", reason="made up"))
        return
    end = TrialEnd(state="ok", validation=figure_at(trial, EPOCHS), epochs=EPOCHS)
    study.ended(trial.index, end)


def stop(study: Study, trial: Trial) -> None:
    epochs = study.stories[trial.index].epoch
    study.ended(trial.index, TrialEnd(state="stopped", epochs=epochs))


def go_on(study: Study, *, behind: int = 0) -> list[tuple[Any, ...]]:
    """Train until there is nothing more; gives each trial's values, reports and end."""
    while (trial := study.next_trial(count=COUNT)) is not None:
        train(study, trial, behind=behind)
    return [(each.trial.values, each.reports, each.end) for each in study.stories]


@pytest.mark.parametrize("by", ["tpe", "random", "grid"])
@pytest.mark.parametrize("behind", [0, 2])
def test_a_sweep_killed_after_any_event_ends_as_one_never_killed(
    opened: Open, tmp_path: Path, by: str, behind: int
) -> None:
    straight = go_on(opened(tmp_path, by=by))
    lines = (tmp_path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    assert {"ok", "failed"} <= {end.state for _, _, end in straight if end}
    for kept in range(1, len(lines), 3):
        folder = tmp_path / f"{kept}"
        folder.mkdir()
        (folder / "journal.jsonl").write_bytes(b"".join(lines[:kept]))
        assert go_on(opened(folder, by=by), behind=behind) == straight


@given(data=st.data())
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_trial_is_lost_or_doubled_whatever_happens(
    data: st.DataObject, opened: Open, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("sweep")
    journal = folder / "journal.jsonl"
    study = opened(folder, by="random")
    under_way: set[int] = set()
    ends: dict[int, TrialEnd] = {}
    for _ in range(data.draw(st.integers(1, 40), label="steps")):
        step = data.draw(st.sampled_from(["ask", "hear", "end", "interrupt", "kill", "tear"]))
        if step == "ask" and (trial := study.next_trial(count=COUNT)) is not None:
            assert trial.index not in under_way | ends.keys()
            under_way.add(trial.index)
        elif step in ("kill", "tear"):
            known = [(each.trial.index, each.reports, each.end) for each in study.stories]
            if step == "tear" and journal.exists():
                with journal.open("ab") as file:
                    file.write(b'{"event": "ended", "trial": 0, "sta')
            study, under_way = opened(folder, by="random"), set()
            assert [(e.trial.index, e.reports, e.end) for e in study.stories] == known
        elif under_way and step != "ask":
            index = data.draw(st.sampled_from(sorted(under_way)))
            epoch = study.stories[index].epoch + 1
            if step == "hear":
                study.heard(index, Report(epoch=epoch, epochs=EPOCHS, validation=0.1 * epoch))
            else:
                end = TrialEnd(state="ok", validation=0.5)
                study.ended(index, end if step == "end" else TrialEnd(state="interrupted"))
                under_way.discard(index)
                ends |= {index: end} if step == "end" else {}
    go_on(study) if not under_way else go_on(opened(folder, by="random"))
    events = list(read_events(journal))
    asked = [event.trial for event in events if isinstance(event, Asked)]
    ended = [event.trial for event in events if isinstance(event, Ended)]
    assert asked == list(range(COUNT))
    assert sorted(ended) == asked
    stories = opened(folder, by="random").stories
    assert all(stories[index].end == end for index, end in ends.items())


def test_the_recipe_as_it_stands_is_first_and_is_never_stopped(
    opened: Open, tmp_path: Path
) -> None:
    study = opened(tmp_path)
    trial = study.next_trial(count=COUNT)
    assert trial is not None
    assert (trial.index, trial.origin) == (0, "as it stands")
    assert study.milestones(trial) == ()
    report = Report(epoch=1, epochs=EPOCHS, validation=None)
    assert study.heard(0, report)


def test_what_a_rung_said_before_a_kill_is_said_again(opened: Open, tmp_path: Path) -> None:
    study = opened(tmp_path)
    trials = [study.next_trial(count=COUNT) for _ in range(5)]
    answers = [
        study.heard(trial.index, Report(epoch=1, epochs=EPOCHS, validation=value))
        for trial, value in zip(trials, [0.5, 0.9, 0.8, 0.7, 0.1], strict=True)
        if trial is not None
    ]
    assert answers == [True, True, True, False, False]
    again = opened(tmp_path)
    late = Report(epoch=2, epochs=EPOCHS, validation=1.0)
    assert [again.heard(index, late) for index in range(5)] == answers


def test_no_two_trials_are_the_same_recipe(opened: Open, tmp_path: Path) -> None:
    study = opened(tmp_path)
    go_on(study)
    assert len({each.trial.recipe.name for each in study.stories}) == COUNT


def test_starts_come_second_and_those_out_of_the_space_are_passed_over(
    opened: Open, tmp_path: Path
) -> None:
    first = opened(tmp_path).stories
    assert first == []
    study = opened(tmp_path, by="random")
    go_on(study)
    found = study.stories[3].trial.values
    folder = tmp_path / "second"
    folder.mkdir()
    starts = [
        Start(values={**found, "optimizer.lr": 99.0}, origin="too fast"),
        Start(values=found, origin="from elsewhere"),
        Start(values=found, origin="again"),
    ]
    other = opened(folder, by="random", starts=starts)
    origins = [trial.origin for _ in range(3) if (trial := other.next_trial(count=3)) is not None]
    assert origins == ["as it stands", "from elsewhere", "searched"]


@pytest.mark.parametrize(("metric", "best"), [("uar", 2), ("log_loss", 1)])
def test_the_best_is_by_the_metrics_own_direction_and_trained_to_its_end(
    opened: Open, tmp_path: Path, metric: str, best: int
) -> None:
    study = opened(tmp_path, metric=metric)
    for index, (state, value) in enumerate(
        [("ok", 0.5), ("collapsed", 0.2), ("ok", 0.7), ("stopped", 0.9), ("failed", None)]
    ):
        assert study.next_trial(count=COUNT) is not None
        end: Any = TrialEnd(state=state, validation=value)  # type: ignore[arg-type]
        study.ended(index, end)
    found = study.best()
    assert found is not None
    assert found.trial.index == best


def test_a_second_end_of_a_trial_is_none(opened: Open, tmp_path: Path) -> None:
    study = opened(tmp_path)
    study.next_trial(count=1)
    study.ended(0, TrialEnd(state="ok", validation=0.5))
    study.ended(0, TrialEnd(state="failed"))
    (story,) = opened(tmp_path).stories
    assert story.end == TrialEnd(state="ok", validation=0.5)


def test_an_interrupted_trial_is_given_out_again(opened: Open, tmp_path: Path) -> None:
    study = opened(tmp_path)
    trial = study.next_trial(count=1)
    assert study.next_trial(count=1) is None
    study.ended(0, TrialEnd(state="interrupted"))
    assert study.next_trial(count=1) == trial


def test_a_trial_of_fewer_epochs_is_not_compared_at_its_last(opened: Open, tmp_path: Path) -> None:
    study = opened(tmp_path)
    for index in range(5):
        trial = study.next_trial(count=COUNT)
        assert trial is not None
        short = trial.recipe.train.replace(epochs=3)
        study.stories[index].trial = replace(trial, recipe=replace(trial.recipe, train=short))
    assert asha(EPOCHS).of(1) == (1, 3)
    assert [study.milestones(story.trial) for story in study.stories[:2]] == [(), (1,)]
    last = [
        study.heard(index, Report(epoch=3, epochs=3, validation=value))
        for index, value in enumerate([0.9, 0.8, 0.7, 0.1, None])
    ]
    assert last == [True] * 5


def test_what_a_rung_ended_is_ended_though_its_last_epoch_is_heard(
    opened: Open, tmp_path: Path
) -> None:
    study = opened(tmp_path)
    for value in [0.9, 0.8, 0.7, 0.1]:
        trial = study.next_trial(count=COUNT)
        assert trial is not None
        study.heard(trial.index, Report(epoch=1, epochs=3, validation=value))
    assert not study.heard(3, Report(epoch=3, epochs=3, validation=0.1))


def test_a_journal_with_a_lost_line_brings_no_study_back(opened: Open, tmp_path: Path) -> None:
    go_on(opened(tmp_path, by="random"))
    journal = tmp_path / "journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    asked = [number for number, line in enumerate(lines) if '"asked"' in line]
    journal.write_text("".join(line for place, line in enumerate(lines) if place != asked[2]))
    with pytest.raises(DataError, match="the line that asked for trial 2 is missing; restore the"):
        opened(tmp_path, by="random")
