"""A ResNet as vision tower: it has no tokens to prompt, and serves the methods that leave the images alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from vamp_mm.structures import TokenEdit


class ResNetTrunk:
    """open_clip's ``ModifiedResNet``, as a trunk of no blocks whose only token is the image feature.

    BatchNorm uses its running statistics, because the towers stay in evaluation mode.

    Args:
        visual: The tower as loaded; its class is not typed.
    """

    depth = 0
    #: There is no block to save in.
    reads_class_token = False
    #: Attention pooling ends in the joint space by itself.
    projection = None

    def __init__(self, visual: Any) -> None:
        self._visual = visual
        self.width: int = visual.output_dim

    def embed(self, images: Tensor) -> tuple[Tensor, None]:
        """``(N, 3, H, W)`` -> ``(N, 1, D)``."""
        return self._visual(images)[:, None], None

    def norm_pre(self, x: Tensor) -> Tensor:
        """There is none."""
        return x

    def block(self, layer: int, x: Tensor, how: object = None) -> Tensor:
        """There is no block."""
        raise no_tokens()

    def place(self, edit: TokenEdit) -> TokenEdit:
        """There is no place for a token."""
        raise no_tokens()

    def finish(self, x: Tensor, prompts: Sequence[slice]) -> tuple[Tensor, Tensor]:
        """The feature ``(N, D)``."""
        return x[:, 0], x


def no_tokens() -> ValueError:
    """What to say where somebody wants to prompt a ResNet."""
    return ValueError(
        'a ResNet has no tokens to prompt; allowed: methods that edit the text side only (CoOp, CoCoOp, '
        "KgCoOp, ProDA, ProGrad, Bayesian Prompt Learning, TCP), or a vision transformer: arch='ViT-B-16'"
    )
