"""The pages on recipes, tasks and Python say what the code says, and leave nothing out."""

from __future__ import annotations

import ast
import inspect
import re
import shutil
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import get_args

import click
import pytest

import emobench
from emobench.api import OptionField, Options, ProtocolOptions, TargetKind
from emobench.api.component import PROTOCOL_READS
from emobench.cli.flags import data_root
from emobench.data.audit_copies import LEAKY_SHARE
from emobench.data.findings import NAMED, Verdict
from emobench.data.folder_options import FolderOptions, Where
from emobench.data.prepared import CACHE_VARIABLE, UNREADABLE_COUNT, UNREADABLE_SHARE
from emobench.data.tasks import TaskFile, find_task
from emobench.recipes.load import load_recipe, load_recipes, shipped_recipes
from emobench.recipes.model import (
    COMBINING_KEYS,
    RECIPE_KEYS,
    REQUIRED_SECTIONS,
    MemberOptions,
    TrainOptions,
)
from emobench.registry import PLUGINS_VARIABLE, load_registry
from emobench.runs.listener import Listener
from emobench.runs.plan import Settings
from emobench.runs.python import Result, run
from emobench.runs.record import Record, TargetScores, TaskStamp
from emobench.scoring.catalogue import METRICS
from emobench.sweeps.call import SweepOptions
from emobench.sweeps.python import resume_sweep, sweep

ROOT = Path(__file__).parents[2]
PAGES = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/recipes.md", "docs/tasks.md", "docs/python.md")
}
RECIPES, TASKS, PYTHON = (PAGES[f"docs/{name}.md"] for name in ("recipes", "tasks", "python"))


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def whole(key: str) -> list[str]:
    """The YAML blocks of all pages that have this key at the top: whole files."""
    found = [block for text in PAGES.values() for block in blocks(text, "yaml")]
    return [block for block in found if re.search(rf"^{key}:", block, flags=re.MULTILINE)]


