"""Diagonal Gaussians: reparameterised samples and the closed-form KL divergence (VaMP, NeurIPS 2025)."""

from __future__ import annotations

import torch
from torch import Tensor


def reparameterise(mean: Tensor, log_var: Tensor, noise: Tensor) -> Tensor:
    """Draw ``z = mean + sigma * noise``, differentiable in mean and log-variance.

    Args:
        mean: ``(N, ...)`` means.
        log_var: ``(N, ...)`` log-variances.
        noise: ``(S, N|1, ...)`` standard normal numbers; an axis of 1 shares the noise among images.

    Returns:
        ``(S, N, ...)`` samples.
    """
    return mean + torch.exp(0.5 * log_var) * noise


def gaussian_kl(mean_q: Tensor, log_var_q: Tensor, mean_p: Tensor, log_var_p: Tensor) -> Tensor:
    """KL(q || p) of two diagonal Gaussians, one value per dimension, in nats.

    ``0.5 * (log var_p - log var_q + (var_q + (mean_q - mean_p)^2) / var_p - 1)``. Computed in float32 at least:
    half precision overflows in ``1 / var_p`` for the small variances that prompts have.

    Args:
        mean_q: Means of q, any shape; the other three broadcast against it.
        log_var_q: Log-variances of q.
        mean_p: Means of p.
        log_var_p: Log-variances of p.

    Returns:
        The broadcast shape; sum it over the event dimensions for the divergence of the joint distribution.
    """
    mean_q, log_var_q, mean_p, log_var_p = (
        value if value.dtype.itemsize > 2 else value.float()
        for value in (mean_q, log_var_q, mean_p, log_var_p)
    )
    ratio = log_var_q - log_var_p
    # expm1(r) - r keeps its digits where q and p are nearly equal, as they are when training starts
    return 0.5 * (torch.expm1(ratio) - ratio + (mean_q - mean_p).square() * torch.exp(-log_var_p))
