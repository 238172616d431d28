"""Options of the synthetic sets refuse what cannot be drawn."""

import subprocess
import sys

import pytest

from emobench.api import UsageError
from emobench.data.synthetic.options import SpeechOptions, TableOptions


def test_options_load_neither_numpy_nor_torch():
    code = (
        "import sys; import emobench.data.synthetic.options; "
        "print(sorted({'numpy', 'torch', 'pandas'} & set(sys.modules)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"


def test_fewer_items_than_identities_are_refused():
    with pytest.raises(UsageError, match=r"items \(20\) must be at least identities \(36\)"):
        TableOptions(items=20)


def test_clip_lengths_out_of_order_are_refused():
    with pytest.raises(UsageError, match=r"shortest \(4 s\) must not exceed longest \(3 s\)"):
        SpeechOptions(shortest=4.0)
