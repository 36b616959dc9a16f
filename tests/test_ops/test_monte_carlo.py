"""Monte-Carlo prediction and its uncertainty, against explicit loops and against numbers worked out by hand."""

import math

import pytest
import torch

from vamp_mm.ops import log_mean_exp, mean_log_probs, sample_uncertainty


def _logits(samples: int, images: int = 3, classes: int = 4, scale: float = 3.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(samples)
    return scale * torch.randn(samples, images, classes, generator=generator, dtype=torch.float64)


def _loop(logits: torch.Tensor) -> list[list[float]]:
    """Average of probabilities, written with Python numbers (VaMP eq. 22)."""
    samples, images, classes = logits.shape
    averaged = [[0.0] * classes for _ in range(images)]
    for s in range(samples):
        for n in range(images):
            exponentials = [math.exp(float(logits[s, n, c])) for c in range(classes)]
            for c in range(classes):
                averaged[n][c] += exponentials[c] / sum(exponentials) / samples
    return averaged


@pytest.mark.parametrize('samples', [1, 2, 10])
def test_average_of_probabilities_equals_a_loop(samples):
    logits = _logits(samples)
    expected = torch.tensor(_loop(logits), dtype=torch.float64)
    torch.testing.assert_close(mean_log_probs(logits).exp(), expected, rtol=1e-12, atol=0)


def test_average_is_of_probabilities_not_of_logits():
    logits = torch.tensor([[[9.0, 0.0]], [[0.0, 1.0]]], dtype=torch.float64)
    by_probability = mean_log_probs(logits).exp()[0, 0]
    assert float(by_probability) == pytest.approx(
        (1 / (1 + math.exp(-9)) + 1 / (1 + math.e)) / 2, rel=1e-12
    )
    # what averaged logits would say
    assert abs(float(by_probability) - 1 / (1 + math.exp(-4.0))) > 0.3


def test_log_mean_exp_equals_its_definition_and_does_not_overflow():
    values = _logits(5)
    torch.testing.assert_close(
        log_mean_exp(values), values.exp().mean(0).log(), rtol=1e-12, atol=1e-14
    )
    torch.testing.assert_close(
        log_mean_exp(values, dim=-1), values.exp().mean(-1).log(), rtol=1e-12, atol=1e-14
    )
    far = torch.tensor([1000.0, 1000.0 + math.log(3.0)])
    assert float(log_mean_exp(far)) == pytest.approx(1000.0 + math.log(2.0), abs=1e-3)
    assert float(log_mean_exp(-far)) < -999


@pytest.mark.parametrize('samples', [2, 10])
def test_uncertainty_equals_a_loop(samples):
    logits = _logits(samples)
    given = sample_uncertainty(logits)
    averaged = _loop(logits)
    for n, mean in enumerate(averaged):
        each = [list(_loop(logits[s : s + 1])[n]) for s in range(samples)]
        predictive = -sum(p * math.log(p) for p in mean)
        expected = sum(-sum(p * math.log(p) for p in row) for row in each) / samples
        winner = mean.index(max(mean))
        chosen = [row[winner] for row in each]
        spread = math.sqrt(sum((p - mean[winner]) ** 2 for p in chosen) / samples)
        assert float(given['predictive_entropy'][n]) == pytest.approx(predictive, rel=1e-12)
        assert float(given['expected_entropy'][n]) == pytest.approx(expected, rel=1e-12)
        assert float(given['mutual_information'][n]) == pytest.approx(
            predictive - expected, rel=1e-9
        )
        assert float(given['pred_std'][n]) == pytest.approx(spread, rel=1e-12)


def test_uncertainty_of_two_samples_by_hand():
    # p_1 = (3/4, 1/4), p_2 = (1/4, 3/4): the mean is (1/2, 1/2)
    one = math.log(3.0)
    logits = torch.tensor([[[one, 0.0]], [[0.0, one]]], dtype=torch.float64)
    given = {name: float(value[0]) for name, value in sample_uncertainty(logits).items()}
    each = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert given['predictive_entropy'] == pytest.approx(math.log(2), rel=1e-14)
    assert given['expected_entropy'] == pytest.approx(each, rel=1e-14)
    assert given['mutual_information'] == pytest.approx(math.log(2) - each, rel=1e-13)
    assert given['pred_std'] == pytest.approx(0.25, rel=1e-14)


def test_one_sample_disagrees_with_nobody():
    given = sample_uncertainty(_logits(1))
    assert torch.equal(given['mutual_information'], torch.zeros(3, dtype=torch.float64))
    assert torch.equal(given['pred_std'], torch.zeros(3, dtype=torch.float64))


def test_equal_samples_have_no_mutual_information_and_disjoint_ones_log_c():
    same = _logits(1).expand(8, -1, -1)
    # rounding of the average over eight equal numbers
    assert float(sample_uncertainty(same)['mutual_information'].max()) < 1e-14
    certain = 200 * torch.eye(4, dtype=torch.float64)[:, None]  # sample s is sure of class s
    given = sample_uncertainty(certain)
    assert float(given['mutual_information'][0]) == pytest.approx(math.log(4), rel=1e-12)
    assert float(given['expected_entropy'][0]) == pytest.approx(0, abs=1e-12)


def test_certain_predictions_are_finite():
    logits = torch.tensor([[[2000.0, 0.0, -2000.0]]] * 2)
    for name, value in sample_uncertainty(logits).items():
        assert float(value[0]) == 0.0, name


def test_half_precision_logits_are_widened():
    logits = _logits(4).to(torch.bfloat16)
    assert mean_log_probs(logits).dtype == torch.float32
    torch.testing.assert_close(mean_log_probs(logits), mean_log_probs(logits.float()))
    for name, value in sample_uncertainty(logits).items():
        torch.testing.assert_close(value, sample_uncertainty(logits.float())[name])
