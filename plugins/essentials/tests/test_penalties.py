import numpy as np
import pytest
import torch
from torch import nn

from emobench_essentials.options import WeightPenaltyOptions
from emobench_essentials.penalties import WeightPenalty, kernels, penalty


class Mixed(nn.Module):
    """A layer of every sort, each of whose weights holds numbers of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(2, 3, 3)
        self.norm = nn.BatchNorm1d(3)
        self.recurrent = nn.LSTM(3, 4, bidirectional=True)
        self.attention = nn.MultiheadAttention(4, 2)
        self.embedding = nn.Embedding(5, 4)
        self.dense = nn.Linear(4, 2)


def test_a_linear_layers_penalty_is_written_out(make_context, make_run):
    """Keras' l2(0.5) and l1(0.25) of a 3 x 4 kernel: 0.5 * sum of squares, 0.25 * sum of sizes."""
    run = make_run()
    kernel = np.arange(12).reshape(4, 3) / 4 - 1
    with torch.no_grad():
        run.model.weight.copy_(torch.from_numpy(kernel))
        run.model.bias.fill_(1000.0)
    technique = WeightPenalty(WeightPenaltyOptions(l2=0.5, l1=0.25), make_context())
    expected = 0.5 * (kernel**2).sum() + 0.25 * np.abs(kernel).sum()
    assert technique.loss_terms(run)["weight_penalty"].item() == pytest.approx(expected)


def test_its_gradient_is_twice_the_weight_for_l2_and_the_sign_for_l1():
    weights = torch.tensor([-2.0, 0.5], requires_grad=True)
    penalty([weights], l1=0.1, l2=0.01).backward()
    assert weights.grad.tolist() == pytest.approx([-0.04 - 0.1, 0.01 + 0.1])


def test_all_kernels_are_those_of_no_bias_norm_embedding_or_recurrence():
    model = Mixed()
    expected = [
        model.convolution.weight,
        model.recurrent.weight_ih_l0,
        model.recurrent.weight_ih_l0_reverse,
        model.attention.in_proj_weight,
        model.attention.out_proj.weight,
        model.dense.weight,
    ]
    assert list(map(id, kernels(model.modules(), dense_alone=False))) == list(map(id, expected))


def test_dense_kernels_leave_out_convolutions_and_recurrent_layers():
    model = Mixed()
    expected = [model.attention.in_proj_weight, model.attention.out_proj.weight, model.dense.weight]
    assert list(map(id, kernels(model.modules(), dense_alone=True))) == list(map(id, expected))


def test_frozen_weights_are_left_out():
    model = Mixed()
    model.dense.weight.requires_grad_(False)
    assert all(
        each is not model.dense.weight for each in kernels(model.modules(), dense_alone=True)
    )


def test_weights_that_two_layers_share_count_once():
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    assert len(list(kernels([first, second], dense_alone=True))) == 1


def test_with_plain_gradient_descent_it_is_weight_decay_of_twice_its_strength(
    make_context, make_run
):
    """Torch's weight_decay adds w * decay to the gradient; the square's own is 2 w."""
    torch.manual_seed(0)
    model = nn.Linear(3, 4, bias=False)
    run = make_run(model)
    reference = nn.Linear(3, 4, bias=False)
    reference.load_state_dict(model.state_dict())
    decayed = torch.optim.SGD(reference.parameters(), lr=0.1, weight_decay=0.06)
    technique = WeightPenalty(WeightPenaltyOptions(l2=0.03), make_context())
    rows = torch.randn(5, 3)
    for _ in range(3):
        run.optimizer.zero_grad()
        (model(rows).square().mean() + technique.loss_terms(run)["weight_penalty"]).backward()
        run.optimizer.step()
        decayed.zero_grad()
        reference(rows).square().mean().backward()
        decayed.step()
    torch.testing.assert_close(model.weight, reference.weight)


def test_at_strength_nothing_it_adds_no_term(make_context, make_run):
    off = WeightPenalty(WeightPenaltyOptions(l2=0.0, l1=0.0), make_context())
    assert off.loss_terms(make_run()) == {}


def test_a_model_whose_kernels_are_all_frozen_has_no_term(make_context, make_run):
    run = make_run()
    run.model.weight.requires_grad_(False)
    assert WeightPenalty(WeightPenaltyOptions(), make_context()).loss_terms(run) == {}
