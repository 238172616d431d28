"""The core's own datasets: what they offer, without opening anything."""

from __future__ import annotations

import subprocess
import sys

from emobench.data import builtin


def registered():
    found = {}
    builtin.components.register_datasets(lambda dataset: found.setdefault(dataset.name, dataset))
    return found


def test_the_core_brings_the_folder_and_three_synthetic_sets():
    offers = {name: [task.name for task in found.tasks] for name, found in registered().items()}
    assert offers == {
        "folder": [],
        "synthetic-speech": ["speakers", "speakers-5fold", "random", "augment-first"],
        "synthetic-face": ["subjects", "random"],
        "synthetic-au": ["subjects", "random", "intensity"],
    }


def test_intensity_is_scored_by_concordance():
    (task,) = [task for task in registered()["synthetic-au"].tasks if task.name == "intensity"]
    assert (task.targets, task.metric) == (("intensity",), "ccc")


def test_registering_loads_neither_numpy_nor_torch():
    code = (
        "import sys, emobench.data.builtin, emobench.data.tasks\n"
        "print([name for name in ('numpy', 'torch', 'pandas', 'soundfile', 'PIL') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
