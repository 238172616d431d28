import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from emobench.api import Batch, Context, RunState, Schedule, Stream, Target, TaskFacts
from emobench_essentials.mixup import MixUp
from emobench_essentials.options import MixUpOptions

TARGETS = (
    Target(name="emotion", kind="class", classes=("a", "b", "c")),
    Target(name="units", kind="labels", classes=("AU1", "AU2")),
    Target(name="valence", kind="number"),
)


def run_and_technique(alpha: float, *, seed: int = 0) -> tuple[RunState, MixUp]:
    task = TaskFacts(
        name="toy", modalities=("audio",), targets=TARGETS, metric="uar", train_items=8
    )
    schedule = Schedule(epochs=1, updates_per_epoch=1)
    model = torch.nn.Linear(1, 1)
    run = RunState(
        task=task,
        stream=Stream(seed),
        schedule=schedule,
        device=torch.device("cpu"),
        model=model,
        losses={},
        optimizer=torch.optim.SGD(model.parameters()),
        scheduler=None,
    )
    context = Context(task=task, stream=run.stream, schedule=schedule)
    return run, MixUp(MixUpOptions(alpha=alpha), context)


def make_batch(size: int = 8, *, seed: int = 0) -> Batch:
    random = torch.Generator().manual_seed(seed)
    return Batch(
        inputs={
            "audio": torch.rand(size, 2, 3, generator=random),
            "image": torch.rand(size, 1, generator=random),
        },
        targets={
            "emotion": torch.randint(0, 3, (size,), generator=random),
            "units": torch.randint(0, 2, (size, 2), generator=random).float(),
            "valence": torch.rand(size, generator=random),
        },
        items=torch.arange(size),
    )


@given(alpha=st.floats(0.05, 4), seed=st.integers(0, 1000), size=st.integers(1, 9))
def test_label_mass_is_kept(alpha, seed, size):
    run, mixup = run_and_technique(alpha, seed=seed)
    batch = make_batch(size, seed=seed)
    counts = torch.bincount(batch.targets["emotion"], minlength=3).float()
    mixup.transform_batch(run, batch)
    torch.testing.assert_close(batch.targets["emotion"].sum(dim=1), torch.ones(size))
    torch.testing.assert_close(batch.targets["emotion"].sum(dim=0), counts)


def test_inputs_and_labels_are_mixed_by_the_same_pairs_and_share():
    run, mixup = run_and_technique(1.0)
    batch, before = make_batch(), make_batch()
    mixup.transform_batch(run, batch)
    joined = torch.cat(
        [
            before.inputs["audio"].flatten(1),
            before.inputs["image"],
            torch.nn.functional.one_hot(before.targets["emotion"], 3).float(),
            before.targets["units"],
            before.targets["valence"][:, None],
        ],
        dim=1,
    )
    mixed = torch.cat(
        [
            batch.inputs["audio"].flatten(1),
            batch.inputs["image"],
            batch.targets["emotion"],
            batch.targets["units"],
            batch.targets["valence"][:, None],
        ],
        dim=1,
    )
    random = run.stream.child("mixup").numpy(0, 0)
    share = random.beta(1.0, 1.0)
    expected = share * joined + (1 - share) * joined[torch.from_numpy(random.permutation(8))]
    torch.testing.assert_close(mixed, expected.float())


def test_draws_depend_on_the_step_and_not_on_what_was_drawn_before():
    run, mixup = run_and_technique(1.0)
    run.step = 3
    first, second, other = make_batch(), make_batch(), make_batch()
    mixup.transform_batch(run, first)
    torch.rand(100)
    mixup.transform_batch(run, second)
    run.step = 4
    mixup.transform_batch(run, other)
    assert torch.equal(first.inputs["audio"], second.inputs["audio"])
    assert not torch.equal(first.inputs["audio"], other.inputs["audio"])


def test_shares_follow_the_beta_distribution():
    run, mixup = run_and_technique(0.4)
    shares = []
    for run.step in range(400):
        batch = Batch(inputs={"x": torch.eye(2)}, targets={}, items=torch.arange(2))
        mixup.transform_batch(run, batch)
        shares.append(float(batch.inputs["x"].max()))
    mixed = torch.tensor([share for share in shares if share < 1])
    draws = torch.distributions.Beta(0.4, 0.4).sample((20_000,))
    folded = torch.maximum(draws, 1 - draws).mean()
    assert float(mixed.mean()) == pytest.approx(float(folded), abs=0.04)
