"""Closed-form KL and reparameterised samples."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vamp_mm.ops import gaussian_kl, reparameterise


def _pair(apart: float, seed: int = 0) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    draw = torch.randn(4, 7, 3, 5, generator=generator, dtype=torch.float64)
    mean_q, log_var_q = draw[0], -8 + draw[1]
    return mean_q, log_var_q, mean_q + apart * draw[2], log_var_q + apart * draw[3]


@pytest.mark.parametrize('apart', [0.01, 1.0, 3.0])
def test_kl_equals_torch_distributions(apart):
    mean_q, log_var_q, mean_p, log_var_p = _pair(apart)
    expected = kl_divergence(
        Normal(mean_q, torch.exp(0.5 * log_var_q)), Normal(mean_p, torch.exp(0.5 * log_var_p))
    )
    # float64; torch's own formula cancels where the two are near, so absolute 1e-14 beside relative 1e-12
    torch.testing.assert_close(
        gaussian_kl(mean_q, log_var_q, mean_p, log_var_p), expected, rtol=1e-12, atol=1e-14
    )


def test_kl_of_one_pair_by_hand():
    # q = N(1, 2^2), p = N(0, 1): ln(1/2) + (4 + 1) / 2 - 1/2
    value = gaussian_kl(
        *(torch.tensor(v, dtype=torch.float64) for v in (1.0, math.log(4), 0.0, 0.0))
    )
    assert float(value) == pytest.approx(math.log(0.5) + 2.5 - 0.5, rel=1e-14)


def test_kl_of_equal_gaussians_is_exactly_zero():
    mean, log_var, _, _ = _pair(1.0)
    assert torch.equal(gaussian_kl(mean, log_var, mean, log_var), torch.zeros_like(mean))


def test_kl_keeps_its_digits_where_gaussians_nearly_agree():
    # for log-variances that differ by r the divergence is r^2 / 4 + O(r^3); float32 naively gives 0 or 6e-8 here
    zero = torch.zeros((), dtype=torch.float32)
    near = torch.tensor(1e-3, dtype=torch.float32)
    assert float(gaussian_kl(zero, near, zero, zero)) == pytest.approx(2.5e-7, rel=1e-3)


def test_kl_is_never_negative():
    mean_q, log_var_q, mean_p, log_var_p = _pair(1e-6)
    assert float(gaussian_kl(mean_q, log_var_q, mean_p, log_var_p).min()) >= 0


def test_kl_of_small_variances_survives_bfloat16_inputs():
    # 1 / var_p = exp(14) = 1.2e6 overflows float16 and loses everything but the exponent in bfloat16
    mean = torch.full((3,), 0.125, dtype=torch.bfloat16)
    log_var = torch.full((3,), -14.0, dtype=torch.bfloat16)
    value = gaussian_kl(mean, log_var, torch.zeros_like(mean), log_var)
    assert value.dtype == torch.float32
    torch.testing.assert_close(
        value, torch.full((3,), 0.5 * 0.125**2 * math.exp(14.0)), rtol=1e-6, atol=0
    )


def test_kl_broadcasts():
    mean_q, log_var_q, mean_p, log_var_p = _pair(1.0)
    value = gaussian_kl(mean_q, log_var_q, mean_p[:1], log_var_p[:1])
    torch.testing.assert_close(
        value[3], gaussian_kl(mean_q[3], log_var_q[3], mean_p[0], log_var_p[0])
    )


def test_kl_against_a_monte_carlo_estimate():
    mean_q, log_var_q, mean_p, log_var_p = (value.flatten() for value in _pair(0.5))
    q, p = Normal(mean_q, torch.exp(0.5 * log_var_q)), Normal(mean_p, torch.exp(0.5 * log_var_p))
    torch.manual_seed(0)
    noise = torch.randn(20000, len(mean_q), dtype=torch.float64)
    samples = reparameterise(mean_q, log_var_q, noise)
    logs = q.log_prob(samples) - p.log_prob(samples)
    error = logs.mean(0) - gaussian_kl(mean_q, log_var_q, mean_p, log_var_p)
    # five standard errors of the estimate, dimension by dimension
    assert bool((error.abs() < 5 * logs.std(0) / math.sqrt(len(logs))).all())


def test_samples_have_the_posterior_moments():
    mean = torch.tensor([[-3.0, 2.0]], dtype=torch.float64)
    log_var = torch.tensor([[math.log(4.0), math.log(0.25)]], dtype=torch.float64)
    torch.manual_seed(1)
    count = 40000
    samples = reparameterise(mean, log_var, torch.randn(count, 1, 2, dtype=torch.float64))
    sigma = torch.tensor([2.0, 0.5], dtype=torch.float64)
    # five standard errors: sigma / sqrt(n) of the mean, sigma / sqrt(2 n) of the deviation
    assert bool(((samples.mean(0)[0] - mean[0]).abs() < 5 * sigma / count**0.5).all())
    assert bool(((samples.std(0)[0] - sigma).abs() < 5 * sigma / (2 * count) ** 0.5).all())


def test_gradients_of_a_sample():
    mean = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    log_var = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    noise = torch.randn(4, 1, 3, dtype=torch.float64)
    reparameterise(mean, log_var, noise).sum().backward()
    torch.testing.assert_close(mean.grad, torch.full((2, 3), 4.0, dtype=torch.float64))
    # dz / dlog_var = sigma * noise / 2
    expected = 0.5 * torch.exp(0.5 * log_var) * noise.sum(0)
    torch.testing.assert_close(log_var.grad, expected.detach())


def test_shared_noise_is_the_same_for_every_image():
    mean, log_var = torch.randn(4, 3), torch.randn(4, 3)
    noise = torch.randn(6, 1, 3)
    together = reparameterise(mean, log_var, noise)
    assert together.shape == (6, 4, 3)
    for image in range(4):
        torch.testing.assert_close(
            together[:, image], reparameterise(mean[image], log_var[image], noise[:, 0])
        )
