"""Likelihood under a mixture of sampled prompts (Bayesian Prompt Learning, Derakhshani et al., ICCV 2023, eq. 7)."""

from __future__ import annotations

from torch import Tensor

from vamp_mm.arguments import NonNegative
from vamp_mm.ops import mean_log_probs
from vamp_mm.registry import MODELS
from vamp_mm.structures import PromptOutput

from .base import LossTerm


@MODELS.register_module()
class MixtureNLL(LossTerm):
    """``-mean_n log mean_s p_s(y_n | x_n)``, in nats: tighter than the mean cross-entropy of the samples.

    Args:
        branch: Key of the logits.
        weight: Factor in the objective.
    """

    requires = frozenset({'target'})

    def __init__(self, branch: str = 'class', weight: NonNegative = 1.0) -> None:
        super().__init__('nll', weight)
        self.branch = branch

    def forward(self, output: PromptOutput) -> Tensor:
        """Mean over images."""
        assert output.target is not None
        log_probs = mean_log_probs(output.logits[self.branch])  # (N, C)
        return -log_probs.gather(1, output.target[:, None]).mean()
