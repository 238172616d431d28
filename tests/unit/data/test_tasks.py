"""Finding tasks by name, by file and by flags, without opening data."""

from __future__ import annotations

import pytest

from emobench.api import (
    DataError,
    DatasetComponent,
    Field,
    Options,
    ProtocolOptions,
    RecipeError,
    TaskOffer,
    UsageError,
)
from emobench.data.augmented import AugmentFirst
from emobench.data.tasks import find_task, folder_task, list_tasks, open_dataset
from emobench.registry import Plugin, Registered, Registry, collect


@pytest.fixture(scope="module")
def registry():
    """The core's datasets alone."""
    module = "emobench.data.builtin:components"
    return collect([Plugin(package="emobench", version="0", module=module)])


def write(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return path


WHOLE = """\
summary: My clips.
dataset:
  use: folder
  root: ./clips
  table: metadata.csv
  label: {column: emotion}
  group: {pattern: '^(S[MF]\\d+)_'}
  labels: {A: angry, H: happy}
protocol: {use: grouped-kfold, folds: 4}
metric: macro_f1
"""


def test_a_task_is_found_by_dataset_and_offer(registry):
    task = find_task("synthetic-au/intensity", registry=registry)
    assert (task.name, task.targets, task.metric) == (
        "synthetic-au/intensity",
        ("intensity",),
        "ccc",
    )
    assert task.protocol == ProtocolOptions(use="grouped-holdout")
    assert (task.dataset.kind, task.dataset.use) == ("dataset", "synthetic-au")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "synthetic-face",
            "dataset 'synthetic-face' offers several tasks; name one: synthetic-face/random, "
            "synthetic-face/subjects",
        ),
        (
            "synthetic-face/subject",
            "unknown task 'synthetic-face/subject'; did you mean 'synthetic-face/subjects'?",
        ),
        ("sinthetic-face/subjects", "unknown dataset 'sinthetic-face'; did you mean"),
        ("folder", "dataset 'folder' offers no task of its own; describe one in a task file"),
    ],
)
def test_a_name_that_is_no_task_is_refused_with_what_exists(registry, name, message):
    with pytest.raises(UsageError) as caught:
        find_task(name, registry=registry)
    assert message in str(caught.value)


def test_a_task_file_is_read_whole(registry, tmp_path):
    task = find_task(write(tmp_path, WHOLE), registry=registry)
    assert (task.name, task.summary, task.metric) == ("mine", "My clips.", "macro_f1")
    assert task.protocol == ProtocolOptions(use="grouped-kfold", folds=4)
    options = task.dataset.options.dump()
    assert options["root"] == str(tmp_path / "clips")
    assert options["group"]["pattern"] == r"^(S[MF]\d+)_"
    assert options["labels"] == {"A": "angry", "H": "happy"}


def test_every_fault_of_a_task_file_is_told_at_once_with_its_place(registry, tmp_path):
    path = write(
        tmp_path,
        "dataset:\n  use: folder\n  root: ./clips\n  groop: {folder: 1}\n  sample_rate: fast\n"
        "protocol: {use: grouped-kfold, folds: 1}\nmetrik: uar\n",
    )
    with pytest.raises(RecipeError) as caught:
        find_task(path, registry=registry)
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith(f"{path}:4:3: folder: unknown option 'groop'; did you mean 'group'?")
    assert lines[1] == (f"{path}:5:16: folder.sample_rate: expected whole number, got text 'fast'")
    assert lines[2] == f"{path}:6:39: protocol.folds: must be at least 2, got 1"
    assert lines[3].startswith(f"{path}:7:1: unknown option 'metrik'; did you mean 'metric'?")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("protocol: {use: random}\n", "option 'dataset' is required"),
        ("dataset: foldr\n", "unknown dataset 'foldr'; did you mean 'folder'?"),
        ("dataset: {use: folder}\n", "option 'root' is required"),
        (
            "name: ../up\ndataset: {use: folder, root: .}\n",
            "name '../up' must be of letters, digits",
        ),
        ("dataset: [1\n", "not valid YAML"),
    ],
)
def test_a_task_file_at_fault_is_refused(registry, tmp_path, text, message):
    with pytest.raises(RecipeError) as caught:
        find_task(write(tmp_path, text), registry=registry)
    assert message in str(caught.value)


