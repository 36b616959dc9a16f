"""Binned calibration errors and the reliability curve, by hand."""

from __future__ import annotations

import math

import pytest
import torch
from mmpretrain.structures import DataSample

from vamp_mm.evaluation import CalibrationMetric
from vamp_mm.evaluation.binning import into_bins, squared_calibration_error


def evaluate(pairs: list[tuple[float, bool]], bins: int = 15) -> tuple[dict, dict]:
    """Metrics and curves of two-class images with these confidences."""
    metric = CalibrationMetric(bins=bins)
    for confidence, right in pairs:
        scores = torch.tensor([confidence, 1 - confidence], dtype=torch.float64)
        metric.process(
            None, [DataSample().set_gt_label(int(not right)).set_pred_score(scores).to_dict()]
        )
    return metric.evaluate(len(pairs)), metric.curves


def test_debiased_error_by_hand() -> None:
    # five bins; [0.6, 0.8): confidences 0.7, 1 of 4 right; [0.8, 1]: 0.9, 2 of 2 right
    result, _ = evaluate([(0.7, True), *[(0.7, False)] * 3, (0.9, True), (0.9, True)], bins=5)
    assert result['ece'] == pytest.approx(4 / 6 * 0.45 + 2 / 6 * 0.1, abs=1e-7)
    assert result['ece_l2'] == pytest.approx(math.sqrt(4 / 6 * 0.45**2 + 2 / 6 * 0.1**2), abs=1e-12)
    variance = 0.25 * 0.75 / 3  # of the first bin; the second one has none
    assert result['ece_debiased'] == pytest.approx(
        math.sqrt(4 / 6 * (0.45**2 - variance) + 2 / 6 * 0.1**2), abs=1e-12
    )


def test_a_debiased_error_below_zero_is_zero() -> None:
    result, _ = evaluate([(0.75, True), (0.75, False)] * 2)
    assert result['ece_l2'] == pytest.approx(0.25)
    assert result['ece_debiased'] == 0  # 0.25**2 - 0.25 / 3 < 0
    # a single image has no variance
    assert evaluate([(0.8, False)])[0]['ece_debiased'] == pytest.approx(0.8)


def test_squared_errors_are_sums_over_bins() -> None:
    generator = torch.Generator().manual_seed(0)
    confidence = 0.3 + 0.69 * torch.rand(400, generator=generator, dtype=torch.float64)
    correct = (torch.rand(400, generator=generator) < 0.6).double()
    binned = into_bins(confidence, correct, 15)
    for debias in (False, True):
        expected = 0.0
        for index in range(15):
            inside = [
                (float(conf), float(right))
                for conf, right in zip(confidence, correct)
                if index / 15 <= conf < (index + 1) / 15
            ]
            count = len(inside)
            if not count:
                continue
            mean, share = (sum(column) / count for column in zip(*inside))
            variance = share * (1 - share) / (count - 1) if debias and count > 1 else 0.0
            expected += count / 400 * ((mean - share) ** 2 - variance)
        assert squared_calibration_error(binned, debias) == pytest.approx(expected, abs=1e-12)


def test_debiasing_takes_off_what_chance_adds() -> None:
    # calibrated on average: the plug-in error of few images is far from 0, the mean of the unbiased one is not
    generator = torch.Generator().manual_seed(1)
    plain, unbiased = [], []
    for _ in range(400):
        confidence = 0.5 + 0.5 * torch.rand(100, generator=generator, dtype=torch.float64)
        correct = (torch.rand(100, generator=generator, dtype=torch.float64) < confidence).double()
        binned = into_bins(confidence, correct, 5)
        plain.append(squared_calibration_error(binned, False))
        unbiased.append(squared_calibration_error(binned, True))
    assert sum(plain) / 400 > 4e-3
    # the standard error of this mean is about 2e-4
    assert abs(sum(unbiased) / 400) < 1e-3


def test_certainty_belongs_to_the_last_bin() -> None:
    # one bin [14/15, 1]: mean confidence 0.975, accuracy 0.5; two bins would give 0.5 * 0 + 0.5 * 0.95
    result, curves = evaluate([(1.0, True), (0.95, False)])
    assert result['ece'] == pytest.approx(0.475, abs=1e-7)
    assert curves['reliability']['count'] == [0] * 14 + [2]


def test_reliability_curve() -> None:
    _, curves = evaluate([(0.55, True), (0.57, False), (0.6, True), (0.8, True)], bins=5)
    curve = curves['reliability']
    assert curve['count'] == [0, 0, 2, 1, 1]  # 0.6 and 0.8 open the bins above them
    assert curve['accuracy'] == [0, 0, 0.5, 1, 1]
    assert curve['confidence'] == pytest.approx([0, 0, 0.56, 0.6, 0.8])
    assert all(type(number) is int for number in curve['count'])
