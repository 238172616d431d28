"""What the package offers, without opening a file."""

from __future__ import annotations

import subprocess
import sys

import pytest

from emobench.data.tasks import find_task
from emobench.registry import load_registry
from emobench_corpora.registration import components

OFFERS = [
    f"{dataset.name}/{offer.name}" for dataset in components.datasets for offer in dataset.tasks
]


def test_registering_loads_neither_torch_nor_numpy():
    code = (
        "import sys, emobench_corpora.registration; "
        "print([name for name in ('torch', 'numpy', 'pandas') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("name", OFFERS)
def test_every_offer_is_a_task_whose_options_hold(name):
    task = find_task(name, registry=load_registry())
    held_out = task.dataset.options.dump().get("test_corpora", ["one"])
    assert task.protocol.use != "official" or held_out


@pytest.mark.parametrize(
    ("dataset", "apart"),
    [("ravdess", "actors"), ("emodb", "speakers"), ("crema-d", "speakers"), ("savee", "speakers")],
)
def test_every_corpus_offers_an_honest_split_and_both_that_leak(dataset, apart):
    offers = {name.split("/")[1] for name in OFFERS if name.startswith(f"{dataset}/")}
    assert offers == {apart, "random", "augment-first"}
    honest = find_task(f"{dataset}/{apart}", registry=load_registry())
    assert honest.protocol.use == "grouped-kfold"
