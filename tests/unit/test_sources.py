"""What counts as a component's code, and when its version speaks for it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from emobench.api import Component
from emobench.registry import Plugin, Registered
from emobench.sources import _imports, _meaning, code_digest, module_file, versioned_name

METHOD = "from acme_made.maths import twice\n\nclass Method:\n    pass\n"
MATHS = "def twice(x):\n    return 2 * x\n"

Digest = Callable[..., str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of a method, what it imports, and something beside it."""
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "acme_made"
    folder.mkdir()
    files = {"__init__": "", "method": METHOD, "maths": MATHS, "beside": "x = 1\n"}
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.fixture
def digest(package: Path) -> Digest:
    """The digest of the method as a new process would see it, after a change of one file."""

    def digest_after(name: str = "", text: str = "") -> str:
        if name:
            (package / f"{name}.py").write_text(text)
        for cached in (code_digest, module_file, _imports, _meaning):
            cached.cache_clear()
        return code_digest("acme_made.method")

    return digest_after


def test_another_method_is_another_code(digest: Digest) -> None:
    assert digest() != digest("method", METHOD.replace("pass", "strength = 2"))


def test_what_the_method_imports_belongs_to_it(digest: Digest) -> None:
    assert digest() != digest("maths", MATHS.replace("2", "3"))


@pytest.mark.parametrize(
    "line",
    ["from . import maths", "from .maths import twice", "import acme_made.maths", "    pass\n"],
)
def test_every_way_of_importing_is_followed(digest: Digest, line: str) -> None:
    inside = f"def late():\n    from acme_made import maths\n{line}" if line[0] == " " else line
    before = digest("method", f"{inside}\n")
    assert digest("maths", MATHS.replace("2", "3")) != before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("beside", "x = 2\n"),
        (
            "method",
            METHOD.replace("class Method:", "# why\n\n\nclass Method:\n    'What it is.'\n"),
        ),
    ],
)
def test_what_moves_no_number_does_not_count(digest: Digest, name: str, text: str) -> None:
    assert digest() == digest(name, text)


def test_nothing_is_imported_for_it(digest: Digest) -> None:
    digest("method", "raise RuntimeError\n")
    assert "acme_made.method" not in sys.modules


def entry(folder: Path | None) -> Registered:
    component = Component(name="made", target="acme_made.method:Method", summary="Made up.")
    plugin = Plugin(package="acme-made", version="1.2", module="acme_made", folder=folder)
    return Registered(kind="loss", component=component, plugin=plugin)


def test_a_version_from_an_index_speaks_for_the_code(package: Path, tmp_path: Path) -> None:
    notes = tmp_path / "acme_made-1.2.dist-info"
    notes.mkdir()
    assert versioned_name(entry(notes)) == "acme-made 1.2"


@pytest.mark.parametrize("editable", [True, False])
def test_code_from_a_folder_is_told_by_its_digest(
    package: Path, tmp_path: Path, editable: bool, digest: Digest
) -> None:
    notes = tmp_path / "acme_made-1.2.dist-info"
    notes.mkdir()
    note = {"url": tmp_path.as_uri(), "dir_info": {"editable": editable}}
    (notes / "direct_url.json").write_text(json.dumps(note))
    digest()
    name, _, mark = versioned_name(entry(notes)).partition("+")
    assert name == "acme-made 1.2"
    assert len(mark) == 8
    digest("maths", MATHS.replace("2", "3"))
    assert versioned_name(entry(notes)) != f"{name}+{mark}"
