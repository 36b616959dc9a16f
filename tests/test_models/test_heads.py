"""Heads: branches, read-out, objective, inference rule."""

from __future__ import annotations

import methods
import pytest
import torch
from helpers_models import NAMES, batch, build_method, rewind, run, stir
from mmengine.registry import DefaultScope
from torch.distributions import Normal, kl_divergence

from vamp_mm.models import PromptClsHead, TokenReadout, VaMPHead
from vamp_mm.structures import PromptPlan, TokenEdit, TowerOutput, TowerPlan, Vocabulary

MMRL = methods.MMRL[-1]


@pytest.fixture(scope='module')
def model(small):
    built = build_method(small, MMRL.prompter, MMRL.head)
    stir(built)
    return built


def test_the_readout_is_the_projected_mean_of_the_named_tokens(small):
    readout = TokenReadout(small, alpha=0.6).double()
    assert readout.projection.shape == (64, 40)
    tokens = torch.randn(1, 2, 3, 64).double()
    given = readout(TowerOutput(torch.zeros(1, 2, 40), {'rep': tokens, 'other': tokens[:, :, :1]}))
    torch.testing.assert_close(given, (tokens.sum(2) / 3) @ readout.projection)
    plan = PromptPlan(
        vision_tower=TowerPlan(
            (TokenEdit(0, 1, 'insert', torch.zeros(1, 1, 2, 64).double(), name='other'),)
        )
    )
    with pytest.raises(
        ValueError, match=r"no vision tokens are named 'rep'; named are \['other'\]"
    ):
        small.encode_image(torch.zeros(1, 3, 32, 32).double(), plan, ['rep'])
    with pytest.raises(ValueError, match='alpha=1.5'):
        TokenReadout(small, alpha=1.5)


@torch.no_grad()
def test_branches_are_scaled_cosines_and_their_mixture(model):
    images, _ = batch(2)
    out = run(model.eval(), images)
    text, image = out.text, out.image
    assert text.shape == (10, 2, 5, 40)
    by_hand = 20 * torch.einsum('nd,sncd->snc', image[0], text)
    torch.testing.assert_close(out.logits['class'], by_hand, rtol=0, atol=1e-11)
    torch.testing.assert_close(
        out.logits['fused'], 0.7 * out.logits['class'] + 0.3 * out.logits['rep'], rtol=0, atol=1e-12
    )
    assert float((out.logits['class'] - out.logits['rep']).abs().max()) > 0.1


def test_the_objective_of_vamp_by_hand(model):
    """0.7 CE(class) + 0.3 CE(rep) + 0.5 (image + text cosine terms) + KL per dimension (VaMP eq. 15-17; MMRL eq. 10-13)."""
    images, samples = batch()
    model.train()
    rewind(model)
    losses = model(images, samples, mode='loss')
    rewind(model)
    target = torch.arange(5)
    out = run(model, images, target)
    frozen = model.extract_frozen(images)
    frozen = frozen / frozen.norm(dim=-1, keepdim=True)
    teacher = model.backbone.encode_text(model.prompter.prompts).pooled[0, 0]
    teacher = teacher / teacher.norm(dim=-1, keepdim=True)
    z = out.latent
    kl = kl_divergence(
        Normal(z.mean, torch.exp(0.5 * z.log_var)),
        Normal(z.prior_mean, torch.exp(0.5 * z.prior_log_var)),
    )
    expected = {
        'loss_ce_class': -0.7 * out.logits['class'][0].log_softmax(-1)[target, target].mean(),
        'loss_ce_rep': -0.3 * out.logits['rep'][0].log_softmax(-1)[target, target].mean(),
        'loss_image_consistency': 0.5 * (1 - (out.image[0] * frozen).sum(-1).mean()),
        'loss_text_consistency': 0.5 * (1 - (out.text[0] * teacher).sum(-1).mean()),
        'loss_kl': kl.mean(),
    }
    assert list(expected) == [key for key in losses if 'loss' in key]
    for key, value in expected.items():
        torch.testing.assert_close(losses[key], value, rtol=1e-11, atol=1e-12, msg=key)
    right = out.logits['fused'][0].argmax(-1) == target
    assert float(losses['metric_accuracy']) == pytest.approx(100 * float(right.double().mean()))
    assert float(losses['metric_sigma']) == pytest.approx(
        float(torch.exp(0.5 * z.log_var).mean().detach()), rel=1e-12
    )


def test_the_rule_of_mmrl_is_fused_on_seen_and_class_token_on_unseen_classes(small):
    images, _ = batch(2)
    for rule, seen, branch in (
        ('decoupled', True, 'fused'),
        ('decoupled', False, 'class'),
        ('fused', False, 'fused'),
        ('class', True, 'class'),
    ):
        model = build_method(small, MMRL.prompter, {**MMRL.head, 'inference': rule}).eval()
        stir(model)
        model.set_vocabulary(Vocabulary(names=NAMES, seen=seen))
        with torch.no_grad():
            torch.testing.assert_close(
                model(images, mode='tensor'), run(model, images).logits[branch], rtol=0, atol=0
            )
    with pytest.raises(ValueError, match="inference='both'.*'decoupled', 'fused', 'class'"):
        PromptClsHead(small, inference='both')


@pytest.mark.parametrize(('given', 'expected'), [(None, 'own'), (100.0, 100.0), (1.0, 1.0)])
def test_the_logit_scale_is_clips_own_or_a_given_one(small, given, expected):
    head = PromptClsHead(small, logit_scale=given)
    assert float(head.logit_scale) == pytest.approx(
        float(small.logit_scale) if expected == 'own' else expected, rel=1e-6
    )
    assert head.state_dict() == {}


def test_terms_of_the_rows_follow_from_the_prompter(small):
    for row in methods.TRAINED:
        model = build_method(small, row.prompter, row.head)
        assert (
            tuple(f'loss_{term.name}' for term in model.head.losses if not term.guide) == row.losses
        )
        assert ('latent' in model.head.requires) == row.samples


def test_terms_that_cannot_be_served_fail_when_the_model_is_built(small):
    head = dict(
        type='PromptClsHead', losses=[dict(type='BranchCrossEntropy'), dict(type='VariationalLoss')]
    )
    with pytest.raises(ValueError, match="VariationalLoss requires 'latent'.*tokens='variational'"):
        build_method(small, dict(type='TemplatePrompter'), head)
    with pytest.raises(ValueError, match="share the name 'ce_class'"):
        PromptClsHead(
            small, losses=[dict(type='BranchCrossEntropy'), dict(type='BranchCrossEntropy')]
        )


def test_switched_off_terms_are_gone(small):
    names = {term.name for term in VaMPHead(small, consistency=0.0, kl=None).losses}
    assert names == {'ce_class', 'ce_rep'}
    weights = {
        term.name: term.weight
        for term in VaMPHead(small, readout=dict(type='TokenReadout', alpha=0.9)).losses
    }
    assert weights['ce_class'] == pytest.approx(0.9)
    assert weights['ce_rep'] == pytest.approx(0.1)


def test_readout_of_tokens_that_the_host_does_not_insert_is_an_error(small):
    model = build_method(small, methods.MAPLE[-1].prompter, {**MMRL.head})
    with pytest.raises(ValueError, match="no vision tokens are named 'rep'.*readout=None"):
        model(*batch(2), mode='loss')


def test_parts_are_built_in_our_scope_after_another_pipeline(small):
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        head = VaMPHead(small)
    assert [term.name for term in head.losses] == [
        'ce_class',
        'ce_rep',
        'image_consistency',
        'text_consistency',
        'kl',
    ]
