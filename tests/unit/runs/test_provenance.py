"""Provenance tells versions and hardware, and nothing of who or where."""

from __future__ import annotations

import getpass
import importlib.metadata
import os
import platform
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from emobench.registry import Plugin, Registry, load_registry
from emobench.runs.codec import record_to_plain
from emobench.runs.provenance import (
    gather,
    git_revision,
    installed_version,
    peak_memory_mb,
    required_packages,
)
from emobench.runs.record import Provenance


@pytest.fixture
def provenance() -> Provenance:
    components = {"loss/toy": "toys 1.0"}
    return gather("cpu", registry=load_registry(), components=components)


def test_it_tells_the_versions_that_are_installed(provenance: Provenance) -> None:
    assert provenance.emobench == importlib.metadata.version("emobench")
    assert provenance.packages["torch"] == importlib.metadata.version("torch")
    assert provenance.packages["numpy"] == importlib.metadata.version("numpy")
    assert provenance.python == platform.python_version()
    assert provenance.components == {"loss/toy": "toys 1.0"}


def test_it_tells_every_plugin_that_was_loaded(provenance: Provenance) -> None:
    assert provenance.plugins == {
        plugin.package: plugin.version for plugin in load_registry().plugins
    }


def test_it_tells_the_api_version_that_every_plugin_was_built_for() -> None:
    old = Plugin(package="acme-old", version="0.9", module="acme_old")
    new = Plugin(package="acme-new", version="1.0", module="acme_new", api=2)
    provenance = gather("cpu", registry=Registry(plugins=[old, new]), components={})
    assert provenance.plugin_apis == {"acme-new": 2, "acme-old": 1}


@pytest.mark.parametrize("apis", [(1, 2), (2, 1)])
def test_of_several_entry_points_the_newest_api_is_what_the_package_needs(
    apis: tuple[int, int],
) -> None:
    plugins = [Plugin(package="acme", version="1.0", module=f"acme:{api}", api=api) for api in apis]
    provenance = gather("cpu", registry=Registry(plugins=plugins), components={})
    assert provenance.plugin_apis == {"acme": 2}


def test_it_names_no_host_no_user_and_no_path(provenance: Provenance) -> None:
    text = str(record_to_plain(provenance))  # type: ignore[arg-type]
    assert socket.gethostname() not in text
    assert str(Path.home()) not in text
    assert os.getcwd() not in text
    assert getpass.getuser() not in text.split()


def test_extras_and_absent_packages_are_left_out() -> None:
    assert required_packages("no-such-package-anywhere") == {}
    assert "pytest" not in required_packages("emobench")
    assert installed_version("no-such-package-anywhere") == ""


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    result = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return result.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "Begin")
    return package


def test_a_clean_checkout_gives_its_commit(checkout: Path) -> None:
    assert git_revision(checkout) == git(checkout, "rev-parse", "HEAD")


def test_a_changed_checkout_is_dirty(checkout: Path) -> None:
    (checkout / "__init__.py").write_text("changed")
    assert git_revision(checkout) == git(checkout, "rev-parse", "HEAD") + "-dirty"


def test_an_installed_package_takes_no_revision_from_a_repository_around_it(
    checkout: Path,
) -> None:
    installed = checkout.parent / ".venv" / "emobench"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("")
    assert git_revision(installed) == ""


def test_no_git_no_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_revision(tmp_path) == ""


def test_peak_memory_grows_with_what_is_held() -> None:
    script = (
        "from emobench.runs.provenance import peak_memory_mb\n"
        "before = peak_memory_mb()\n"
        "held = bytearray(b'x') * 200_000_000\n"
        "print(peak_memory_mb() - before)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert 180 < float(result.stdout) < 220
    assert peak_memory_mb() > 10
