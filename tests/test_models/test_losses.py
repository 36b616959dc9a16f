"""Loss terms against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vamp_mm.models import BranchCrossEntropy, ImageConsistency, TextConsistency, VariationalLoss
from vamp_mm.ops import unit
from vamp_mm.structures import Latent, PromptOutput

H, K, W = 2, 3, 4


def _rand(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


TARGET = torch.tensor([0, 1, 2, 3, 1])


def _output(
    images: int = 5, prior: bool = True, samples: int = 1, classes: int = 4, **change
) -> PromptOutput:
    shape = (images, H, K, W)
    given = dict(
        logits={
            'class': _rand(samples, images, classes),
            'rep': _rand(samples, images, classes, seed=1),
        },
        image=unit(_rand(1, images, 6)),
        text=unit(_rand(samples, images, classes, 6)),
        teacher_image=unit(_rand(images, 6, seed=2)),
        teacher_text=unit(_rand(classes, 6, seed=3)),
        target=TARGET[:images],
        latent=Latent(
            mean=_rand(*shape, seed=4),
            log_var=-2 + _rand(*shape, seed=5),
            sample=_rand(samples, *shape),
            prior_mean=_rand(*shape, seed=6) if prior else None,
            prior_log_var=-1 + _rand(*shape, seed=7) if prior else None,
        ),
    )
    return PromptOutput(**{**given, **change})


def _kl(output: PromptOutput) -> torch.Tensor:
    z = output.latent
    return kl_divergence(
        Normal(z.mean, torch.exp(0.5 * z.log_var)),
        Normal(z.prior_mean, torch.exp(0.5 * z.prior_log_var)),
    ).flatten(1)


def test_sum_is_the_elbo_as_written_and_mean_is_per_dimension():
    output = _output()
    kl = _kl(output)
    summed = VariationalLoss(reduction='sum')(output)
    assert float(summed) == pytest.approx(float(kl.sum(1).mean()), rel=1e-12)
    assert float(VariationalLoss(reduction='mean')(output)) == pytest.approx(
        float(kl.mean()), rel=1e-12
    )
    assert float(summed) == pytest.approx(H * K * W * float(kl.mean()), rel=1e-12)


def test_the_divergence_does_not_depend_on_the_number_of_images_or_samples():
    output = _output()
    doubled = Latent(
        *(
            torch.cat([value, value]) if value.ndim == 4 else value
            for value in (
                output.latent.mean,
                output.latent.log_var,
                output.latent.sample,
                output.latent.prior_mean,
                output.latent.prior_log_var,
            )
        )
    )
    term = VariationalLoss()
    assert float(term(_output(latent=doubled))) == pytest.approx(float(term(output)), rel=1e-12)


@pytest.mark.parametrize('reduction', ['sum', 'mean'])
def test_free_nats_are_per_image_after_the_reduction(reduction):
    output = _output()
    kl = _kl(output)
    per_image = kl.sum(1) if reduction == 'sum' else kl.mean(1)
    free = float(per_image.median())  # two images below, two above
    expected = (per_image - free).clamp_min(0).mean()
    given = VariationalLoss(reduction=reduction, free_nats=free)(output)
    assert float(given) == pytest.approx(float(expected), rel=1e-12)
    assert 0 < float(given) < float(per_image.mean())
    assert float(VariationalLoss(reduction=reduction, free_nats=1e9)(output)) == 0


def test_the_warm_up_rises_linearly_over_training_steps_and_is_saved():
    output, whole = _output(), float(VariationalLoss()(_output()))
    term = VariationalLoss(warmup=4).train()
    ramp = [float(term(output)) / whole for _ in range(3)]
    assert ramp == pytest.approx([0.25, 0.5, 0.75])
    resumed = VariationalLoss(warmup=4).train()
    resumed.load_state_dict(term.state_dict())
    assert [float(resumed(output)) / whole for _ in range(3)] == pytest.approx([1, 1, 1])
    term.eval()
    assert float(term(output)) / whole == pytest.approx(0.75)  # evaluation does not count
    assert int(term.step) == 3


def test_weights_are_the_heads_business():
    assert float(VariationalLoss(weight=0.5)(_output())) == float(VariationalLoss()(_output()))


def test_the_divergence_needs_a_prior():
    for output in (_output(prior=False), _output(latent=None)):
        with pytest.raises(RuntimeError, match='needs a posterior and a prior'):
            VariationalLoss()(output)


@pytest.mark.parametrize(
    ('change', 'told'),
    [
        (dict(reduction='max'), "reduction='max'.*'sum', 'mean'"),
        (dict(warmup=-1), 'warmup=-1'),
        (dict(free_nats=-0.1), 'free_nats=-0.1'),
        (dict(weight=-1.0), 'VariationalLoss: weight=-1.0 must be a number of at least 0'),
    ],
)
def test_wrong_arguments_are_told_clearly(change, told):
    with pytest.raises(ValueError, match=told):
        VariationalLoss(**change)


@pytest.mark.parametrize('samples', [1, 3])
def test_cross_entropy_is_the_mean_over_samples_and_images(samples):
    output = _output(samples=samples)
    for branch in ('class', 'rep'):
        logits, total = output.logits[branch], 0.0
        for s in range(samples):
            for n, label in enumerate(TARGET.tolist()):
                row = [math.exp(float(value)) for value in logits[s, n]]
                total -= math.log(row[label] / sum(row))
        given = BranchCrossEntropy(branch=branch)(output)
        assert float(given) == pytest.approx(total / (5 * samples), rel=1e-12)
    assert BranchCrossEntropy('rep').name == 'ce_rep'
    assert BranchCrossEntropy('rep', name='own').name == 'own'


def test_cross_entropy_of_half_precision_logits_is_taken_in_float32():
    output = _output(logits={'class': _rand(1, 5, 4).bfloat16()})
    assert BranchCrossEntropy()(output).dtype == torch.float32


@pytest.mark.parametrize('samples', [1, 3])
def test_consistency_is_one_minus_the_mean_cosine(samples):
    output = _output(samples=samples)
    image = sum(float(output.image[0, n] @ output.teacher_image[n]) for n in range(5)) / 5
    text = sum(
        float(output.text[s, n, c] @ output.teacher_text[c])
        for s in range(samples)
        for n in range(5)
        for c in range(4)
    ) / (20 * samples)
    assert float(ImageConsistency()(output)) == pytest.approx(1 - image, rel=1e-12)
    assert float(TextConsistency()(output)) == pytest.approx(1 - text, rel=1e-12)
    same = _output(image=output.teacher_image[None], text=output.teacher_text[None, None])
    assert float(ImageConsistency()(same)) == pytest.approx(0, abs=1e-12)
    assert float(TextConsistency()(same)) == pytest.approx(0, abs=1e-12)
