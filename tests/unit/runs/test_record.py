"""A record and its JSON are one thing in two forms."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emobench.api import DataError
from emobench.runs.codec import record_from_json, record_to_json
from emobench.runs.record import (
    RECORD_SCHEMA,
    Attempt,
    AuditVerdict,
    ClassScore,
    CollapseFacts,
    Costs,
    Culprit,
    DataStamp,
    Finding,
    Provenance,
    Record,
    State,
    TargetScores,
    TaskStamp,
)

MakeRecord = Callable[..., Record]

names = st.text(max_size=12)
numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 2**40)
words = st.dictionaries(names, names, max_size=3)
figures = st.dictionaries(names, numbers, max_size=3)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | numbers | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
mappings = st.dictionaries(names, plain, max_size=3)
states = st.sampled_from(get_args(State))


def many(of: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=2).map(tuple)


class_scores = st.builds(
    ClassScore, name=names, precision=numbers, recall=numbers, f1=numbers, support=counts
)
target_scores = st.builds(
    TargetScores,
    metrics=figures,
    validation=figures,
    classes=many(class_scores),
    confusion=many(many(counts)),
)
findings = st.builds(
    Finding,
    check=names,
    severity=st.sampled_from(("info", "warned", "leaky")),
    message=names,
    items=many(names),
)
records = st.builds(
    Record,
    id=names,
    identity=names,
    recipe_name=names,
    recipe=mappings,
    task=st.builds(
        TaskStamp,
        name=names,
        version=counts,
        metric=names,
        protocol=mappings,
        targets=many(names),
        fold=counts,
        folds=counts,
    ),
    seed=counts,
    state=states,
    members=many(names),
    reason=names,
    log=many(names),
    attempts=many(
        st.builds(
            Attempt,
            started=names,
            ended=names,
            state=states,
            reason=names,
            resumed_from_epoch=counts,
        )
    ),
    scores=st.dictionaries(names, target_scores, max_size=2),
    collapse=st.none()
    | st.builds(
        CollapseFacts,
        class_name=names,
        share=numbers,
        never_predicted=many(names),
        entropy=numbers,
        reason=names,
    ),
    audit=st.builds(
        AuditVerdict,
        verdict=st.sampled_from(("clean", "warned", "leaky")),
        findings=many(findings),
    ),
    data=st.none()
    | st.builds(
        DataStamp,
        fingerprint=names,
        train=counts,
        validation=counts,
        test=counts,
        groups=st.dictionaries(names, counts, max_size=2),
        skipped=many(st.tuples(names, names)),
    ),
    costs=st.builds(Costs, total_s=numbers, epochs=counts, flops_per_item=st.none() | counts),
    provenance=st.none()
    | st.builds(
        Provenance,
        emobench=names,
        api=counts,
        python=names,
        plugin_apis=st.dictionaries(names, counts, max_size=2),
    ),
    culprit=st.none() | st.builds(Culprit, package=names, version=names, component=names),
    hashes=words,
)


@settings(max_examples=40)
@given(records)
def test_a_record_survives_json(record: Record) -> None:
    assert record_from_json(record_to_json(record)) == record


def test_a_metric_that_is_not_finite_is_absent(make_record: MakeRecord) -> None:
    scores = {"emotion": TargetScores(metrics={"uar": 0.5, "ccc": math.nan, "mae": math.inf})}
    read = record_from_json(record_to_json(make_record(scores=scores)))
    assert read.metrics == {"uar": 0.5}


def test_any_other_number_that_is_not_finite_is_refused(make_record: MakeRecord) -> None:
    with pytest.raises(ValueError, match=r"record\.costs\.train_s must be finite, got nan"):
        record_to_json(make_record(costs=Costs(train_s=math.nan)))


def test_a_file_name_that_is_no_unicode_survives(make_record: MakeRecord) -> None:
    data = DataStamp(
        fingerprint="f", train=1, validation=1, test=1, skipped=(("bad\udcff.wav", "no header"),)
    )
    text = record_to_json(make_record(data=data)).encode("utf-8").decode("utf-8")
    assert record_from_json(text).data == data


def changed(record: Record, *path: str | int, value: Any = None, drop: bool = False) -> str:
    document = json.loads(record_to_json(record))
    place = document
    for key in path[:-1]:
        place = place[key]
    if drop:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("seed",), "0", 'record.seed: expected a whole number, got "0"'),
        (("seed",), True, "record.seed: expected a whole number, got true"),
        (("state",), "okay", "record.state: unknown value 'okay'; did you mean 'ok'?"),
        (("costs", "epochs"), 1.5, "record.costs.epochs: expected a whole number, got 1.5"),
        (
            ("scores", "emotion", "metrics", "uar"),
            None,
            "record.scores.emotion.metrics.uar: expected a number, got null",
        ),
        (("task", "targets"), "emotion", 'record.task.targets: expected a list, got "emotion"'),
        (("audit",), [], "record.audit: expected a mapping, got []"),
        (("task", "metrc"), 1, "record.task: unknown field 'metrc'; did you mean 'metric'?"),
    ],
)
def test_a_wrong_field_is_named(
    make_record: MakeRecord, path: tuple[str, ...], value: Any, message: str
) -> None:
    with pytest.raises(DataError) as caught:
        record_from_json(changed(make_record(), *path, value=value))
    assert message in str(caught.value)


def test_a_missing_field_is_named(make_record: MakeRecord) -> None:
    with pytest.raises(DataError, match=r"record\.task\.metric: the field is missing"):
        record_from_json(changed(make_record(), "task", "metric", drop=True))


def test_a_record_of_schema_1_is_read_without_what_came_later(make_record: MakeRecord) -> None:
    provenance = Provenance(emobench="0.1", api=1, python="3.11", plugins={"acme": "1.0"})
    document = json.loads(record_to_json(make_record(schema=1, provenance=provenance)))
    del document["culprit"], document["members"], document["provenance"]["plugin_apis"]
    read = record_from_json(json.dumps(document))
    assert read == make_record(schema=1, provenance=provenance)
    assert (read.culprit, read.provenance and read.provenance.plugin_apis) == (None, {})
    assert read.members == ()


def test_a_record_of_a_newer_schema_asks_for_an_upgrade(make_record: MakeRecord) -> None:
    with pytest.raises(DataError, match=r"written by a newer emobench .*upgrade emobench"):
        record_from_json(changed(make_record(), "schema", value=RECORD_SCHEMA + 1))


@given(st.text() | plain.map(json.dumps))
def test_any_text_is_a_record_or_a_data_error(text: str) -> None:
    with pytest.raises(DataError):
        record_from_json(text)


def test_deep_nesting_is_a_data_error() -> None:
    with pytest.raises(DataError, match="not valid JSON"):
        record_from_json("[" * 100_000)
