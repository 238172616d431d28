"""Whether a published record's scores follow from its predictions. No torch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from emobench.api.errors import DataError
from emobench.runs.judging import judge_target
from emobench.runs.published import Predictions, Published, TargetPredictions
from emobench.runs.record import Record, TargetScores
from emobench.runs.verify_together import TOLERANCE, surely_follow

NEED_A_SCORE = ("ok", "collapsed")
LEAKY_BY_DESIGN = "augment-first"


def verify(published: Published) -> None:
    """Raise a DataError that names the first thing in the record that its predictions deny."""
    fault = next(chain(_stated(published), _answered(published)), None)
    if fault is not None:
        raise DataError(fault)


def first_faults(published: Sequence[Published]) -> dict[str, str]:
    """By run id, the first thing that each wrong record's predictions deny."""
    sure = surely_follow(published)
    found = {}
    for one in published:
        answered = () if one.record.id in sure else _answered(one)
        fault = next(chain(_stated(one), answered), None)
        if fault is not None:
            found[one.record.id] = fault
    return found


def scores_follow(record: Record, predictions: Predictions) -> bool:
    """Whether every figure of the record comes out of these predictions."""
    return next(_denied(record, predictions), None) is None


def _stated(published: Published) -> Iterator[str]:
    """What is wrong with a record before its predictions are scored."""
    record, predictions = published.record, published.predictions
    if record.state == "interrupted":
        yield "the run was interrupted; only finished runs are published"
    looked = record.data is not None and record.task.protocol.get("use") == LEAKY_BY_DESIGN
    if looked and record.audit.verdict != "leaky":
        yield f"its audit says {record.audit.verdict}, and {LEAKY_BY_DESIGN} always leaks"
    if predictions is None:
        if record.scores or record.state in NEED_A_SCORE:
            yield f"a run that is {record.state} needs predictions, and it has none"
        return
    if not record.scores:
        yield "it has predictions, but no scores"
    if record.data is not None and record.data.test != len(predictions.items):
        held = len(predictions.items)
        yield f"record.data says {record.data.test} test items, predictions {held}"


def _answered(published: Published) -> Iterator[str]:
    if published.predictions is not None:
        yield from _denied(published.record, published.predictions)


def _denied(record: Record, predictions: Predictions) -> Iterator[str]:
    names = tuple(one.target.name for one in predictions.targets)
    if not names == tuple(record.task.targets) == tuple(record.scores):
        yield f"its targets differ: scores of {[*record.scores]}, predictions of {[*names]}"
        return
    collapsed = None
    for one in predictions.targets:
        stored = record.scores[one.target.name]
        try:
            found, collapse = judge_target(
                one.target,
                probabilities=one.probabilities,
                truth=one.truth,
                validation=stored.validation,
            )
        except ValueError as error:
            yield str(error)
            return
        collapsed = collapsed or collapse
        yield from _differences(one, stored, found)
    if record.task.metric not in record.metrics:
        yield f"it has no {record.task.metric}, by which its task is ranked"
    if (collapsed is None) is (record.state == "collapsed") and record.state in NEED_A_SCORE:
        told = collapsed.reason if collapsed else "they have not collapsed"
        yield f"its state is {record.state}, but of its predictions one must say: {told}"


def _differences(
    one: TargetPredictions, stored: TargetScores, found: TargetScores
) -> Iterator[str]:
    name = one.target.name
    yield from _different(f"{name}: ", stored.metrics, found.metrics)
    if stored.confusion != found.confusion:
        yield f"{name}: the confusion matrix does not follow from the predictions"
    if tuple(row.name for row in stored.classes) != tuple(row.name for row in found.classes):
        yield f"{name}: its classes are not those of the predictions"
        return
    for ours, theirs in zip(found.classes, stored.classes, strict=True):
        told = f"{name}, class {ours.name}: "
        yield from _different(told, _figures(theirs), _figures(ours))


def _figures(row: object) -> Mapping[str, float]:
    return {key: value for key, value in vars(row).items() if key != "name"}


def _different(told: str, stored: Mapping[str, float], found: Mapping[str, float]) -> Iterator[str]:
    for key, value in stored.items():
        if key not in found:
            yield f"{told}{key} is no figure that this emobench derives from predictions"
        elif not math.isclose(value, found[key], rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            yield (
                f"{told}{key} is {value:.6g} in the record, but its predictions give "
                f"{found[key]:.6g}"
            )
