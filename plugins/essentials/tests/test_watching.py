import pytest

from emobench_essentials.watching import lower_is_better


@pytest.mark.parametrize(
    "metric", ["train_loss", "validation_log_loss", "validation_mae", "validation_ece"]
)
def test_losses_and_errors_are_better_when_lower(metric):
    assert lower_is_better(metric)


@pytest.mark.parametrize("metric", ["validation_uar", "validation_accuracy", "validation_ccc"])
def test_scores_are_better_when_higher(metric):
    assert not lower_is_better(metric)
