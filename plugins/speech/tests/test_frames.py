import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler
from torch.nn import functional

from emobench.api import UsageError
from emobench_speech.frames import (
    AsFrames,
    AttentionPooling,
    HalvingBlock,
    RecurrentLayers,
    SequenceReader,
    input_shape,
    join_frames,
    shares,
)


@pytest.fixture
def rows() -> torch.Tensor:
    """Fifty rows in units as far apart as Hz, decibels and shares."""
    draws = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
    return draws * torch.tensor([800.0, 6.0, 0.002]) + torch.tensor([3000.0, -40.0, 0.01])


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def lstm_states(frames: np.ndarray, weights: dict[str, np.ndarray], *, suffix: str) -> np.ndarray:
    """One direction of an LSTM, step by step, as in the paper: gates i, f, g, o."""
    hidden = weights[f"weight_hh_l0{suffix}"].shape[1]
    state, cell, states = np.zeros(hidden), np.zeros(hidden), []
    for frame in frames:
        gates = weights[f"weight_ih_l0{suffix}"] @ frame + weights[f"bias_ih_l0{suffix}"]
        gates = gates + weights[f"weight_hh_l0{suffix}"] @ state + weights[f"bias_hh_l0{suffix}"]
        enter, forget, value, leave = np.split(gates, 4)
        cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(value)
        state = sigmoid(leave) * np.tanh(cell)
        states.append(state)
    return np.array(states)


def both_directions(frames: np.ndarray, layer: torch.nn.Module) -> np.ndarray:
    weights = {name: each.detach().double().numpy() for name, each in layer.named_parameters()}
    there = lstm_states(frames, weights, suffix="")
    back = lstm_states(frames[::-1], weights, suffix="_reverse")[::-1]
    return np.concatenate([there, back], axis=1)


def test_recurrent_layers_are_those_of_the_paper_in_both_directions():
    layers = RecurrentLayers(3, (4, 2), bidirectional=True, dropout=0.5).eval()
    frames = torch.randn(6, 2, 3)
    states, last = layers(frames)
    for item in range(2):
        expected = frames[:, item].double().numpy()
        for layer in layers.layers:
            expected = both_directions(expected, layer)
        np.testing.assert_allclose(states[:, item].detach(), expected, atol=1e-6)
        ends = np.concatenate([expected[-1, :2], expected[0, 2:]])
        np.testing.assert_allclose(last[item].detach(), ends, atol=1e-6)


def test_forget_gates_start_open():
    layers = RecurrentLayers(3, (4,), bidirectional=True, dropout=0.0)
    weights = dict(layers.layers[0].named_parameters())
    for suffix in ("", "_reverse"):
        forget = (weights[f"bias_ih_l0{suffix}"] + weights[f"bias_hh_l0{suffix}"])[4:8]
        assert forget.tolist() == [1.0, 1.0, 1.0, 1.0]


def test_attention_pooling_with_no_preference_is_the_mean():
    pooling = AttentionPooling(3)
    torch.nn.init.zeros_(pooling.score.weight)
    states = torch.randn(5, 2, 3)
    torch.testing.assert_close(pooling(states), states.mean(dim=0))


