from __future__ import annotations

from pathlib import Path

import pytest

from emobench.api import UsageError
from emobench.scaffold.names import PluginNames
from emobench.scaffold.package import new_package

LOSS = PluginNames(kind="loss", name="soft-focal")


def test_writes_below_a_folder_of_its_own(tmp_path: Path) -> None:
    root = new_package(LOSS, folder=tmp_path / "new", core_version="1.0")
    assert root == tmp_path / "new" / "emobench-soft-focal"
    method = (root / "emobench_soft_focal" / "soft_focal.py").read_text(encoding="utf-8")
    assert "class SoftFocal:" in method


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "emobench-soft-focal").mkdir()
    root = new_package(LOSS, folder=tmp_path, core_version="1.0")
    assert (root / "pyproject.toml").is_file()


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    root = new_package(LOSS, folder=tmp_path, core_version="1.0")
    method = root / "emobench_soft_focal" / "soft_focal.py"
    method.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError) as refusal:
        new_package(LOSS, folder=tmp_path, core_version="1.0")
    assert str(refusal.value) == (
        f"{root} is there already and not empty; name another folder with --out DIR, or move that "
        "one away"
    )
    assert method.read_text(encoding="utf-8") == "mine"


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"file/emobench-soft-focal.* cannot be written"):
        new_package(LOSS, folder=tmp_path / "file", core_version="1.0")


@pytest.mark.parametrize(
    ("kind", "name"), [("backbone", "features"), ("technique", "any"), ("dataset", "table")]
)
def test_a_class_that_hides_what_the_method_needs_is_refused(
    kind: str, name: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as refusal:
        new_package(PluginNames(kind=kind, name=name), folder=tmp_path, core_version="1.0")
    assert str(refusal.value) == (
        f"'{name}' would make a class '{name.capitalize()}', a name that the method itself needs; "
        f"'{name}-{kind}' would do"
    )
    assert list(tmp_path.iterdir()) == []
