"""What parent folders and patterns say of a file's name."""

from __future__ import annotations

import pytest

from emobench.api import Where


@pytest.mark.parametrize(
    ("where", "word"),
    [
        (Where(folder=1), "happy"),
        (Where(folder=2), "train"),
        (Where(folder=3), None),
        (Where(pattern="^(S[MF]\\d+)_"), "SM1"),
        (Where(pattern="S[MF]\\d+"), "SM1"),
        (Where(pattern="happy"), None),
    ],
)
def test_a_word_is_found_in_the_folders_or_in_the_files_own_name(
    where: Where, word: str | None
) -> None:
    assert where.word_in("train/happy/SM1_01.wav") == word
