"""Registration."""

from __future__ import annotations

from acme_frozen.options import LeashOptions, PoweredOptions
from emobench.api import Component, hookimpl


@hookimpl
def register_losses(register):
    register(
        Component(
            name="powered",
            target="acme_frozen.losses:Powered",
            options=PoweredOptions,
            summary="A power of the distance between the probabilities and the label.",
        )
    )


@hookimpl
def register_samplers(register):
    register(
        Component(
            name="halves",
            target="acme_frozen.samplers:Halves",
            summary="Another half of the items every epoch.",
        )
    )


@hookimpl
def register_techniques(register):
    register(
        Component(
            name="leash",
            target="acme_frozen.techniques:Leash",
            options=LeashOptions,
            summary="Pulls the weights back to where they began.",
        )
    )


@hookimpl
def register_postprocessors(register):
    register(
        Component(
            name="prior",
            target="acme_frozen.postprocessing:Prior",
            summary="Multiplies with the validation set's class shares.",
        )
    )


@hookimpl
def register_combiners(register):
    register(
        Component(
            name="loudest",
            target="acme_frozen.postprocessing:Loudest",
            summary="The largest probability of any member.",
        )
    )
