"""What `emobench diagnose` shows: of a run its signs and causes, of a recipe its cure as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emobench.boards.words import figure, title
from emobench.cli.text import print_json, print_lines, table
from emobench.doctor.causes import Cause, find_causes
from emobench.doctor.diagnosis import Diagnosis
from emobench.doctor.differences import Difference, differences_of
from emobench.doctor.evidence import Evidence
from emobench.doctor.experiments import Outcome
from emobench.doctor.words import cause_lines, headline, signs, verdict
from emobench.recipes.model import Recipe
from emobench.runs.plan import Plan


def report_run(evidence: Evidence, *, as_json: bool) -> None:
    """Print what a run's own evidence says."""
    causes = find_causes(evidence)
    if as_json:
        print_json({"run": _evidence_data(evidence), "causes": _causes_data(causes)})
        return
    told = signs(evidence) or ["none: no history is stored with it; an ensemble's members have one"]
    print_lines([headline(evidence), "", "signs", *_indented(told)])
    if causes or ill(evidence):
        head = "causes" if ill(evidence) else "what may hold it back"
        lines = _indented(cause_lines(causes))
        print_lines(["", f"{head}, by how far the figures are out", *lines])
    if ill(evidence):
        print_lines(["", "next", f"  {_experiments(evidence)}    the change that cures"])


def _experiments(evidence: Evidence) -> str:
    """The call that looks for a cure where this run was made."""
    parts = [f"emobench diagnose {evidence.recipe}"]
    if "/" in evidence.task:  # a task file's own name says not where it lies
        parts.append(f"--task {evidence.task}")
    parts += [f"--fold {evidence.fold}"] if evidence.fold is not None else []
    parts += [f"--seed {evidence.seed}"] if evidence.seed else []
    return " ".join(parts)


def ill(evidence: Evidence) -> bool:
    """Whether there is anything to explain: a collapse, a fall, or an end without a score."""
    return evidence.collapsed or evidence.fall is not None or evidence.state not in ("ok",)


def report_recipe(found: Diagnosis, *, as_json: bool) -> None:
    """Print a recipe's diagnosis."""
    if as_json:
        print_json(_diagnosis_data(found))
        return
    print_lines([verdict(found)])
    if found.evidence is not None and found.verdict != "sound":
        print_lines(["", "signs", *_indented(signs(found.evidence))])
        lines = cause_lines(found.causes)
        print_lines(["", "causes, by how far the figures are out", *_indented(lines)])
    if found.trials:
        print_lines(["", *_trial_table(found)])


def heard_line(plan: Plan, outcome: Outcome, *, recipe: Recipe) -> str:
    """One experiment's end, in a line; a variant is named by what differs from the recipe."""
    changed = [each.key for each in differences_of(recipe, plan.recipe)]
    same = plan.recipe.name == recipe.name
    name = plan.recipe.name if not same or not changed else f"without {', '.join(changed)}"
    metric = plan.task.metric
    shown = figure(outcome.score, metric=metric) if outcome.score is not None else outcome.state
    fallen = ", collapsed" if outcome.collapsed and outcome.score is not None else ""
    return f"{name}: validation {title(metric)} {shown}{fallen}"


def _trial_table(found: Diagnosis) -> list[str]:
    metric = found.metric
    head = ["undone", f"validation {title(metric)}", "cured"]
    rows = [["nothing", figure(found.child_outcome.score, metric=metric), ""]]
    for trial in found.trials:
        shown = figure(trial.outcome.score, metric=metric)
        shown = shown if trial.outcome.score is not None else trial.outcome.state
        rows.append([_keys(trial.undone), shown, "yes" if trial.cured else "no"])
    rows.append(["everything", figure(found.parent_outcome.score, metric=metric), "yes"])
    return table(head, rows, right=[head[1]])


def _keys(differences: Sequence[Difference]) -> str:
    return ", ".join(each.key for each in differences)


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _evidence_data(evidence: Evidence) -> dict[str, Any]:
    fall = evidence.fall
    return {
        "id": evidence.run,
        "recipe": evidence.recipe,
        "task": evidence.task,
        "state": evidence.state,
        "reason": evidence.reason,
        "collapsed_on_validation": evidence.collapsed,
        "metric": evidence.metric,
        "validation": evidence.score,
        "class": fall.class_name if fall else None,
        "share": fall.share if fall else None,
        "epoch": fall.epoch if fall else None,
        "signs": signs(evidence),
        "words": headline(evidence),
    }


def _causes_data(causes: Sequence[Cause]) -> list[dict[str, Any]]:
    return [
        {
            "name": cause.name,
            "title": cause.title,
            "score": cause.score,
            "words": cause.words,
            "advice": cause.advice,
        }
        for cause in causes
    ]


def _diagnosis_data(found: Diagnosis) -> dict[str, Any]:
    return {
        "recipe": found.recipe,
        "parent": found.parent,
        "metric": found.metric,
        "verdict": found.verdict,
        "words": verdict(found),
        "run": _evidence_data(found.evidence) if found.evidence else None,
        "validation": found.child_outcome.score,
        "parent_validation": found.parent_outcome.score,
        "causes": _causes_data(found.causes),
        "differences": [_difference_data(each) for each in found.differences],
        "cures": [[each.key for each in found.differences if each in cure] for cure in found.cures],
        "trials": [
            {
                "undone": [each.key for each in trial.undone],
                "state": trial.outcome.state,
                "reason": trial.outcome.reason,
                "validation": trial.outcome.score,
                "cured": trial.cured,
                "folder": trial.outcome.folder,
            }
            for trial in found.trials
        ],
    }


def _difference_data(difference: Difference) -> dict[str, str]:
    return {"key": difference.key, "is": difference.mine, "parent": difference.theirs}
