"""Diagonal Gaussians over the prompt tokens of several blocks, predicted by one small MLP per block (VaMP eq. 9-13)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class GaussianMLPs(nn.Module):
    """H two-layer GELU MLPs, weights not shared between blocks, run as batched matrix products.

    The output bias of the mean is the shared token of its block: it is drawn N(0, std^2) and the output weights start near
    zero, so training starts at one set of tokens for all inputs.

    Args:
        in_features: Width of the input vector.
        layers: Number of prompted blocks H.
        num_tokens: Prompt tokens per block K.
        width: Width W of the tower that takes the tokens.
        hidden: Hidden units of each MLP.
        std: Standard deviation of the shared tokens, and the sigma that all dimensions start with.
        log_var_range: Bounds of the log-variance, so that no exponential can overflow.
        with_variance: Whether to predict variances; without, the log-variance is None.
        per_layer_input: Whether every block gets an input of its own, ``(N, H, in_features)``.

    Raises:
        ValueError: If the bounds are not increasing or do not contain ``2 ln std``.
    """

    def __init__(
        self,
        in_features: int,
        layers: int,
        num_tokens: int,
        width: int,
        hidden: int,
        std: float = 0.02,
        log_var_range: tuple[float, float] = (-14.0, 2.0),
        with_variance: bool = True,
        per_layer_input: bool = False,
    ) -> None:
        super().__init__()
        low, high = log_var_range
        if not low < 2 * math.log(std) < high:
            raise ValueError(
                f'log_var_range={tuple(log_var_range)} must contain the start value 2 ln std = '
                f'{2 * math.log(std):.2f} (std={std})'
            )
        self.log_var_range = (low, high)
        self.per_layer_input = per_layer_input
        self.shape = (layers, num_tokens, width)
        size = num_tokens * width
        self.weight_1 = nn.Parameter(torch.empty(layers, in_features, hidden))
        self.bias_1 = nn.Parameter(torch.zeros(layers, hidden))
        bound = 1 / math.sqrt(in_features)  # as nn.Linear starts
        nn.init.uniform_(self.weight_1, -bound, bound)
        self.weight_mean = nn.Parameter(torch.randn(layers, hidden, size) * 1e-3)
        self.bias_mean = nn.Parameter(torch.randn(layers, size) * std)
        self.weight_log_var: nn.Parameter | None = None
        self.bias_log_var: nn.Parameter | None = None
        if with_variance:
            self.weight_log_var = nn.Parameter(torch.randn(layers, hidden, size) * 1e-3)
            self.bias_log_var = nn.Parameter(torch.full((layers, size), 2 * math.log(std)))

    @property
    def shared_tokens(self) -> Tensor:
        """``(H, K, W)`` tokens that all inputs share: the output bias of the mean."""
        return self.bias_mean.view(self.shape)

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor | None]:
        """Mean and log-variance for each input.

        Args:
            inputs: ``(N, in_features)``, or ``(N, H, in_features)`` with an input per block.

        Returns:
            Two tensors ``(N, H, K, W)``; the second None without variances.
        """
        # (H, N, in) or (N, in), broadcast over H
        x = inputs.transpose(0, 1) if self.per_layer_input else inputs
        x = F.gelu(torch.matmul(x, self.weight_1) + self.bias_1[:, None])  # (H, N, hidden)
        mean = self._tokens(x, self.weight_mean, self.bias_mean)
        if self.weight_log_var is None or self.bias_log_var is None:
            return mean, None
        log_var = self._tokens(x, self.weight_log_var, self.bias_log_var)
        return mean, log_var.clamp(*self.log_var_range)

    def _tokens(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        out = torch.matmul(x, weight) + bias[:, None]  # (H, N, K * W)
        # sampling and KL never run in half precision
        wide = out if out.dtype.itemsize > 2 else out.float()
        return wide.transpose(0, 1).unflatten(-1, self.shape[1:])
