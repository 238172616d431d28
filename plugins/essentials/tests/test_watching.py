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


@pytest.mark.parametrize("metric", ["mae", "rmse", "log_loss", "ece", "kl"])
@pytest.mark.parametrize("target", ["arousal", "facial_units"])
def test_errors_of_further_targets_are_better_when_lower(target, metric):
    assert lower_is_better(f"validation_{target}.{metric}")


@pytest.mark.parametrize("metric", ["ccc", "macro_f1", "uar"])
def test_a_target_named_after_an_error_does_not_turn_its_score_round(metric):
    assert not lower_is_better(f"validation_loss.{metric}")


@pytest.mark.parametrize("term", ["emotion", "distillation", "arousal_ccc"])
def test_a_single_term_of_the_training_loss_is_better_when_lower(term):
    assert lower_is_better(f"train_loss.{term}")
