"""Monte-Carlo prediction and what its spread tells (VaMP eq. 22; entropies in nats)."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def log_mean_exp(values: Tensor, dim: int = 0) -> Tensor:
    """``log(mean(exp(values)))`` over one axis, without overflow."""
    return torch.logsumexp(values, dim=dim) - math.log(values.shape[dim])


def mean_log_probs(logits: Tensor) -> Tensor:
    """Logarithm of the class probabilities averaged over samples.

    The average is over probabilities, not over logits (VaMP eq. 22).

    Args:
        logits: ``(S, N, C)``.

    Returns:
        ``(N, C)`` log-probabilities, float32 or wider.
    """
    wide = logits if logits.dtype.itemsize > 2 else logits.float()
    return log_mean_exp(wide.log_softmax(dim=-1), dim=0)


def sample_uncertainty(logits: Tensor) -> dict[str, Tensor]:
    """How sure a Monte-Carlo prediction is, per image.

    Args:
        logits: ``(S, N, C)``; with S = 1 mutual information and standard deviation are 0.

    Returns:
        Four tensors ``(N,)``: ``predictive_entropy`` H[mean_s p_s], ``expected_entropy`` mean_s H[p_s],
        ``mutual_information`` (their difference: the part the samples disagree about) and ``pred_std``, the population
        standard deviation over samples of the winning class's probability.
    """
    wide = logits if logits.dtype.itemsize > 2 else logits.float()
    log_each = wide.log_softmax(dim=-1)  # (S, N, C)
    log_mean = log_mean_exp(log_each, dim=0)  # (N, C)
    predictive = _entropy(log_mean)
    expected = _entropy(log_each).mean(dim=0)
    winner = log_mean.argmax(dim=-1)  # (N,)
    # (S, N)
    chosen = (
        log_each.gather(-1, winner.expand(log_each.shape[0], -1).unsqueeze(-1)).squeeze(-1).exp()
    )
    return {
        'predictive_entropy': predictive,
        'expected_entropy': expected,
        # >= 0 by Jensen's inequality; rounding may leave -1e-8
        'mutual_information': (predictive - expected).clamp_min(0),
        'pred_std': chosen.std(dim=0, correction=0),
    }


def _entropy(log_probs: Tensor) -> Tensor:
    # p log p -> 0 where p underflows to 0 and its logarithm is -inf
    return torch.special.entr(log_probs.exp()).sum(dim=-1)
