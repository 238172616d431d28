import importlib.util
import json

import pytest

from emobench.api import DataError, UsageError
from emobench_speech import pretrained_files
from emobench_speech.pretrained_files import encoder_folder, require_transformers, trained_rate

hub = pytest.importorskip(
    "huggingface_hub", reason="huggingface_hub is not installed: emobench-speech[pretrained]"
)


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """A cache of its own, and a hub that nobody can reach."""
    cache = tmp_path / "cache"
    monkeypatch.setattr(hub.constants, "HF_HUB_CACHE", str(cache))

    def unreachable(model, *, local_files_only=False, **_):
        raise hub.errors.LocalEntryNotFoundError("no connection\nmore that nobody reads")

    monkeypatch.setattr(hub, "snapshot_download", unreachable)
    return cache


def test_a_folder_is_taken_as_it_is(tmp_path):
    assert encoder_folder(str(tmp_path), revision="main") == str(tmp_path)


def test_a_model_that_cannot_be_had_is_named_with_the_cache_and_the_way_out(empty_cache):
    with pytest.raises(DataError) as caught:
        encoder_folder("facebook/wav2vec2-base", revision="main")
    assert str(caught.value) == (
        f"model 'facebook/wav2vec2-base' is not in the cache {empty_cache} and could not be "
        "fetched (LocalEntryNotFoundError: no connection). On a machine with a connection run "
        "`hf download facebook/wav2vec2-base`, copy the cache folder here and let HF_HUB_CACHE "
        "name it; or give `model` a folder that holds config.json and the weights"
    )


def test_the_way_out_names_the_revision(empty_cache):
    with pytest.raises(
        DataError, match=r"'a/b' \(revision v2\) .* `hf download a/b --revision v2`"
    ):
        encoder_folder("a/b", revision="v2")


def test_the_hub_is_not_asked_for_what_the_cache_holds(tmp_path, monkeypatch):
    asked = []

    def cached(model, *, local_files_only=False, **_):
        asked.append(local_files_only)
        return str(tmp_path)

    monkeypatch.setattr(hub, "snapshot_download", cached)
    assert encoder_folder("a/b", revision="main") == str(tmp_path)
    assert asked == [True]


def test_a_path_that_leads_nowhere_is_told_from_a_name(tmp_path):
    with pytest.raises(UsageError) as caught:
        encoder_folder(f"{tmp_path}/nowhere/at/all", revision="main")
    assert str(caught.value) == (
        f"model '{tmp_path}/nowhere/at/all' is neither a folder here nor a name on the hub, such "
        "as 'facebook/wav2vec2-base'"
    )


def test_without_transformers_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError) as caught:
        require_transformers()
    assert str(caught.value) == (
        "backbone 'pretrained_speech' needs transformers, which is not installed: "
        "pip install 'emobench-speech[pretrained]'"
    )


def test_the_rate_is_that_of_the_models_own_files(tmp_path):
    assert trained_rate(str(tmp_path)) == pretrained_files.SPEECH_RATE
    path = tmp_path / "preprocessor_config.json"
    path.write_text(json.dumps({"sampling_rate": 8000}), encoding="utf-8")
    assert trained_rate(str(tmp_path)) == 8000
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(DataError, match=r"preprocessor_config\.json cannot be read"):
        trained_rate(str(tmp_path))
