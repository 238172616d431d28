"""What a sweep came to: its trials, the winner, and what the finale made of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emobench.sweeps.rows import TrialRow, best_row, front

if TYPE_CHECKING:
    import pandas as pd

    from emobench.sweeps.importance import Importance
    from emobench.sweeps.outcome import Finale
    from emobench.sweeps.sweep import Sweep


@dataclass(frozen=True, kw_only=True, repr=False)
class SweepResult:
    """What a sweep came to.

    `rows` are its trials, `winner` and `ensemble` recipe files, `final` how these fared with fresh
    seeds. `importance` says which options moved the figure, `pages` the page and the
    pictures of the search.
    """

    sweep: Sweep
    rows: tuple[TrialRow, ...]
    interrupted: bool = False
    winner: Path | None = None
    ensemble: Path | None = None
    final: Finale | None = None
    importance: Importance | None = None
    pages: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """The sweep's name."""
        return self.sweep.folder.name

    @property
    def best(self) -> TrialRow | None:
        """The trial that was chosen; None where none has a figure."""
        return best_row(self.rows, sign=self.sweep.sign)

    @property
    def front(self) -> list[TrialRow]:
        """Of two objectives, the trials that no other beats in both."""
        return front(self.rows, sign=self.sweep.sign)

    def __repr__(self) -> str:
        states = Counter(row.state or "to go on" for row in self.rows)
        told = ", ".join(f"{number} {state}" for state, number in states.items())
        best = self.best
        found = f"best {self.sweep.task.metric} {best.validation:.3f}" if best else "no figure"
        return f"<SweepResult {self.sweep.folder.name}: {len(self.rows)} trials ({told}); {found}>"

    def frame(self) -> pd.DataFrame:
        """One row a trial: how it ended, and every value that it had; never a test figure."""
        import pandas as pd

        plain = [row.dump() for row in self.rows]
        return pd.DataFrame([{**row, **row.pop("values")} for row in plain])
