"""Options of this package's components. Loads no torch."""

from __future__ import annotations

from typing import Annotated

from emobench.api import Field, Options, Search


class SamOptions(Options):
    """Options of the `sam` technique."""

    radius: Annotated[float, Search(0.01, 0.5, log=True)] = Field(
        0.05, ge=0, description="how far from the weights the worst neighbour is sought; 0 is off"
    )
    adaptive: Annotated[bool, Search(choices=(False, True))] = Field(
        False, description="measure the distance relative to each weight's own size (ASAM)"
    )
