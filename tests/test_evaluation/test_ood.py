"""Telling outside images by uncertainty: the area under the ROC curve, by hand."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vamp_mm.evaluation import OODMetric
from vamp_mm.evaluation.ood import ScoreKeeper, auroc
from vamp_mm.registry import METRICS


def test_auroc_counts_pairs_and_ties_half() -> None:
    outside, inside = torch.tensor([3.0, 2.0, 0.5]), torch.tensor([1.0, 2.0])
    # 3 > both; 2 > 1 and ties with 2; 0.5 below both
    assert auroc(outside, inside) == pytest.approx((2 + 1.5 + 0) / 6)
    assert auroc(-outside, -inside) == pytest.approx(1 - 3.5 / 6)
    assert auroc(torch.ones(3), torch.ones(5)) == 0.5
    assert auroc(torch.tensor([1.0]), torch.tensor([0.0])) == 1


def test_auroc_of_large_and_of_close_scores() -> None:
    # a sigmoid would make all of these one
    assert auroc(torch.tensor([1000.0, 2000.0]), torch.tensor([999.0, 900.0])) == 1
    close = torch.tensor([1.0, math.nextafter(1, 2)], dtype=torch.float64)
    assert auroc(close[1:], close[:1]) == 1


_SCORES = st.lists(
    st.integers(-3, 3).map(float) | st.floats(allow_nan=False), min_size=1, max_size=9
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(_SCORES, _SCORES)
def test_auroc_is_the_share_of_pairs_won(outside: list[float], inside: list[float]) -> None:
    won = [(one > other) + (one == other) / 2 for one in outside for other in inside]
    both = (torch.tensor(values, dtype=torch.float64) for values in (outside, inside))
    assert auroc(*both) == pytest.approx(sum(won) / len(won), abs=1e-12)


def test_auroc_refuses_bad_vectors() -> None:
    with pytest.raises(ValueError, match='on both sides'):
        auroc(torch.zeros(0), torch.ones(2))
    with pytest.raises(ValueError, match='1 of 3 scores are NaN'):
        auroc(torch.tensor([math.nan]), torch.ones(2))


def _sample(confidence: float, **fields: float) -> dict:
    return dict(
        pred_score=torch.tensor([confidence, 1 - confidence]), gt_label=torch.tensor([7]), **fields
    )


def test_scores_that_the_model_writes_are_compared() -> None:
    keeper = ScoreKeeper()
    keeper.process(
        None, [_sample(0.9, predictive_entropy=0.3), _sample(0.6, predictive_entropy=0.6)]
    )
    assert keeper.evaluate(2) == {}
    metric = METRICS.build(dict(type='OODMetric', inside=keeper))
    metric.process(None, [_sample(0.7, predictive_entropy=0.9)])
    assert metric.evaluate(1) == dict(auroc_confidence=0.5, auroc_predictive_entropy=1.0)


def test_needs_images_on_both_sides() -> None:
    metric = OODMetric(ScoreKeeper(), left_out=[7])
    metric.process(None, [_sample(0.7)])
    with pytest.raises(ValueError, match='no OOD image is left'):
        metric.evaluate(1)
    metric = OODMetric(ScoreKeeper())
    metric.process(None, [_sample(0.7)])
    with pytest.raises(ValueError, match='must be tested before'):
        metric.evaluate(1)
