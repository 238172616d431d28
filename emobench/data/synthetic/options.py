"""Options of the three synthetic sets. Loads neither numpy nor torch."""

from __future__ import annotations

from emobench.api import Field, Options


class AffectOptions(Options):
    """What the three sets share: the draw of emotion, intensity, identity and label."""

    items: int = Field(2000, ge=16, description="how many items are drawn")
    identities: int = Field(36, ge=2, description="how many speakers or subjects share the items")
    seed: int = Field(0, ge=0, description="seed of everything drawn; part of the data")
    label_noise: float = Field(
        0.08,
        ge=0,
        lt=0.5,
        description="share of items that show a neighbour of the emotion they are labelled with, "
        "in train and test alike; no honest accuracy can pass 1 - label_noise",
    )
    imbalance: float = Field(
        4.0, ge=1, description="items of the most frequent class for one of the least frequent"
    )
    overlap: float = Field(
        1.0,
        ge=0,
        le=1,
        description="how far items lean towards a confusable neighbour: 0 never, 1 up to half",
    )
    variation: float = Field(
        1.0,
        ge=0,
        le=2,
        description="how much identities differ in body and in style; 0 makes them all alike",
    )

    def conflicts(self) -> list[str]:
        """Every identity needs an item of its own."""
        if self.items >= self.identities:
            return []
        return [
            f"items ({self.items}) must be at least identities ({self.identities}), "
            "so that each has one"
        ]


class SpeechOptions(AffectOptions):
    """Options of `synthetic-speech`."""

    items: int = Field(1500, ge=16, description="how many clips are drawn")
    identities: int = Field(30, ge=2, description="how many speakers share the clips")
    shortest: float = Field(1.5, ge=0.5, le=20, description="seconds of the shortest clip")
    longest: float = Field(3.0, ge=0.5, le=20, description="seconds of the longest clip")

    def conflicts(self) -> list[str]:
        """The clip lengths must be in order."""
        found = super().conflicts()
        if self.shortest > self.longest:
            found.append(
                f"shortest ({self.shortest:g} s) must not exceed longest ({self.longest:g} s)"
            )
        return found


class FaceOptions(AffectOptions):
    """Options of `synthetic-face`."""


class TableOptions(AffectOptions):
    """Options of `synthetic-au`."""
