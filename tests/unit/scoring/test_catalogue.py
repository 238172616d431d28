"""Which metrics exist and how an unknown one is refused."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from emobench.api import UsageError
from emobench.api.contracts import Combiner, PostProcessor
from emobench.scoring.catalogue import METRICS, check_metric


def test_a_known_metric_is_returned() -> None:
    assert check_metric("uar", "class") is METRICS["uar"]


@pytest.mark.parametrize("contract", [PostProcessor, Combiner])
def test_the_metrics_that_a_contract_names_for_its_objective_exist(contract: type) -> None:
    named = re.findall(r'"(\w+)"', vars(contract)["objective"].fget.__doc__)
    assert len(named) >= 3
    assert set(named) <= set(METRICS)


def test_a_misspelt_metric_is_answered_with_the_nearest_and_the_usable_ones() -> None:
    with pytest.raises(UsageError) as caught:
        check_metric("macro_f2", "class")
    assert str(caught.value) == (
        "unknown metric for a class target 'macro_f2'; did you mean 'macro_f1'?; "
        "known: accuracy, ece, log_loss, macro_f1, uar, weighted_f1"
    )


def test_a_metric_of_another_kind_says_what_it_is_for() -> None:
    with pytest.raises(UsageError, match="'ccc' exists, but for targets of kind number"):
        check_metric("ccc", "labels")


def test_names_are_the_keys() -> None:
    assert all(name == metric.name for name, metric in METRICS.items())


def test_errors_are_better_when_lower() -> None:
    lower = {name for name, metric in METRICS.items() if not metric.higher_is_better}
    assert lower == {"log_loss", "ece", "kl", "mae", "rmse"}


def test_the_catalogue_is_light() -> None:
    code = "import sys, emobench.scoring.catalogue; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
