"""open_clip's image blocks on contiguous tokens: one packed projection, fused attention, the last block for what is read.

The sibling of ``shared_prefix.py``. An image has no mask and no shared prefix, so every token sees every other; what can be
left out is most of the last block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .block_parts import added_by, are_plain, finish


class ImageBlocks:
    """Runs the blocks of an image tower; holds no parameters of its own.

    Args:
        blocks: The image tower's residual attention blocks.
    """

    def __init__(self, blocks: nn.ModuleList) -> None:
        self._blocks: Any = blocks

    @property
    def supported(self) -> bool:
        """Whether all blocks have the plain structure whose attention we run ourselves."""
        return are_plain(self._blocks)

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
            query, key, value = _heads(F.linear(normed, weight, bias), 3, heads)
        else:  # keys and values of all tokens, everything else for those that are read
            width = x.shape[-1]
            key, value = _heads(F.linear(normed, weight[width:], _from(bias, width)), 2, heads)
            x, normed = _rows(x, read), _rows(normed, read)
            (query,) = _heads(F.linear(normed, weight[:width], _to(bias, width)), 1, heads)
        attended = F.scaled_dot_product_attention(query, key, value)
        return finish(block, x, attended.transpose(1, 2).flatten(-2), added_by(residual, normed))


def _heads(x: Tensor, parts: int, heads: int) -> tuple[Tensor, ...]:
    """``(B, L, parts * W)`` -> parts views ``(B, heads, L, W / heads)``."""
    # the axis of the parts stays where it is: backward then writes the gradient of x in one piece
    return tuple(part.transpose(1, 2) for part in x.unflatten(-1, (parts, heads, -1)).unbind(2))


def _rows(x: Tensor, read: Sequence[slice]) -> Tensor:
    """The tokens of some slices of ``(B, L, W)``."""
    return torch.cat([x[:, part] for part in read], dim=1)


def _from(bias: Tensor | None, width: int) -> Tensor | None:
    return None if bias is None else bias[width:]


def _to(bias: Tensor | None, width: int) -> Tensor | None:
    return None if bias is None else bias[:width]
