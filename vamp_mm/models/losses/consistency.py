"""Cosine pull of prompted features to those of the frozen CLIP (MMRL, CVPR 2025, eq. 12-13)."""

from __future__ import annotations

from torch import Tensor

from vamp_mm.arguments import NonNegative
from vamp_mm.registry import MODELS
from vamp_mm.structures import PromptOutput

from .base import LossTerm


@MODELS.register_module()
class ImageConsistency(LossTerm):
    """One minus the mean cosine between prompted and frozen image features.

    Args:
        weight: Factor in the objective.
    """

    requires = frozenset({'teacher_image'})

    def __init__(self, weight: NonNegative = 1.0) -> None:
        super().__init__('image_consistency', weight)

    def forward(self, output: PromptOutput) -> Tensor:
        """``1 - mean cos(f, f0)`` over samples and images."""
        assert output.teacher_image is not None
        return 1 - (output.image * output.teacher_image).sum(dim=-1).mean()


@MODELS.register_module()
class TextConsistency(LossTerm):
    """One minus the mean cosine between prompted and frozen text features.

    Args:
        weight: Factor in the objective.
    """

    requires = frozenset({'teacher_text'})

    def __init__(self, weight: NonNegative = 1.0) -> None:
        super().__init__('text_consistency', weight)

    def forward(self, output: PromptOutput) -> Tensor:
        """``1 - mean cos(w, w0)`` over samples, images and classes."""
        assert output.teacher_text is not None
        return 1 - (output.text * output.teacher_text).sum(dim=-1).mean()
