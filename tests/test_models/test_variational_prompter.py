"""The variational prompter: sizes, samples, posterior, prior, prototypes."""

from __future__ import annotations

import copy
import math
from types import SimpleNamespace

import methods
import pytest
import torch
from helpers_models import NAMES, batch, build_method, plan_of, rewind, run, stir
from torch.distributions import Normal, kl_divergence

from vamp_mm.models import VaMPHead, VariationalPrompter
from vamp_mm.ops import draw_noise, gaussian_kl
from vamp_mm.structures import (
    HasPrototypes,
    PromptContext,
    PromptPlan,
    TextPrompts,
    TokenEdit,
    TowerPlan,
    Vocabulary,
    find_part,
)

VAMP = methods.MMRL[-1]
both = pytest.mark.parametrize('row', methods.VAMP, ids=methods.ids)
SIZES = dict(host=dict(type='RepresentationTokens'), start=5, depth=7)


def _vit_b16() -> SimpleNamespace:
    """What prompters and heads read of CLIP ViT-B/16."""
    return SimpleNamespace(
        text=SimpleNamespace(width=512, depth=12),
        vision=SimpleNamespace(width=768, depth=12),
        embed_dim=512,
        logit_scale=torch.tensor(100.0),
        tokenize=lambda sentences: TextPrompts(
            torch.tensor([[49406, 1 + len(s), 49407] for s in sentences]),
            torch.full((len(sentences),), 2),
            1,
        ),
    )


def _count(*modules: torch.nn.Module) -> int:
    return sum(p.numel() for module in modules for p in module.parameters() if p.requires_grad)


def _model(small, row=VAMP, moved=True, **prompter):
    model = build_method(small, {**row.prompter, **prompter}, row.head)
    if moved:
        stir(model)
    return model.eval()


def _kl(latent) -> torch.Tensor:
    """KL of each image, summed over all dimensions, by torch."""
    q, p = (
        Normal(mean, torch.exp(0.5 * log_var))
        for mean, log_var in (
            (latent.mean, latent.log_var),
            (latent.prior_mean, latent.prior_log_var),
        )
    )
    return kl_divergence(q, p).flatten(1).sum(1)


# sizes


def test_trainable_parameters_at_the_size_of_the_paper():
    """VAMP.md: 5.118 M for VaMP (the paper says 5.132 M), 4,992,256 for MMRL alone."""
    clip = _vit_b16()
    prompter, head = VariationalPrompter(clip, **SIZES), VaMPHead(clip)
    assert _count(prompter, head) == 5_118_032
    # 7 blocks of two MLPs: 512 -> 24 -> mean and log-variance of 5 * 512
    mlp = 512 * 24 + 24 + 2 * (24 * 2560 + 2560)
    vision = 5 * 512 + 7 * (512 * 768 + 768)
    assert 5_118_032 == 2 * 7 * mlp + vision + 768 * 512
    assert _count(VariationalPrompter(clip, **SIZES, tokens='shared'), VaMPHead(clip)) == 4_992_256


def test_the_noise_counter_and_prototypes_are_all_that_is_saved_besides():
    prompter = VariationalPrompter(_vit_b16(), **SIZES)
    assert {name for name, _ in prompter.named_buffers()} == {
        'noise_seed',
        'noise_step',
        'prototypes',
    }
    assert prompter.prototypes.shape == (0, 512)
    assert prompter.num_prototypes == 0


@pytest.mark.parametrize(
    ('change', 'told'),
    [
        (dict(tokens='sampled'), "tokens='sampled'.*'shared', 'deterministic', 'variational'"),
        (dict(prior='normal'), "prior='normal'.*'class-aware', 'standard'"),
        (dict(test_noise='same'), "test_noise='same'"),
        (dict(prototype_source='prior'), "prototype_source='prior'"),
        (dict(start=6), r'text blocks start=6, depth=7 do not exist.*12 blocks, 0\.\.11'),
        (dict(depth=0), 'depth=0'),
        (dict(start=-1), 'start=-1'),
        (dict(train_samples=-1), 'train_samples=-1'),
        (dict(test_noise='antithetic', test_samples=5), 'test_samples=5 is odd'),
        (dict(log_var_range=(-5.0, 2.0)), '2 ln std = -7.82'),
        (dict(host=dict(type='RepresentationTokens', start=6)), 'vision blocks start=6, depth=7'),
        (dict(host=dict(type='CoupledTokens', depth=9, context=None)), 'set start=0 and depth=9'),
    ],
)
def test_wrong_arguments_are_told_clearly(change, told):
    with pytest.raises(ValueError, match=told):
        VariationalPrompter(_vit_b16(), **{**SIZES, **change})


