import pytest
import torch
from torch import nn
from torch.nn import functional

from emobench.api import Batch
from emobench_essentials.options import SnapshotOptions
from emobench_essentials.snapshots import Snapshot, joint_logits


class Net(nn.Module):
    """One layer, under the name of the target."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 4)

    def forward(self, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {"emotion": self.layer(inputs["table"])}


def a_batch() -> Batch:
    rows = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    return Batch(inputs={"table": rows}, targets={}, items=torch.arange(6))


def trained(run, technique: Snapshot, *, updates: int) -> dict[int, torch.Tensor]:
    """Other weights after each update, and what they say."""
    said = {}
    for update in range(1, updates + 1):
        with torch.no_grad():
            run.model.layer.weight.copy_(
                torch.randn(4, 3, generator=torch.Generator().manual_seed(update))
            )
        said[update] = run.model(a_batch().inputs)["emotion"].detach()
        run.update = update
        technique.after_update(run)
    run.finished = True
    return said


def predicted(run, technique: Snapshot) -> torch.Tensor:
    with torch.no_grad():
        return technique.predict(run, a_batch())["emotion"].softmax(dim=1)


def test_it_predicts_the_mean_probability_of_the_weights_at_the_cycles_ends(make_context, make_run):
    run = make_run(Net(), epochs=3, updates=4)
    technique = Snapshot(SnapshotOptions(cycles=3), make_context())
    said = trained(run, technique, updates=12)
    expected = torch.stack([said[update].softmax(dim=1) for update in (4, 8, 12)]).mean(dim=0)
    torch.testing.assert_close(predicted(run, technique), expected)


def test_a_last_cycle_that_is_shorter_ends_with_training(make_context, make_run):
    run = make_run(Net(), epochs=1, updates=11)
    technique = Snapshot(SnapshotOptions(cycles=3), make_context())
    said = trained(run, technique, updates=11)
    expected = torch.stack([said[update].softmax(dim=1) for update in (4, 8, 11)]).mean(dim=0)
    torch.testing.assert_close(predicted(run, technique), expected)


def test_the_last_ones_alone_predict_where_that_is_asked_for(make_context, make_run):
    run = make_run(Net(), epochs=3, updates=4)
    technique = Snapshot(SnapshotOptions(cycles=6, last=2), make_context())
    said = trained(run, technique, updates=12)
    expected = torch.stack([said[update].softmax(dim=1) for update in (10, 12)]).mean(dim=0)
    torch.testing.assert_close(predicted(run, technique), expected)


def test_during_training_the_weights_of_the_moment_predict(make_context, make_run):
    run = make_run(Net(), epochs=3, updates=4)
    technique = Snapshot(SnapshotOptions(cycles=3), make_context())
    said = trained(run, technique, updates=9)
    run.finished = False
    assert torch.equal(technique.predict(run, a_batch())["emotion"], said[9])


def test_a_training_that_ends_within_the_first_cycle_is_predicted_as_it_is(make_context, make_run):
    run = make_run(Net(), epochs=3, updates=4)
    technique = Snapshot(SnapshotOptions(cycles=2), make_context())
    said = trained(run, technique, updates=5)
    assert torch.equal(technique.predict(run, a_batch())["emotion"], said[5])


@pytest.mark.parametrize(
    ("kind", "probabilities"),
    [
        ("class", functional.softmax),
        ("distribution", functional.softmax),
        ("labels", lambda logits, dim: logits.sigmoid()),
        ("number", lambda logits, dim: logits),
    ],
)
def test_the_joint_logits_say_the_mean_of_what_each_says(kind, probabilities):
    logits = 3 * torch.randn(3, 7, 4, dtype=torch.float64)
    expected = probabilities(logits, dim=-1).mean(dim=0)
    said = probabilities(joint_logits(list(logits), kind=kind), dim=-1)
    torch.testing.assert_close(said, expected)


def test_utterly_sure_members_leave_finite_logits():
    sure = torch.tensor([[300.0, -300.0]])
    for kind in ("class", "labels"):
        assert torch.isfinite(joint_logits([sure, sure], kind=kind)).all()
