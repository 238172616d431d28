"""The leak premium on a page: which recipes have one, and what a guide claims beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emobench.boards.claims import Ledger
from emobench.boards.evidence import gather
from emobench.boards.premium import premium_page, protocols_of
from emobench.runs.published import Published

Answers = Callable[..., Published]
LEDGER = Ledger(
    schema=1,
    guides={"000": {"modality": "speech", "about": "five models"}},
    tasks={"mine": ["set/people"]},
    claims=[
        {
            "id": "one",
            "guide": "000",
            "lines": [1],
            "about": "recipe enhanced",
            "says": "Enhanced, 80.21%",
            "promise": {"least": 80.21, "most": 80.21},
            "unit": "%",
            "measure": {"recipe": "enhanced", "metric": "accuracy", "tasks": "mine"},
        }
    ],
)


def both(answers: Answers, recipe: str = "enhanced", **settings: Any) -> list[Published]:
    return [
        answers(recipe, task=task, skill=skill, audit=audit, seed=seed, **settings)
        for seed in range(2)
        for task, skill, audit in (
            ("set/people", 0.5, "clean"),
            ("set/random", 0.8, "leaky"),
        )
    ]


def test_a_premium_needs_an_honest_and_a_leaky_protocol_of_one_dataset(answers: Answers) -> None:
    runs = both(answers)
    leaky = [run for run in runs if run.record.audit.verdict == "leaky"]
    other = answers(task="other/people")
    assert len(protocols_of(gather(runs))) == 1
    assert protocols_of(gather([*leaky, other])) == ()


def test_a_recipe_with_other_options_has_no_premium_over_it(answers: Answers) -> None:
    runs = [
        answers(task="set/people"),
        answers(task="set/random", audit="leaky", options={"train": {"epochs": 9}}),
    ]
    assert protocols_of(gather(runs)) == ()


def test_the_leaky_score_less_the_honest_one_is_the_premium(answers: Answers) -> None:
    (protocols,) = protocols_of(gather(both(answers)))
    honest, leaky = protocols.table("accuracy").scores
    assert honest.score is not None
    assert leaky.score is not None
    assert leaky.premium is not None
    assert round(leaky.premium.estimate - (leaky.score.estimate - honest.score.estimate), 8) == 0
    assert (leaky.premium.shared_groups, leaky.premium.paired_seeds) == (12, 2)


def test_a_protocol_whose_runs_failed_is_told_and_has_no_premium(answers: Answers) -> None:
    failed = answers(task="set/augment", audit="leaky", state="failed", scored=False)
    (protocols,) = protocols_of(gather([*both(answers), failed]))
    (told,) = (one for one in protocols.table().scores if one.task == "set/augment")
    assert (told.score, told.premium, told.missing) == (None, None, "1 failed of 1 run")


def test_a_premium_of_one_seed_says_so(answers: Answers) -> None:
    runs = both(answers)
    several = premium_page(LEDGER, gather(runs))
    single = premium_page(LEDGER, gather(run for run in runs if run.record.seed == 0))
    assert (", one seed |" in several, ", one seed |" in single) == (False, True)


def test_folds_that_share_an_item_are_told_and_stop_no_page(answers: Answers) -> None:
    twisted = [answers(task="set/augment", audit="leaky", fold=fold, folds=2) for fold in range(2)]
    (protocols,) = protocols_of(gather([*both(answers), *twisted]))
    (told,) = (one for one in protocols.table().scores if one.task == "set/augment")
    assert told.score is None
    assert told.missing.startswith("192 of 192 items are predicted more than once (first: ")


def test_a_protocol_that_was_never_audited_does_not_count_as_honest(answers: Answers) -> None:
    unseen = answers(task="set/people", state="failed", scored=False, fingerprint="")
    leaky = answers(task="set/random", audit="leaky")
    assert protocols_of(gather([unseen, leaky])) == ()
    (protocols,) = protocols_of(
        gather(
            [*both(answers), answers(task="set/late", state="failed", scored=False, fingerprint="")]
        )
    )
    assert [one.audit for one in protocols.table().scores] == ["clean", "leaky", "not audited"]


def test_the_page_sets_the_claim_beside_the_metric_that_it_counts(answers: Answers) -> None:
    page = premium_page(LEDGER, gather(both(answers)))
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `enhanced`")]
    claimed = {row[1]: row[-1].removesuffix(" |") for row in rows}
    assert claimed == {"UAR": "–", "accuracy": "80.21%"}
    assert "`set/random` **leaky**" in page
    assert "points [" in page


def test_a_page_without_premiums_says_so(answers: Answers) -> None:
    page = premium_page(LEDGER, gather([answers(task="set/people")]))
    assert page.endswith(
        "No recipe has records on both an honest and a leaky protocol of a dataset.\n"
    )