def test_the_context_must_have_room_for_the_tokens(small):
    prompter = {
        **methods.MAPLE[-1].prompter,
        'host': dict(type='CoupledTokens', depth=2, num_tokens=2, context='a'),
    }
    with pytest.raises(ValueError, match="context='a' has 1 tokens, fewer than the 2"):
        VariationalPrompter(small, **{k: v for k, v in prompter.items() if k != 'type'})


# start of training


@both
@torch.no_grad()
def test_training_starts_at_shared_tokens_of_the_stated_spread(small, row):
    model = _model(small, row, moved=False).train()
    images, _ = batch()
    latent = plan_of(model, images, torch.arange(5)).latent
    shared = model.prompter.posterior.shared_tokens
    # output weights start at 1e-3: all images get nearly the shared token, sigma is 0.02 everywhere
    assert float((latent.mean - shared).abs().max()) < 0.01
    assert float((torch.exp(0.5 * latent.log_var) / 0.02 - 1).abs().max()) < 0.02
    assert float(shared.std()) == pytest.approx(0.02, rel=0.5)
    # nats per dimension: starts near 0
    assert float(_kl(latent).max() / latent.mean[0].numel()) < 0.05


# posterior and samples


@both
@torch.no_grad()
def test_the_posterior_of_an_image_depends_on_that_image_alone(small, row):
    model, (images, _) = _model(small, row), batch()
    together = plan_of(model, images).latent
    other = images.clone()
    other[1] += 1.0
    changed = plan_of(model, other).latent
    assert float((changed.mean[1] - together.mean[1]).abs().max()) > 1e-3
    for n in (0, 2, 3, 4):
        for field in ('mean', 'log_var'):
            torch.testing.assert_close(
                getattr(changed, field)[n], getattr(together, field)[n], rtol=0, atol=1e-13
            )
            alone = getattr(plan_of(model, images[n : n + 1]).latent, field)[0]
            torch.testing.assert_close(alone, getattr(together, field)[n], rtol=0, atol=1e-13)


@pytest.mark.parametrize('normalize', [True, False])
def test_the_condition_is_the_frozen_feature(small, normalize):
    model, (images, _) = _model(small, normalize=normalize), batch()
    feature = small.encode_image(images).pooled[0]
    used = feature / feature.norm(dim=-1, keepdim=True) if normalize else feature
    networks, latent = model.prompter.posterior, plan_of(model, images).latent
    for layer in range(2):  # each block's MLP written out, weights of its own
        hidden = torch.nn.functional.gelu(used @ networks.weight_1[layer] + networks.bias_1[layer])
        mean = hidden @ networks.weight_mean[layer] + networks.bias_mean[layer]
        log_var = (hidden @ networks.weight_log_var[layer] + networks.bias_log_var[layer]).clamp(
            -14, 2
        )
        torch.testing.assert_close(latent.mean[:, layer].flatten(1), mean, rtol=0, atol=1e-12)
        torch.testing.assert_close(latent.log_var[:, layer].flatten(1), log_var, rtol=0, atol=1e-12)
    assert latent.prior_mean is None  # the prior is not used in prediction


def test_log_variances_stay_in_their_range(small):
    model, (images, _) = _model(small), batch()
    with torch.no_grad():
        model.prompter.posterior.bias_log_var[0] = 50.0
        model.prompter.posterior.bias_log_var[1] = -50.0
    latent = plan_of(model, images).latent
    assert bool((latent.log_var[:, 0] == 2).all())
    assert bool((latent.log_var[:, 1] == -14).all())
    assert bool(latent.sample.isfinite().all())


@both
def test_samples_are_reparameterised_with_noise_shared_by_all_images(small, row):
    model, (images, _) = _model(small, row), batch()
    latent = plan_of(model, images).latent
    assert latent.sample.shape == (10, 5, *model.prompter.posterior.shape)
    noise = (latent.sample - latent.mean) * torch.exp(-0.5 * latent.log_var)
    expected = draw_noise((10, 1, *model.prompter.posterior.shape), 0, 0).double()
    torch.testing.assert_close(noise, expected.expand_as(noise), rtol=0, atol=1e-9)


