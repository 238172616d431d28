import pkgutil
import subprocess
import sys

from emobench.api import Component
from emobench_vision import registration


def test_registering_loads_neither_torch_nor_numpy():
    code = (
        "import sys, emobench_vision.registration; "
        "print([name for name in ('torch', 'numpy', 'pandas') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_every_augmentation_says_which_modality_it_changes():
    found: list[Component] = []
    registration.register_augmentations(found.append)
    targets = {component.name: pkgutil.resolve_name(component.target) for component in found}
    assert {name: target.modality for name, target in targets.items()} == {"flip": "image"}
