"""The suite of datasets."""

from __future__ import annotations

import pickle
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from emobench.api import (
    DataError,
    DatasetComponent,
    DatasetContext,
    Items,
    Kind,
    TaskOffer,
    UsageError,
)
from emobench.data.protocols import GROUPED, split_items
from emobench.scoring.catalogue import check_metric
from emobench.testing.dataset_files import move_between_folders
from emobench.testing.dataset_rows import (
    assert_groups_apart,
    assert_item_is_promised,
    assert_table_is_whole,
    labelled_items,
)
from emobench.testing.elsewhere import Errand, assert_same_elsewhere
from emobench.testing.option_values import other_values
from emobench.testing.suite import Suite, assert_same, not_shown

LOADED = 48
"""Items that are decoded of a set that has more."""

CHANGED = 24
"""Files that are changed in turn of a set that has more."""

SAYS_NOTHING = ("", "unknown", "todo", "tbd", "n/a", "none", "-", "?")


class DatasetSuite(Suite):
    """Checks a dataset on a tiny set in its owner's layout, which the author's `write` makes.

    A set that is generated needs no `write`.
    """

    kind: ClassVar[Kind] = "dataset"

    def write(self, root: Path) -> Mapping[str, Any]:
        """Write a tiny set below `root`, the data root; gives the options to read it with.

        Paths among the options are relative to `root`.
        """
        return {}

    def change(self, path: Path) -> None:
        """Change what this data file holds; by default its last byte that is no white space."""
        content = path.read_bytes()
        end = max(1, len(content.rstrip()))
        path.write_bytes(content[: end - 1] + bytes([content[end - 1] ^ 1]) + content[end:])

    def relabel(self, root: Path) -> None:
        """Give an item another label; by default a file goes to the folder of another."""
        if not move_between_folders(self.files(root)):
            not_shown("no file of it can go to another's folder", hook="relabel")

    def files(self, root: Path) -> list[Path]:
        """Every file of the set, in order of name."""
        return sorted(path for path in root.rglob("*") if path.is_file())

    @cached_property
    def home(self) -> Path:
        """A data root of the suite's own with the tiny set below it."""
        return self._folder()

    @cached_property
    def written(self) -> Mapping[str, Any]:
        """The options that read the tiny set."""
        return self.write(self.home)

    @property
    def given(self) -> Mapping[str, Any]:
        """The suite's options and those that read the tiny set."""
        return {**self.options, **self.written}

    @property
    def has_files(self) -> bool:
        """Whether the set lies in files, rather than being generated."""
        return bool(self.written or self.files(self.home))

    def contexts(self) -> Sequence[DatasetContext]:
        """The data root that holds the tiny set."""
        return [DatasetContext(data_root=str(self.home))]

    def open(self, root: Path | None = None, **changes: Any) -> Any:
        """The dataset, opened anew below this data root."""
        place = self.home if root is None else root
        return self.build(DatasetContext(data_root=str(place)), **changes)

    def table(self, built: Any) -> Items:
        """Its table; the check is left out where there are no data to read."""
        if self.has_files:
            return self._items(built)
        try:
            return self._items(built)
        except DataError:
            not_shown("it reads files, and nothing makes a tiny set", hook="write")

    def _items(self, built: Any) -> Items:
        items = built.items()
        assert isinstance(items, Items), f"items() gives a {type(items).__name__}, not Items"
        return items

    def act(
        self, built: Any, context: DatasetContext
    ) -> Sequence[np.ndarray | torch.Tensor | float]:
        """Its targets, and some decoded items."""
        items = self.table(built)
        targets = [np.asarray(items.targets[spec.name]) for spec in items.specs]
        decoded = [built.load(index) for index in _some(len(items))]
        return [*targets, *(array for item in decoded for array in item.values())]

    @property
    def about(self) -> DatasetComponent:
        """What the registration says of the dataset."""
        component = self.entry.component
        assert isinstance(component, DatasetComponent), "register it as a DatasetComponent"
        return component

    def test_its_table_is_whole(self) -> None:
        """Ids, targets, groups and split belong together: unique, in range, one an item."""
        assert_table_is_whole(self.table(self.open()))

    def test_loads_what_it_promises(self) -> None:
        """A decoded item has the modalities, types and rates that were promised."""
        built = self.open()
        items = self.table(built)
        promised = tuple(built.modalities)
        assert set(promised) <= set(self.about.modalities), (
            f"it gives {', '.join(promised)}, its registration says "
            f"{', '.join(self.about.modalities)}"
        )
        widths = set()
        for index in places(len(items), most=LOADED):
            loaded = built.load(index)
            assert_item_is_promised(
                loaded, modalities=promised, rates=built.rates, item=items.ids[index]
            )
            widths |= {array.shape for name, array in loaded.items() if name == "table"}
        assert len(widths) < 2, f"rows of its table have different widths: {sorted(widths)}"

    def test_loading_twice_gives_the_same_bytes(self) -> None:
        """An item is the same however often, in whatever order and by whom it is loaded."""
        built = self.open()
        first = {}
        for index in places(len(self.table(built)), most=LOADED):
            loaded = built.load(index)
            first[index] = {name: array.copy() for name, array in loaded.items()}
            for array in loaded.values():
                if array.flags.writeable:
                    array[...] = 0
        other = self.open()
        for index in reversed(first):
            for what, again in (("a second time", built), ("by a second reader", other)):
                loaded = again.load(index)
                assert_same(
                    list(first[index].values()),
                    list(loaded.values()),
                    what=f"when item {index} is loaded {what}",
                )

    def test_pickles_in_use(self) -> None:
        """Workers get it pickled, after it was opened and used; it goes on as before."""
        built = self.open()
        index = len(self.table(built)) - 1
        first = built.load(index)
        try:
            again = pickle.loads(pickle.dumps(built))
        except Exception as error:
            raise AssertionError(
                f"it cannot be pickled once it has been used: {error}; keep no open file"
            ) from error
        assert again.items().ids == built.items().ids, "its table is another after pickling"
        assert_same(list(first.values()), list(again.load(index).values()), what="after pickling")

    def test_its_texts_say_something(self) -> None:
        """Licence, where to obtain it and the layout expected are told before anything is read."""
        for name in ("summary", "licence", "obtain", "layout"):
            text = str(getattr(self.about, name)).strip()
            empty = text.lower().strip(".") in SAYS_NOTHING or not any(map(str.isalpha, text))
            assert not empty, f"its registration's {name} says nothing: '{text}'"
        assert self.about.modalities, "its registration names no modality"

    def test_missing_data_are_explained(self) -> None:
        """Without its files it says what it is, its licence, who gives it, and the layout.

        A set whose place the user must name has no owner to ask: any DataError will do.
        """
        with tempfile.TemporaryDirectory(prefix="emobench-") as empty:
            built = self.build(DatasetContext(data_root=empty))
            try:
                built.items()
            except DataError as error:
                message = " ".join(str(error).split())
            except Exception as error:
                raise AssertionError(
                    f"missing data end in {type(error).__name__}: {error}; raise a DataError, "
                    "which DatasetComponent.missing(place) words"
                ) from error
            else:
                not_shown("it is generated: no data can be missing")
        if any(field.required for field in self.about.options.fields()):
            return
        for name in ("name", "licence", "obtain", "layout"):
            text = " ".join(str(getattr(self.about, name)).split())
            assert text in message, (
                f"the error for missing data does not tell its {name} ('{text}'): {message}; "
                "DatasetComponent.missing(place) words it"
            )

    def test_every_task_it_offers_can_be_split(self) -> None:
        """Each offer's split keeps groups apart and trains every class, and its metric fits."""
        if not self.about.tasks:
            not_shown("it offers no task of its own")
        for offer in self.about.tasks:
            self._check_offer(offer, self.table(self.open(**offer.options)))

    def _check_offer(self, offer: TaskOffer, items: Items) -> None:
        name = f"{self.about.name}/{offer.name}"
        specs = {spec.name: spec for spec in items.specs}
        strange = [target for target in offer.targets if target not in specs]
        assert not strange, f"task {name} asks for '{strange[0]}', the set has {', '.join(specs)}"
        target = specs[offer.targets[0]]
        try:
            check_metric(offer.metric, target.kind)
        except UsageError as error:
            raise AssertionError(f"task {name}: {error}") from error
        for fold in range(offer.protocol.fold_count):
            try:
                split = split_items(items, offer.protocol, fold=fold, target=target)
            except DataError as error:
                raise AssertionError(
                    f"task {name} cannot be split: {error}; let write(root) make more items, or "
                    "offer the task with another protocol"
                ) from error
            if offer.protocol.use in GROUPED:
                assert_groups_apart(items, split, task=name)

    def test_fingerprint_is_the_same_on_a_second_opening(self) -> None:
        """The same data have the same fingerprint, read or unread."""
        first, second = self.open(), self.open()
        self.table(second)
        second.load(0)
        assert first.fingerprint() == second.fingerprint(), (
            "a second opening of the same data gives another fingerprint"
        )

    def test_another_process_gives_the_same(self) -> None:
        """A process that orders sets and hashes texts otherwise reads the same set."""
        self.table(self.open())
        entry, options = self.entry, self.settings()
        assert_same_elsewhere(Errand(entry=entry, options=options, contexts=self.contexts()))

    def test_fingerprint_knows_no_path(self) -> None:
        """Data that move to another folder keep their fingerprint and their ids."""
        built = self.open()
        ids, before = self.table(built).ids, built.fingerprint()
        moved = self.open(self._moved())
        assert moved.fingerprint() == before, (
            "moving the data to another folder changes the fingerprint; leave paths out of it"
        )
        assert moved.items().ids == ids, (
            "moving the data to another folder changes the ids of items; they end up in records"
        )

    def test_fingerprint_changes_with_a_file(self) -> None:
        """Another byte in any data file is another fingerprint, or the file is refused."""
        before = self._fingerprint_of_files()
        root, noticed = self._moved(), 0
        files = self.files(root)
        for path in [files[place] for place in places(len(files), most=CHANGED)]:
            kept = path.read_bytes()
            self.change(path)
            with suppress(DataError):
                after = self.open(root).fingerprint()
                assert after != before, stays(f"'{path.relative_to(root)}' was changed")
                noticed += 1
            path.write_bytes(kept)
        if not noticed:
            not_shown("it refuses every file once it was changed", hook="change")

    def test_fingerprint_changes_with_a_label(self) -> None:
        """Another label of an item is another fingerprint."""
        before = self._fingerprint_of_files()
        labelled = labelled_items(self.open())
        root = self._moved()
        self.relabel(root)
        try:
            after = self.open(root).fingerprint()
            changed = labelled_items(self.open(root)) != labelled
            fault = "no item has another label"
        except (DataError, OSError) as error:
            changed, fault = False, f"the set cannot be read: {error}"
        if not changed and self._relabels_by_default:
            not_shown(f"when a file goes to another's folder {fault}", hook="relabel")
        assert changed, f"after `relabel` {fault}"
        assert after != before, stays("a label was changed")

    @property
    def _relabels_by_default(self) -> bool:
        return type(self).relabel is DatasetSuite.relabel

    def _fingerprint_of_files(self) -> str:
        """The fingerprint of the tiny set; left out where it has no files."""
        built = self.open()
        self.table(built)
        if not self.files(self.home):
            not_shown("it is generated: there are no files")
        fingerprint: str = built.fingerprint()
        return fingerprint

    def test_fingerprint_changes_with_options_that_change_data(self) -> None:
        """An option that changes items, labels or decoding changes the fingerprint."""
        built = self.open()
        contents = self._contents(built)
        before = built.fingerprint()
        tried = 0
        for name, changed in self._with_other_options():
            tried += 1
            same = changed.fingerprint() == before
            assert not same or self._contents(changed) == contents, (
                f"option '{name}' changes the data and not the fingerprint"
            )
        if not tried:
            not_shown("no option of it can be changed")

    def _with_other_options(self) -> Iterator[tuple[str, Any]]:
        """The dataset with one option changed, for each option and value that it takes."""
        for name, value in other_values(self.settings()):
            try:
                changed = self.open(**{name: value})
                changed.items()
            except (UsageError, DataError):
                continue
            yield name, changed

    def _contents(self, built: Any) -> tuple[Any, ...]:
        """Everything that the dataset tells, with some decoded items, to be compared."""
        items = self.table(built)
        numbers = [np.asarray(array) for array in self.act(built, self.context)]
        return (
            items.ids,
            items.specs,
            items.groups,
            items.split,
            *((array.shape, array.tobytes()) for array in numbers),
        )

    def _moved(self) -> Path:
        """A copy of the data root in another folder."""
        self.has_files  # noqa: B018 - the set must be written before it is copied
        return Path(shutil.copytree(self.home, self._folder(), dirs_exist_ok=True))

    def _folder(self) -> Path:
        """A temporary folder that goes with the suite."""
        folder = Path(tempfile.mkdtemp(prefix="emobench-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder


def stays(when: str) -> str:
    """In words, that the fingerprint took no notice."""
    return (
        f"the fingerprint stays when {when}: stored results would be taken for those of the new "
        "data"
    )


def places(count: int, *, most: int) -> list[int]:
    """Positions of all that a tiny set has, or of as many, spread over one that is larger."""
    return sorted(set(np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()))


def _some(count: int) -> list[int]:
    """Positions of the first item, one amid and the last."""
    return sorted({0, count // 2, count - 1})
