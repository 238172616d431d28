"""What of a run's folder is published, and what stays on the machine that made it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emobench.api import DataError, UsageError
from emobench.registry import load_registry
from emobench.runs.executor import execute
from emobench.runs.folder import RunFolder, read_predictions
from emobench.runs.judging import judge_target
from emobench.runs.plan import Plan, Settings
from emobench.runs.published import Published, place_of, published_from_text, published_to_text
from emobench.runs.publishing import columns, publish, without_places, write_published
from emobench.runs.record import Attempt, AuditVerdict, DataStamp, Finding, Record
from emobench.runs.verify import verify

Publish = Callable[..., Published]


def stored(folder: Path, run: Published, **arrays: Any) -> Record:
    """A run's folder with the predictions of a published run, or with others."""
    assert run.predictions is not None
    (one,) = run.predictions.targets
    folder.mkdir()
    with RunFolder(folder, root=folder.parent) as inside:
        inside.append_history({"epoch": 1, "train_loss": 1.23456789})
        inside.write_predictions(
            {
                "test/items": np.array(run.predictions.items),
                "test/groups": np.array(run.predictions.groups),
                "test/emotion/after": one.probabilities,
                "test/emotion/truth": one.truth,
                **arrays,
            }
        )
    return run.record


def test_a_real_run_is_published_with_its_test_predictions(plan: Plan, settings: Settings) -> None:
    record = execute(plan, settings=settings, registry=load_registry())
    folder = settings.runs / record.id
    published = publish(record, folder=folder)
    verify(published_from_text(published_to_text(published)))
    arrays = read_predictions(folder)
    assert published.predictions is not None
    assert list(published.predictions.items) == arrays["test/items"].tolist()
    assert list(published.predictions.groups) == arrays["test/groups"].tolist()
    (one,) = published.predictions.targets
    np.testing.assert_allclose(one.probabilities, arrays[f"test/{one.target.name}/after"], 1e-6)
    assert published.history["epoch"] == [1, 2]


def test_seven_digits_do_where_every_figure_follows(published: Publish, tmp_path: Path) -> None:
    record = stored(tmp_path / "run", published())
    made = publish(record, folder=tmp_path / "run")
    assert made.predictions is not None
    assert made.predictions.targets[0].number_type == "<f4"


def test_all_digits_are_kept_where_a_decision_hangs_on_them(
    published: Publish, tmp_path: Path
) -> None:
    run = published()
    assert run.predictions is not None
    (one,) = run.predictions.targets
    close = one.probabilities.copy()
    close[0] = [0.4, 0.4 + 1e-12, 0.2 - 1e-12]  # rounded, the first of two equals would win
    scores, _ = judge_target(one.target, probabilities=close, truth=one.truth, validation={})
    record = replace(run.record, scores={"emotion": scores})
    stored(tmp_path / "run", run, **{"test/emotion/after": close})
    made = publish(record, folder=tmp_path / "run")
    assert made.predictions is not None
    assert made.predictions.targets[0].number_type == "<f8"
    verify(published_from_text(published_to_text(made)))


def test_a_run_whose_predictions_are_another_runs_is_refused(
    published: Publish, tmp_path: Path
) -> None:
    stored(tmp_path / "run", published(seed=1))
    with pytest.raises(
        DataError, match="run enhanced-fold0-seed0 cannot be published: emotion: accuracy is"
    ):
        publish(published().record, folder=tmp_path / "run")


def test_predictions_without_a_target_are_told(published: Publish, tmp_path: Path) -> None:
    record = stored(tmp_path / "run", published())
    with RunFolder(tmp_path / "run", root=tmp_path) as inside:
        inside.write_predictions({"test/items": np.array(["a"])})
    with pytest.raises(DataError, match=r"holds no 'test/emotion/truth'; run it again with --fr"):
        publish(record, folder=tmp_path / "run")


def test_an_interrupted_run_is_refused_with_its_way_out(published: Publish, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="was interrupted and has no result to publish; give its"):
        publish(published(state="interrupted").record, folder=tmp_path)


def test_a_failed_run_is_published_without_predictions(published: Publish, tmp_path: Path) -> None:
    failed = published(state="failed", reason="disk full").record
    assert publish(failed, folder=tmp_path).predictions is None


def test_history_is_rounded_and_its_gaps_are_none() -> None:
    rows = [
        {"epoch": 1, "loss": 1.23456789, "predicted": [0.123456789, 2]},
        {"epoch": 2, "norm": {"head": 1e-9 / 3}},
    ]
    assert columns(rows) == {
        "epoch": [1, 2],
        "loss": [1.23457, None],
        "predicted": [[0.123457, 2], None],
        "norm": [None, {"head": 3.33333e-10}],
    }


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("no such file: '/home/ada/clips/a.wav'", "no such file: 'a.wav'"),
        ("C:\\Users\\ada\\clips\\a.wav is empty", "a.wav is empty"),
        ("in torch/nn/modules.py:12", "in torch/nn/modules.py:12"),
        ("a ratio of 3/4, 10 km/h", "a ratio of 3/4, 10 km/h"),
        ("see https://example.org/a/b", "see https://example.org/a/b"),
    ],
)
def test_the_folders_of_the_machine_are_left_out(published: Publish, text: str, kept: str) -> None:
    told = published(
        reason=text,
        log=(text,),
        attempts=(Attempt(started="", reason=text),),
        data=DataStamp(fingerprint="f", train=1, validation=1, test=60, skipped=(("a", text),)),
    )
    audit = AuditVerdict(findings=(Finding(check="c", severity="info", message=text),))
    record = without_places(replace(told.record, audit=audit))
    assert record.data is not None
    assert {
        record.reason,
        *record.log,
        record.attempts[0].reason,
        record.audit.findings[0].message,
        record.data.skipped[0][1],
    } == {kept}


def test_publishing_twice_changes_nothing(published: Publish, tmp_path: Path) -> None:
    run = published()
    assert write_published(run, out=tmp_path) == "published"
    path = tmp_path / place_of(run.record)
    before = path.read_bytes()
    assert write_published(run, out=tmp_path) == "unchanged"
    assert path.read_bytes() == before


def test_a_file_packed_by_another_zlib_stays(
    published: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = published()
    with monkeypatch.context() as patched:
        patched.setattr("emobench.runs.columns.LEVEL", 1)
        assert write_published(run, out=tmp_path) == "published"
    before = (tmp_path / place_of(run.record)).read_bytes()
    assert write_published(run, out=tmp_path) == "unchanged"
    assert (tmp_path / place_of(run.record)).read_bytes() == before


def test_a_run_done_anew_replaces_its_file(published: Publish, tmp_path: Path) -> None:
    write_published(published(), out=tmp_path)
    anew = published(reason="done anew")
    assert write_published(anew, out=tmp_path) == "replaced"
    assert "done anew" in (tmp_path / place_of(anew.record)).read_text()


def test_a_damaged_file_is_replaced(published: Publish, tmp_path: Path) -> None:
    run = published()
    write_published(run, out=tmp_path)
    (tmp_path / place_of(run.record)).write_text("{")
    assert write_published(run, out=tmp_path) == "replaced"
