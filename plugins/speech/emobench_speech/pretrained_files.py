"""Where the files of a pretrained encoder lie: a local folder, the hub's cache, or the hub."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from emobench.api import DataError, UsageError

FILES = ("*.json", "*.safetensors", "pytorch_model*.bin")
SPEECH_RATE = 16_000
"""What every published encoder of this kind was trained on, unless its files say otherwise."""


def require_transformers() -> None:
    """A UsageError that says what to install, where transformers is missing."""
    if importlib.util.find_spec("transformers") is None:
        raise UsageError(
            "backbone 'pretrained_speech' needs transformers, which is not installed: "
            "pip install 'emobench-speech[pretrained]'"
        )


def encoder_folder(model: str, *, revision: str) -> str:
    """The folder with the model's files; the hub is asked only for what its cache lacks."""
    if Path(model).is_dir():
        return model
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        cached: str = snapshot_download(
            model, revision=revision, local_files_only=True, allow_patterns=list(FILES)
        )
        return cached
    except HFValidationError as error:
        raise UsageError(
            f"model '{model}' is neither a folder here nor a name on the hub, such as "
            "'facebook/wav2vec2-base'"
        ) from error
    except LocalEntryNotFoundError:
        pass
    try:
        fetched: str = snapshot_download(model, revision=revision, allow_patterns=list(FILES))
        return fetched
    except Exception as error:  # whatever stands between us and the hub
        raise DataError(missing_model(model, revision=revision, reason=error)) from error


def missing_model(model: str, *, revision: str, reason: Exception) -> str:
    """Word the error for a model that is neither cached nor to be had."""
    from huggingface_hub import constants

    told = str(reason).strip().splitlines()
    place, flag = "", ""
    if revision != "main":
        place, flag = f" (revision {revision})", f" --revision {revision}"
    return (
        f"model '{model}'{place} is not in the cache {constants.HF_HUB_CACHE} and could not be "
        f"fetched ({type(reason).__name__}: {told[0] if told else 'no reason given'}). "
        f"On a machine with a connection run `hf download {model}{flag}`, copy the cache folder "
        "here and let HF_HUB_CACHE name it; or give `model` a folder that holds config.json and "
        "the weights"
    )


def trained_rate(folder: str) -> int:
    """The sample rate that the model's own files name."""
    path = Path(folder) / "preprocessor_config.json"
    if not path.is_file():
        return SPEECH_RATE
    try:
        return int(json.loads(path.read_text(encoding="utf-8")).get("sampling_rate", SPEECH_RATE))
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
