"""The KL term of the evidence lower bound (VaMP, NeurIPS 2025, eq. 15-17)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from vamp_mm.arguments import NonNegative, NonNegativeInt
from vamp_mm.ops import HostInt, gaussian_kl
from vamp_mm.registry import MODELS
from vamp_mm.structures import PromptOutput

from .base import LossTerm


@MODELS.register_module()
class VariationalLoss(LossTerm):
    """KL(q(z|x) || p(z)) in closed form, averaged over images, in nats.

    Args:
        reduction: ``'sum'`` over blocks, tokens and dimensions (the ELBO as written) or ``'mean'`` (per dimension).
        weight: Factor in the objective; 1 is the ELBO.
        warmup: Training steps over which the factor rises linearly from 0; 0 for none.
        free_nats: Divergence (after the reduction, per image) below which nothing is paid.

    Raises:
        ValueError: If the reduction is unknown or a number is negative.
    """

    requires = frozenset({'latent'})
    provider = "a VariationalPrompter with tokens='variational'"
    step: Tensor

    def __init__(
        self,
        reduction: Literal['sum', 'mean'] = 'mean',
        weight: NonNegative = 1.0,
        warmup: NonNegativeInt = 0,
        free_nats: NonNegative = 0.0,
    ) -> None:
        super().__init__('kl', weight)
        self.reduction = reduction
        self.warmup = warmup
        self.free_nats = free_nats
        self.register_buffer('step', torch.zeros((), dtype=torch.long))
        self._host_step = HostInt()

    def forward(self, output: PromptOutput) -> Tensor:
        """Compute the divergence, scaled by the warm-up.

        Args:
            output: The forward pass, with the prior of the labels.

        Returns:
            A scalar.

        Raises:
            RuntimeError: If the plan carries no latent with a prior.
        """
        latent = output.latent
        if latent is None or latent.prior_mean is None or latent.prior_log_var is None:
            raise RuntimeError(
                'the KL term needs a posterior and a prior, and the prompter sampled none; remove '
                "VariationalLoss or set tokens='variational' in the VariationalPrompter"
            )
        # (N, Z)
        kl = gaussian_kl(
            latent.mean, latent.log_var, latent.prior_mean, latent.prior_log_var
        ).flatten(1)
        per_image = kl.sum(dim=1) if self.reduction == 'sum' else kl.mean(dim=1)
        if self.free_nats:
            per_image = (per_image - self.free_nats).clamp_min(0)
        return per_image.mean() * self._ramp()

    def _ramp(self) -> float:
        if not self.warmup:
            return 1.0
        step = (
            self._host_step.count(self.step) if self.training else self._host_step.read(self.step)
        )
        return min(1.0, step / self.warmup)