def test_attention_pooling_weighs_frames_by_their_scores():
    pooling = AttentionPooling(3)
    states = torch.randn(5, 2, 3)
    hidden = np.tanh(
        states.numpy() @ pooling.hidden.weight.detach().numpy().T
        + pooling.hidden.bias.detach().numpy()
    )
    scores = np.exp(hidden @ pooling.score.weight.detach().numpy()[0])
    expected = (scores / scores.sum(axis=0))[..., None] * states.numpy()
    np.testing.assert_allclose(pooling(states).detach(), expected.sum(axis=0), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("pooling", ["last", "mean", "attention"])
def test_a_reader_makes_its_embedding_from_the_states(pooling):
    reader = SequenceReader(
        RecurrentLayers(3, (2,), bidirectional=True, dropout=0.0), pooling=pooling
    )
    embedding, states = reader(torch.randn(4, 3, 5))
    expected = {
        "last": lambda: torch.cat([states[:, :2, -1], states[:, 2:, 0]], dim=1),
        "mean": lambda: states.mean(dim=2),
        "attention": lambda: reader.attention(states.permute(2, 0, 1)),
    }
    torch.testing.assert_close(embedding, expected[pooling]())


def test_a_halving_block_is_convolutions_norm_relu_and_pooling():
    block = HalvingBlock(3, 7, kernels=(3, 5))
    maps = torch.randn(4, 3, 9)
    small, large = (each.weight for each in block.convolutions)
    joined = torch.cat(
        [functional.conv1d(maps, small, padding=1), functional.conv1d(maps, large, padding=2)], 1
    )
    normed = (joined - joined.mean((0, 2), keepdim=True)) / (
        joined.var((0, 2), correction=0, keepdim=True) + 1e-5
    ).sqrt()
    expected = functional.max_pool1d(normed.relu(), 2, ceil_mode=True)
    torch.testing.assert_close(block(maps), expected, rtol=1e-4, atol=1e-5)


@given(channels=st.integers(1, 600), parts=st.integers(1, 9))
def test_shares_lose_no_channel_and_differ_by_one_at_most(channels, parts):
    given_out = shares(channels, parts=parts)
    assert (sum(given_out), len(given_out)) == (channels, parts)
    assert max(given_out) - min(given_out) <= 1


@given(frames=st.integers(1, 20), count=st.integers(1, 6))
def test_joined_frames_keep_every_value_and_repeat_only_the_last_frame(frames, count):
    clip = torch.arange(2.0 * 3 * frames).reshape(2, 3, frames)
    joined = join_frames(clip, count=count)
    assert joined.shape == (2, 3 * count, -(-frames // count))
    for step in range(joined.shape[2]):
        for place in range(count):
            source = clip[:, :, min(step * count + place, frames - 1)]
            assert torch.equal(joined[:, place::count, step], source)


def test_a_row_of_values_is_frames_of_one_band(make_context):
    context = make_context(inputs={"audio": (392,)})
    assert input_shape(context, backbone="lstm", modality="audio", rows=True) == (1, 392)
    assert AsFrames((392,))(torch.ones(2, 392)).shape == (2, 1, 392)


def test_columns_are_scaled_as_scikit_learns_scaler_does(rows):
    """Columns of very unequal units, seen in batches of unequal sizes."""
    scaler = AsFrames((3,))
    for batch in rows.split([5, 1, 30, 14]):
        scaler(batch)
    fresh = rows[:7] * 1.5
    expected = StandardScaler().fit(rows.double().numpy()).transform(fresh.double().numpy())
    scaled = scaler.eval()(fresh)
    np.testing.assert_allclose(scaled.squeeze(1), expected, rtol=1e-3, atol=1e-4)


def test_only_training_teaches_the_scaler(rows):
    scaler = AsFrames((3,))
    scaler(rows)
    taught = scaler.eval()(rows)
    scaler(rows * 100)
    assert torch.equal(scaler(rows), taught)


def test_an_untaught_scaler_leaves_rows_as_they_are(rows):
    assert torch.equal(AsFrames((3,)).eval()(rows).squeeze(1), rows)


def test_a_column_that_never_changes_becomes_0():
    scaled = AsFrames((2,))(torch.tensor([[7.0, 1.0], [7.0, 3.0]]))
    assert scaled.squeeze(1).tolist() == [[0.0, -1.0], [0.0, 1.0]]


def test_spectrograms_stay_as_they_are_and_need_nothing_stored():
    frames = AsFrames((4, 9))
    clips = torch.randn(2, 4, 9)
    assert frames(clips) is clips
    assert not frames.state_dict()


def test_a_waveform_is_refused_by_its_length(make_context):
    with pytest.raises(UsageError) as caught:
        input_shape(
            make_context(inputs={"audio": (48_000,)}), backbone="lstm", modality="audio", rows=True
        )
    assert str(caught.value) == (
        "backbone 'lstm' needs (bands, frames) or at most 1024 values of 'audio', but the frontend "
        "gives audio (48000,); use a spectrogram frontend such as 'logmel'"
    )


def test_a_row_of_values_is_refused_where_bands_are_needed(make_context):
    with pytest.raises(UsageError) as caught:
        input_shape(make_context(inputs={"audio": (392,)}), backbone="conformer", modality="audio")
    assert str(caught.value) == (
        "backbone 'conformer' needs (bands, frames) of 'audio', but the frontend gives audio "
        "(392,); use a spectrogram frontend such as 'logmel'"
    )
