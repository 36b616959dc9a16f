"""open_clip's image blocks on contiguous tokens: one packed projection, fused attention, the last block for what is read.

The sibling of ``text_blocks.py``. An image has no mask and no shared prefix, so every token sees every other; what can be
left out is most of the last block.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .block_parts import PlainBlocks, added_by, finish, heads_of


class ImageBlocks(PlainBlocks):
    """Runs the blocks of an image tower."""

    def __call__(
        self, layer: int, x: Tensor, residual: nn.Module | None, read: Sequence[slice] | None
    ) -> Tensor:
        """Run one block.

        Args:
            layer: 0-based index of the block.
            x: ``(B, L, W)`` its input.
            residual: A module whose output on the block's first LayerNorm is added at its end.
            read: Tokens to compute, those of each slice behind those of the one before; None for all.

        Returns:
            ``(B, L, W)``, or only the tokens to compute.
        """
        block = self._blocks[layer]
        weight, bias, heads = (
            block.attn.in_proj_weight,
            block.attn.in_proj_bias,
            block.attn.num_heads,
        )
        normed = block.ln_1(x)
        if read is None:
            query, key, value = heads_of(F.linear(normed, weight, bias), 3, heads)
        else:  # keys and values of all tokens, everything else for those that are read
            width = x.shape[-1]
            key, value = heads_of(F.linear(normed, weight[width:], bias[width:]), 2, heads)
            x, normed = _rows(x, read), _rows(normed, read)
            (query,) = heads_of(F.linear(normed, weight[:width], bias[:width]), 1, heads)
        attended = F.scaled_dot_product_attention(query, key, value)
        return finish(block, x, attended.transpose(1, 2).flatten(-2), added_by(residual, normed))


def _rows(x: Tensor, read: Sequence[slice]) -> Tensor:
    """The tokens of some slices of ``(B, L, W)``."""
    return torch.cat([x[:, part] for part in read], dim=1)
