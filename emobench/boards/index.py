"""The page that lists every board: what is best on each task, and what went wrong there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from emobench.boards.board import Board, Row, Standing
from emobench.boards.render import GUIDE, score_words, table_of
from emobench.boards.text import HEAD, board_file, escape
from emobench.boards.words import NOTHING, figure, tally, title
from emobench.runs.record import State

HOW_TO_READ = f"""\
How to read it: a score is a mean over seeds on people that the model never saw, with its 95%
interval. "80%+" means that the mean reaches 80%, "firm" that the whole interval does. A leaky row
never outranks an honest one; a recipe that collapsed or failed stays, with the reason.
[The whole of it]({GUIDE})."""
BESIDE = {
    "claims.md": "What guides promise, beside what was measured: [claims](claims.md).",
    "leak-premium.md": "What it adds to a score to test on the people of the training set: "
    "[the leak premium](leak-premium.md).",
}
"""Pages that may stand beside the boards, and what the index says of them."""
JOIN_IN = """\
## Add your own

Every row comes from files below [records](records), one a run, with the predictions that its
scores follow from. To add yours:

    emobench run your-recipe.yaml --task ravdess/actors --seeds 3
    emobench publish --all
    emobench leaderboard

and open a pull request with what changed below `leaderboards/`. `emobench leaderboard --check`
says what a reviewer will see: a record that was edited, or whose scores its predictions deny, is
refused by name."""


@dataclass(frozen=True, kw_only=True)
class IndexLine:
    """One board in the index: its best honest row, and how many rows reach 80%, leak or failed."""

    title: str
    file: str
    metric: str
    best: str
    score: str
    constant: str
    recipes: int
    reaching: str
    collapsed: int
    leaky: int
    failed: str


def index_line(board: Board) -> IndexLine:
    """The board's line; names are as their records have them."""
    honest = [row for row in board.rows if row.standing is Standing.HONEST]
    best = honest[0] if honest else None
    return IndexLine(
        title=board.title,
        file=board_file(board.task, mark=board.mark),
        metric=title(board.metric),
        best=board.name_of(best) if best else NOTHING,
        score=score_words(board, best) if best else NOTHING,
        constant=figure(board.constant.score, metric=board.metric),
        recipes=len(board.rows),
        reaching=_reaching(board.rows),
        collapsed=sum(row.state == "collapsed" for row in board.rows),
        leaky=sum(row.audit == "leaky" for row in board.rows),
        failed=_failed(board.rows),
    )


def render_index(boards: Iterable[Board]) -> str:
    """The page that lists every board, in the order given."""
    return index_page([index_line(board) for board in boards])


def index_page(
    lines: Sequence[IndexLine], *, published: bool = False, beside: Collection[str] = ()
) -> str:
    """The page of these lines, which names the pages that stand beside the boards."""
    parts = ["# Leaderboards", HEAD]
    parts.append(table_of([_cells(line) for line in lines]) if lines else "No boards yet.")
    if published:
        parts += [HOW_TO_READ, *(BESIDE[name] for name in BESIDE if name in beside), JOIN_IN]
    return "\n\n".join(parts) + "\n"


def _cells(line: IndexLine) -> dict[str, str]:
    return {
        "Task": f"[{escape(line.title)}]({line.file})",
        "Metric": escape(line.metric),
        "Best honest recipe": escape(line.best),
        "Score": line.score,
        "Constant predictor": line.constant,
        "Recipes": str(line.recipes),
        "80%+": line.reaching,
        "Collapsed": str(line.collapsed),
        "Leaky": str(line.leaky),
        "Failed": line.failed,
    }


def _reaching(rows: Sequence[Row]) -> str:
    whole = [row for row in rows if row.standing is Standing.HONEST]
    reaching, firm = sum(row.reaches_80 for row in whole), sum(row.firm_80 for row in whole)
    return f"{reaching} ({firm} firm)" if reaching else "0"


def _failed(rows: Sequence[Row]) -> str:
    """How rows without a result ended, but for those that collapsed, which have their column."""
    states: Counter[State] = Counter(
        row.state
        for row in rows
        if row.standing is Standing.NO_RESULT and row.state not in ("collapsed", "ok")
    )
    return tally(dict(sorted(states.items()))) or "0"
