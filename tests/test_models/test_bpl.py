"""The random shift of Bayesian Prompt Learning: what is drawn, for whom, and what the losses see of it."""

from __future__ import annotations

import math

import pytest
import torch
from helpers_models import batch, build_method, rewind, run, stir
from torch.distributions import Normal, kl_divergence

from vamp_mm.models import GaussianShift
from vamp_mm.models.prompters import noise
from vamp_mm.structures import PromptContext

WORDS = dict(type='ContextPrompter', context='a photo of a')
HEAD = dict(
    type='PromptClsHead',
    losses=[dict(type='MixtureNLL'), dict(type='VariationalLoss', weight=0.001)],
)


def _model(small, **shift):
    model = build_method(
        small, dict(WORDS, shift=dict(type='GaussianShift', train_samples=3, **shift)), HEAD
    )
    stir(model, scale=0.1)
    return model


@pytest.mark.parametrize('conditional', [False, True])
def test_the_objective_by_hand(small, conditional):
    model = _model(small, conditional=conditional, log_var_start=None if conditional else -4.0)
    images, samples = batch(4)
    rewind(model.train())
    losses = model(images, samples, mode='loss')
    rewind(model)
    out = run(model, images, torch.arange(4))
    assert out.logits['class'].shape == (3, 4, 5)
    probability = out.logits['class'].softmax(-1).mean(0)[torch.arange(4), torch.arange(4)]
    assert float(losses['loss_nll'].detach()) == pytest.approx(
        float(-probability.detach().log().mean()), rel=1e-10
    )
    latent = out.latent
    assert latent.mean.shape == (4 if conditional else 1, 1, 1, 48)
    divergence = kl_divergence(
        Normal(latent.mean, (0.5 * latent.log_var).exp()), Normal(torch.zeros(1), torch.ones(1))
    )
    assert float(losses['loss_kl'].detach()) == pytest.approx(
        0.001 * float(divergence.detach().mean()), rel=1e-10
    )
    # one vector a sample, added to every token
    assert latent.sample.shape == (3, 4 if conditional else 1, 1, 1, 48)


def test_every_process_draws_its_share(small, monkeypatch):
    """Per image of the global batch, or one draw for all of it."""
    monkeypatch.setattr(noise, 'get_dist_info', lambda: (0, 1))
    alone = noise.training_noise(2, 6, (5,), 7, 3)
    shared = noise.training_noise(2, 1, (5,), 7, 3, shared=True)
    for rank in range(2):
        monkeypatch.setattr(noise, 'get_dist_info', lambda rank=rank: (rank, 2))
        assert torch.equal(noise.training_noise(2, 3, (5,), 7, 3), alone[:, rank::2])
        assert torch.equal(noise.training_noise(2, 1, (5,), 7, 3, shared=True), shared)
    assert not torch.equal(noise.training_noise(2, 3, (5,), 7, 4), alone[:, 1::2])
    assert abs(float(noise.training_noise(50, 50, (9,), 7, 3).std()) - 1) < 0.02


def test_the_original_starts_far_from_the_words(small):
    torch.manual_seed(0)
    published = GaussianShift(small)
    assert 0 <= float(published.log_var.min()) <= float(published.log_var.max()) < 1
    assert not published.mean.any()
    calm = GaussianShift(small, log_var_start=2 * math.log(0.02))
    assert torch.allclose((0.5 * calm.log_var).exp(), torch.tensor(0.02))


def test_kinds_of_test_noise(small):
    for kind in ('shared', 'antithetic'):
        model = _model(small, test_noise=kind, test_samples=4).eval()
        first, _ = model.prompter.shift(PromptContext())
        again, _ = model.prompter.shift(PromptContext())
        assert first.shape == (4, 1, 48)
        assert torch.equal(first, again)
        torch.testing.assert_close(
            first.mean(0),
            model.prompter.shift.mean,
            rtol=0,
            atol=1e-7 if kind == 'antithetic' else math.inf,
        )
    fresh = _model(small, test_noise='fresh', test_samples=4).eval().prompter.shift
    assert not torch.equal(fresh(PromptContext())[0], fresh(PromptContext())[0])
    still = _model(small, test_samples=0).eval().prompter.shift
    assert torch.equal(still(PromptContext())[0], still.mean[None])
    for wrong, message in (
        (dict(test_noise='loud'), "test_noise='loud' must be one of"),
        (dict(test_samples=-1), 'test_samples=-1 must be an integer from 0 to 10000'),
        (dict(test_noise='antithetic', test_samples=3), 'draws pairs'),
    ):
        with pytest.raises(ValueError, match=message):
            GaussianShift(small, **wrong)
