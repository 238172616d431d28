"""Options of the `folder` dataset. Loads neither numpy nor any decoder."""

from __future__ import annotations

from typing import Literal

from emobench.api import Field, Options, Where


class FolderOptions(Options):
    """Options of `folder`: anybody's own audio clips or images."""

    root: str = Field(
        description="folder that holds the files; relative to the task file that names it"
    )
    table: str = Field(
        "",
        description="CSV file with a row an item, relative to root; without it every file counts",
    )
    file: str = Field("file", description="column of the table with the file's path below root")
    label: Where = Field(
        Where(folder=1), description="where an item's class is found; its parent folder by default"
    )
    group: Where = Field(
        Where(), description="where its speaker, actor or subject is found; kept apart in a split"
    )
    split: Where = Field(Where(), description="where its part of the official split is found")
    labels: dict[str, str] = Field(
        {}, description="class names by the labels found; labels that it lacks are refused"
    )
    modality: Literal["auto", "audio", "image"] = Field(
        "auto", description="what the files are; auto goes by their suffixes"
    )
    sample_rate: int = Field(16000, ge=1000, le=192000, description="audio is resampled to it")
    colour: Literal["rgb", "grey"] = Field("rgb", description="channels that images are read with")

    def conflicts(self) -> list[str]:
        """A label is needed, and columns need a table."""
        found = [] if self.label.given else ["label: say where it is found"]
        places = {"label": self.label, "group": self.group, "split": self.split}
        return found + [
            f"{name}.column needs a table: give table: FILE.csv"
            for name, place in places.items()
            if place.column and not self.table
        ]
