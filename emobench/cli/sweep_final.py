"""What the end of a sweep shows of its finale: fresh seeds, the test set, and the optimism."""

from __future__ import annotations

from emobench.boards.words import NOTHING, figure, gain_words, interval, title
from emobench.cli.text import table
from emobench.scoring.uncertainty import Difference, Interval
from emobench.sweeps.outcome import Final, Finale


def final_lines(finale: Finale) -> list[str]:
    """A row each for the winner, the ensemble of the best, and the recipe as it stands."""
    metric = finale.metric
    alone = finale.winner.name == finale.as_it_stands.name
    recipes = [finale.winner, finale.ensemble, None if alone else finale.as_it_stands]
    rows = [_row(one, metric=metric) for one in recipes if one is not None]
    header = ["recipe", "in the search", "validation", "test", "more than as it stands"]
    lines = [
        "",
        f"{title(metric)} with seeds that no trial had; the test set was scored once, at the end",
        *table(header, rows, right=header[1:3]),
    ]
    lines += [_trouble(one) for one in recipes if one is not None and one.test is None]
    if finale.no_ensemble:
        lines.append(f"no ensemble: {finale.no_ensemble}")
    return [*lines, *_optimism(finale)]


def _row(final: Final, *, metric: str) -> list[str]:
    return [
        final.name,
        figure(final.searched, metric=metric),
        figure(final.validation, metric=metric),
        _test(final.test, metric=metric),
        _gain(final.gain, metric=metric),
    ]


def _test(score: Interval | None, *, metric: str) -> str:
    if score is None:
        return NOTHING
    limits = interval((score.low, score.high), metric=metric)
    return f"{figure(score.estimate, metric=metric)} {limits}"


def _gain(gain: Difference | None, *, metric: str) -> str:
    if gain is None:
        return NOTHING
    return gain_words((gain.estimate, gain.low, gain.high), metric=metric)


def _signed(value: float, *, metric: str) -> str:
    """A difference with its sign, in points where the metric is a share."""
    return f"{'+' if value >= 0 else ''}{figure(value, metric=metric).removesuffix('%')}"


def _trouble(final: Final) -> str:
    return f"{final.name} {final.state}: {final.reason}"


def _optimism(finale: Finale) -> list[str]:
    """By how much the search's figure flattered the winner."""
    winner, metric = finale.winner, finale.metric
    if winner.optimism is None or winner.optimism_against_test is None:
        return []
    fresh = _signed(winner.optimism, metric=metric)
    tested = _signed(winner.optimism_against_test, metric=metric)
    return [
        f"optimism of the search's figure: {fresh} against fresh seeds on the same validation "
        f"items, {tested} against the test set"
    ]
