"""A second image feature, read out of the representation tokens (MMRL, CVPR 2025, eq. 7-9)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...registry import MODELS
from ...structures import FrozenCLIP, TowerOutput


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

    def __init__(self, clip: FrozenCLIP, tokens: str = 'rep', alpha: float = 0.7) -> None:
        super().__init__()
        if not 0 <= alpha <= 1:
            raise ValueError(f'alpha={alpha} must lie in [0, 1]')
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

        Raises:
            ValueError: If the plan inserted no tokens of that name.
        """
        if output.tokens is None or self.tokens not in output.spans:
            raise ValueError(f'no vision tokens are named {self.tokens!r}; named are {sorted(output.spans)}: set the '
                             "readout's tokens to one of them, or readout=None")
        return output.tokens[..., output.spans[self.tokens], :].mean(dim=-2) @ self.projection
