"""What goes into a checkpoint comes out of it, and a damaged one is passed over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from emobench.training.checkpoints import (
    DamagedCheckpoint,
    best_path,
    list_checkpoints,
    pack,
    read_newest,
    read_state,
    remove_checkpoints,
    unpack,
    write_checkpoint,
    write_state,
)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
PLAIN = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=12,
)


def state(epoch: int, best: int = 0) -> dict[str, Any]:
    return {"epoch": epoch, "best_file": best, "model": {"w": torch.full((3,), float(epoch))}}


@given(PLAIN)
def test_plain_state_survives_unchanged(value: Any) -> None:
    restored = unpack(*pack(value))
    assert restored == value
    assert type(restored) is type(value)


def test_tensors_and_optimizer_state_survive_to_the_bit() -> None:
    weight = torch.nn.Parameter(torch.randn(4, 3, generator=torch.Generator().manual_seed(1)))
    optimizer = torch.optim.AdamW([weight], lr=0.1)
    weight.square().sum().backward()
    optimizer.step()
    restored = unpack(*pack(optimizer.state_dict()))
    assert torch.equal(restored["state"][0]["exp_avg"], optimizer.state[weight]["exp_avg"])
    assert restored["param_groups"] == optimizer.state_dict()["param_groups"]


def test_arrays_keep_their_type() -> None:
    restored = unpack(*pack({"counts": np.array([1, 2], dtype=np.int32)}))
    assert restored["counts"].dtype == np.int32
    assert restored["counts"].tolist() == [1, 2]


def test_what_no_checkpoint_can_hold_is_named() -> None:
    with pytest.raises(TypeError, match=r"state\.techniques\.mine is a set"):
        pack({"techniques": {"mine": {1, 2}}})


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_a_file_cut_short_is_damaged(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "state.safetensors"
    write_state(path, state(1))
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DamagedCheckpoint, match=r"state\.safetensors"):
        read_state(path)


def test_a_changed_byte_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    write_state(path, state(1))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(DamagedCheckpoint, match="digest does not match"):
        read_state(path)


def test_the_one_before_stands_in_for_a_truncated_checkpoint(tmp_path: Path) -> None:
    for epoch in (1, 2):
        write_checkpoint(tmp_path, epoch, state(epoch))
    newest = list_checkpoints(tmp_path)[0][1]
    newest.write_bytes(newest.read_bytes()[:50])
    found, warnings = read_newest(tmp_path)
    assert found is not None
    assert found["epoch"] == 1
    assert len(warnings) == 1
    assert "checkpoint of epoch 2 is damaged and passed over" in warnings[0]


def test_a_checkpoint_whose_best_weights_are_lost_is_passed_over(tmp_path: Path) -> None:
    write_state(best_path(tmp_path, 1), {"w": torch.zeros(1)})
    write_checkpoint(tmp_path, 1, state(1, best=1))
    write_checkpoint(tmp_path, 2, state(2, best=2))
    found, _ = read_newest(tmp_path)
    assert found is not None
    assert found["epoch"] == 1


def test_two_checkpoints_and_the_best_weights_they_need_are_kept(tmp_path: Path) -> None:
    bests = {1: 1, 2: 1, 3: 3, 4: 3, 5: 5}
    for epoch, best in bests.items():
        if best == epoch:
            write_state(best_path(tmp_path, epoch), {"w": torch.zeros(1)})
        write_checkpoint(tmp_path, epoch, state(epoch, best=best))
    assert [epoch for epoch, _ in list_checkpoints(tmp_path)] == [5, 4]
    assert sorted(path.name for path in tmp_path.glob("best-*")) == [
        "best-00003.safetensors",
        "best-00005.safetensors",
    ]


def test_a_finished_run_keeps_no_checkpoint(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    write_checkpoint(folder, 1, state(1))
    remove_checkpoints(folder)
    assert not folder.exists()
