"""L1 distance of prompted features from those of the frozen CLIP (PromptSRC, ICCV 2023, eq. 3)."""

from __future__ import annotations

from torch import Tensor

from vamp_mm.arguments import NonNegative
from vamp_mm.registry import MODELS
from vamp_mm.structures import PromptOutput

from .base import LossTerm


@MODELS.register_module()
class ImageL1(LossTerm):
    """Mean absolute difference of unit image features, over images and dimensions.

    Args:
        weight: Factor in the objective; PromptSRC takes 10.
    """

    requires = frozenset({'teacher_image'})

    def __init__(self, weight: NonNegative = 10.0) -> None:
        super().__init__('image_l1', weight)

    def forward(self, output: PromptOutput) -> Tensor:
        """``mean |f - f0|``."""
        assert output.teacher_image is not None
        return (output.image - output.teacher_image).abs().mean()


@MODELS.register_module()
class TextL1(LossTerm):
    """Mean absolute difference of unit text features, over classes and dimensions.

    Args:
        weight: Factor in the objective; PromptSRC takes 25.
    """

    requires = frozenset({'teacher_text'})

    def __init__(self, weight: NonNegative = 25.0) -> None:
        super().__init__('text_l1', weight)

    def forward(self, output: PromptOutput) -> Tensor:
        """``mean |w - w0|``."""
        assert output.teacher_text is not None
        return (output.text - output.teacher_text).abs().mean()