def named(text: str) -> set[str]:
    """Every word or phrase that stands in backticks."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)))


def row(text: str, name: str) -> list[str]:
    """The cells behind a name in the one table row that it opens."""
    rows = re.findall(rf"^\| `{re.escape(name)}` \|(.*)\|$", text, flags=re.MULTILINE)
    assert len(rows) == 1, f"'{name}' opens {len(rows)} table rows, not one"
    return [cell.strip() for cell in rows[0].split(" | ")]


def section(text: str, heading: str) -> str:
    """The text below a heading, up to the next one."""
    return re.split(r"^#+ ", text.split(f" {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def set_examples() -> list[str]:
    found = re.findall(r"--set (?:'([^']+)'|([^\s`]+))", RECIPES)
    return sorted({quoted or bare for quoted, bare in found} - {"KEY=VALUE"})


def test_every_page_but_the_python_one_shows_a_whole_file() -> None:
    yaml = {name: "".join(blocks(text, "yaml")) for name, text in PAGES.items()}
    assert "schema:" in yaml["README.md"]
    assert "schema:" in yaml["docs/recipes.md"]
    assert "dataset:" in yaml["docs/tasks.md"]


@pytest.mark.parametrize("text", whole("schema"))
def test_whole_recipes_on_pages_are_valid(text: str, tmp_path: Path) -> None:
    for name, path in shipped_recipes().items():
        target = tmp_path / f"{name}.yaml"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    mine = tmp_path / "mine-from-a-page.yaml"
    mine.write_text(text, encoding="utf-8")
    registry = load_registry()
    (recipe,) = load_recipes([mine], registry=registry)
    assert recipe.task is not None
    assert find_task(recipe.task, registry=registry).name == recipe.task


@pytest.mark.parametrize("text", whole("dataset"))
def test_whole_task_files_on_pages_are_valid(text: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    task = find_task(file, registry=load_registry())
    assert task.dataset.options.dump()["root"].startswith(str(tmp_path))


@pytest.mark.parametrize("example", set_examples())
def test_examples_of_set_change_a_shipped_recipe(example: str) -> None:
    registry = load_registry()
    changed = load_recipe("optimized", overrides=[example], registry=registry)
    assert changed != load_recipe("optimized", registry=registry)


@pytest.mark.parametrize("key", RECIPE_KEYS)
def test_the_page_on_recipes_has_a_row_for_every_key(key: str) -> None:
    assert ("required" in row(RECIPES, key)[0]) == (key in REQUIRED_SECTIONS)


@pytest.mark.parametrize("key", COMBINING_KEYS)
def test_the_page_on_recipes_has_a_row_for_every_key_of_an_ensemble(key: str) -> None:
    assert "required" in row(RECIPES, key)[0]


def test_the_page_on_recipes_tells_the_default_number_of_copies() -> None:
    (copies,) = MemberOptions.fields()
    assert row(section(RECIPES, "Ensembles"), copies.name)[0] == str(copies.default)


@pytest.mark.parametrize("option", TrainOptions.fields(), ids=lambda option: option.name)
def test_the_page_on_recipes_tells_the_default_of_every_train_option(option: OptionField) -> None:
    assert row(section(RECIPES, "Keys"), option.name)[0] == str(option.default)


@pytest.mark.parametrize("option", ProtocolOptions.fields()[1:], ids=lambda option: option.name)
def test_the_page_on_tasks_tells_the_default_of_every_protocol_option(option: OptionField) -> None:
    assert row(TASKS, option.name)[0] == str(option.default)


@pytest.mark.parametrize("protocol", PROTOCOL_READS)
def test_the_page_on_tasks_tells_what_every_protocol_reads(protocol: str) -> None:
    assert tuple(re.findall(r"`(\w+)`", row(TASKS, protocol)[0])) == PROTOCOL_READS[protocol]


@pytest.mark.parametrize(
    "options", [TaskFile, FolderOptions, Where], ids=lambda each: each.__name__
)
def test_the_page_on_tasks_has_a_row_for_every_option(options: type[Options]) -> None:
    for option in options.fields():
        assert row(TASKS, option.name)


@pytest.mark.parametrize("kind", get_args(TargetKind))
def test_the_page_on_tasks_names_the_metrics_of_every_kind_of_target(kind: TargetKind) -> None:
    opening = {
        "class": "one class (as `emotion`)",
        "distribution": "a distribution over classes",
        "labels": "several labels",
        "number": "a number (as `intensity`)",
    }
    cells = dict(re.findall(r"^\| (.+?) \| (.+) \|$", section(TASKS, "Metrics"), flags=re.M))
    told = set(re.findall(r"`(\w+)`", cells[opening[kind]]))
    if cells[opening[kind]].startswith("those, and"):
        told |= set(re.findall(r"`(\w+)`", cells[opening["class"]]))
    assert told == {metric.name for metric in METRICS.values() if kind in metric.kinds}


def test_the_page_on_tasks_names_the_metrics_of_which_less_is_better() -> None:
    told = re.search(r"Of (.+) less is better", TASKS)
    assert told is not None
    less = {metric.name for metric in METRICS.values() if not metric.higher_is_better}
    assert set(re.findall(r"`(\w+)`", told[1])) == less


def test_the_page_on_tasks_tells_the_limits_that_the_code_keeps() -> None:
    share = f"{100 * UNREADABLE_SHARE:g} %"
    assert f"Up to {UNREADABLE_COUNT} files, or up to {share} of them" in TASKS
    assert f"{100 * LEAKY_SHARE:g} % of the test set" in TASKS
    assert f"name up to {NAMED} items" in TASKS


def test_the_page_on_tasks_names_every_variable_and_verdict() -> None:
    variables = {CACHE_VARIABLE, PLUGINS_VARIABLE, str(data_root_variable())}
    assert variables | set(get_args(Verdict)) <= named(TASKS)


def data_root_variable() -> object:
    """The variable that stands for `--data-root`."""
    command = click.command()(data_root(lambda: None))
    return command.params[0].envvar


def test_the_page_on_python_shows_the_signature_of_run() -> None:
    shown = next(block for block in blocks(PYTHON, "python") if block.startswith("def run("))
    arguments = ast.parse(shown).body[0]
    actual = ast.parse(inspect.getsource(run)).body[0]
    assert isinstance(arguments, ast.FunctionDef)
    assert isinstance(actual, ast.FunctionDef)
    assert ast.unparse(arguments.args) == ast.unparse(actual.args)
    assert [row(PYTHON, name)[0] for name in inspect.signature(run).parameters]


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_the_page_on_python_tells_the_default_of_every_setting(field: Field[object]) -> None:
    spelt = re.sub(r"\w+Path\(", "Path(", repr(field.default)).replace("'", '"')
    assert row(PYTHON, field.name)[0] == f"`{spelt}`"


def test_the_page_on_python_names_every_call_of_a_listener() -> None:
    calls = {name for name in vars(Listener) if not name.startswith("_")}
    assert calls <= named(PYTHON)


def test_the_page_on_python_names_every_column_of_a_frame() -> None:
    record = make_record()
    columns = set(Result(records=(record,)).frame().columns) - set(record.metrics)
    assert columns <= named(PYTHON)


def make_record() -> Record:
    """A record with one figure."""
    stamp = TaskStamp(name="t", version=1, metric="uar", protocol={}, targets=("emotion",))
    scores = {"emotion": TargetScores(metrics={"uar": 0.5})}
    return Record(
        id="r",
        identity="i",
        recipe_name="r",
        recipe={},
        task=stamp,
        seed=0,
        state="ok",
        scores=scores,
    )


def test_the_public_names_that_the_page_on_python_uses_exist() -> None:
    used = set(re.findall(r"\bemobench\.([A-Za-z_]+)", PYTHON)) - {"api"}
    assert used
    assert used <= set(emobench.__all__)


@pytest.mark.parametrize("text", [b for b in blocks(PYTHON, "python") if "import" in b])
def test_snippets_of_python_call_with_arguments_that_exist(text: str) -> None:
    known: dict[str, Callable[..., object]] = {
        "run": run,
        "Settings": Settings,
        "sweep": sweep,
        "resume_sweep": resume_sweep,
        "SweepOptions": SweepOptions,
    }
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    named_calls = [
        call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in known
    ]
    assert named_calls
    for call in named_calls:
        assert isinstance(call.func, ast.Attribute)
        parameters = inspect.signature(known[call.func.attr]).parameters
        assert {keyword.arg for keyword in call.keywords} <= set(parameters)
