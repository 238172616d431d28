"""What a run ran on: versions, code, machine, memory. No host name, no user name, no path."""

from __future__ import annotations

import os
import platform
import re
import resource
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from emobench.api import API_VERSION
from emobench.cores import usable_cores
from emobench.registry import CORE_PACKAGE, Registry
from emobench.runs.record import Provenance

PACKAGE_FOLDER = Path(__file__).parent.parent
GIT_SECONDS = 5
REQUIREMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def gather(device: str, *, registry: Registry, components: Mapping[str, str]) -> Provenance:
    """Collect the provenance of a run on `device`; `components` are its own, with versions."""
    loaded = sorted(registry.packages(), key=lambda plugin: plugin.package)
    plugins = {plugin.package: plugin.version for plugin in loaded}
    return Provenance(
        emobench=installed_version(CORE_PACKAGE),
        api=API_VERSION,
        python=platform.python_version(),
        packages=required_packages(CORE_PACKAGE, *plugins),
        plugins=plugins,
        plugin_apis={plugin.package: plugin.api for plugin in loaded},
        components=dict(components),
        git=git_revision(PACKAGE_FOLDER),
        platform=_platform(),
        processor=_processor(),
        cores=usable_cores(),
        device=device,
    )


def peak_memory_mb() -> float:
    """The most memory this process has held, in MB (10^6 bytes)."""
    held = re.search(r"^VmHWM:\s+(\d+) kB$", _read("/proc/self/status"), re.MULTILINE)
    if held:
        return round(int(held.group(1)) * 1024 / 1e6, 1)
    # On Linux this one starts at what the parent process held; elsewhere there is no better.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e6, 1)


def installed_version(package: str) -> str:
    """The version of an installed package, empty where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def required_packages(*packages: str) -> dict[str, str]:
    """Versions of what these packages require directly, by name; extras are left out."""
    names = set()
    for package in packages:
        try:
            requirements = metadata.requires(package) or []
        except metadata.PackageNotFoundError:
            continue
        for requirement in requirements:
            name = REQUIREMENT_NAME.match(requirement)
            if name and "extra ==" not in requirement:
                names.add(name.group().lower())
    versions = {name: installed_version(name) for name in sorted(names)}
    return {name: version for name, version in versions.items() if version}


@cache
def git_revision(folder: Path) -> str:
    """The commit of the checkout that `folder` is tracked in, with `-dirty` when it has changes.

    Empty where `folder` is no part of one: an installed package must not take the revision of
    a repository that merely holds its environment.
    """
    if not _git(folder, "ls-files", "--", "__init__.py"):
        return ""
    revision = _git(folder, "rev-parse", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return f"{revision}-dirty" if revision and changes else revision


def _git(folder: Path, *arguments: str) -> str:
    """What git says, or nothing when it is absent, slow or refuses."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    try:
        answer = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()


def _platform() -> str:
    library = " ".join(part for part in platform.libc_ver() if part)
    return " ".join(part for part in (platform.system(), platform.machine(), library) if part)


def _processor() -> str:
    name = re.search(r"^model name\s*:\s*(.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    return name.group(1).strip() if name else platform.processor()


def _read(path: str) -> str:
    """A file of the system's, empty where there is none."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
