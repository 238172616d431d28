"""Warns of components that a plugin offers as its own and whose code is another package's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from emobench.recipes.model import Block
    from emobench.registry import Registry


def warn_of_borrowed(blocks: Iterable[Block], *, registry: Registry) -> None:
    """Say on stderr, once each, which of these components are code of another package."""
    from emobench.origins import borrowed

    named = dict.fromkeys((block.kind, block.use) for block in blocks)
    entries = [registry.components[key] for key in named if key in registry.components]
    for warning in borrowed(entries, registry=registry):
        click.echo(f"warning: {warning}", err=True)
