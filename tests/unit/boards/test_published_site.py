"""From a folder of records to files: the cache and the processes change nothing that comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from emobench.boards import published_site as module
from emobench.boards.evidence import STRONGEST, Evidence
from emobench.boards.published_site import PublishedSite, kept_pages, published_site
from emobench.recipes.emit import to_yaml
from emobench.runs.published import Published
from emobench.runs.published_folder import Reading, TaskFolder
from emobench.runs.publishing import write_published

Publish = Callable[..., Published]


@pytest.fixture
def records(tmp_path: Path, published: Publish) -> Path:
    """Two tasks with two recipes each."""
    folder = tmp_path / "records"
    for task in ("b/people", "a/people"):
        for recipe in ("one", "two"):
            write_published(published(recipe, task={"name": task}), out=folder)
    return folder


@pytest.fixture
def site(tmp_path: Path) -> Callable[[Path], PublishedSite]:
    def make(records: Path) -> PublishedSite:
        return published_site(
            records, home="boards", recipe_text=to_yaml, cache_folder=tmp_path / "cache"
        )

    return make


def test_tasks_stand_in_the_order_of_their_names(
    records: Path, site: Callable[[Path], PublishedSite]
) -> None:
    made = site(records)
    assert [task.lines[0].title for task in made.tasks] == ["a/people", "b/people"]
    assert made.records == 4


def test_only_a_task_with_new_records_is_read_again(
    records: Path,
    site: Callable[[Path], PublishedSite],
    published: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site(records)
    write_published(published("three", task={"name": "b/people"}), out=records)
    read = []
    original = module.read_task
    monkeypatch.setattr(
        module, "read_task", lambda task: (read.append(task.path.name), original(task))[1]
    )
    made = site(records)
    assert read == ["b__people"]
    assert [line.recipes for task in made.tasks for line in task.lines] == [2, 3]


def test_a_task_with_a_wrong_record_is_not_kept(
    records: Path, site: Callable[[Path], PublishedSite]
) -> None:
    path = records / "a__people" / "one-fold0-seed0.json"
    path.write_text("{")
    for _ in range(2):
        assert list(site(records).rejected) == [path]


def test_processes_beside_each_other_give_the_same_files(
    records: Path,
    site: Callable[[Path], PublishedSite],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = site(records)
    monkeypatch.setattr(module, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)
    several = published_site(
        records, home="boards", recipe_text=to_yaml, cache_folder=tmp_path / "another"
    )
    assert several == alone


def test_pages_of_all_records_are_made_once(
    records: Path, site: Callable[[Path], PublishedSite], tmp_path: Path
) -> None:
    seen = []

    def make(published: object) -> dict[str, str]:
        seen.append(len(published))  # type: ignore[arg-type]
        return {"page.md": "text"}

    made = site(records)
    for known in ("ledger", "ledger", "ledger changed"):
        pages = kept_pages(made, make, known=known, cache_folder=tmp_path / "cache")
        assert pages == {"page.md": "text"}
    assert seen == [4, 4]


def test_what_the_boards_have_read_is_not_read_again_for_the_pages(
    records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    original = module.read_task

    def counted(task: TaskFolder) -> Reading:
        read.append(task.path.name)
        return original(task)

    monkeypatch.setattr(module, "read_task", counted)

    def pages(known: str) -> dict[str, str]:
        made = published_site(
            records,
            home="boards",
            recipe_text=to_yaml,
            cache_folder=tmp_path / "cache",
            gathering=True,
        )
        return kept_pages(made, told, known=known, cache_folder=tmp_path / "cache")

    first = pages("ledger")
    assert read == ["a__people", "b__people"]
    assert pages("ledger changed") == first
    assert read == ["a__people", "b__people"] * 2


def test_evidence_from_other_processes_is_the_same(
    records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pages(cache: str) -> dict[str, str]:
        made = published_site(
            records,
            home="boards",
            recipe_text=to_yaml,
            cache_folder=tmp_path / cache,
            gathering=True,
        )
        return kept_pages(made, told, known="ledger", cache_folder=tmp_path / cache)

    alone = pages("alone")
    monkeypatch.setattr(module, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)
    assert pages("several") == alone


def told(evidence: Sequence[Evidence]) -> dict[str, str]:
    """A page that says everything that claims and premiums stand on."""
    lines = [
        f"{one.task} {one.recipe} {one.audit} {one.missing} {one.interval('uar')} "
        f"{one.interval(STRONGEST)}"
        for one in evidence
    ]
    return {"page.md": "\n".join(lines)}


def test_a_folder_without_records_has_an_index_alone(
    tmp_path: Path, site: Callable[[Path], PublishedSite]
) -> None:
    (tmp_path / "empty").mkdir()
    made = site(tmp_path / "empty")
    files = made.files(beside={})
    assert list(files) == ["README.md"]
    assert "No boards yet." in files["README.md"]
