"""Calibration, uncertainty and selective prediction on cases computed by hand."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from mmpretrain.structures import DataSample

from vamp_mm.evaluation import UNCERTAINTY_FIELDS, CalibrationMetric, UncertaintyMetric, aurc
from vamp_mm.registry import METRICS


def sample(scores: list[float] | torch.Tensor, label: int, **fields: float) -> dict:
    data = (
        DataSample(metainfo=dict(img_path='a.jpg'))
        .set_gt_label(label)
        .set_pred_score(torch.as_tensor(scores))
    )
    for key, value in fields.items():
        data.set_field(torch.tensor(value), key)
    return data.to_dict()


def run(metric: object, samples: list[dict]) -> dict:
    metric.process(None, samples)
    return metric.evaluate(len(samples))


def test_calibration_by_hand() -> None:
    # confidences 0.8 right, 0.8 wrong, 0.6 right: bins [0.8]: accuracy 0.5, gap 0.3, weight 2/3;
    # [0.6]: gap 0.4, weight 1/3
    samples = [sample([0.8, 0.1, 0.1], 0), sample([0.1, 0.8, 0.1], 2), sample([0.3, 0.1, 0.6], 2)]
    result = run(METRICS.build(dict(type='CalibrationMetric')), samples)
    assert set(result) == {'ece', 'ece_l2', 'ece_debiased', 'nll', 'brier'}
    # float32 scores: 1e-6
    assert result['ece'] == pytest.approx(2 / 3 * 0.3 + 1 / 3 * 0.4, abs=1e-6)
    assert result['nll'] == pytest.approx(
        -(math.log(0.8) + math.log(0.1) + math.log(0.6)) / 3, abs=1e-6
    )
    brier = [0.2**2 + 2 * 0.1**2, 0.1**2 + 0.8**2 + 0.9**2, 0.3**2 + 0.1**2 + 0.4**2]
    assert result['brier'] == pytest.approx(sum(brier) / 3, abs=1e-6)


def test_ece_is_a_sum_over_bins() -> None:
    generator = torch.Generator().manual_seed(0)
    scores = (torch.randn(500, 7, generator=generator) * 2).softmax(dim=-1)
    labels = torch.randint(7, (500,), generator=generator)
    for bins in (5, 15):
        rows = [
            (float(row.max()), int(row.argmax()) == int(label))
            for row, label in zip(scores, labels)
        ]
        expected = 0.0
        for index in range(bins):
            inside = [pair for pair in rows if index / bins <= pair[0] < (index + 1) / bins]
            expected += abs(sum(conf - right for conf, right in inside)) / len(rows)
        result = run(
            CalibrationMetric(bins=bins),
            [sample(*pair) for pair in zip(scores, labels.tolist(), strict=True)],
        )
        # the scores are float32, and sum to 1 up to its rounding
        assert result['ece'] == pytest.approx(expected, abs=1e-7)


def test_a_certain_error_costs_a_finite_amount() -> None:
    result = run(CalibrationMetric(), [sample([1.0, 0.0], 1)])
    assert result['nll'] == pytest.approx(-math.log(1e-38))
    assert result['brier'] == 2
    assert result['ece'] == pytest.approx(1)


def test_rounding_above_one_is_no_logit() -> None:
    result = run(CalibrationMetric(), [sample([1.0000001, 0.0], 0), sample([0.7, 0.3], 0)])
    assert result['ece'] == pytest.approx(0.15, abs=1e-6)


@pytest.mark.parametrize(
    ('scores', 'label', 'message'),
    [
        ([2.0, -1.0], 0, 'not a probability distribution'),
        ([3.0, 1.0], 0, 'not a probability distribution'),
        ([0.5, 0.5], 2, 'gt_label=2 of a.jpg is not one of the 2 classes'),
    ],
)
@pytest.mark.parametrize('kind', [CalibrationMetric, UncertaintyMetric])
def test_refuses_what_is_no_prediction(
    kind: type, scores: list[float], label: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        run(kind(), [sample(scores, label)])


def test_a_missing_field_is_named() -> None:
    bare = DataSample().set_gt_label(0).to_dict()
    with pytest.raises(ValueError, match="CalibrationMetric needs the field 'pred_score'"):
        run(CalibrationMetric(), [bare])
    with pytest.raises(ValueError, match="UncertaintyMetric needs the field 'predictive_entropy'"):
        run(UncertaintyMetric(), [sample([0.5, 0.5], 0)])
    fields = dict.fromkeys(UNCERTAINTY_FIELDS, 0.1) | dict(mutual_information=math.nan)
    with pytest.raises(
        ValueError, match="'mutual_information' of a.jpg must hold one finite number"
    ):
        run(UncertaintyMetric(), [sample([0.5, 0.5], 0, **fields)])
    with pytest.raises(ValueError, match='bins=0'):
        CalibrationMetric(bins=0)


def test_scores_that_are_no_numbers_are_the_trainings_fault() -> None:
    with pytest.raises(
        FloatingPointError, match=r'of a.jpg is not finite: the weights have diverged'
    ):
        run(CalibrationMetric(), [sample([math.nan, 1.0], 0)])


def test_uncertainty_by_hand() -> None:
    def one(confidence: float, right: bool, entropy: float) -> dict:
        return sample(
            [confidence, 1 - confidence],
            0 if right else 1,
            predictive_entropy=entropy,
            expected_entropy=entropy / 2,
            mutual_information=entropy / 2,
            pred_std=0.1,
        )

    samples = [one(0.9, False, 0.3), one(0.8, True, 0.1), one(0.7, True, 0.2)]
    result = run(METRICS.build(dict(type='UncertaintyMetric')), samples)
    at = {'accuracy_at_80', 'accuracy_at_90', 'accuracy_at_80_entropy', 'accuracy_at_90_entropy'}
    assert set(result) == {'aurc', 'aurc_entropy', *at, *UNCERTAINTY_FIELDS}
    assert result['aurc'] == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)  # the error comes first
    assert result['aurc_entropy'] == pytest.approx((0 + 0 + 1 / 3) / 3)  # the error comes last
    assert result['predictive_entropy'] == pytest.approx(0.2)
    assert result['mutual_information'] == pytest.approx(0.1)
    assert result['expected_entropy'] == pytest.approx(0.1)
    assert result['pred_std'] == pytest.approx(0.1)


def test_aurc_of_ties_is_the_mean_over_their_orders() -> None:
    certainty, correct = torch.tensor([0.9, 0.5, 0.5, 0.5, 0.1]), torch.tensor([1, 0, 1, 0, 1])
    areas = []
    for order in itertools.permutations((1, 2, 3)):
        errors = 1 - correct[[0, *order, 4]].double()
        areas.append(float((errors.cumsum(0) / torch.arange(1, 6)).mean()))
    assert aurc(certainty, correct) == pytest.approx(sum(areas) / len(areas))
    shuffled = torch.tensor([3, 4, 1, 0, 2])
    assert aurc(certainty[shuffled], correct[shuffled]) == pytest.approx(aurc(certainty, correct))
    assert aurc(torch.zeros(8), torch.tensor([1, 1, 1, 1, 1, 1, 0, 0])) == pytest.approx(0.25)


def test_aurc_refuses_bad_vectors() -> None:
    for certainty, correct in ((torch.zeros(0), torch.zeros(0)), (torch.zeros(2), torch.zeros(3))):
        with pytest.raises(ValueError, match='two vectors'):
            aurc(certainty, correct)
    with pytest.raises(ValueError, match='1 of 2 certainties are NaN'):
        aurc(torch.tensor([0.1, math.nan]), torch.ones(2))


def test_results_can_carry_a_prefix() -> None:
    assert set(run(CalibrationMetric(prefix='cal'), [sample([1.0, 0.0], 0)])) == {
        'cal/ece',
        'cal/ece_l2',
        'cal/ece_debiased',
        'cal/nll',
        'cal/brier',
    }
