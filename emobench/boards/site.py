"""Every file that comes from published records: a page, charts and recipes a task, and the index.

One task at a time, since tasks share nothing: what comes of a task depends on its records alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from emobench.boards.board import Board
from emobench.boards.charts import charts
from emobench.boards.command import PublishedCommands, recipe_file
from emobench.boards.contest import by_contest
from emobench.boards.index import IndexLine, index_line, index_page
from emobench.boards.rank import build_published_boards
from emobench.boards.render import board_data, render_board
from emobench.boards.text import HEAD, board_file
from emobench.runs.published import Published
from emobench.runs.record import Record

if TYPE_CHECKING:
    from emobench.boards.pooled import SeedTallies

INDEX_PAGE = "README.md"
CHARTS_FOLDER = "charts"

RecipeText = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, kw_only=True)
class TaskFiles:
    """What one task's records give: files by their path, its lines of the index, and its data."""

    files: Mapping[str, str]
    lines: tuple[IndexLine, ...]
    data: tuple[Mapping[str, Any], ...]

    def to_plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> TaskFiles:
        """What `to_plain` gave."""
        return cls(
            files=plain["files"],
            lines=tuple(IndexLine(**line) for line in plain["lines"]),
            data=tuple(plain["data"]),
        )


def task_files(
    published: Sequence[Published],
    *,
    home: str,
    recipe_text: RecipeText,
    tallies: SeedTallies | None = None,
) -> TaskFiles:
    """The files of one task, below the folder of boards, which is called `home`."""
    commands = PublishedCommands(home=home)
    boards = build_published_boards(published, commands=commands, tallies=tallies)
    files: dict[str, str] = {}
    for board in boards:
        files |= with_charts(board, published=True)
    by_id = {one.record.id: one.record for one in published}
    for row in (row for board in boards for row in board.rows):
        record = by_id[row.records[0]]
        files[recipe_file(record)] = f"# {HEAD}\n{recipe_text(record.recipe)}"
    return TaskFiles(
        files=files,
        lines=tuple(index_line(board) for board in boards),
        data=tuple(board_data(board) for board in boards),
    )


def with_charts(board: Board, *, published: bool = False) -> dict[str, str]:
    """A board's page and its charts, by their path in the folder of boards."""
    page = board_file(board.task, mark=board.mark)
    folder = f"{CHARTS_FOLDER}/{page.removesuffix('.md')}"
    made = charts(board)
    drawn = {name: f"{folder}/{name}.svg" for name in made}
    text = render_board(board, charts=drawn, published=published)
    return {page: text, **{drawn[name]: chart for name, chart in made.items()}}


def site_files(tasks: Iterable[TaskFiles], *, beside: Mapping[str, str]) -> dict[str, str]:
    """The files of all tasks, the pages beside them, and the index of it all."""
    files: dict[str, str] = {}
    lines: list[IndexLine] = []
    for task in tasks:
        files |= task.files
        lines += task.lines
    index = index_page(lines, published=True, beside=beside)
    return {**files, **beside, INDEX_PAGE: index}


def strangers(published: Iterable[Published]) -> dict[str, str]:
    """Runs that were asked other questions than most of their fold, with what is wrong.

    On the same data one fold has the same items, groups and truth for everybody: whoever brings
    others has changed them.
    """
    questions = {
        one.record.id: one.predictions.questions for one in published if one.predictions is not None
    }
    asked = [one.record for one in published if one.record.id in questions]
    found: dict[str, str] = {}
    for of_contest in by_contest(asked).values():
        for fold in {record.task.fold for record in of_contest}:
            runs = [record for record in of_contest if record.task.fold == fold]
            found |= _in_minority(runs, questions)
    return found


def _in_minority(runs: Sequence[Record], questions: Mapping[str, str]) -> dict[str, str]:
    counts = Counter(questions[record.id] for record in runs)
    if len(counts) < 2:
        return {}
    most = max(counts.values())
    usual = [asked for asked, count in counts.items() if count == most]
    told = (
        "its test items, their groups or their truth differ from those of "
        f"{most} other records of the same task, data and fold"
    )
    return {
        record.id: told for record in runs if len(usual) > 1 or questions[record.id] != usual[0]
    }