@pytest.mark.parametrize('samples', [1, 3])
@both
def test_monte_carlo_prediction_equals_a_loop_over_samples_and_images(small, row, samples):
    """Each (sample, image) with a plan of its own, probabilities averaged one by one (VaMP eq. 22)."""
    model, (images, _) = _model(small, row, test_samples=samples), batch(3)
    with torch.no_grad():
        predicted = model(images, mode='predict')
        plan = plan_of(model, images)
        for n in range(3):
            mean = torch.zeros(len(NAMES), dtype=torch.float64)
            image = model.backbone.encode_image(images[n : n + 1], plan, model.head.reads)
            for s in range(samples):
                tokens = plan.latent.sample[s, n]  # (H, K, W)
                edits = tuple(
                    TokenEdit(edit.layer, edit.start, edit.mode, tokens[h][None, None, None])
                    for h, edit in enumerate(plan.text_tower.edits)
                )
                own = PromptPlan(text=plan.text, text_tower=TowerPlan(edits))
                text = model.backbone.encode_text(plan.text, own, textbook=True).pooled
                logits, _ = model.head(image, text / text.norm(dim=-1, keepdim=True))
                mean += (
                    logits['fused' if 'fused' in logits else 'class'][0, 0].softmax(-1) / samples
                )
            torch.testing.assert_close(predicted[n].pred_score, mean, rtol=0, atol=1e-10)


def test_no_test_samples_predict_from_the_posterior_mean(small):
    model, (images, _) = _model(small, test_samples=0), batch()
    latent = plan_of(model, images).latent
    assert torch.equal(latent.sample, latent.mean[None])
    certain = _model(small, test_samples=3)
    with torch.no_grad():
        certain.prompter.posterior.bias_log_var.fill_(-100.0)  # clamped to sigma = exp(-7)
        certain.prompter.posterior.weight_log_var.zero_()
        close = torch.stack([s.pred_score for s in certain(images, mode='predict')])
        exact = torch.stack([s.pred_score for s in model(images, mode='predict')])
    assert float((close - exact).abs().max()) < 0.02


@torch.no_grad()
def test_antithetic_noise_comes_in_pairs_of_opposite_sign(small):
    model, (images, _) = _model(small, test_noise='antithetic', test_samples=6), batch()
    latent = plan_of(model, images).latent
    offset = latent.sample - latent.mean
    torch.testing.assert_close(offset.sum(0), torch.zeros_like(latent.mean), rtol=0, atol=1e-14)
    torch.testing.assert_close(offset[:3], -offset[3:], rtol=0, atol=1e-14)
    assert float(offset.abs().max()) > 1e-3


@torch.no_grad()
def test_fresh_noise_differs_between_images_and_calls(small):
    model, (images, _) = _model(small, test_noise='fresh'), batch()
    torch.manual_seed(0)
    latent = plan_of(model, images).latent
    noise = (latent.sample - latent.mean) * torch.exp(-0.5 * latent.log_var)
    assert float((noise[:, 0] - noise[:, 1]).abs().min()) > 0
    again = plan_of(model, images).latent.sample
    assert not torch.equal(again, latent.sample)
    torch.manual_seed(0)
    assert torch.equal(plan_of(model, images).latent.sample, latent.sample)


def test_test_noise_follows_the_seed_and_nothing_else(small):
    images, _ = batch()
    one, same, other = (_model(small, seed=seed) for seed in (3, 3, 4))
    reference = plan_of(one, images).latent.sample
    one.train()
    plan_of(one, images, torch.arange(5))
    # training draws change nothing
    assert torch.equal(plan_of(one.eval(), images).latent.sample, reference)
    assert torch.equal(plan_of(same, images).latent.sample, reference)
    assert not torch.equal(plan_of(other, images).latent.sample, reference)
    # the first samples of a longer list are those of a shorter one
    more = _model(small, seed=3, test_samples=20)
    torch.testing.assert_close(plan_of(more, images).latent.sample[:10], reference, rtol=0, atol=0)


# training noise


@torch.no_grad()
def test_training_noise_advances_differs_between_images_and_comes_back(small):
    model, (images, _) = _model(small, train_samples=2).train(), batch()
    target = torch.arange(5)

    def draw(m):
        latent = plan_of(m, images, target).latent
        return (latent.sample - latent.mean) * torch.exp(-0.5 * latent.log_var)

    first, state, second = draw(model), copy.deepcopy(model.state_dict()), draw(model)
    assert first.shape == (2, 5, 2, 3, 48)
    assert int(model.prompter.noise_step) == 2
    assert not torch.equal(first, second)
    assert float((first[:, 0] - first[:, 1]).abs().min()) > 0
    assert float((first[0] - first[1]).abs().min()) > 0
    resumed = _model(small, train_samples=2).train()
    resumed.load_state_dict(state)
    assert torch.equal(draw(resumed), second)
    torch.manual_seed(5)
    rewind(model)
    assert torch.equal(draw(model), first)  # the global generator has no say


