"""The projections that representation tokens are read out through, and predictions of the head."""

from __future__ import annotations

import math

import pytest
import torch
from mmpretrain.structures import DataSample

from vamp_mm.models import LowRankReadout, MMRLHead, PromptClsHead, TokenReadout, VaMPHead
from vamp_mm.structures import PromptOutput, TowerOutput

LOG3 = math.log(3)
WIDTH, DIM = 64, 40


def test_the_projection_starts_random_at_the_scale_of_clips(small):
    torch.manual_seed(0)
    values = TokenReadout(small).projection.detach()
    count = values.numel()
    # standard deviation 1 / sqrt(W), within five standard errors
    assert float(values.std()) * math.sqrt(WIDTH) == pytest.approx(1, abs=5 / math.sqrt(2 * count))


def test_the_low_rank_change_starts_at_zero_around_clips_projection(small):
    torch.manual_seed(0)
    readout = LowRankReadout(small, rank=9, alpha=0.2)
    assert (readout.up.shape, readout.down.shape) == ((WIDTH, 9), (9, DIM))
    assert torch.equal(readout.matrix(), small.vision.projection)
    assert not bool(readout.down.any())
    # uniform in [-1/3, 1/3]: inside, near both ends, variance a third of the square
    assert float(readout.up.abs().max()) <= 1 / 3
    assert float(readout.up.min()) < -0.3 < 0.3 < float(readout.up.max())
    assert list(readout.state_dict()) == ['up', 'down']
    assert readout.alpha == 0.2


def test_the_low_rank_change_is_the_product_of_its_factors(small):
    readout = LowRankReadout(small, rank=2).double()
    with torch.no_grad():
        readout.down.copy_(torch.randn(2, DIM))
    tokens = torch.randn(1, 3, 6, WIDTH, dtype=torch.float64)
    given = readout(TowerOutput(torch.zeros(1, 3, DIM), {'rep': tokens[:, :, 2:5]}))
    matrix = small.vision.projection.double() + readout.up @ readout.down
    torch.testing.assert_close(given, tokens[:, :, 2:5].mean(2) @ matrix, rtol=0, atol=1e-12)
    assert LowRankReadout(small).up.shape == (WIDTH, 64)  # MMRL++'s rank


def test_heads_without_arguments_are_the_published_ones(small):
    for head, scale in ((MMRLHead(small), 100.0), (VaMPHead(small), float(small.logit_scale))):
        weights = {term.name: term.weight for term in head.losses}
        assert weights.pop('kl', 1.0) == 1.0
        assert weights == pytest.approx(
            dict(ce_class=0.7, ce_rep=0.3, image_consistency=0.5, text_consistency=0.5)
        )
        assert float(head.logit_scale) == pytest.approx(scale, rel=1e-6)
        assert (head.inference, head.average) == ('decoupled', 'probabilities')
    weights = {term.name: term.weight for term in MMRLHead(small, readout=None).losses}
    assert weights == dict(ce_class=1.0, image_consistency=0.5, text_consistency=0.5)
    other = MMRLHead(small, consistency=2.0, logit_scale=7.0, inference='class')
    assert {term.name: term.weight for term in other.losses}['text_consistency'] == 2.0
    assert (float(other.logit_scale), other.inference) == (7.0, 'class')


def _predict(head: PromptClsHead, samples: list[DataSample] | None = None) -> list[DataSample]:
    # two samples of one image with (3/4, 1/4) and (1/4, 3/4), another with (3/4, 1/4) twice
    logits = torch.tensor([[[LOG3, 0], [LOG3, 0]], [[0, LOG3], [LOG3, 0]]], dtype=torch.float64)
    output = PromptOutput(
        logits={'class': logits}, image=torch.zeros(1, 2, 3), text=torch.zeros(1, 1, 2, 3)
    )
    return head.predict(output, samples, seen=True)


def test_a_prediction_averages_probabilities_and_measures_their_spread(small):
    torn, sure = _predict(PromptClsHead(small))
    assert torn.pred_score.tolist() == pytest.approx([0.5, 0.5], rel=1e-12)
    assert sure.pred_score.tolist() == pytest.approx([0.75, 0.25], rel=1e-12)
    assert (torn.pred_label.tolist(), sure.pred_label.tolist()) == ([0], [0])
    entropy = -0.75 * math.log(0.75) - 0.25 * math.log(0.25)
    assert float(torn.predictive_entropy) == pytest.approx(math.log(2), rel=1e-12)
    assert float(sure.predictive_entropy) == pytest.approx(entropy, rel=1e-12)
    for sample, information in ((torn, math.log(2) - entropy), (sure, 0.0)):
        assert float(sample.expected_entropy) == pytest.approx(entropy, rel=1e-12)
        assert float(sample.mutual_information) == pytest.approx(information, abs=1e-12)


def test_averaged_logits_predict_without_spread(small):
    torn, sure = _predict(PromptClsHead(small, average='logits'))
    # the mean of the logits is (log 3) / 2 for both classes
    assert torn.pred_score.tolist() == pytest.approx([0.5, 0.5], rel=1e-12)
    assert float(torn.mutual_information) == float(sure.mutual_information) == 0


def test_predictions_are_written_into_the_given_samples(small):
    given = [DataSample(metainfo=dict(img_path=name)) for name in ('a.jpg', 'b.jpg')]
    found = _predict(PromptClsHead(small), given)
    assert [sample.img_path for sample in found] == ['a.jpg', 'b.jpg']
    assert all(one is other for one, other in zip(found, given))
