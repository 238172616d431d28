import sys

import pytest

from emobench.api import UsageError
from emobench_speech.acoustic import Acoustic392
from emobench_speech.frontend_options import Acoustic392Options, MfccOptions
from emobench_speech.mfcc import Mfcc


@pytest.fixture
def without_librosa(monkeypatch):
    monkeypatch.setitem(sys.modules, "librosa", None)


@pytest.mark.usefixtures("without_librosa")
@pytest.mark.parametrize(
    ("name", "frontend", "options"),
    [("mfcc", Mfcc, MfccOptions), ("acoustic392", Acoustic392, Acoustic392Options)],
)
def test_without_librosa_its_engine_is_refused_and_says_what_to_install(
    make_context, name, frontend, options
):
    with pytest.raises(UsageError) as refusal:
        frontend(options(engine="librosa"), make_context())
    assert f"frontend '{name}': engine 'librosa' needs the package librosa" in str(refusal.value)
    assert 'pip install "emobench-speech[librosa]", or set engine: torch' in str(
        refusal.value
    ).replace("`", "")


@pytest.mark.usefixtures("without_librosa")
def test_without_librosa_torch_works(make_context, make_clip):
    rows = Acoustic392(Acoustic392Options(), make_context()).apply([make_clip(0.5)])
    assert rows.shape == (1, 392)
    assert rows.any()
