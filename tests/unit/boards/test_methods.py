"""Records by method, and the audit's verdict that those share which showed it the same items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emobench.boards.methods import by_method
from emobench.runs.record import Record

MakeRecord = Callable[..., Record]
LOGMEL = {"frontend": {"use": "logmel"}}
STATISTICS = {"frontend": {"use": "statistics"}}


def audits(*records: Record) -> dict[str, str]:
    return {one.runs[0].recipe_name: one.audit for one in by_method(records)}


@pytest.mark.parametrize("later", [False, True])
def test_what_one_audit_saw_holds_for_whoever_showed_it_the_same(
    record: MakeRecord, later: bool
) -> None:
    records = [
        record("old", options=LOGMEL | {"loss": "focal"}, audit="clean"),
        record("new", options=LOGMEL, audit="leaky"),
    ]
    assert audits(*(records[::-1] if later else records)) == {"old": "leaky", "new": "leaky"}


def test_a_verdict_on_other_features_or_another_fold_is_not_shared(record: MakeRecord) -> None:
    assert audits(
        record("honest", options=LOGMEL, folds=2),
        record("rough", options=STATISTICS, folds=2, audit="leaky"),
        record("unlucky", options=LOGMEL | {"loss": "focal"}, folds=2, fold=1, audit="warned"),
    ) == {"honest": "clean", "rough": "leaky", "unlucky": "warned"}


def test_an_ensemble_shares_the_verdicts_on_its_members_and_gives_them_none(
    record: MakeRecord,
) -> None:
    def ensemble(name: str, **changes: Any) -> Record:
        members = [{"name": "a", "recipe": LOGMEL}, {"name": "b", "recipe": STATISTICS}]
        return record(name, options={"members": members}, **changes)

    assert audits(ensemble("many"), record("one", options=LOGMEL, audit="leaky")) == {
        "many": "leaky",
        "one": "leaky",
    }
    assert audits(ensemble("many", audit="leaky"), record("one", options=LOGMEL)) == {
        "many": "leaky",
        "one": "clean",
    }


def test_a_run_that_never_saw_its_data_has_no_verdict(record: MakeRecord) -> None:
    unseen = record("unseen", options=LOGMEL, uar=None, state="failed", fingerprint="")
    assert audits(unseen, record("one", options=LOGMEL | {"loss": "focal"}, audit="leaky")) == {
        "unseen": "not audited",
        "one": "leaky",
    }
