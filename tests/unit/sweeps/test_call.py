"""What a sweep is asked for, and how it is kept."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from emobench.api.errors import UsageError
from emobench.runs.plan import Settings
from emobench.runs.record import Costs
from emobench.sweeps.call import COSTS, Call, SweepOptions

FULL = Call(
    recipe="baseline",
    trials=7,
    task="a/b",
    overrides=("optimizer.lr=0.1",),
    options=SweepOptions(open=("loss",), seed=3, cost="parameters", gpus_per_trial=0.5),
    settings=Settings(runs=Path("elsewhere"), cache=Path("cache"), time_limit=9.0),
)


@pytest.mark.parametrize("call", [Call(), FULL])
def test_a_call_survives_its_file(call: Call) -> None:
    assert Call.parse(json.loads(json.dumps(call.dump()))) == call


def test_an_argument_that_an_older_file_lacks_has_its_default() -> None:
    plain = FULL.dump()
    del plain["patience"]
    assert Call.parse(plain) == FULL


def test_arguments_are_changed_by_their_names_wherever_they_belong() -> None:
    changed = FULL.changed({"trials": 9, "seed": 4, "device": "cpu"})
    assert (changed.trials, changed.options.seed, changed.settings.device) == (9, 4, "cpu")
    assert changed.options.cost == "parameters"


def test_every_cost_is_a_figure_of_a_record() -> None:
    assert set(COSTS) <= {one.name for one in fields(Costs)}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"search": "tpee"}, "unknown search 'tpee'; did you mean 'tpe'?"),
        ({"stop": "ash"}, "unknown way to stop trials 'ash'; did you mean 'asha'?"),
        ({"cost": "parameter"}, "unknown cost 'parameter'; did you mean 'parameters'?"),
        ({"trials": 0}, "trials=0: a sweep has at least 1 trial"),
        ({"trials": 2.5}, "trials=2.5: a sweep has at least 1 trial"),
        ({"seed": -1}, "seed=-1: a seed is a whole number from 0 on"),
        ({"final_seeds": -1}, "final_seeds=-1: the winner is trained with a whole number of seeds"),
        ({"cpus_per_trial": 0}, "cpus_per_trial=0: a trial has a whole number of cores, at least"),
        ({"cpus_per_trial": None}, "cpus_per_trial=None: a trial has a whole number of cores"),
        ({"gpus_per_trial": 1.5}, "gpus_per_trial=1.5: a trial has part of a GPU, such as 0.5, or"),
        ({"gpus_per_trial": -1}, "gpus_per_trial=-1: a trial has part of a GPU"),
        (
            {"concurrent": 0},
            "concurrent=0: at least 1 trial runs at once; leave it out for as many",
        ),
        ({"concurrent": True}, "concurrent=True: at least 1 trial runs at once"),
        ({"patience": 0}, "patience=0: a number of seconds above 0"),
        ({"patience": float("nan")}, "patience=nan: a number of seconds above 0"),
        ({"slowest": -1}, "slowest=-1: a factor from 0 on; 0 never ends a trial for being slow"),
        ({"slowest": "3"}, "slowest='3': a factor from 0 on"),
    ],
)
def test_what_cannot_be_is_refused_by_name_with_what_can(
    given: dict[str, object], told: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Call().changed(given)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize("gpus", [None, 0, 0.25, 1, 2.0])
def test_a_trial_may_have_part_of_a_gpu_or_whole_ones(gpus: float | None) -> None:
    assert SweepOptions(gpus_per_trial=gpus).gpus_per_trial == gpus


def test_trials_that_train_on_a_gpu_get_a_whole_one_unless_asked() -> None:
    def gpus(device: str, asked: float | None = None) -> float | None:
        options = SweepOptions(gpus_per_trial=asked)
        return Call(options=options, settings=Settings(device=device)).resources().gpus

    assert (gpus("cuda"), gpus("cpu"), gpus("cuda", 0.5)) == (1.0, 0.0, 0.5)