def test_training_noise_follows_the_seed_of_the_run_and_test_noise_does_not(small):
    def draws(seed):
        prompter = build_method(small, VAMP.prompter, VAMP.head, seed=seed).prompter
        return [prompter.train(mode)._noise(2, torch.device('cpu')) for mode in (True, False)]

    (train, test), (same, _), (other, other_test) = draws(1), draws(1), draws(2)
    assert torch.equal(train, same)
    assert float((train - other).abs().min()) > 0
    assert torch.equal(test, other_test)


def test_training_noise_never_equals_test_noise(small):
    model, (images, _) = _model(small, train_samples=10, moved=False), batch(1)
    tested = plan_of(model, images).latent.sample
    for _ in range(3):
        drawn = plan_of(model.train(), images, torch.tensor([0])).latent.sample
        assert not torch.equal(drawn, tested)


def test_training_on_the_posterior_mean_draws_nothing(small):
    model, (images, _) = _model(small, train_samples=0).train(), batch()
    latent = plan_of(model, images, torch.arange(5)).latent
    assert torch.equal(latent.sample, latent.mean[None])
    assert int(model.prompter.noise_step) == 0


def test_processes_share_out_the_noise_of_one(small, monkeypatch):
    """Image i of process r is image i * world + r of the one-process batch, and gets its noise."""
    from vamp_mm.models.prompters import noise

    model, (images, _) = _model(small).train(), batch(4)
    target = torch.tensor([0, 1, 2, 3])
    whole = plan_of(model, images, target).latent.sample
    for rank in range(2):
        rewind(model)
        monkeypatch.setattr(noise, 'get_dist_info', lambda rank=rank: (rank, 2))
        share = plan_of(model, images[rank::2], target[rank::2]).latent.sample
        torch.testing.assert_close(share, whole[:, rank::2], rtol=0, atol=1e-13)


def test_more_training_samples_average_the_likelihood(small):
    """The objective with S samples is the mean of the S one-sample objectives; the KL does not change."""
    model, (images, samples) = _model(small, train_samples=3).train(), batch()
    rewind(model)
    losses = model(images, samples, mode='loss')
    rewind(model)
    out = run(model, images, torch.arange(5))
    for branch in ('class', 'rep'):
        logs = out.logits[branch].log_softmax(-1)
        by_hand = -sum(float(logs[s, n, n].detach()) for s in range(3) for n in range(5)) / 15
        weight = {'class': 0.7, 'rep': 0.3}[branch]
        assert float(losses[f'loss_ce_{branch}'].detach()) == pytest.approx(
            weight * by_hand, rel=1e-12
        )
    kl = _kl(out.latent).detach() / out.latent.mean[0].numel()
    assert float(losses['loss_kl'].detach()) == pytest.approx(float(kl.mean()), rel=1e-12)


# prior


@both
def test_the_prior_is_that_of_each_images_own_label(small, row):
    model, (images, _) = _model(small, row).train(), batch()
    target = torch.tensor([0, 1, 2, 1, 4])
    latent = plan_of(model, images, target).latent
    mean, log_var = model.prompter.prior_network(model.prompter.prototypes)
    for n, label in enumerate(target.tolist()):
        torch.testing.assert_close(latent.prior_mean[n], mean[label], rtol=0, atol=1e-13)
        torch.testing.assert_close(latent.prior_log_var[n], log_var[label], rtol=0, atol=1e-13)
    changed = target.clone()
    changed[2] = 3
    difference = _kl(plan_of(model, images, changed).latent) - _kl(latent)
    assert abs(float(difference[2].detach())) > 1e-3
    assert float(difference[[0, 1, 3, 4]].abs().max().detach()) < 1e-10


@both
def test_a_prototype_moves_the_prior_of_its_class_alone(small, row):
    model, (images, _) = _model(small, row).train(), batch()
    target = torch.arange(5)
    before = _kl(plan_of(model, images, target).latent)
    prototypes = model.prompter.prototypes.clone()
    prototypes[3] = -prototypes[3]
    model.prompter.set_prototypes(prototypes)
    difference = (_kl(plan_of(model, images, target).latent) - before).detach()
    assert abs(float(difference[3])) > 1e-3
    assert float(difference[[0, 1, 2, 4]].abs().max()) < 1e-10


