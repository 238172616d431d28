import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from emobench.api import Batch, Step
from emobench_essentials.gradients import Accumulation, GradientClipping
from emobench_essentials.options import AccumulationOptions, GradientClippingOptions


def gradient_norm(model: nn.Module) -> float:
    return float(torch.cat([weights.grad.flatten() for weights in model.parameters()]).norm())


def backward(model: nn.Module, scale: float = 100.0) -> None:
    (model(torch.ones(2, 3)).square().sum() * scale).backward()


def test_long_gradients_are_cut_to_the_norm(make_context, make_run):
    run = make_run()
    backward(run.model)
    GradientClipping(GradientClippingOptions(norm=0.5), make_context()).before_update(run)
    assert gradient_norm(run.model) == pytest.approx(0.5, rel=1e-4)


def test_short_gradients_stay_as_they_are_to_the_bit(make_context, make_run):
    run = make_run()
    backward(run.model)
    before = [weights.grad.clone() for weights in run.model.parameters()]
    GradientClipping(GradientClippingOptions(norm=1e9), make_context()).before_update(run)
    after = [weights.grad for weights in run.model.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_the_mean_norm_before_clipping_is_logged_each_epoch(make_context, make_run):
    run = make_run()
    clipping = GradientClipping(GradientClippingOptions(norm=0.5), make_context())
    for scales in ((1.0, 3.0), (10.0,)):
        clipping.epoch_start()
        norms = []
        for scale in scales:
            run.model.zero_grad()
            backward(run.model, scale)
            norms.append(gradient_norm(run.model))
            clipping.before_update(run)
        clipping.epoch_end(run)
        assert run.logged["gradient_norm"] == pytest.approx(sum(norms) / len(norms), rel=1e-5)


def test_two_micro_batches_of_32_are_one_batch_of_64(make_context, make_run):
    torch.manual_seed(0)
    inputs, targets = torch.randn(64, 3), torch.randint(0, 4, (64,))
    joined = make_run()
    split = make_run(copy.deepcopy(joined.model))
    functional.cross_entropy(joined.model(inputs), targets).backward()
    joined.optimizer.step()

    accumulation = Accumulation(AccumulationOptions(steps=2), make_context())
    accumulation.epoch_start()
    window, answers = [], []
    for index, half in enumerate((slice(0, 32), slice(32, 64))):
        functional.cross_entropy(split.model(inputs[half]), targets[half]).backward()
        batch = Batch(inputs={}, targets={}, items=torch.arange(32))
        window.append(Step(batch=batch, epoch=0, index=index))
        answers.append(accumulation.ready_to_step())
    assert answers == [False, True]
    accumulation.before_update(split, window)
    split.optimizer.step()
    for a, b in zip(joined.model.parameters(), split.model.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_a_short_micro_batch_counts_as_much_as_a_long_one(make_context, make_run):
    torch.manual_seed(0)
    inputs, targets = torch.randn(40, 3), torch.randint(0, 4, (40,))
    weighted = make_run()
    split = make_run(copy.deepcopy(weighted.model))
    shares = torch.tensor([0.5 / 32] * 32 + [0.5 / 8] * 8)
    losses = functional.cross_entropy(weighted.model(inputs), targets, reduction="none")
    (losses * shares).sum().backward()

    accumulation = Accumulation(AccumulationOptions(steps=2), make_context())
    window = []
    for index, part in enumerate((slice(0, 32), slice(32, 40))):
        functional.cross_entropy(split.model(inputs[part]), targets[part]).backward()
        batch = Batch(inputs={}, targets={}, items=torch.arange(40)[part])
        window.append(Step(batch=batch, epoch=0, index=index))
    accumulation.before_update(split, window)
    for a, b in zip(weighted.model.parameters(), split.model.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad)


def test_an_incomplete_window_at_an_epochs_end_does_not_shift_the_next(make_context):
    accumulation = Accumulation(AccumulationOptions(steps=3), make_context())
    accumulation.epoch_start()
    accumulation.ready_to_step()
    accumulation.epoch_start()
    assert [accumulation.ready_to_step() for _ in range(3)] == [False, False, True]


def test_one_step_leaves_gradients_as_they_are_to_the_bit(make_context, make_run):
    run = make_run()
    accumulation = Accumulation(AccumulationOptions(steps=1), make_context())
    backward(run.model)
    before = gradient_norm(run.model)
    step = Step(batch=Batch(inputs={}, targets={}, items=torch.arange(2)), epoch=0, index=0)
    assert accumulation.ready_to_step()
    accumulation.before_update(run, [step])
    assert gradient_norm(run.model) == before
