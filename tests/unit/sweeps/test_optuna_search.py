"""TPE and grid: answers repeat, what is odd breaks nothing, and learning pays."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any

import pytest

from emobench.api.errors import UsageError
from emobench.sweeps import optuna_search
from emobench.sweeps.grid import GridSearch, combinations
from emobench.sweeps.optuna_copy import copy_to_optuna
from emobench.sweeps.optuna_search import OptunaSearch
from emobench.sweeps.pareto import fronts, pareto
from emobench.sweeps.ranges import Choices, Numbers, trace
from emobench.sweeps.searcher import Exhausted, RandomSearch, Searcher
from emobench.sweeps.trial import TrialEnd


def figure_of(values: dict[str, Any]) -> float:
    return -abs(math.log10(values["lr"]) + 2) - (values["loss"] != "focal")


def run(search: Any, searcher: Searcher, numbers: range) -> list[dict[str, Any]]:
    """Ask and tell: every third trial is stopped, every seventh fails."""
    taken = []
    for trial in numbers:
        values = search.draw(searcher, trial)
        figure: float | None = figure_of(values)
        end, reports = TrialEnd(state="ok", cost=float(values["batch"])), {1: figure or 0.0}
        if trial % 7 == 6:
            end, figure, reports = TrialEnd(state="failed"), None, {}
        elif trial % 3 == 2:
            end, figure = TrialEnd(state="stopped"), None
        searcher.tell(trial, end, figure=figure, reports=reports)
        taken.append(values)
    return taken


def retold(search: Any, searcher: Searcher, taken: list[dict[str, Any]]) -> None:
    """What a study tells from its journal: the same, without having asked."""
    for trial, values in enumerate(taken):
        searcher.take(trial, values)
        figure: float | None = figure_of(values)
        end, reports = TrialEnd(state="ok", cost=float(values["batch"])), {1: figure or 0.0}
        if trial % 7 == 6:
            end, figure, reports = TrialEnd(state="failed"), None, {}
        elif trial % 3 == 2:
            end, figure = TrialEnd(state="stopped"), None
        searcher.tell(trial, end, figure=figure, reports=reports)


@pytest.mark.parametrize("objectives", [1, 2])
def test_a_search_told_again_goes_on_as_one_never_killed(search: Any, objectives: int) -> None:
    straight = OptunaSearch(search.build, seed=5, objectives=objectives, startup=5)
    taken = run(search, straight, range(20))
    for kept in (3, 12):
        again = OptunaSearch(search.build, seed=5, objectives=objectives, startup=5)
        retold(search, again, taken[:kept])
        assert run(search, again, range(kept, 20)) == taken[kept:]


def test_the_first_trials_are_those_of_a_random_search(search: Any) -> None:
    assert run(search, OptunaSearch(search.build, seed=1, startup=4), range(4)) == run(
        search, RandomSearch(seed=1), range(4)
    )


def test_learning_beats_chance_with_as_many_trials(search: Any) -> None:
    def late_mean(searcher: Searcher) -> float:
        late = run(search, searcher, range(40))[20:]
        return sum(map(figure_of, late)) / len(late)

    for seed in range(3):
        learnt = late_mean(OptunaSearch(search.build, seed=seed))
        assert learnt > late_mean(RandomSearch(seed=seed)) + 0.2


def test_trials_under_way_are_kept_away_from(search: Any) -> None:
    searcher = OptunaSearch(search.build, seed=0, startup=5)
    run(search, searcher, range(12))
    asked = [search.draw(searcher, 12)["lr"]]
    for trial in range(13, 18):
        asked.append(search.draw(searcher, trial)["lr"])
    again = OptunaSearch(search.build, seed=0, startup=5)
    run(search, again, range(12))
    # The same trial, asked with nothing under way, is answered otherwise.
    assert again.ask(17, attempt=0).real("lr", 1e-4, 1.0, log=True) != asked[-1]


@pytest.mark.parametrize(
    "values",
    [
        {"lr": 50.0, "batch": 4, "loss": "focal", "gamma": -1.0, "hidden": [8]},
        {"lr": 1e-3, "batch": 8, "loss": "mine", "hidden": [1, 2, 3]},
        {"lr": math.nan, "batch": True, "loss": 3, "hidden": None, "elsewhere": 1},
        {"lr": 1e-3, "batch": 64, "loss": "cross_entropy", "hidden": [16, 8]},
        {},
    ],
)
def test_values_from_out_of_the_space_break_nothing(search: Any, values: dict[str, Any]) -> None:
    searcher = OptunaSearch(search.build, seed=0, startup=1)
    searcher.take(0, values)
    searcher.tell(0, TrialEnd(state="ok"), figure=1.0, reports={1: 0.5})
    drawn = search.draw(searcher, 1)
    assert 1e-4 <= drawn["lr"] <= 1.0
    assert 8 <= drawn["batch"] <= 64


def test_values_beyond_a_range_count_at_its_end(search: Any) -> None:
    placed = trace(search.build, {"lr": 50.0, "batch": 8, "loss": "mine"})
    assert (placed["lr"].value, placed["lr"].exact) == (1.0, False)
    assert "loss" not in placed


def test_only_the_best_and_the_latest_are_remembered(
    search: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optuna_search, "MOST", 20)
    monkeypatch.setattr(optuna_search, "KEPT", 12)
    monkeypatch.setattr(optuna_search, "BEST", 4)
    searcher = OptunaSearch(search.build, seed=0, startup=1_000)
    taken = run(search, searcher, range(21))
    scored = [trial for trial in range(21) if trial % 7 != 6 and trial % 3 != 2]
    best = sorted(scored, key=lambda trial: -figure_of(taken[trial]))
    kept = set(searcher._model._over)
    assert len(kept) == 12
    assert {*best[:4], *range(13, 21)} <= kept


def test_trials_under_way_survive_the_forgetting(
    search: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optuna_search, "MOST", 6)
    monkeypatch.setattr(optuna_search, "KEPT", 4)
    monkeypatch.setattr(optuna_search, "BEST", 2)
    searcher = OptunaSearch(search.build, seed=0, startup=2)
    search.draw(searcher, 100)
    run(search, searcher, range(9))
    searcher.tell(100, TrialEnd(state="ok"), figure=2.0, reports={})
    assert 100 in searcher._model._over


def test_many_refusals_end_in_chance(search: Any) -> None:
    searcher = OptunaSearch(search.build, seed=3, startup=1)
    run(search, searcher, range(5))
    insistent = searcher.ask(9, attempt=optuna_search.INSISTS)
    by_chance = RandomSearch(seed=3).ask(9, attempt=optuna_search.INSISTS)
    assert insistent.real("lr", 0, 1, log=False) == by_chance.real("lr", 0, 1, log=False)


def test_three_objectives_are_refused(search: Any) -> None:
    with pytest.raises(UsageError, match="one objective or two"):
        OptunaSearch(search.build, seed=0, objectives=3)


def test_nothing_is_told_on_the_terminal_and_optunas_own_level_stays(
    search: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    level = logging.getLogger("optuna").level
    run(search, OptunaSearch(search.build, seed=0, startup=1), range(4))
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("optuna").level == level


def test_a_grid_has_every_combination_that_goes_together_once(search: Any) -> None:
    found = list(combinations(search.build, levels=2))
    # Two rates, then batch and net without the one conflict, and focal with two gammas.
    assert len(found) == 2 * 3 * (1 + 2)
    assert len({str(values) for values in found}) == len(found)
    assert all(("gamma" in values) == (values["loss"] == "focal") for values in found)


def test_a_grid_goes_on_behind_what_was_taken_and_ends(search: Any) -> None:
    straight = GridSearch(search.build, levels=2)
    taken = [search.draw(straight, trial) for trial in range(18)]
    again = GridSearch(search.build, levels=2)
    for trial, values in enumerate(taken[:7]):
        again.take(trial, values)
    assert [search.draw(again, trial) for trial in range(7, 18)] == taken[7:]
    for searcher in (straight, again):
        with pytest.raises(Exhausted):
            searcher.ask(18, attempt=0)


def test_levels_are_spread_over_the_range() -> None:
    assert Numbers(low=1e-4, high=1.0, log=True).levels(3) == pytest.approx([1e-4, 1e-2, 1.0])
    assert Numbers(low=1, high=3, whole=True).levels(9) == [1, 2, 3]
    assert Numbers(low=2, high=2).levels(3) == [2]


def test_labels_of_choices_never_coincide() -> None:
    assert Choices(values=("1", 1, "a")).labels == ('"1"', "1", '"a"')
    assert Choices(values=("a", [16, 8], None)).labels == ("a", "[16, 8]", "null")


def test_the_front_is_what_no_other_beats() -> None:
    points = {0: (0.5, 3.0), 1: (0.6, 3.0), 2: (0.4, 1.0), 3: (0.4, 2.0), 4: (0.6, 3.0)}
    assert pareto(points) == [2, 1, 4]
    assert list(fronts(list(points.values()))) == [[2, 1, 4], [3, 0]]
    assert pareto({}) == []


def test_the_copy_for_optuna_grows_and_is_mended(search: Any, tmp_path: Path) -> None:
    import optuna

    path = tmp_path / "optuna.journal"

    def copied() -> dict[int, tuple[str, Any]]:
        backend = optuna.storages.journal.JournalFileBackend(str(path))
        storage = optuna.storages.JournalStorage(backend)
        (study,) = optuna.get_all_study_names(storage)
        trials = optuna.load_study(study_name=study, storage=storage).trials
        return {each.user_attrs["trial"]: (each.state.name, each.values) for each in trials}

    values = [search.draw(RandomSearch(seed=0), trial) for trial in range(3)]
    trials = [search.shown(trial, each, 0.5) for trial, each in enumerate(values[:2])]
    failed = search.shown(2, values[2], None)
    assert copy_to_optuna(search.overview(*trials), path)
    size = path.stat().st_size
    before = path.read_bytes()
    assert copy_to_optuna(search.overview(*trials, failed), path)
    assert path.read_bytes().startswith(before)
    assert path.stat().st_size > size
    expected = {0: ("COMPLETE", [0.5]), 1: ("COMPLETE", [0.5]), 2: ("FAIL", None)}
    assert copied() == expected
    path.write_text("{broken")
    assert copy_to_optuna(search.overview(*trials, failed), path)
    assert copied() == expected
    other = search.shown(1, values[1], 0.75)
    assert copy_to_optuna(search.overview(trials[0], other, failed), path)
    assert copied()[1] == ("COMPLETE", [0.75])


def test_a_copy_that_cannot_be_written_is_no_fault(search: Any, tmp_path: Path) -> None:
    assert not copy_to_optuna(search.sweep(2), tmp_path / "nowhere" / "optuna.journal")
