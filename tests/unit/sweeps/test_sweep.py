"""A sweep before its first trial: what it learns from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from emobench.data.tasks import open_dataset
from emobench.registry import load_registry
from emobench.runs.codec import record_to_json
from emobench.runs.plan import Settings
from emobench.runs.record import DataStamp, Record, TargetScores, TaskStamp
from emobench.sweeps.call import Call, SweepOptions
from emobench.sweeps.sweep import Sweep, plan_sweep


def _record(sweep: Sweep, *, fingerprint: str) -> Record:
    plan = sweep.as_it_stands()
    recipe = replace(plan.recipe, train=plan.recipe.train.replace(batch_size=16))
    return Record(
        id="known",
        identity="i",
        recipe_name="known",
        recipe=recipe.dump(),
        task=TaskStamp(
            name=plan.task.name,
            version=plan.task.version,
            metric=plan.task.metric,
            protocol=plan.task.protocol.dump(),
            targets=plan.task.targets,
        ),
        seed=0,
        state="ok",
        scores={"emotion": TargetScores(metrics={}, validation={plan.task.metric: 0.5})},
        data=DataStamp(fingerprint=fingerprint, train=6, validation=2, test=2),
    )


def test_runs_of_the_task_are_tried_first_while_its_data_are_the_same(tmp_path: Path) -> None:
    call = Call(
        recipe="aus/improved",
        task="synthetic-au/subjects",
        options=SweepOptions(warm_start=str(tmp_path)),
        settings=Settings(runs=tmp_path),
    )
    sweep = plan_sweep(call, registry=load_registry())
    (tmp_path / "known").mkdir()
    found = []
    for fingerprint in (
        open_dataset(sweep.task, registry=sweep.registry).fingerprint(),
        "that of other data",
    ):
        record = _record(sweep, fingerprint=fingerprint)
        (tmp_path / "known" / "record.json").write_text(record_to_json(record))
        found.append([start.values["train.batch_size"] for start in sweep.starts()])
    assert found == [[16], []]


def test_where_the_data_are_not_there_nobody_knows_whether_they_are_the_same(
    tmp_path: Path,
) -> None:
    call = Call(
        recipe="baseline",
        task="emodb/speakers",
        options=SweepOptions(warm_start=str(tmp_path)),
        settings=Settings(runs=tmp_path, data_root=str(tmp_path)),
    )
    sweep = plan_sweep(call, registry=load_registry())
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "record.json").write_text(record_to_json(_record(sweep, fingerprint="x")))
    assert sweep.starts() == ()


def test_another_pin_is_another_sweep(tmp_path: Path) -> None:
    names = set()
    for pin in ("0.01", "0.05", "0.01"):
        recipe = tmp_path / "pinned.yaml"
        recipe.write_text(
            "schema: 1\nextends: aus/improved\nsummary: Pinned.\n"
            f"sweep: {{optimizer.lr: [{pin}], train.batch_size: [16, 32]}}\n"
        )
        names.add(plan_sweep(Call(recipe=str(recipe)), registry=load_registry()).folder.name)
    assert len(names) == 2
