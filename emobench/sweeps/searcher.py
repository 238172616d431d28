"""What chooses the values of trials, as the study sees it. No Optuna here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from emobench.sweeps.suggest import Drawn, Suggest, Values
from emobench.sweeps.trial import TrialEnd

Reports = Mapping[int, float]
"""Figures by epoch, such that higher is better."""


class Exhausted(Exception):
    """The search has no more values to try, as a grid that is through."""


class Searcher(Protocol):
    """Chooses values, and learns. Figures are such that higher is better.

    What it answers depends on the seed, on the number of the trial and on what it was told, and on
    nothing else: a sweep that was killed goes on as it would have.
    """

    def ask(self, trial: int, *, attempt: int) -> Suggest:
        """Where the values of a new trial come from; `attempt` counts the refused ones."""
        ...

    def refuse(self, trial: int) -> None:
        """The values just asked for conflict, or were tried before."""
        ...

    def take(self, trial: int, values: Values) -> None:
        """A trial has these values: those asked for, or others (as it stands, from a board)."""
        ...

    def tell(self, trial: int, end: TrialEnd, *, figure: float | None, reports: Reports) -> None:
        """A trial is over. Without a figure it failed, or was stopped after the last report."""
        ...


class RandomSearch:
    """Values by chance; it learns nothing. Trial i is the same however many there are."""

    def __init__(self, *, seed: int) -> None:
        self._seed = seed

    def ask(self, trial: int, *, attempt: int) -> Suggest:
        """Drawn from the seed and the trial's number."""
        return Drawn(f"sweep {self._seed} trial {trial} attempt {attempt}")

    def refuse(self, trial: int) -> None:
        """Nothing to forget."""

    def take(self, trial: int, values: Values) -> None:
        """Nothing to learn."""

    def tell(self, trial: int, end: TrialEnd, *, figure: float | None, reports: Reports) -> None:
        """Nothing to learn."""
