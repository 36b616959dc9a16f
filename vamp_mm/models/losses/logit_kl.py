"""Divergence of the prompted prediction from that of the frozen CLIP (PromptSRC, ICCV 2023, eq. 4)."""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from torch import Tensor

from vamp_mm.arguments import NonNegative
from vamp_mm.registry import MODELS
from vamp_mm.structures import PromptOutput

from .base import LossTerm


@MODELS.register_module()
class LogitKL(LossTerm):
    """KL(teacher || student) of the class probabilities, in nats.

    Args:
        weight: Factor in the objective.
        reduction: ``'element'`` divides the sum by the number of images times classes, as PromptSRC's code does, so that
            its weight falls with the number of classes; ``'image'`` divides by the number of images: the divergence.
        branch: Key of the student's logits.

    Raises:
        ValueError: If the reduction is unknown.
    """

    requires = frozenset({'teacher_logits'})

    def __init__(
        self,
        weight: NonNegative = 1.0,
        reduction: Literal['element', 'image'] = 'element',
        branch: str = 'class',
    ) -> None:
        super().__init__('logit_kl', weight)
        self.reduction = reduction
        self.branch = branch

    def forward(self, output: PromptOutput) -> Tensor:
        """Mean over samples and images (and classes) of ``q (log q - log p)``."""
        assert output.teacher_logits is not None
        student = _wide(output.logits[self.branch]).log_softmax(dim=-1)  # (S, N, C)
        teacher = _wide(output.teacher_logits).log_softmax(dim=-1)  # (N, C)
        divergence = F.kl_div(
            student, teacher.expand_as(student), reduction='none', log_target=True
        )
        return divergence.mean() if self.reduction == 'element' else divergence.sum(dim=-1).mean()


def _wide(logits: Tensor) -> Tensor:
    return logits if logits.dtype.itemsize > 2 else logits.float()
