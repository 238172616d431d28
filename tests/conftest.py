"""What tests of all lanes share: a fresh environment to install packages into."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPTS = {"emobench": "emobench.cli.app", "pip": "pip._internal.cli.main", "pytest": "pytest"}
"""Commands of a fresh environment and the modules whose `main` they call."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment of its own that sees, but cannot change, the project's packages."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a command as a user would who has activated the environment; it must succeed."""
        result = subprocess.run(
            command,
            cwd=cwd,
            env=self.variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, (
            f"{' '.join(command)[:500]} ended with {result.returncode}:\n"
            f"{result.stdout[-8000:]}\n{result.stderr[-8000:]}"
        )
        return result

    def variables(self) -> dict[str, str]:
        """Nothing is downloaded: what builds a package is the project's own."""
        kept = {
            key: os.environ[key] for key in ("HOME", "LANG", "XDG_CACHE_HOME") if key in os.environ
        }
        return {
            **kept,
            "PATH": f"{self.folder / 'bin'}:{os.defpath}",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONWARNINGS": "",
        }


@pytest.fixture
def fresh_environment(tmp_path: Path) -> Environment:
    """An environment in which nothing is installed but what the project itself stands on."""
    folder = tmp_path / "environment"
    venv.create(folder)
    environment = Environment(folder)
    packages = (
        folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    )
    project = sysconfig.get_path("purelib")
    (packages / "project.pth").write_text(f"import site; site.addsitedir({project!r})\n")
    for name, module in SCRIPTS.items():
        script = folder / "bin" / name
        script.write_text(
            f"#!{environment.python}\nimport sys\nfrom {module} import main\nsys.exit(main())\n"
        )
        script.chmod(0o755)
    return environment
