"""Reads CSV tables as OpenFace and its users write them: spaces in names, gzip, any separator."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emobench.api import DataError, unknown_name
from emobench_units.columns import lacking

SEPARATORS = ",;\t"


class MissingColumnsError(DataError):
    """A table without the columns that every row needs: the whole set is at fault, not a clip."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table's cells by column; `place` is what messages call it."""

    place: str
    columns: dict[str, int]
    rows: list[list[str]]

    def __len__(self) -> int:
        return len(self.rows)

    def require(self, columns: Sequence[str]) -> None:
        """Refuse a table that lacks columns of action units, with the nearest to each."""
        told = lacking(columns, found=self.columns)
        if told:
            raise MissingColumnsError(
                f"{self.place}: {told}. OpenFace writes them with -aus; names may have spaces "
                "around them"
            )

    def words(self, column: str, *, option: str) -> list[str]:
        """A column of texts, none of them empty; `option` is what named it."""
        name = column.strip()
        if name not in self.columns:
            told = unknown_name("column", name, self.columns)
            raise MissingColumnsError(f"{self.place}: {option}: {told}")
        place = self.columns[name]
        words = [row[place] for row in self.rows]
        if "" in words:
            line = words.index("") + 2
            raise DataError(f"{self.place}: row {line} has nothing in column '{name}'")
        return words

    def numbers(self, columns: Sequence[str]) -> np.ndarray:
        """Columns as float64 `(rows, columns)`; an empty cell and `nan` are NaN."""
        places = [self.columns[name] for name in columns]
        try:
            values = [[float(row[place] or "nan") for place in places] for row in self.rows]
        except ValueError:
            raise DataError(self._strange(columns)) from None
        return np.array(values, dtype=np.float64).reshape(len(self.rows), len(places))

    def _strange(self, columns: Sequence[str]) -> str:
        for line, row in enumerate(self.rows, start=2):
            for name in columns:
                try:
                    float(row[self.columns[name]] or "nan")
                except ValueError:
                    word = row[self.columns[name]][:40]
                    return f"{self.place}: row {line}, column '{name}': '{word}' is no number"
        raise AssertionError("a cell that is no number was met before")


def read_table(path: Path, *, place: str) -> Table:
    """The table, its names and cells stripped of spaces; a DataError when it is not one."""
    text = _text(path, place)
    header, _, _ = text.partition("\n")
    if not header.strip():
        raise DataError(f"{place}: the file is empty")
    separator = max(SEPARATORS, key=header.count)
    try:
        lines = [
            [cell.strip() for cell in line]
            for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator)
            if any(line)
        ]
    except csv.Error as error:
        raise DataError(f"{place}: cannot be read as a CSV table: {error}") from error
    names, rows = lines[0], lines[1:]
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise DataError(f"{place}: two columns are called '{doubled[0]}'; rename or remove one")
    if not rows:
        raise DataError(f"{place}: has no rows below its header")
    ragged = next((line for line, row in enumerate(rows, 2) if len(row) != len(names)), 0)
    if ragged:
        raise DataError(
            f"{place}: row {ragged} has {len(rows[ragged - 2])} cells, the header {len(names)}; "
            "the file may be cut off"
        )
    return Table(place=place, columns={name: at for at, name in enumerate(names)}, rows=rows)


def _text(path: Path, place: str) -> str:
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise DataError(f"{place}: there is no such file") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{place}: cannot be unpacked: {error}; the file may be cut off") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{place}: is not a text in UTF-8") from error
    except OSError as error:
        raise DataError(f"{place}: cannot be read: {error.strerror}") from error
