"""ProDA against a direct computation of its equations (there is no public code to compare with)."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from helpers_models import batch, build_method, run, stir

from vamp_mm.models import PromptCollection
from vamp_mm.models.losses.distribution import logit_variance

PROMPTER = dict(type='PromptCollection', num_prompts=8, num_tokens=4, prompts_per_step=4)
HEAD = dict(
    type='PromptClsHead',
    losses=[dict(type='DistributionBound'), dict(type='ContextOrthogonality', weight=0.1)],
    average='logits',
)


def _unit(count: int, *shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(count, *shape, generator=generator, dtype=torch.float64), dim=-1)


def test_the_variance_of_logit_differences_from_the_covariance_itself():
    """A_ij with its D C^2 numbers, written out, against the matrix products."""
    text, image, target = _unit(3, 5, 7), _unit(4, 7, seed=1), torch.tensor([0, 2, 4, 2])
    mean = text.mean(0)
    covariance = torch.zeros(5, 5, 7, dtype=torch.float64)
    for p in range(3):
        for i in range(5):
            for j in range(5):
                covariance[i, j] += (text[p, i] - mean[i]) * (text[p, j] - mean[j]) / (3 + 1)
    expected = torch.zeros(4, 5, dtype=torch.float64)
    for n, y in enumerate(target.tolist()):
        for j in range(5):
            spread = covariance[y, y] + covariance[j, j] - 2 * covariance[y, j]
            expected[n, j] = (image[n] ** 2 * spread).sum()
    given = logit_variance(image, text, target)
    torch.testing.assert_close(given, expected, rtol=0, atol=1e-15)
    assert float(expected.max()) > 0.01
    assert float(given.gather(1, target[:, None]).abs().max()) < 1e-16


def test_the_bound_is_one_on_the_expected_loss():
    """Jensen: E[-log softmax] <= the bound, for weights drawn from the Gaussian that the prompts give."""
    text = F.normalize(_unit(4, 9) + 0.2 * _unit(6, 4, 9, seed=4), dim=-1)
    image, target = _unit(3, 9, seed=1), torch.tensor([0, 1, 3])
    mean, delta, scale = text.mean(0), text - text.mean(0), 8.0
    bound = F.cross_entropy(
        scale * image @ mean.T + 0.5 * scale**2 * logit_variance(image, text, target), target
    )
    # weights with that covariance, class by class correlated and dimension by dimension independent
    generator = torch.Generator().manual_seed(2)
    draws = torch.randn(4000, 6, 9, generator=generator, dtype=torch.float64)  # (draws, P, D)
    weights = mean + torch.einsum('rpd,pcd->rcd', draws, delta) / math.sqrt(7)
    losses = F.cross_entropy(
        (scale * torch.einsum('nd,rcd->rnc', image, weights)).flatten(0, 1), target.repeat(4000)
    )
    assert float(losses) < float(bound)
    assert float(bound) < float(losses) + 0.1  # and not a trivial one


def test_the_objective_by_hand(small):
    model = build_method(small, PROMPTER, HEAD)
    stir(model)
    images, samples = batch(3)
    model.train().prompter.noise_step.zero_()
    losses = model(images, samples, mode='loss')
    model.prompter.noise_step.zero_()
    out = run(model, images, torch.arange(3))
    text, image, scale = out.text[:, 0], out.image[0], float(model.head.logit_scale)
    assert text.shape == (4, 5, 40)
    mean, delta = text.mean(0), text - text.mean(0)
    bound = []
    for n in range(3):
        logits = [
            float(
                (
                    scale * image[n] @ mean[j]
                    + 0.5 * scale**2 / 5 * (image[n] * (delta[:, n] - delta[:, j])).square().sum()
                ).detach()
            )
            for j in range(5)
        ]
        bound.append(math.log(sum(map(math.exp, logits))) - logits[n])
    assert float(losses['loss_bound'].detach()) == pytest.approx(sum(bound) / 3, rel=1e-10)
    alone = out.extra['context_text'][
        :, 0, 0
    ]  # (K, D): all contexts, also those that this step does not use
    assert alone.shape == (8, 40)
    pairs = [
        abs(float((alone[i] @ alone[j]).detach())) for i in range(8) for j in range(8) if i != j
    ]
    assert float(losses['loss_orthogonality'].detach()) == pytest.approx(
        0.1 * sum(pairs) / len(pairs), rel=1e-10
    )


def test_prediction_takes_the_mean_weight_of_all_contexts(small):
    model = build_method(small, PROMPTER, HEAD).eval()
    stir(model)
    images, _ = batch(2)
    with torch.no_grad():
        weights = model.text_features()[:, 0]  # (K, C, D)
        assert len(weights) == 8
        expected = (
            float(model.head.logit_scale)
            * F.normalize(model.extract_frozen(images), dim=-1)
            @ weights.mean(0).T
        )
        torch.testing.assert_close(model(images)[0], expected, rtol=0, atol=1e-10)


def test_a_quarter_in_front_a_quarter_around_the_rest_before_the_name(small):
    from vamp_mm.models import ContextPrompter

    model = build_method(small, PROMPTER, HEAD)
    stir(model)
    weights = model.eval().text_features()[:, 0]
    for index, position in enumerate(['front'] * 2 + ['middle'] * 2 + ['end'] * 4):
        other = build_method(
            small,
            dict(type='ContextPrompter', num_tokens=4, position=position),
            dict(type='PromptClsHead'),
        )
        assert isinstance(other.prompter, ContextPrompter)
        with torch.no_grad():
            other.prompter.context.copy_(model.prompter.contexts[index])
        torch.testing.assert_close(
            other.eval().text_features()[0, 0], weights[index], rtol=0, atol=1e-11
        )


def test_every_context_has_its_turn_and_a_resumed_run_goes_on(small):
    torch.manual_seed(3)
    prompter = PromptCollection(small, num_prompts=8, num_tokens=2, prompts_per_step=2)
    steps = [prompter._choose() for _ in range(8)]
    assert sorted(sum(steps[:4], [])) == sorted(sum(steps[4:], [])) == list(range(8))
    assert steps[:4] != steps[4:]
    stored = {name: value.clone() for name, value in prompter.state_dict().items()}
    ahead = [prompter._choose() for _ in range(3)]
    torch.manual_seed(99)
    other = PromptCollection(small, num_prompts=8, num_tokens=2, prompts_per_step=2)
    other.load_state_dict(stored)
    assert [other._choose() for _ in range(3)] == ahead


def test_numbers_that_do_not_fit_are_told(small):
    for wrong in (
        dict(num_prompts=6),
        dict(num_prompts=8, prompts_per_step=3),
        dict(num_prompts=8, prompts_per_step=1),
    ):
        with pytest.raises(ValueError, match='num_prompts='):
            PromptCollection(small, **wrong)
    with pytest.raises(
        ValueError, match="ContextOrthogonality requires 'context_text'.* use a PromptCollection"
    ):
        build_method(small, dict(type='ContextPrompter', num_tokens=2), HEAD)
