"""What records say of a claim: the right task first, and nothing guessed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emobench.boards.claims import Ledger
from emobench.boards.claims_measured import Finding, judge_claims
from emobench.boards.claims_page import claims_page
from emobench.boards.evidence import gather
from emobench.data.builtin import SYNTHETIC_NOTE
from emobench.runs.published import Published
from emobench.runs.record import Provenance

Answers = Callable[..., Published]
HONEST, LEAKY = "set/people", "set/random"


def ledger(**measure: Any) -> Ledger:
    promise = measure.pop("promise", {"least": 80})
    unit = measure.pop("unit", "%")
    how = {"recipe": "enhanced", "metric": "accuracy", "tasks": "mine", **measure}
    return Ledger(
        schema=1,
        guides={"000": {"modality": "speech", "about": "five models"}},
        tasks={"mine": [HONEST, LEAKY]},
        claims=[
            {
                "id": "one",
                "guide": "000",
                "lines": [7, 9],
                "about": "recipe enhanced",
                "says": "Enhanced, 80%",
                "promise": promise,
                "unit": unit,
                "measure": how,
            }
        ],
    )


def findings(book: Ledger, *runs: Published) -> tuple[Finding, ...]:
    (judged,) = judge_claims(book, gather(runs))
    return judged.findings


def three_seeds(answers: Answers, *arguments: Any, **settings: Any) -> list[Published]:
    return [answers(*arguments, seed=seed, **settings) for seed in range(3)]


def test_a_score_below_its_promise_is_smaller(answers: Answers) -> None:
    runs = three_seeds(answers, task=HONEST, skill=0.5)
    (found,) = findings(ledger(), *runs)
    assert found.judgement.verdict == "smaller"
    assert found.measured is not None
    assert found.measured.seeds == 3
    right = [
        (
            run.predictions.targets[0].probabilities.argmax(axis=1)
            == run.predictions.targets[0].truth
        ).mean()
        for run in runs
        if run.predictions
    ]
    assert found.measured.estimate == pytest.approx(100 * sum(right) / 3, abs=1e-6)


def test_the_honest_task_gives_the_verdict_and_the_leaky_one_stands_beside(
    answers: Answers,
) -> None:
    runs = [
        *three_seeds(answers, task=LEAKY, skill=0.9, audit="leaky"),
        *three_seeds(answers, task=HONEST, skill=0.5),
    ]
    found = findings(ledger(), *runs)
    told = [(one.task, one.leaky, one.judgement.verdict) for one in found]
    assert told == [(HONEST, False, "smaller"), (LEAKY, True, "confirmed")]


def test_a_leaky_task_gives_no_verdict_where_the_honest_one_failed(answers: Answers) -> None:
    runs = [
        *three_seeds(answers, task=LEAKY, skill=0.9, audit="leaky"),
        answers(task=HONEST, state="failed", scored=False),
    ]
    found = findings(ledger(), *runs)
    told = [(one.task, one.judgement.verdict) for one in found]
    assert told == [(HONEST, "not yet measured"), (LEAKY, "confirmed")]


def test_a_gain_is_the_paired_difference_of_two_recipes(answers: Answers) -> None:
    runs = [
        *three_seeds(answers, task=HONEST, skill=0.9),
        *three_seeds(answers, "baseline", task=HONEST, skill=0.5),
    ]
    book = ledger(against="baseline", promise={"least": 3, "most": 5}, unit="points")
    (found,) = findings(book, *runs)
    assert found.judgement.verdict == "confirmed"
    assert found.measured is not None
    assert found.measured.low > 20


def test_a_gain_of_nothing_is_absent(answers: Answers) -> None:
    runs = [
        *three_seeds(answers, task=HONEST, skill=0.6),
        *three_seeds(answers, "plain", task=HONEST, skill=0.6),
    ]
    book = ledger(against="plain", promise={"above": 0}, unit="points")
    (found,) = findings(book, *runs)
    assert found.judgement.verdict == "absent"


def test_a_gain_needs_both_recipes(answers: Answers) -> None:
    book = ledger(against="baseline", promise={"least": 3}, unit="points")
    (found,) = findings(book, *three_seeds(answers, task=HONEST))
    assert found.judgement.verdict == "not yet measured"
    assert found.judgement.note == "only enhanced was run"


def test_a_claim_without_runs_is_not_guessed() -> None:
    (found,) = findings(ledger())
    assert (found.judgement.verdict, found.measured) == ("not yet measured", None)


def test_a_run_that_failed_leaves_the_claim_open_and_is_told(answers: Answers) -> None:
    runs = [
        answers(task=HONEST, skill=0.9),
        answers(task=HONEST, seed=1, state="failed", scored=False),
    ]
    (found,) = findings(ledger(), *runs)
    assert found.judgement.verdict == "not yet measured"
    assert found.judgement.note == "1 failed of 2 runs"


def test_a_version_that_failed_is_told_beside_the_one_that_was_measured(answers: Answers) -> None:
    runs = [
        *three_seeds(answers, task=HONEST, skill=0.9),
        answers(task=HONEST, options={"train": {"epochs": 9}}, state="failed", scored=False),
    ]
    (found,) = findings(ledger(), *runs)
    assert found.judgement.verdict == "confirmed"
    assert found.judgement.note == "firm; another version of enhanced: 1 failed of 1 run"


def test_folds_that_are_missing_leave_the_claim_open(answers: Answers) -> None:
    (found,) = findings(ledger(), answers(task=HONEST, folds=5))
    assert found.judgement.note == "1 of 5 folds"


def test_a_collapse_is_told_with_what_was_measured(answers: Answers) -> None:
    runs = [
        answers(task=HONEST, skill=0.9),
        answers(task=HONEST, skill=0.3, seed=1, state="collapsed"),
    ]
    (found,) = findings(ledger(), *runs)
    assert found.judgement.verdict == "collapsed"
    assert found.judgement.note == "1 collapsed of 2 runs"
    assert found.measured is not None


def test_the_strongest_prediction_is_measured_without_the_truth(answers: Answers) -> None:
    book = ledger(metric="strongest", promise={"least": 0.5}, unit="probability")
    (found,) = findings(book, *three_seeds(answers, task=HONEST, skill=0.1))
    assert found.measured is not None
    assert found.measured.estimate == pytest.approx(0.7)
    assert found.judgement.verdict == "confirmed"


def test_a_run_by_the_name_of_a_shipped_recipe_with_other_options_does_not_count(
    answers: Answers,
) -> None:
    runs = three_seeds(answers, task=HONEST, skill=0.5)
    own = claims_page(ledger(), gather(runs), shipped={"enhanced": {"train": {"epochs": 2}}})
    other = claims_page(ledger(), gather(runs), shipped={"enhanced": {"train": {"epochs": 99}}})
    assert "**smaller**" in own
    assert "**not yet measured**: no runs of it yet" in other


def test_the_page_shows_claim_figure_task_and_verdict(answers: Answers) -> None:
    runs = [
        *three_seeds(answers, task=HONEST, skill=0.5),
        *three_seeds(answers, task=LEAKY, skill=0.9, audit="leaky"),
    ]
    lines = claims_page(ledger(), gather(runs)).splitlines()
    place = next(place for place, line in enumerate(lines) if line.startswith("| Enhanced, 80%"))
    first, second = lines[place], lines[place + 1]
    assert "(lines 7, 9; `enhanced`, accuracy) | 80% or more |" in first
    assert first.endswith("3 seeds | `set/people` | **smaller** |")
    assert second.startswith("|  |  | ")
    assert second.endswith("| `set/random` **leaky** | confirmed: firm |")
    assert "| speech (000) | 1 | 0 | 1 | 0 | 0 | 0 | 0 |" in lines


def test_the_page_does_not_depend_on_the_order_of_records(answers: Answers) -> None:
    runs = [
        *three_seeds(answers, task=HONEST, skill=0.5),
        *three_seeds(answers, task=LEAKY, skill=0.9, audit="leaky"),
    ]
    assert claims_page(ledger(), gather(runs)) == claims_page(ledger(), gather(runs[::-1]))


def test_a_verdict_of_generated_data_alone_says_so(answers: Answers) -> None:
    made_up = three_seeds(answers, task=HONEST, skill=0.5, note=SYNTHETIC_NOTE)
    real = three_seeds(answers, task=LEAKY, skill=0.5)
    alone = claims_page(ledger(), gather(made_up))
    both = claims_page(ledger(), gather([*made_up, *real]))
    assert "| `set/people` **synthetic** | **smaller** **on synthetic data alone** |" in alone
    assert "on synthetic data alone" not in both
    assert "| `set/random` | **smaller** |" in both


def test_a_gain_is_taken_between_runs_of_one_version_of_the_code(answers: Answers) -> None:
    def runs(
        recipe: str, version: str, skill: float, seeds: int, **changes: Any
    ) -> list[Published]:
        made = Provenance(emobench=version, api=1, python="3.11", components={})
        return [
            answers(recipe, task=HONEST, skill=skill, seed=seed, provenance=made, **changes)
            for seed in range(seeds)
        ]

    new = [*runs("enhanced", "2", 0.9, 2), *runs("baseline", "2", 0.5, 2)]
    book = ledger(against="baseline", promise={"least": 3}, unit="points")
    (apart,) = findings(book, *runs("enhanced", "1", 0.6, 3), *runs("baseline", "2", 0.5, 2))
    (together,) = findings(book, *runs("enhanced", "1", 0.6, 3), *new)
    assert apart.judgement.note.endswith("made by two versions of the code")
    assert together.measured is not None
    assert (together.measured.seeds, together.judgement.note) == (2, "firm")


def test_versions_of_a_task_are_never_compared(answers: Answers) -> None:
    book = ledger(against="baseline", promise={"least": 3}, unit="points")
    runs = [
        *three_seeds(answers, task=HONEST),
        *three_seeds(answers, "baseline", task=HONEST, fingerprint="other data"),
    ]
    (found,) = findings(book, *runs)
    assert found.measured is None
    assert found.judgement.note == "both were run, but never on one version of the task"
