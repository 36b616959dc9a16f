"""Accuracy of the most certain images and the risk-coverage curve, by hand."""

from __future__ import annotations

import itertools

import pytest
import torch

from vamp_mm.evaluation.selective import aurc, risk_coverage, risks, selective_accuracy


def test_accuracy_of_the_most_certain_by_hand() -> None:
    certainty = torch.tensor([0.9, 0.8, 0.7, 0.6, 0.5, 0.45, 0.4, 0.35, 0.3, 0.2])
    correct = torch.tensor([1, 1, 1, 0, 1, 1, 1, 1, 0, 1])
    assert selective_accuracy(certainty, correct, 80) == pytest.approx(100 * 7 / 8)
    assert selective_accuracy(certainty, correct, 90) == pytest.approx(100 * 7 / 9)
    assert selective_accuracy(certainty, correct, 100) == pytest.approx(80)
    # of 3 images 80 % are 2.4: three are answered
    assert selective_accuracy(certainty[2:5], correct[2:5], 80) == pytest.approx(100 * 2 / 3)
    assert selective_accuracy(certainty[:1], correct[:1], 1) == 100


def test_number_of_answers_does_not_suffer_from_rounding() -> None:
    correct = torch.ones(100)
    correct[55:] = 0  # 0.55 * 100 is above 55 in floating point
    assert selective_accuracy(torch.arange(100, 0, -1), correct, 55) == 100


def test_ties_count_in_expectation_over_their_orders() -> None:
    certainty, correct = torch.tensor([0.9, 0.5, 0.5, 0.5, 0.1]), torch.tensor([1, 0, 1, 0, 1])
    of_orders = [
        correct[[0, *order, 4]][:4].double().mean() for order in itertools.permutations((1, 2, 3))
    ]
    assert selective_accuracy(certainty, correct, 80) == pytest.approx(
        100 * float(sum(of_orders)) / 6
    )
    of_orders = [
        correct[[0, *order, 4]][:3].double().mean() for order in itertools.permutations((1, 2, 3))
    ]
    assert selective_accuracy(certainty, correct, 60) == pytest.approx(
        100 * float(sum(of_orders)) / 6
    )
    assert selective_accuracy(
        torch.zeros(10), torch.tensor([1] * 7 + [0] * 3), 50
    ) == pytest.approx(70)


def test_risk_coverage_curve() -> None:
    certainty = torch.arange(20, 0, -1)
    correct = torch.ones(20)
    correct[[4, 19]] = 0
    curve = risk_coverage(certainty, correct)
    assert curve['coverage'] == [n / 20 for n in range(1, 21)]
    assert curve['risk'] == pytest.approx([0] * 4 + [1 / k for k in range(5, 20)] + [2 / 20])
    # 20 images: all k stand in the curve
    assert aurc(certainty, correct) == pytest.approx(sum(curve['risk']) / 20)
    assert risks(certainty, correct).shape == (20,)


@pytest.mark.parametrize('coverage', [0, 101, 0.8, True])
def test_refuses_what_is_no_percentage(coverage: float) -> None:
    with pytest.raises(ValueError, match='whole number from 1 to 100'):
        selective_accuracy(torch.ones(3), torch.ones(3), coverage)


@pytest.mark.parametrize(
    ('coverage', 'answered'), [(1, 1), (50, 50), (55, 55), (99, 99), (100, 100)]
)
def test_images_answered_at_a_coverage(coverage: int, answered: int) -> None:
    """The last image that is answered is the first wrong one."""
    correct = torch.ones(100)
    correct[answered - 1] = 0
    found = selective_accuracy(torch.arange(100, 0, -1).double(), correct, coverage)
    assert found == pytest.approx(100 * (1 - 1 / answered), abs=1e-9)
