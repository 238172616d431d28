"""Where an exception arose, and its traceback without the core's frames."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from emobench.api import PluginError
from emobench.traces import own_trace, place_of


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A stranger's module, whose functions fail in the libraries that they call."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    source = (
        "import json\n\n\n"
        "def parse():\n    return json.loads('{')\n\n\n"
        "def wrap(build):\n"
        "    try:\n        parse()\n"
        "    except ValueError as error:\n        build(error)\n"
    )
    module = ModuleType("acme_traced")
    path = tmp_path / "acme_traced.py"
    path.write_text(source)
    exec(compile(source, str(path), "exec"), vars(module))
    return module


def caught(call: object, *arguments: object) -> BaseException:
    assert callable(call)
    with pytest.raises(Exception) as found:  # noqa: PT011 - whatever it raises
        call(*arguments)
    return found.value


def test_the_place_is_in_the_strangers_code_not_in_the_library_it_calls(acme: ModuleType) -> None:
    assert place_of(caught(acme.parse)) == "acme_traced.py:5 in parse"


def test_the_place_of_what_an_error_was_raised_from_comes_first(acme: ModuleType) -> None:
    def build(error: Exception) -> None:
        raise PluginError("cannot be built") from error

    assert place_of(caught(acme.wrap, build)) == "acme_traced.py:5 in parse"


def test_the_place_of_a_syntax_error_is_the_line_it_tells_of() -> None:
    error = caught(compile, "\n\ndef (", "/acme/own.py", "exec")
    assert place_of(error) == "/acme/own.py:3"


def test_a_place_elsewhere_is_told_whole(acme: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path.cwd()
    monkeypatch.chdir("/")
    monkeypatch.setattr(Path, "cwd", lambda: home / "elsewhere")
    assert place_of(caught(acme.parse)) == f"{home}/acme_traced.py:5 in parse"


def test_code_of_libraries_alone_has_no_place() -> None:
    error = caught(json.loads, "{")
    while error.__traceback__ is not None and error.__traceback__.tb_next is not None:
        error.__traceback__ = error.__traceback__.tb_next
    assert place_of(error) == ""


def test_an_error_of_the_core_alone_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emobench.traces.CORE", Path(__file__).parent)
    assert own_trace(caught(lambda: 1 / 0)) == ""


def test_a_syntax_error_keeps_the_line_it_tells_of() -> None:
    assert '"acme.py", line 1' in own_trace(caught(compile, "def (", "acme.py", "exec"))


def test_the_cores_frames_are_left_out_of_a_trace() -> None:
    from emobench.api import Options

    class Empty(Options):
        pass

    trace = own_trace(caught(lambda: Empty(size=1)))
    assert "test_traces.py" in trace
    assert "options.py" not in trace
    assert trace.endswith("unknown option 'size'; no option is known")
