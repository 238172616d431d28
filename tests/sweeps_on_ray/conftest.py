"""A technique that makes trouble, installed for this process and those that Ray starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from emobench.registry import load_registry

TROUBLED = Path(__file__).parents[1] / "data" / "troubled_plugin"


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The module `troubled_sweep`, with its plugin installed."""
    place = tmp_path_factory.mktemp("plugin")
    metadata = place / "site" / "acme-2.1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 2.1\n")
    (metadata / "entry_points.txt").write_text("[emobench]\nacme = acme_troubled:components\n")
    paths = [str(place / "site"), str(TROUBLED)]
    with pytest.MonkeyPatch.context() as patch:
        for path in paths:
            patch.syspath_prepend(path)
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        patch.setenv("EMOBENCH_CACHE", str(place / "cache"))
        patch.setenv("OMP_NUM_THREADS", "1")
        load_registry.cache_clear()
        import troubled_sweep

        yield troubled_sweep
    load_registry.cache_clear()
    for name in ("acme_troubled", "troubled_sweep"):
        sys.modules.pop(name, None)
