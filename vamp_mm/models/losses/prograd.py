"""What the frozen CLIP would predict, as a guide of the gradient (ProGrad, Zhu et al., ICCV 2023, eq. 4)."""

from __future__ import annotations

import torch
from torch import Tensor

from vamp_mm.arguments import NonNegative, Positive
from vamp_mm.registry import MODELS
from vamp_mm.structures import PromptOutput

from .base import LossTerm


@MODELS.register_module()
class TeacherCrossEntropy(LossTerm):
    """``T^2`` times the cross-entropy with the teacher's soft labels, in nats; not added to the objective.

    Its gradient is that of the KL divergence, which differs by the teacher's entropy. It needs
    ``optim_wrapper=dict(type='ProjectedGradientOptimWrapper')``.

    Args:
        temperature: ``T``.
        weight: Factor of the guide; the projection does not depend on it.
    """

    requires = frozenset({'teacher_logits'})
    guide = True

    def __init__(self, temperature: Positive = 1.0, weight: NonNegative = 1.0) -> None:
        super().__init__('teacher_ce', weight)
        self.temperature = temperature

    def forward(self, output: PromptOutput) -> Tensor:
        """Mean over samples and images."""
        assert output.teacher_logits is not None
        logits = output.logits['class']  # (S, N, C)
        wide = logits if logits.dtype.itemsize > 2 else logits.float()
        soft = torch.softmax(output.teacher_logits / self.temperature, dim=-1)  # (N, C)
        log_probs = torch.log_softmax(wide / self.temperature, dim=-1)
        return -(soft * log_probs).sum(dim=-1).mean() * self.temperature**2
