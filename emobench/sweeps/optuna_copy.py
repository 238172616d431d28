"""A copy of a sweep's ended trials in Optuna's journal format, for its dashboard. Never needed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emobench.sweeps.optuna_search import distribution_of, quiet, told_value
from emobench.sweeps.overview import Overview, Shown

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

COPY_FILE = "optuna.journal"


def copy_to_optuna(shown: Overview, path: Path) -> bool:
    """Add to the copy what it lacks; write it anew where it cannot be read, or says otherwise.

    Whether there is a true copy now: a disk that is full, or knows no locks, is no fault here.
    """
    ended = [trial for trial in shown.trials if trial.state not in ("under way", "interrupted")]
    ours = {trial.index: _frozen(trial, shown) for trial in ended}
    with suppress(OSError), quiet():
        study = _opened(path, shown)
        theirs = _known(study)
        if theirs is None or any(_differ(ours.get(index), each) for index, each in theirs.items()):
            path.unlink(missing_ok=True)
            study, theirs = _opened(path, shown), {}
        assert study is not None
        study.add_trials(each for index, each in ours.items() if index not in theirs)
        return True
    return False


def _opened(path: Path, shown: Overview) -> Study | None:
    """The study in the copy, begun where there is none; None where it cannot be read."""
    from optuna import create_study
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    from optuna.study import StudyDirection

    figure = StudyDirection.MAXIMIZE if shown.sign > 0 else StudyDirection.MINIMIZE
    directions = [figure, StudyDirection.MINIMIZE][: shown.objectives]
    try:
        study = create_study(
            storage=JournalStorage(JournalFileBackend(str(path))),
            study_name=shown.name,
            directions=directions,
            load_if_exists=True,
        )
    except OSError:
        raise
    except Exception:  # noqa: BLE001 - a damaged copy breaks Optuna in many ways
        return None
    return study if study.directions == directions else None


def _known(study: Study | None) -> dict[int, FrozenTrial] | None:
    """The copied trials by their number with us; None where they are not ours."""
    if study is None:
        return None
    trials = study.get_trials(deepcopy=False)
    found = {each.user_attrs.get("trial", -1): each for each in trials}
    return None if len(found) < len(trials) or -1 in found else found


def _differ(ours: FrozenTrial | None, theirs: FrozenTrial) -> bool:
    return ours is None or any(
        getattr(ours, name) != getattr(theirs, name)
        for name in ("state", "values", "params", "user_attrs", "intermediate_values")
    )


def _frozen(trial: Shown, shown: Overview) -> FrozenTrial:
    """A trial as Optuna keeps it; values beyond a range lie at its end."""
    from optuna.trial import TrialState, create_trial

    values: list[Any] = [trial.validation, trial.cost][: shown.objectives]
    state = TrialState.PRUNED if trial.state == "stopped" else TrialState.FAIL
    if None not in values:
        state = TrialState.COMPLETE
    about: dict[str, Any] = {"trial": trial.index, "state": trial.state, "origin": trial.origin}
    about |= {"run": trial.run_id, "reason": trial.reason}
    placed = {key: each for key, each in trial.placed.items() if shown.ranges[key] == each.range}
    return create_trial(
        state=state,
        values=values if state == TrialState.COMPLETE else None,
        params={key: told_value(each) for key, each in placed.items()},
        distributions={key: distribution_of(each.range) for key, each in placed.items()},
        user_attrs=about,
        intermediate_values=dict(trial.reports),
    )
