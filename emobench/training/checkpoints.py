"""Checkpoints without pickle: one safetensors file holds tensors, plain state and a digest.

A file that was cut short or changed is noticed by its digest, and the one before it is used;
that is also why no write here waits for the disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

NAME = "checkpoint-{epoch:05d}.safetensors"
PATTERN = re.compile(r"checkpoint-(\d{5,})\.safetensors")
KEPT = 2


class DamagedCheckpoint(Exception):
    """A checkpoint that cannot be trusted."""


def pack(state: Any) -> tuple[str, dict[str, torch.Tensor]]:
    """Split a state into JSON text and the tensors it refers to."""
    tensors: dict[str, torch.Tensor] = {}
    return json.dumps(_encode(state, tensors, "state")), tensors


def unpack(text: str, tensors: Mapping[str, torch.Tensor]) -> Any:
    """Join what `pack` split."""
    return _decode(json.loads(text), tensors)


def _encode(value: Any, tensors: dict[str, torch.Tensor], path: str) -> Any:
    if isinstance(value, torch.Tensor):
        key = str(len(tensors))
        tensors[key] = value.detach().cpu().contiguous().clone()
        return {"$tensor": key}
    if isinstance(value, np.ndarray):
        return {"$array": _encode(torch.from_numpy(value.copy()), tensors, path)}
    if isinstance(value, Mapping):
        pairs = [
            [_encode(key, tensors, path), _encode(item, tensors, f"{path}.{key}")]
            for key, item in value.items()
        ]
        return {"$map": pairs}
    if isinstance(value, tuple):
        return {"$tuple": [_encode(item, tensors, path) for item in value]}
    if isinstance(value, list):
        return [_encode(item, tensors, path) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{path} is a {type(value).__name__}, which a checkpoint cannot hold")


def _decode(value: Any, tensors: Mapping[str, torch.Tensor]) -> Any:
    if isinstance(value, list):
        return [_decode(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    if kind == "$tensor":
        return tensors[inner]
    if kind == "$array":
        return tensors[inner["$tensor"]].numpy()
    if kind == "$tuple":
        return tuple(_decode(item, tensors) for item in inner)
    return {_decode(key, tensors): _decode(item, tensors) for key, item in inner}


def write_state(path: Path, state: Any) -> None:
    """Write a state atomically."""
    text, tensors = pack(state)
    metadata = {"state": text, "digest": _digest(text, tensors)}
    temporary = path.with_name(f".{path.name}.partial")
    try:
        temporary.write_bytes(save(tensors, metadata))
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_state(path: Path) -> Any:
    """Read a state; DamagedCheckpoint when the file is missing, cut short or changed."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        if _digest(metadata["state"], tensors) != metadata["digest"]:
            raise DamagedCheckpoint(f"{path.name}: its digest does not match")
        return unpack(metadata["state"], tensors)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise DamagedCheckpoint(f"{path.name}: {error}") from error


def _digest(text: str, tensors: Mapping[str, torch.Tensor]) -> str:
    digest = hashlib.blake2b(text.encode(), digest_size=16)
    for key in sorted(tensors):
        digest.update(key.encode())
        digest.update(tensors[key].reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def list_checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """Epochs and files, newest first."""
    found = [
        (int(match[1]), path)
        for path in folder.glob("checkpoint-*.safetensors")
        if (match := PATTERN.fullmatch(path.name))
    ]
    return sorted(found, reverse=True)


def best_path(folder: Path, epoch: int) -> Path:
    """Where the weights of a best epoch lie; epochs count from 1."""
    return folder / f"best-{epoch:05d}.safetensors"


def write_checkpoint(folder: Path, epoch: int, state: Mapping[str, Any]) -> None:
    """Write the state after `epoch` epochs and drop what no kept checkpoint needs.

    The weights of epoch `state["best_file"]`, where it is not 0, lie in a file of their own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_state(folder / NAME.format(epoch=epoch), state)
    newest = list_checkpoints(folder)
    for _, path in newest[KEPT:]:
        path.unlink(missing_ok=True)
    oldest_kept = newest[:KEPT][-1][0]
    bests = sorted(folder.glob("best-*.safetensors"), reverse=True)
    for path in [path for path in bests if path <= best_path(folder, oldest_kept)][1:]:
        path.unlink(missing_ok=True)


def read_newest(folder: Path) -> tuple[dict[str, Any] | None, list[str]]:
    """The newest sound checkpoint, and a warning for each damaged one that was passed over."""
    warnings = []
    for epoch, path in list_checkpoints(folder):
        try:
            state: dict[str, Any] = read_state(path)
            if state["best_file"]:
                read_state(best_path(folder, state["best_file"]))
        except DamagedCheckpoint as damage:
            warnings.append(f"checkpoint of epoch {epoch} is damaged and passed over ({damage})")
            continue
        return state, warnings
    return None, warnings


def remove_checkpoints(folder: Path) -> None:
    """Delete all checkpoints of a run that is over."""
    for pattern in ("checkpoint-*.safetensors", "best-*.safetensors", ".*.partial"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
