"""A recipe and task that train in a fraction of a second, for the rooms that run some."""

from __future__ import annotations

from pathlib import Path

import pytest

RECIPE = """
schema: 1
task: task.yaml
frontend: values
backbone: {use: dense, hidden: [8]}
head: linear
loss: cross_entropy
optimizer: adam
train: {epochs: 2, batch_size: 32}
"""
TASK = """
name: tiny-table
dataset: {use: synthetic-au, items: 160, identities: 10}
protocol: {use: grouped-holdout}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The file of such a recipe, its task's file beside it."""
    (tmp_path / "task.yaml").write_text(TASK)
    path = tmp_path / "small.yaml"
    path.write_text(RECIPE)
    return path
