"""Class skipping: which classes stay, and that leaving others out is all that it does."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from helpers_models import NAMES, batch, build_method

from vamp_mm.models import ClassSkipping

PROMPTER = dict(
    type='AdapterPrompter', adapter=dict(type='TunedWeights', vision_start=2, text_start=2)
)


def _unit(*shape: int, seed: int = 0) -> torch.Tensor:
    return F.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=-1)


@pytest.mark.parametrize('count', [2, 3, 5, 24, 199, 1000])
def test_the_top_stays_and_few_of_the_rest(count):
    ranks = ClassSkipping()._draw(count)
    top = min(math.ceil(count / 2), 50)
    assert len(ranks) == count
    assert bool(ranks[:top].all())
    if count > top:
        assert bool(ranks[top])  # the first rank behind the top stays with certainty
    if count == 1000:
        # the sum of the probabilities is 107; five standard deviations are about 27
        assert 80 < int(ranks.sum()) < 134
        assert not bool(ranks[-1])
    assert torch.equal(ranks, ClassSkipping()._draw(count))
    assert count < 100 or not torch.equal(ranks, ClassSkipping(seed=1)._draw(count))


def test_near_classes_and_the_batchs_own_stay():
    text, image = _unit(12, 8), _unit(1, 3, 8, seed=1)
    target = torch.tensor([7, 2, 7])
    skipping = ClassSkipping(share=0.25)
    skipping.kept_ranks = torch.tensor([True] * 3 + [False] * 9)
    staying = skipping(image, text, target)
    near = (image[0] @ text.T).amax(0)
    near[[2, 7]] = 9.0
    assert staying.tolist() == sorted(near.topk(3).indices.tolist())
    crowd = torch.arange(6)  # more classes in the batch than the top has room for
    assert set(crowd.tolist()) <= set(skipping(_unit(1, 6, 8, seed=2), text, crowd).tolist())
    skipping.kept_ranks = torch.ones(12, dtype=torch.bool)
    assert skipping(image, text, target) is None


def test_a_step_is_cross_entropy_over_the_staying_classes(small):
    plain = build_method(small, PROMPTER, dict(type='PromptClsHead')).train()
    model = build_method(
        small,
        PROMPTER,
        dict(type='PromptClsHead'),
        class_skipping=dict(type='ClassSkipping', share=0.2),
    ).train()
    images, samples = batch(4)
    target = torch.cat([sample.gt_label for sample in samples])[:1].repeat(4)
    samples = [sample.set_gt_label(0) for sample in samples]
    model.class_skipping.kept_ranks = torch.tensor([True, True, False, True, False])
    loss = model(images, samples, mode='loss')['loss_ce_class']
    out = plain.output(images)
    staying = model.class_skipping(out.image, plain.teacher_text(), target)
    assert 3 <= len(staying) < len(NAMES)
    expected = F.cross_entropy(
        out.logits['class'][0][:, staying], (staying == 0).int().argmax().repeat(4)
    )
    assert float(loss.detach()) == pytest.approx(float(expected.detach()), abs=1e-10)
    # prediction leaves nothing out
    assert model.eval()(images, mode='tensor').shape[-1] == len(NAMES)


def test_wrong_numbers_are_told_clearly():
    with pytest.raises(ValueError, match='share=0 must be a number above 0 up to 1'):
        ClassSkipping(share=0)
