"""The example plugin as a stranger gets it: a wheel, installed, named in a recipe, ranked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "docs" / "example-plugin"
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", "dist", "build", ".*")

RECIPE = """\
schema: 1
summary: Seek flat minima on action units.
task: synthetic-au/subjects
frontend: {use: values}
backbone: {use: dense, hidden: [16]}
head: {use: linear}
loss: {use: cross_entropy}
optimizer: {use: adamw, lr: 0.01}
techniques: [{use: sam, radius: 0.1}]
train: {epochs: 2, batch_size: 256}
"""


@pytest.mark.slow
def test_its_wheel_serves_in_a_recipe_a_run_a_sweep_and_a_board(
    fresh_environment: Any, tmp_path: Path
) -> None:
    source = shutil.copytree(EXAMPLE, tmp_path / "example-plugin", ignore=LEFT_BEHIND)
    run = fresh_environment.run
    run("python", "-m", "pip", "wheel", "-q", "--no-deps", "-w", "dist", ".", cwd=source)
    (wheel,) = (source / "dist").glob("*.whl")
    run("python", "-m", "pip", "install", "-q", str(wheel), cwd=tmp_path)

    (tmp_path / "flat.yaml").write_text(RECIPE)
    run("emobench", "check", "flat.yaml", str(source / "recipes/enhanced-sam.yaml"), cwd=tmp_path)
    told = json.loads(run("emobench", "run", "flat.yaml", "--json", cwd=tmp_path).stdout)
    assert told["runs"][0]["state"] == "ok"
    record = json.loads((tmp_path / told["runs"][0]["record"]).read_text())
    assert record["provenance"]["components"]["technique/sam"].startswith("emobench-sam 0.1.0+")

    space = run("emobench", "sweep", "flat.yaml", "--trials", "2", "--dry-run", cwd=tmp_path).stdout
    assert "techniques.sam.radius" in space
    assert "flat" in run("emobench", "leaderboard", cwd=tmp_path).stdout
    shown = run("emobench", "plugins", "show", "sam", cwd=tmp_path).stdout
    assert "Seek weights whose whole neighbourhood has a low loss." in shown
    assert "Costs a second forward and backward pass" in shown
    run("pytest", "-p", "no:cacheprovider", "tests", cwd=source)