def test_the_standard_prior_is_zero_mean_and_unit_variance(small):
    model, (images, _) = _model(small, prior='standard').train(), batch()
    latent = plan_of(model, images, torch.arange(5)).latent
    by_hand = 0.5 * (latent.mean**2 + latent.log_var.exp() - latent.log_var - 1).flatten(1).sum(1)
    torch.testing.assert_close(
        gaussian_kl(latent.mean, latent.log_var, latent.prior_mean, latent.prior_log_var)
        .flatten(1)
        .sum(1),
        by_hand,
    )
    assert not hasattr(model.prompter, 'prior_network')
    assert not model.prompter.needs_prototypes


def test_prediction_does_not_use_the_prior(small):
    model, (images, _) = _model(small), batch()
    with torch.no_grad():
        before = model(images, mode='tensor')
        for value in model.prompter.prior_network.parameters():
            value.add_(1.0)
        model.prompter.set_prototypes(torch.randn(5, 40))
        assert torch.equal(model(images, mode='tensor'), before)


def test_a_loss_in_evaluation_mode_uses_test_noise_and_the_prior(small):
    model, (images, samples) = _model(small), batch()
    with torch.no_grad():
        first = model(images, samples, mode='loss')
        assert torch.equal(first['loss_kl'], model(images, samples, mode='loss')['loss_kl'])
        assert torch.equal(
            first['loss_ce_class'], model(images, samples, mode='loss')['loss_ce_class']
        )
    assert int(model.prompter.noise_step) == 0
    assert float(first['loss_kl']) > 0


def test_logits_in_training_mode_need_no_labels(small):
    model, (images, _) = _model(small).train(), batch()
    assert model(images, mode='tensor').shape == (1, 5, 5)


# prototypes


def test_prototypes_are_needed_for_training_and_only_there(small):
    model, (images, samples) = _model(small), batch()
    model.prompter.prototypes = model.prompter.prototypes[:0]
    assert model.prompter.num_prototypes == 0
    assert len(model(images, mode='predict')) == 5
    with pytest.raises(RuntimeError, match='no class prototypes.*ClassAwarePriorHook'):
        model.train()(images, samples, mode='loss')


def test_a_label_without_a_prototype_is_an_error(small):
    model, (images, samples) = _model(small).train(), batch()
    model.prompter.set_prototypes(torch.randn(3, 40))
    with pytest.raises(ValueError, match='label 4 has no class prototype, there are 3'):
        model(images, samples, mode='loss')


def test_prototypes_are_made_unit_length_where_features_are(small):
    model = _model(small)
    model.prompter.set_prototypes(7 * torch.randn(4, 40))
    torch.testing.assert_close(
        model.prompter.prototypes.norm(dim=-1), torch.ones(4).double(), rtol=0, atol=1e-12
    )
    raw, means = _model(small, normalize=False), 7 * torch.randn(4, 40).double()
    raw.prompter.set_prototypes(means)
    torch.testing.assert_close(raw.prompter.prototypes, means)
    with pytest.raises(ValueError, match=r'must be \(C, 40\), got \(4, 41\)'):
        model.prompter.set_prototypes(torch.randn(4, 41))
    with pytest.raises(ValueError, match='uses no prototypes'):
        _model(small, prior='standard').prompter.set_prototypes(torch.randn(4, 40))


@pytest.mark.parametrize('classes', [1, 5, 9])
def test_prototypes_come_back_with_any_number_of_classes(small, classes):
    model = _model(small)
    model.prompter.set_prototypes(torch.randn(classes, 40))
    other = _model(small, moved=False)
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.prompter.prototypes, model.prompter.prototypes)
    assert other.prompter.num_prototypes == classes
    empty = _model(small, moved=False)
    empty.prompter.prototypes = empty.prompter.prototypes[:0]
    model.load_state_dict(empty.state_dict())
    assert model.prompter.num_prototypes == 0


