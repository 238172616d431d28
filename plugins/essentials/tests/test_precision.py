import math

import pytest
import torch
from torch import nn

from emobench_essentials.options import AmpOptions
from emobench_essentials.precision import Amp


def surround(amp: Amp, compute):
    """Drive the wrapper as the hook manager does."""
    generator = amp.forward()
    next(generator)
    try:
        generator.send(compute())
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the wrapper yielded twice")


def test_forward_runs_in_bfloat16_and_gives_float32(make_context):
    amp, model = Amp(AmpOptions(), make_context()), nn.Linear(64, 4)
    inputs = torch.randn(5, 64)
    seen = []

    def compute():
        logits = model(inputs)
        seen.append(logits.dtype)
        return {"emotion": logits}

    output = surround(amp, compute)
    assert seen == [torch.bfloat16]
    assert output["emotion"].dtype == torch.float32
    torch.testing.assert_close(output["emotion"], model(inputs), atol=0.05, rtol=0.05)


def test_autocast_ends_with_the_forward(make_context):
    surround(Amp(AmpOptions(), make_context()), dict)
    assert not torch.is_autocast_enabled("cpu")


def test_without_a_scaler_backward_and_update_are_the_plain_ones(make_context, make_run):
    torch.manual_seed(0)
    ours, plain = make_run(nn.Linear(3, 1)), make_run(nn.Linear(3, 1))
    plain.model.load_state_dict(ours.model.state_dict())
    amp = Amp(AmpOptions(), make_context())
    loss = ours.model(torch.ones(2, 3)).square().sum()
    assert amp.backward(loss) is True
    amp.before_update(ours)
    assert amp.update(ours) is True
    plain.model(torch.ones(2, 3)).square().sum().backward()
    plain.optimizer.step()
    assert torch.equal(ours.model.weight, plain.model.weight)


def cpu_scaler() -> torch.amp.GradScaler:
    """A scaler that is on without a GPU, and quick to change its scale."""
    return torch.amp.GradScaler("cpu", init_scale=4.0, growth_interval=2)


def scaled_amp(context) -> Amp:
    amp = Amp(AmpOptions(), context)
    amp.scaler = cpu_scaler()
    return amp


def scaled_updates(amp: Amp, run, factors: list[float]) -> list[tuple[float, torch.Tensor]]:
    """The scale and the weights after each update; an infinite factor spoils its gradients."""
    seen = []
    for factor in factors:
        run.optimizer.zero_grad()
        amp.backward(run.model(torch.ones(2, 3)).square().sum() * factor)
        amp.before_update(run)
        amp.update(run)
        seen.append((amp.scaler.get_scale(), run.model.weight.detach().clone()))
    return seen


FACTORS = [0.1, 0.1, 0.2, math.inf, math.inf, 0.1, 0.1, 0.1, math.inf, 0.1, 0.1]


@pytest.mark.parametrize("cut", range(len(FACTORS)))
def test_a_resumed_scaler_goes_on_to_the_bit(make_context, make_run, through_a_checkpoint, cut):
    torch.manual_seed(0)
    straight, broken = make_run(nn.Linear(3, 1)), make_run(nn.Linear(3, 1))
    broken.model.load_state_dict(straight.model.state_dict())
    whole_amp, first, second = (scaled_amp(make_context()) for _ in range(3))
    whole = scaled_updates(whole_amp, straight, FACTORS)
    assert {scale for scale, _ in whole} == {2.0, 4.0, 8.0}
    scaled_updates(first, broken, FACTORS[:cut])
    second.load_state_dict(through_a_checkpoint(first.state_dict()))
    resumed = scaled_updates(second, broken, FACTORS[cut:])
    assert [scale for scale, _ in resumed] == [scale for scale, _ in whole[cut:]]
    assert all(torch.equal(a, b) for (_, a), (_, b) in zip(resumed, whole[cut:], strict=True))
    assert second.state_dict() == whole_amp.state_dict()


def test_a_run_that_moves_to_a_gpu_starts_its_scaler_afresh(make_context, through_a_checkpoint):
    without = Amp(AmpOptions(), make_context())
    amp = scaled_amp(make_context())
    amp.load_state_dict(through_a_checkpoint(without.state_dict()))
    assert amp.state_dict() == cpu_scaler().state_dict()


def test_a_run_that_moves_to_the_cpu_leaves_its_scale_behind(
    make_context, make_run, through_a_checkpoint
):
    scaled = scaled_amp(make_context())
    scaled_updates(scaled, make_run(nn.Linear(3, 1)), [0.1] * 2)
    amp = Amp(AmpOptions(), make_context())
    amp.load_state_dict(through_a_checkpoint(scaled.state_dict()))
    assert amp.state_dict() == {}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="the loss scaler needs a GPU")
def test_scaled_gradients_are_true_again_before_the_update(make_context, make_run):
    run = make_run(nn.Linear(3, 1).cuda())
    amp = Amp(AmpOptions(), make_context(device="cuda"))
    loss = run.model(torch.ones(2, 3, device="cuda")).square().sum()
    expected = torch.autograd.grad(loss, run.model.weight, retain_graph=True)[0]
    amp.backward(loss)
    assert not torch.allclose(run.model.weight.grad, expected)
    amp.before_update(run)
    torch.testing.assert_close(run.model.weight.grad, expected)
