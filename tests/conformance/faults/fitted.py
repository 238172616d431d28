"""A sound post-processor and a sound combiner, and what each becomes by one mistake."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np

from emobench.api import Context, Field, NoOptions, Options, Search, UsageError

GRID = np.geomspace(0.1, 10, 41)


class StrengthOptions(Options):
    strength: Annotated[float, Search(0.0, 1.0)] = Field(
        1.0, ge=0, le=1, description="share of the way to the best temperature"
    )


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def class_ids(targets: np.ndarray) -> np.ndarray:
    return targets.argmax(axis=1) if targets.ndim == 2 else targets


def log_loss(shares: np.ndarray, targets: np.ndarray) -> float:
    chosen = shares[np.arange(len(shares)), class_ids(targets)]
    return float(-np.log(np.maximum(chosen, 1e-300)).mean())


class Sound:
    """One temperature out of a grid that holds 1."""

    objective: ClassVar[str] = "log_loss"

    def __init__(self, options: StrengthOptions, context: Context) -> None:
        if context.target is not None and context.target.kind != "class":
            raise UsageError(f"classes only, not {context.target.kind}")
        self.strength = options.strength
        self.temperature = 1.0

    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        losses = [log_loss(softmax(logits / each), targets) for each in GRID]
        self.temperature = float(GRID[int(np.argmin(losses))]) ** self.strength

    def apply(self, logits: np.ndarray) -> np.ndarray:
        return softmax(logits / self.temperature)


class ForgetsToNormalise(Sound):
    def apply(self, logits: np.ndarray) -> np.ndarray:
        return 1.001 * super().apply(logits)


class PeeksAtTheBatch(Sound):
    """Evens out how often each class is predicted among the rows that it is given."""

    def apply(self, logits: np.ndarray) -> np.ndarray:
        shares = super().apply(logits)
        evened = shares / shares.mean(axis=0)
        return evened / evened.sum(axis=1, keepdims=True)


class LearnsFromTheTest(Sound):
    """Centres on every row that it has ever been applied to."""

    def __init__(self, options: StrengthOptions, context: Context) -> None:
        super().__init__(options, context)
        self.seen = np.zeros((0, 4))

    def apply(self, logits: np.ndarray) -> np.ndarray:
        centre = self.seen.mean(axis=0) if len(self.seen) else 0.0
        if not len(self.seen) or np.abs(logits).max() > np.abs(self.seen).max():
            self.seen = np.concatenate([self.seen, logits])
        return super().apply(logits - centre)


class RemembersWhatItSawBefore(Sound):
    """Fits on validation together with the rows seen before, under the labels it gave them."""

    def __init__(self, options: StrengthOptions, context: Context) -> None:
        super().__init__(options, context)
        self.waiting: np.ndarray | None = None

    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        if self.waiting is not None:
            logits = np.concatenate([logits, self.waiting])
            targets = np.concatenate([class_ids(targets), self.waiting.argmax(axis=1)])
        super().fit(logits, targets)
        self.waiting = np.zeros((0, 4))

    def apply(self, logits: np.ndarray) -> np.ndarray:
        if self.waiting is None:
            self.waiting = logits.copy()
        return super().apply(logits)


class AddsUpOverFits(Sound):
    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        before = self.temperature
        super().fit(logits, targets)
        self.temperature *= before


class BoostsRareClasses(Sound):
    """Lifts a class by how rare it is, whatever that does to what was right."""

    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        super().fit(logits, targets)
        counts = np.bincount(class_ids(targets), minlength=logits.shape[1])
        self.boost = 1000.0 / (1 + counts)

    def apply(self, logits: np.ndarray) -> np.ndarray:
        return super().apply(logits + self.boost)


class TooHot(Sound):
    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        super().fit(logits, targets)
        self.temperature *= 2


class FitsWithoutAim(TooHot):
    """Makes things worse, and says that it is to improve nothing."""

    objective = ""


class ForFourClasses(Sound):
    """Learns a table of four rows, however many classes there are."""

    def apply(self, logits: np.ndarray) -> np.ndarray:
        return super().apply(logits) @ np.eye(4)


class DividesByTheSpread(Sound):
    """Standardises by the spread of the validation logits, which may be none."""

    spread: Any = 1.0

    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        self.spread = logits.std()
        with np.errstate(all="ignore"):
            super().fit(logits, targets)

    def apply(self, logits: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return super().apply(logits / self.spread)


class TakesSharesForIds(Sound):
    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        super().fit(logits, targets.reshape(-1)[: len(logits)].astype(np.int64))


class DividesInPlace(Sound):
    def apply(self, logits: np.ndarray) -> np.ndarray:
        logits /= self.temperature
        return softmax(logits)


class LearnsNothing(Sound):
    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        self.temperature = 1.0


class NeverQuiteOff(Sound):
    def apply(self, logits: np.ndarray) -> np.ndarray:
        return 0.999 * super().apply(logits) + 0.001 / logits.shape[1]


class SoundCombiner:
    """The mean of all members or the best one alone, whichever has the least log loss."""

    objective: ClassVar[str] = "log_loss"

    def __init__(self, options: NoOptions, context: Context) -> None:
        if context.target is not None and context.target.kind != "class":
            raise UsageError(f"classes only, not {context.target.kind}")
        self.chosen: int | None = None

    def fit(self, members: np.ndarray, targets: np.ndarray) -> None:
        alone = [log_loss(member, targets) for member in members]
        together = log_loss(members.mean(axis=0), targets)
        self.chosen = None if together <= min(alone) else int(np.argmin(alone))

    def apply(self, members: np.ndarray) -> np.ndarray:
        return members.mean(axis=0) if self.chosen is None else members[self.chosen]


class AlwaysTheMean(SoundCombiner):
    def fit(self, members: np.ndarray, targets: np.ndarray) -> None:
        self.chosen = None


class Mean(AlwaysTheMean):
    """The mean, and it claims to improve nothing."""

    objective = ""


class GeometricMean(Mean):
    def apply(self, members: np.ndarray) -> np.ndarray:
        total = np.exp(np.log(np.clip(members, 1e-12, None)).mean(axis=0))
        return total / total.sum(axis=1, keepdims=True)


class WeighsWithoutAim(SoundCombiner):
    """Believes members the more, the worse they are, and says that it is to improve nothing."""

    objective = ""

    def fit(self, members: np.ndarray, targets: np.ndarray) -> None:
        self.losses = [log_loss(member, targets) for member in members]

    def apply(self, members: np.ndarray) -> np.ndarray:
        return np.average(members, axis=0, weights=self.losses)


class LeavesTheWorstOut(SoundCombiner):
    """Always drops the member of highest log loss; of one member nothing is left."""

    def fit(self, members: np.ndarray, targets: np.ndarray) -> None:
        losses = [log_loss(member, targets) for member in members]
        self.kept = [index for index in range(len(members)) if index != int(np.argmax(losses))]

    def apply(self, members: np.ndarray) -> np.ndarray:
        total = members[self.kept].sum(axis=0) + 1e-12
        return total / total.sum(axis=1, keepdims=True)


class CountsDisagreement(SoundCombiner):
    """Weighs classes by how much members differ about them; where none differ nothing is left."""

    def apply(self, members: np.ndarray) -> np.ndarray:
        if len(members) == 1:
            return members[0]
        spread = members.std(axis=0)
        weighed = np.where(spread.max() < 1e-9, 1.0, members.mean(axis=0) * spread + 1e-12)
        return weighed / weighed.sum(axis=1, keepdims=True)


class FirstComeFirstServed(SoundCombiner):
    def apply(self, members: np.ndarray) -> np.ndarray:
        return np.average(members, axis=0, weights=1 / np.arange(1, len(members) + 1))


class IgnoresTheLastMember(SoundCombiner):
    def fit(self, members: np.ndarray, targets: np.ndarray) -> None:
        super().fit(members[: max(1, len(members) - 1)], targets)

    def apply(self, members: np.ndarray) -> np.ndarray:
        return super().apply(members[: max(1, len(members) - 1)])


class RanksTheBatch(SoundCombiner):
    """Replaces each member's probabilities by their ranks among the rows that it is given."""

    def apply(self, members: np.ndarray) -> np.ndarray:
        ranks = 1.0 + members.argsort(axis=1).argsort(axis=1)
        total = ranks.sum(axis=0)
        return total / total.sum(axis=1, keepdims=True)
