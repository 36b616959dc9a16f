"""A second image feature, read out of the representation tokens (MMRL, CVPR 2025, eq. 7-9; MMRL++)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from vamp_mm.arguments import Fraction, Width
from vamp_mm.registry import MODELS
from vamp_mm.structures import FrozenCLIP, TowerOutput


@MODELS.register_module()
class TokenReadout(nn.Module):
    """Mean of the named tokens after the last LayerNorm, through a trainable projection.

    Args:
        clip: The backbone, for its widths.
        tokens: Name of the edit whose tokens are read.
        alpha: Share of the class-token branch, in the loss and in the fused logits alike.

    Raises:
        ValueError: If alpha is outside [0, 1].
    """

    def __init__(self, clip: FrozenCLIP, tokens: str = 'rep', alpha: Fraction = 0.7) -> None:
        super().__init__()
        self.tokens = tokens
        self.alpha = alpha
        width = clip.vision.width
        # as MMRL: random, not a copy of CLIP's own projection
        self.projection = nn.Parameter(torch.randn(width, clip.embed_dim) * width**-0.5)

    def forward(self, output: TowerOutput) -> Tensor:
        """Read the tokens out.

        Args:
            output: Output of the vision tower with its tokens.

        Returns:
            ``(S|1, N, D)`` feature of the representation tokens, not normalised.
        """
        return output.tokens[self.tokens].mean(dim=-2) @ self.matrix()

    def matrix(self) -> Tensor:
        """``(W, D)`` projection."""
        return self.projection


@MODELS.register_module()
class LowRankReadout(TokenReadout):
    """The same read-out through CLIP's own projection plus a trainable low-rank change (MMRL++).

    Args:
        clip: The backbone, for its projection.
        tokens: Name of the edit whose tokens are read.
        alpha: Share of the class-token branch, in the loss and in the fused logits alike.
        rank: Rank of the change.

    Raises:
        ValueError: If alpha is outside [0, 1], the rank is below 1, or the vision tower ends in no plain projection.
    """

    base: Tensor

    def __init__(
        self, clip: FrozenCLIP, tokens: str = 'rep', alpha: Fraction = 0.7, rank: Width = 64
    ) -> None:
        super().__init__(clip, tokens, alpha)
        del self.projection
        base = clip.vision.projection
        if base is None:
            raise ValueError(
                'the vision tower has no projection from token width to the joint space that a low-rank '
                "change could start from; use readout=dict(type='TokenReadout')"
            )
        bound = 1 / math.sqrt(rank)
        self.register_buffer('base', base.detach().clone(), persistent=False)
        self.up = nn.Parameter(torch.empty(base.shape[0], rank).uniform_(-bound, bound))
        self.down = nn.Parameter(torch.zeros(rank, base.shape[1]))

    def matrix(self) -> Tensor:
        """``(W, D)``: the frozen projection and its change, which starts at 0."""
        return self.base + self.up @ self.down