def test_a_task_file_that_is_not_there_is_named(registry):
    with pytest.raises(RecipeError, match=r"lost\.yaml: there is no such file"):
        find_task("lost.yaml", registry=registry)


def test_flags_with_a_group_make_a_holdout_of_groups(registry, tmp_path):
    task = folder_task(tmp_path / "my clips", group=r"^(S\d)", registry=registry)
    assert (task.name, task.protocol.use) == ("data/my-clips", "grouped-holdout")
    assert task.dataset.options.dump()["group"]["pattern"] == r"^(S\d)"


def test_flags_without_a_group_make_a_random_split(registry, tmp_path):
    assert folder_task(tmp_path, registry=registry).protocol.use == "random"


def test_a_broken_group_pattern_is_refused(registry, tmp_path):
    with pytest.raises(UsageError, match=r"pattern '\(S' is no regular expression"):
        folder_task(tmp_path, group="(S", registry=registry)


def test_the_list_names_every_offer_with_its_protocol(registry):
    protocols = {task.name: task.protocol for task in list_tasks(registry)}
    assert protocols["synthetic-speech/speakers-5fold"] == "grouped-kfold"
    assert len(protocols) == 9


def test_opening_a_folder_that_is_not_there_is_a_data_error(registry, tmp_path):
    task = folder_task(tmp_path / "gone", registry=registry)
    with pytest.raises(DataError, match="gone does not exist"):
        open_dataset(task, registry=registry).items()


def test_augment_first_opens_the_dataset_with_its_copies(registry, tmp_path):
    (tmp_path / "happy").mkdir()
    (tmp_path / "happy" / "a.wav").touch()
    path = write(
        tmp_path,
        "dataset: {use: folder, root: .}\nprotocol: {use: augment-first, copies: 2}\n",
    )
    dataset = open_dataset(find_task(path, registry=registry), registry=registry)
    assert isinstance(dataset, AugmentFirst)
    assert dataset.items().ids == ("happy/a.wav", "happy/a.wav#1", "happy/a.wav#2")


def test_a_file_may_not_take_the_name_of_another_task(registry, tmp_path):
    text = "name: synthetic-au/subjects\ndataset: {use: synthetic-au, items: 60}\n"
    with pytest.raises(RecipeError, match="'synthetic-au/subjects' is another task"):
        find_task(write(tmp_path, text), registry=registry)


def offering(**options):
    """A registry with one dataset whose only task needs an option of its own."""
    component = DatasetComponent(
        name="halves",
        target="nowhere:Halves",
        summary="Two halves.",
        options=HalvesOptions,
        modalities=("audio",),
        licence="none",
        obtain="nowhere",
        layout="nothing",
        tasks=(
            TaskOffer(
                name="second",
                summary="Tested on the second half.",
                protocol=ProtocolOptions(use="official"),
                options=options,
            ),
        ),
    )
    plugin = Plugin(package="halves", version="0", module="nowhere")
    entry = Registered(kind="dataset", component=component, plugin=plugin)
    return Registry(components={("dataset", "halves"): entry})


class HalvesOptions(Options):
    """Which half is the test."""

    test: str = Field("first", description="the half that is tested")


def test_an_offer_may_give_options_of_its_dataset():
    task = find_task("halves/second", registry=offering(test="second"))
    assert task.dump()["dataset"] == {"use": "halves", "test": "second"}


def test_an_offer_with_an_option_that_its_dataset_lacks_is_refused():
    with pytest.raises(UsageError, match="unknown option 'tset'; did you mean 'test'"):
        find_task("halves/second", registry=offering(tset="second"))
