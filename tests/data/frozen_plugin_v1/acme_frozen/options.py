"""The options of every component."""

from __future__ import annotations

from typing import Annotated

from emobench.api import Field, Options, Search


class PoweredOptions(Options):
    """Options of the `powered` loss."""

    power: Annotated[float, Search(1.0, 3.0)] = Field(2.0, ge=1, description="of the error")


class LeashOptions(Options):
    """Options of the `leash` technique."""

    strength: Annotated[float, Search(1e-4, 1e-1, log=True)] = Field(
        1e-2, ge=0, description="how strongly weights are pulled back"
    )