def test_prototypes_of_posterior_means(small):
    """The paper's other reading: the prior of block h sees the mean posterior mean of block h."""
    model, (images, samples) = _model(small, prototype_source='posterior'), batch()
    features = model.extract_frozen(images)
    means = model.prompter.prototype_features(features)
    assert means.shape == (5, 2, 3 * 48)
    torch.testing.assert_close(
        means.unflatten(-1, (3, 48)), plan_of(model, images).latent.mean, rtol=0, atol=1e-13
    )
    model.prompter.set_prototypes(means.detach())
    torch.testing.assert_close(model.prompter.prototypes, means.detach())
    latent = plan_of(model.train(), images, torch.arange(5)).latent
    networks = model.prompter.prior_network
    for layer in range(2):
        hidden = torch.nn.functional.gelu(
            means[:, layer] @ networks.weight_1[layer] + networks.bias_1[layer]
        )
        expected = hidden @ networks.weight_mean[layer] + networks.bias_mean[layer]
        torch.testing.assert_close(
            latent.prior_mean[:, layer].flatten(1), expected, rtol=0, atol=1e-12
        )
    losses = model(images, samples, mode='loss')
    assert bool(losses['loss_kl'].isfinite())


def test_prototype_features_are_the_unit_frozen_features(small):
    model, (images, _) = _model(small), batch()
    features = model.extract_frozen(images)
    torch.testing.assert_close(
        model.prompter.prototype_features(features),
        features / features.norm(dim=-1, keepdim=True),
        rtol=0,
        atol=1e-13,
    )
    assert find_part(model, HasPrototypes) is model.prompter


# plans


def test_mmrl_style_plans_insert_behind_the_start_token_and_renew(small):
    model, (images, _) = _model(small), batch(2)
    plan = plan_of(model, images)
    assert [(e.layer, e.start, e.mode, e.length) for e in plan.text_tower.edits] == [
        (2, 1, 'insert', 3),
        (3, 1, 'overwrite', 3),
    ]
    assert [(e.layer, e.start, e.mode, e.length, e.name) for e in plan.vision_tower.edits] == [
        (1, 1, 'insert', 3, 'rep'),
        (2, 1, 'overwrite', 3, 'rep'),
    ]
    for h, edit in enumerate(plan.text_tower.edits):
        assert torch.equal(edit.tokens[:, :, 0], plan.latent.sample[:, :, h])
    # vision tokens are the same for all images: projected from one shared space
    tokens = model.prompter.host.tokens
    for edit, project in zip(plan.vision_tower.edits, model.prompter.host.to_vision, strict=True):
        assert edit.tokens.shape == (1, 1, 3, 64)
        torch.testing.assert_close(edit.tokens[0, 0], project(tokens))


def test_maple_style_plans_replace_context_words_and_project_the_shared_tokens(small):
    model, (images, _) = _model(small, methods.MAPLE[-1]), batch(2)
    # MaPLe's context is its own
    model.set_vocabulary(Vocabulary(names=NAMES, templates=('art of {}',)))
    plan = plan_of(model, images)
    assert plan.text.ids[:, 1:5].unique(dim=0).shape == (1, 4)
    assert [(e.layer, e.start, e.mode, e.length) for e in plan.text_tower.edits] == [
        (-1, 1, 'overwrite', 2),
        (1, 1, 'overwrite', 2),
    ]
    assert [(e.layer, e.start, e.mode, e.length) for e in plan.vision_tower.edits] == [
        (-1, -1, 'insert', 2),
        (1, -1, 'overwrite', 2),
    ]
    shared = model.prompter.posterior.shared_tokens
    for h, (edit, project) in enumerate(
        zip(plan.vision_tower.edits, model.prompter.host.to_vision, strict=True)
    ):
        torch.testing.assert_close(edit.tokens[0, 0], project(shared[h]))


def test_shared_tokens_are_mmrl_itself(small):
    model = _model(small, methods.MMRL[0])
    plan = model.prompter(PromptContext())
    assert plan.latent is None
    assert model.prompter.requires == frozenset()
    for edit, project in zip(plan.text_tower.edits, model.prompter.host.to_text, strict=True):
        assert edit.tokens.shape == (1, 1, 1, 3, 48)
        torch.testing.assert_close(edit.tokens[0, 0, 0], project(model.prompter.host.tokens))


@torch.no_grad()
def test_deterministic_tokens_are_a_function_of_the_image(small):
    model, (images, _) = _model(small, methods.MMRL[1]), batch()
    latent = plan_of(model.train(), images).latent
    assert torch.equal(latent.sample, latent.mean[None])
    assert bool((latent.log_var == -math.inf).all())
    assert float((latent.mean[0] - latent.mean[1]).abs().max()) > 1e-3
