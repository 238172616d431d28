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
