"""What this package offers; imports nothing heavy."""

from __future__ import annotations

from emobench.api import Component, Components
from emobench_sam.options import SamOptions

components = Components(
    api_version=2,
    techniques=[
        Component(
            name="sam",
            target="emobench_sam.sam:Sam",
            options=SamOptions,
            summary="Seek weights whose whole neighbourhood has a low loss.",
            source="arXiv:2010.01412",
            off={"radius": 0.0},
        )
    ],
)
