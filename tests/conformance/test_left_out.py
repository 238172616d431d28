"""A component that takes none of the tiny tasks is left out, not called broken."""

from __future__ import annotations

from planted_losses import SOUND, loss
from planting import CARD, planted_suite

from emobench.testing import LossSuite
from emobench.testing.runner import check_names, run_check
from emobench.testing.suite import Suite

NEED_NO_TASK = {
    "refuses_an_unknown_option",
    "options_that_switch_it_off_are_valid",
    "registration_loads_nothing_heavy",
}


def test_checks_that_need_a_task_are_left_out() -> None:
    suite = planted_suite(LossSuite, loss("refuses", "RefusesEveryTask"), options={})
    checks = [run_check(suite, name) for name in check_names(suite) if name != f"test_{CARD}"]
    assert {check.name for check in checks if check.outcome == "passed"} == NEED_NO_TASK
    assert {check.message for check in checks if check.outcome == "skipped"} == {
        "it refuses every tiny task (only for 'ravdess/actors', not for 'tiny/groups'): define "
        "`contexts`"
    }
    assert not [check.name for check in checks if check.outcome == "failed"]


def test_one_that_takes_a_task_is_asked_everything_that_all_kinds_are_asked() -> None:
    suite = planted_suite(LossSuite, SOUND, options={})
    names = [name for name in check_names(Suite) if name != f"test_{CARD}"]
    assert {run_check(suite, name).outcome for name in names} == {"passed"}
