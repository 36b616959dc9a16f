"""Tokens from one shared space through one projection per tower with low-rank changes per block (MMRL++, 2025)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from vamp_mm.arguments import Block, Blocks, Fraction, NonNegative, Tokens, Width
from vamp_mm.registry import MODELS
from vamp_mm.structures import FrozenCLIP, TokenEdit

from .layers import check_layers, deep_edits


class SharedResidualLinear(nn.Module):
    """H linear maps ``W + A_j B_j`` with one shared W and a bias each: the shared-residual aligner of MMRL++.

    Args:
        in_features: Width of the input.
        out_features: Width of the output.
        layers: Number of maps H.
        rank: Rank of the changes.
    """

    def __init__(self, in_features: int, out_features: int, layers: int, rank: int) -> None:
        super().__init__()
        shared = nn.Linear(in_features, out_features)
        self.weight = nn.Parameter(shared.weight.detach().clone())
        self.bias = nn.Parameter(shared.bias.detach().expand(layers, -1).clone())
        bound = 1 / math.sqrt(rank)  # kaiming_uniform with a=sqrt(5) on (out, rank)
        # B_j: all maps start equal
        self.down = nn.Parameter(torch.zeros(layers, rank, in_features))
        # A_j
        self.up = nn.Parameter(torch.empty(layers, out_features, rank).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        """``(K, in)`` -> ``(H, K, out)``."""
        weight = self.weight + self.up @ self.down  # (H, out, in)
        return x @ weight.transpose(-1, -2) + self.bias[:, None]


@MODELS.register_module()
class SharedResidualTokens(nn.Module):
    """The representation tokens of MMRL++: shared projections, and progressive composition over the blocks.

    The tokens of the first block are inserted behind the class token; in later blocks ``blend`` of the new tokens is mixed
    with what the block before made of the old ones. They carry the name ``rep``, under which a head reads them out.

    Args:
        clip: The backbone, for its widths and depths.
        start: First edited vision block J, counted from 0.
        depth: Number of edited vision blocks H.
        num_tokens: Tokens per block K.
        space_width: Width of the representation space.
        rank: Rank of each block's change of the shared projection.
        blend: Share of the new tokens in later blocks (the paper's beta, per dataset; 1 is MMRL's replacement).
        std: Standard deviation of the tokens at the start.

    Raises:
        ValueError: If the blocks do not exist in the tower, or the rank or the share is out of range.
    """

    #: Text tokens go in behind the start token; the template stays whole.
    text_mode = 'insert'
    text_position = 1
    #: The vocabulary's own templates are used.
    context: str | None = None

    def __init__(
        self,
        clip: FrozenCLIP,
        start: Block = 5,
        depth: Blocks = 7,
        num_tokens: Tokens = 5,
        space_width: Width = 512,
        rank: Width = 4,
        blend: Fraction = 0.9,
        std: NonNegative = 0.02,
    ) -> None:
        super().__init__()
        check_layers('vision', start, depth, clip.vision.depth)
        self.first_vision_layer = start
        self.depth, self.num_tokens = depth, num_tokens
        self.rank, self.blend = rank, blend
        self.tokens = nn.Parameter(torch.randn(num_tokens, space_width) * std)
        self.to_vision = SharedResidualLinear(space_width, clip.vision.width, depth, rank)

    def add_text_tokens(self, clip: FrozenCLIP, depth: int) -> None:
        """Project into H text blocks as well."""
        self.to_text = SharedResidualLinear(
            self.tokens.shape[-1], clip.text.width, depth, self.rank
        )

    def text_tokens(self) -> Tensor:
        """``(H, K, W)`` text tokens, the same for all images and classes."""
        return self.to_text(self.tokens)

    def vision_edits(self, shared: Tensor | None) -> tuple[TokenEdit, ...]:
        """Edits of the vision tower, the same for all images.

        Args:
            shared: Shared text tokens; not used, the representation space feeds the vision tower by itself.

        Returns:
            One edit per block, named ``rep``.
        """
        tokens = self.to_vision(self.tokens)[:, None, None]  # (H, 1, 1, K, W)
        return deep_edits(tokens, self.first_vision_layer, start=1, name='rep', blend=self.blend)
