"""Cross-entropy on one branch of the logits."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from vamp_mm.arguments import NonNegative
from vamp_mm.registry import MODELS
from vamp_mm.structures import PromptOutput

from .base import LossTerm


@MODELS.register_module()
class BranchCrossEntropy(LossTerm):
    """Mean over samples and images of the cross-entropy, in nats: the Monte-Carlo estimate of the expected
    log-likelihood in the ELBO (VaMP eq. 15).

    Args:
        branch: Key of the logits.
        weight: Factor in the objective.
        name: What the term is logged under; by default ``ce_<branch>``.
    """

    requires = frozenset({'target'})

    def __init__(
        self, branch: str = 'class', weight: NonNegative = 1.0, name: str | None = None
    ) -> None:
        super().__init__(name or f'ce_{branch}', weight)
        self.branch = branch

    def forward(self, output: PromptOutput) -> Tensor:
        """Mean of ``-log softmax(logits)[target]`` over ``(S, N)``."""
        assert output.target is not None
        logits = output.logits[self.branch]  # (S, N, C)
        wide = logits if logits.dtype.itemsize > 2 else logits.float()
        return F.cross_entropy(wide.flatten(0, 1), output.target.repeat(logits.shape[0]))
