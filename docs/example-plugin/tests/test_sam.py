from types import SimpleNamespace

import pytest
import torch

from emobench.testing import TechniqueSuite
from emobench_sam.options import SamOptions
from emobench_sam.sam import Sam, ascent, frozen_statistics


class TestSam(TechniqueSuite):
    component = "sam"
    options = {"radius": 0.1}


def norm(tensors):
    return float(torch.linalg.vector_norm(torch.cat([t.flatten() for t in tensors])))


def test_the_step_is_as_long_as_the_radius_and_points_along_the_gradient():
    weights, gradients = [torch.randn(3, 4), torch.randn(5)], [torch.randn(3, 4), torch.randn(5)]
    steps = ascent(weights, gradients, radius=0.3, adaptive=False)
    assert norm(steps) == pytest.approx(0.3, rel=1e-6)
    ratios = torch.cat([(s / g).flatten() for s, g in zip(steps, gradients, strict=True)])
    torch.testing.assert_close(ratios, ratios[:1].expand_as(ratios))


def test_the_adaptive_step_has_that_length_relative_to_the_weights():
    weights, gradients = [torch.randn(20)], [torch.randn(20)]
    (step,) = ascent(weights, gradients, radius=0.3, adaptive=True)
    assert norm([step / weights[0]]) == pytest.approx(0.3, rel=1e-5)


def test_the_adaptive_step_does_not_care_in_which_units_a_weight_is_measured():
    weight, gradient = torch.randn(20), torch.randn(20)
    (step,) = ascent([weight], [gradient], radius=0.3, adaptive=True)
    (scaled,) = ascent([1000 * weight], [gradient / 1000], radius=0.3, adaptive=True)
    torch.testing.assert_close(scaled, 1000 * step)


def test_no_gradient_makes_no_step():
    (step,) = ascent([torch.ones(3)], [torch.zeros(3)], radius=0.3, adaptive=False)
    assert torch.equal(step, torch.zeros(3))


def test_an_update_uses_the_gradient_at_the_neighbour():
    """On h/2 * w**2 the worst neighbour of w is w + radius; the gradient there is h(w + radius)."""
    model = torch.nn.Linear(1, 1, bias=False)
    weight = model.weight
    curvature, rate, start, radius = 3.0, 0.1, 2.0, 0.25
    torch.nn.init.constant_(weight, start)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)

    def closure():
        optimizer.zero_grad()
        loss = 0.5 * curvature * weight.square().sum()
        loss.backward()
        return loss

    closure()
    run = SimpleNamespace(model=model, optimizer=optimizer)
    assert Sam(SamOptions(radius=radius), None).update(run, closure) is True
    assert float(weight) == pytest.approx(start - rate * curvature * (start + radius))


def test_running_statistics_are_not_taken_at_the_neighbour():
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    before = model[1].running_mean.clone()
    with frozen_statistics(model):
        model(torch.randn(8, 3))
    assert torch.equal(model[1].running_mean, before)
    model(torch.randn(8, 3))
    assert not torch.equal(model[1].running_mean, before)
