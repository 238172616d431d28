"""The files that come from published records: the same whatever the order, complete, and safe."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from emobench.boards.index import IndexLine, index_page
from emobench.boards.site import TaskFiles, site_files, strangers, task_files
from emobench.recipes.emit import to_yaml
from emobench.recipes.load import recipe_name
from emobench.runs.published import Published

Publish = Callable[..., Published]
PAGE = "synthetic-speech--speakers.md"
RISKY = "a|b <script>x</script> [c](http://d) `e` *f* \n# g | --- |"


def files_of(*runs: Published) -> TaskFiles:
    return task_files(runs, home="leaderboards", recipe_text=to_yaml)


def whole(publish: Publish, recipe: str, **changes: object) -> list[Published]:
    return [
        publish(recipe, seed=seed, fold=fold, folds=2, **changes)
        for seed in range(2)
        for fold in range(2)
    ]


def test_a_task_has_a_page_its_charts_and_the_recipes_that_were_run(published: Publish) -> None:
    names = sorted(files_of(*whole(published, "one"), *whole(published, "two")).files)
    recipe = "recipes/[0-9a-f]{8}"
    expected = [
        "charts/synthetic-speech--speakers/costs.svg",
        "charts/synthetic-speech--speakers/intervals.svg",
        "charts/synthetic-speech--speakers/recalls.svg",
        f"{recipe}/one.yaml",
        f"{recipe}/two.yaml",
        PAGE,
    ]
    assert len(names) == len(expected)
    for name, pattern in zip(names, expected, strict=True):
        assert re.fullmatch(pattern, name)


def test_the_files_are_the_same_for_any_order_of_records(published: Publish) -> None:
    runs = [
        *whole(published, "one"),
        *whole(published, "two", skill=0.52),
        *whole(published, "three", audit="leaky"),
    ]
    turned = [runs[place] for place in (7, 2, 11, 0, 9, 4, 6, 1, 10, 3, 8, 5)]
    assert files_of(*turned) == files_of(*runs)


def test_the_page_reads_as_agreed(published: Publish) -> None:
    page = files_of(*whole(published, "good", skill=0.97), *whole(published, "poor", skill=0.2))
    lines = page.files[PAGE].splitlines()
    assert lines[0] == "# synthetic-speech/speakers"
    assert (
        "A seed's score is that of the test items of all folds together, each counted once; the "
        "score is the mean over seeds, with its 95% interval over groups and seeds." in lines[4]
    )
    assert re.fullmatch(
        r"A tier holds the rows that cannot be told from its best one\. One comparison of two rows "
        r"like these, planned beforehand, would find a difference of about \*\*\d+\.\d points\*\* "
        r"in 4 of 5 cases \(120 items of 8 groups\); among all pairs it takes more\. "
        r"See \[how to read a board\]\(\.\./docs/how-to-read-a-board\.md\)\.",
        lines[6],
    )
    table = [line for line in lines if line.startswith("| ")]
    assert table[0].startswith("| Tier | Recipe | Score | Macro F1 | Accuracy | Seeds | Folds |")
    assert re.match(r"\| 1 \| good \| \d+\.\d% \[\d+\.\d, \d+\.\d\] \*\*80%\+", table[2])
    assert re.match(r"\| 2 \| poor \| \d+\.\d% \[\d+\.\d, \d+\.\d\] \| ", table[3])
    chart = "charts/synthetic-speech--speakers/intervals.svg"
    assert f"![Scores with their 95% intervals, by tier]({chart})" in lines


def test_a_leaky_row_stands_below_every_honest_one(published: Publish) -> None:
    runs = [
        *whole(published, "cheat", skill=1.0, audit="leaky"),
        *whole(published, "weak", skill=0.3),
    ]
    page = files_of(*runs).files[PAGE]
    assert page.index("| weak |") < page.index("constant predictor: ") < page.index("| cheat |")
    assert "80%+" not in page


def test_the_command_repeats_every_run_from_the_recipe_that_was_run(published: Publish) -> None:
    made = files_of(*whole(published, "one"))
    (recipe,) = (name for name in made.files if name.startswith("recipes/"))
    command = f"`emobench run leaderboards/{recipe} --task synthetic-speech/speakers --seeds 2`"
    assert command in made.files[PAGE]
    assert made.files[recipe].endswith("name: one\ntrain: {epochs: 2}\n")


def test_many_records_are_folded_away(published: Publish) -> None:
    page = files_of(*whole(published, "one")).files[PAGE]
    assert "<details><summary>4 records</summary>`one-fold0-seed0` `one-fold1-seed0`" in page


def test_a_collapsed_recipe_stays_with_its_reason(published: Publish) -> None:
    runs = [*whole(published, "fine"), published("fell", folds=2, state="collapsed")]
    made = files_of(*runs)
    assert "- fell: collapsed: predicts 'angry' for 100% of the test items" in made.files[PAGE]
    assert made.lines[0].collapsed == 1


def test_text_from_strangers_breaks_no_page(published: Publish) -> None:
    runs = [
        published("one", recipe_name=RISKY),
        published("two", state="failed", reason=RISKY, recipe_name="b"),
    ]
    made = files_of(*runs)
    page = made.files[PAGE]
    for part in ("<script>", "[c](http", "`e`", "*f*", "\n# g"):
        assert part not in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    tables = [line for line in rows if line.startswith("| ---")]
    assert len(tables) == 2
    widths = {line.count("|") for line in rows[: rows.index(tables[1]) - 1]}
    assert len(widths) == 1
    index = site_files([made], beside={})["README.md"]
    assert "<script>" not in index


def test_a_recipes_file_stays_in_its_folder_whatever_it_is_called(published: Publish) -> None:
    names = [
        "../../../etc/passwd",
        "a/b",
        ".hidden",
        "x" * 300,
        "a/../b",
        "a//b",
        "emoji \N{GRINNING FACE}",
    ]
    for name in names:
        made = files_of(published(recipe_name=name))
        (file,) = (each for each in made.files if each.startswith("recipes/"))
        assert re.fullmatch(r"recipes/[0-9a-f]{8}/(a/b|recipe)\.yaml", file)


def test_two_versions_of_a_task_are_two_boards(published: Publish) -> None:
    runs = [published("old"), published("new", task={"version": 2})]
    made = files_of(*runs)
    pages = [name for name in made.files if name.endswith(".md")]
    assert len(pages) == 2
    assert all(re.fullmatch(r"synthetic-speech--speakers-[0-9a-f]{8}\.md", name) for name in pages)
    for page in pages:
        assert "Other boards have this task's name, but another version" in made.files[page]


def test_missing_folds_are_told(published: Publish) -> None:
    runs = [*whole(published, "whole"), published("part", fold=1, folds=2)]
    page = files_of(*runs).files[PAGE]
    assert re.search(r"\| – \| part \| .* \| 1 \| 1 of 2 \| ok \|", page)


def test_lone_seeds_tell_nothing_apart_and_the_page_says_so(published: Publish) -> None:
    runs = [published("good", skill=0.97), published("poor", skill=0.2)]
    page = files_of(*runs).files[PAGE]
    assert "Every recipe has one seed, which tells none apart" in page
    assert "| 1 | good |" in page
    assert "| 1 | poor |" in page


def test_plain_values_and_back(published: Publish) -> None:
    made = files_of(*whole(published, "one"))
    assert TaskFiles.from_plain(made.to_plain()) == made


def test_a_run_of_changed_truth_is_a_stranger(published: Publish) -> None:
    runs = [published(name) for name in ("one", "two", "three")]
    assert strangers(runs) == {}
    assert runs[0].predictions is not None
    (target,) = runs[0].predictions.targets
    turned = replace(target, truth=target.truth[::-1].copy())
    changed = replace(runs[0], predictions=replace(runs[0].predictions, targets=(turned,)))
    assert strangers([changed, *runs[1:]]) == {
        "one-fold0-seed0": "its test items, their groups or their truth differ from those of 2 "
        "other records of the same task, data and fold"
    }


def test_a_run_of_other_groups_is_a_stranger(published: Publish) -> None:
    runs = [published(name) for name in ("one", "two", "three")]
    assert runs[0].predictions is not None
    items = runs[0].predictions.items
    alone = replace(runs[0], predictions=replace(runs[0].predictions, groups=items))
    assert list(strangers([alone, *runs[1:]])) == ["one-fold0-seed0"]


def test_folds_and_other_data_have_questions_of_their_own(published: Publish) -> None:
    one = published("one", fold=0, folds=2)
    assert one.record.data is not None
    other = replace(one.record.data, fingerprint="g" * 32)
    assert (
        strangers([one, published("two", fold=1, folds=2), published("x", items=90, data=other)])
        == {}
    )


@pytest.mark.parametrize("named", [(), ("claims.md",), ("claims.md", "leak-premium.md")])
def test_the_index_names_the_pages_beside_the_boards(named: tuple[str, ...]) -> None:
    page = index_page([], published=True, beside=named)
    for name in ("claims.md", "leak-premium.md"):
        assert (f"]({name})" in page) is (name in named)


def test_the_index_reads_as_agreed() -> None:
    line = IndexLine(
        title="a|b/c",
        file="a.md",
        metric="<i>UAR",
        best="<b>",
        score="81.0% [79.0, 83.0] **80%+**",
        constant="12.5%",
        recipes=5,
        reaching="1 (0 firm)",
        collapsed=1,
        leaky=2,
        failed="1 failed",
    )
    assert (
        "| [a&#124;b/c](a.md) | &lt;i&gt;UAR | &lt;b&gt; | 81.0% [79.0, 83.0] **80%+** | 12.5% | 5 "
        "| 1 (0 firm) | 1 | 2 | 1 failed |" in index_page([line], published=True).splitlines()
    )


@pytest.mark.parametrize("name", ["enhanced", "members/lstm", "a/b/c.d"])
def test_the_recipe_that_a_row_repeats_has_the_row_s_name(
    published: Publish, tmp_path: Path, name: str
) -> None:
    files = files_of(published(name)).files
    (file,) = (path for path in files if path.startswith("recipes/"))
    assert recipe_name(tmp_path / file) == name
    assert f"`emobench run leaderboards/{file} --task" in files[PAGE]
