"""A sweep's folder: its name, what it refuses, what its files hold."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from emobench.api.errors import DataError, UsageError
from emobench.recipes.load import load_recipe
from emobench.recipes.model import Recipe
from emobench.registry import Registry
from emobench.runs.plan import Settings
from emobench.sweeps.call import Call, SweepOptions
from emobench.sweeps.folder import Origin, SweepFolder, default_name, sweep_names
from emobench.sweeps.study import Start

DEFINITION = {"recipe": {"name": "faces/Mine"}, "task": {"name": "a/b"}, "seed": 0}
START = Start(values={"loss.gamma": 1.5}, origin="a board")


@pytest.fixture
def folder(tmp_path: Path) -> SweepFolder:
    return SweepFolder(tmp_path, "one")


def opened(folder: SweepFolder, **changes: object) -> None:
    with folder.held():
        folder.open({**DEFINITION, **changes}, call=Call(), starts=[START])


def test_a_name_is_readable_and_follows_what_is_searched() -> None:
    assert default_name(DEFINITION).startswith("faces-mine-a-b-")
    assert default_name(DEFINITION) == default_name(dict(DEFINITION))
    assert default_name(DEFINITION) != default_name({**DEFINITION, "seed": 1})


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "a b"])
def test_a_name_that_is_no_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no name for a sweep: letters, digits"):
        SweepFolder(tmp_path, name)


def test_another_sweep_in_the_folder_is_refused_by_what_differs(folder: SweepFolder) -> None:
    opened(folder)
    opened(folder)
    with pytest.raises(UsageError) as caught:
        opened(folder, seed=1, search="grid")
    assert str(caught.value) == (
        f"'{folder.path}' holds another sweep (it differs in: seed, search); name this one with "
        "--name, or go on with that one, without what differs, by "
        "`emobench sweep --resume --name one`"
    )


def test_the_starts_are_those_of_the_first_call(folder: SweepFolder) -> None:
    opened(folder)
    with folder.held():
        file = folder.open(DEFINITION, call=Call(trials=9), starts=[])
    assert file.starts == (START,)
    known = folder.known()
    assert known is not None
    assert (known.starts, known.call.trials) == ((START,), 9)


ORIGIN = Origin(data="f1", versions={"loss/focal": "acme 1.0", "emobench": "emobench 0.1"})


def test_what_it_began_with_is_kept_whatever_later_calls_write(folder: SweepFolder) -> None:
    opened(folder)
    folder.settle(Origin(data="f0", versions={}), begun=False)
    folder.settle(ORIGIN, begun=False)
    opened(folder)
    folder.settle(ORIGIN, begun=True)
    assert folder.existing().origin == ORIGIN


def test_other_data_than_it_began_with_are_refused(folder: SweepFolder) -> None:
    opened(folder)
    folder.settle(ORIGIN, begun=False)
    with pytest.raises(UsageError) as caught:
        folder.settle(replace(ORIGIN, data="f2"), begun=True)
    assert str(caught.value) == (
        "the data of the task are others than those that sweep 'one' began with (fingerprint f2, "
        "and was f1), and figures of the two cannot be compared; bring those data back, or begin "
        "another sweep with --name"
    )


def test_another_version_of_a_component_is_refused_by_its_package(folder: SweepFolder) -> None:
    opened(folder)
    folder.settle(ORIGIN, begun=False)
    with pytest.raises(UsageError) as caught:
        folder.settle(
            replace(ORIGIN, versions={**ORIGIN.versions, "loss/focal": "acme 1.1"}), begun=True
        )
    assert str(caught.value) == (
        "sweep 'one' began with acme 1.0, and now there is acme 1.1; figures of the two cannot be "
        "compared: install what it began with, or begin another sweep with --name"
    )


def test_a_sweep_that_was_begun_without_its_origin_goes_on(folder: SweepFolder) -> None:
    opened(folder)
    folder.settle(ORIGIN, begun=True)
    assert folder.existing().origin is None


def test_the_kept_call_can_be_repeated_from_anywhere(
    folder: SweepFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    call = Call(
        recipe="mine.yaml",
        task="tiny.yaml",
        overrides=("train.epochs=2",),
        options=SweepOptions(open=("loss",), cost="parameters"),
        settings=Settings(data_root="sets", time_limit=5.0),
    )
    with folder.held():
        folder.open(DEFINITION, call=call, starts=[])
    kept = folder.existing().call
    assert (kept.recipe, kept.task) == (str(tmp_path / "mine.yaml"), str(tmp_path / "tiny.yaml"))
    assert kept.settings.data_root == str(tmp_path / "sets")
    assert kept.settings.time_limit == 5.0
    assert (kept.overrides, kept.options) == (call.overrides, call.options)


def test_a_folder_in_use_names_the_process_that_has_it(folder: SweepFolder) -> None:
    again = SweepFolder(folder.root, folder.name)
    with folder.held():
        assert again.worker().startswith("process ")
        with pytest.raises(UsageError) as caught, again.held():
            pass
        assert "sweep 'one' is at work in " in str(caught.value)
        assert f"(process {os.getpid()})" in str(caught.value)
    assert again.worker() == ""
    with again.held():
        pass


def test_a_sweep_that_is_not_there_is_told_with_the_nearest(folder: SweepFolder) -> None:
    opened(folder)
    with pytest.raises(UsageError) as caught:
        SweepFolder(folder.root, "onne").existing()
    assert str(caught.value) == (
        "unknown sweep 'onne'; did you mean 'one'?; known: one; looked in "
        f"{folder.root / 'sweeps'}; `emobench sweep` without --resume begins one"
    )
    assert sweep_names(folder.root) == ["one"]


def test_an_older_folder_without_a_journal_is_told(folder: SweepFolder) -> None:
    folder.path.mkdir(parents=True)
    (folder.path / "sweep.json").write_text(json.dumps({"recipe": {}, "seed": 0}))
    with pytest.raises(UsageError, match="holds a sweep of an earlier emobench, which kept no jou"):
        folder.existing()


def test_a_damaged_file_is_told(folder: SweepFolder) -> None:
    folder.path.mkdir(parents=True)
    (folder.path / "sweep.json").write_text('{"definition": ')
    with pytest.raises(DataError, match=r"sweep.json' is damaged \(.*move the folder away"):
        folder.existing()


def test_the_winner_loads_as_the_recipe_that_won_under_the_sweeps_name(
    folder: SweepFolder, recipe: Recipe, registry: Registry
) -> None:
    opened(folder)
    folder.write_winner(recipe, task="made/other", summary="Best of 2 trials.")
    winner = load_recipe(folder.winner, registry=registry)
    assert winner.method() == recipe.method()
    assert (winner.name, winner.task, winner.summary) == ("one", "made/other", "Best of 2 trials.")


def refused(folder: SweepFolder, *, trials: bool = False) -> None:
    with pytest.raises(UsageError, match="no GPU"), folder.held():
        refuse(folder, trials=trials)


def refuse(folder: SweepFolder, *, trials: bool) -> None:
    folder.open(DEFINITION, call=Call(), starts=[])
    (folder.path / "workers" / "1").mkdir(parents=True)
    if trials:
        folder.journal.touch()
    raise UsageError("no GPU")


def test_a_sweep_refused_before_its_first_trial_leaves_no_folder(folder: SweepFolder) -> None:
    refused(folder)
    assert not folder.path.exists()
    opened(folder)
    assert sweep_names(folder.root) == ["one"]


def test_a_refused_sweep_leaves_a_folder_that_was_there_before(folder: SweepFolder) -> None:
    opened(folder)
    refused(folder)
    assert sweep_names(folder.root) == ["one"]


def test_a_refused_sweep_leaves_a_folder_with_a_journal(folder: SweepFolder) -> None:
    refused(folder, trials=True)
    assert folder.journal.exists()


def test_who_waited_for_a_folder_that_was_removed_holds_the_one_made_anew(
    folder: SweepFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = SweepFolder(folder.root, folder.name)
    real = waited._lock

    def lock_after_another_was_refused(descriptor: int) -> None:
        monkeypatch.setattr(waited, "_lock", real)
        shutil.rmtree(folder.path)
        real(descriptor)

    opened(folder)
    monkeypatch.setattr(waited, "_lock", lock_after_another_was_refused)
    with waited.held():
        assert folder.worker().startswith("process ")
