"""What the fast paths of both towers share: the parts of open_clip's residual attention block, token by token.

Both read the weights of the loaded modules when they run, so tuned and moved towers need nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from open_clip.transformer import QuickGELU, ResidualAttentionBlock
from torch import Tensor, nn

#: Of QuickGELU's sigmoid.
_SLOPE = 1.702


def are_plain(blocks: Iterable[nn.Module]) -> bool:
    """Whether all blocks have the structure that the fast paths know.

    Args:
        blocks: Blocks of a tower.

    Returns:
        True for pre-norm blocks around ``nn.MultiheadAttention`` with one packed projection and nothing unusual in it.
    """
    return all(map(_is_plain, blocks))


class PlainBlocks:
    """Blocks of a tower as a fast path runs them; holds no parameters of its own.

    Args:
        blocks: The tower's residual attention blocks.
    """

    def __init__(self, blocks: nn.ModuleList) -> None:
        self._blocks: Any = blocks

    @property
    def supported(self) -> bool:
        """Whether all blocks have the plain structure whose attention we run ourselves."""
        return are_plain(self._blocks)


def heads_of(x: Tensor, parts: int, heads: int) -> tuple[Tensor, ...]:
    """Queries, keys and values, side by side in the last axis, for attention.

    Args:
        x: ``(B, L, parts W)``.
        parts: How many there are.
        heads: Number of heads.

    Returns:
        ``parts`` views ``(B, heads, L, W / heads)``.
    """
    # the axis of the parts stays where it is: backward then writes the gradient of x in one piece
    return tuple(part.transpose(1, 2) for part in x.unflatten(-1, (parts, heads, -1)).unbind(2))


def _is_plain(block: Any) -> bool:
    if type(block) is not ResidualAttentionBlock or hasattr(block, 'ln_1_kv'):
        return False
    attention = block.attn
    return (
        type(attention) is nn.MultiheadAttention
        and attention.in_proj_weight is not None
        and attention.in_proj_bias is not None
        and attention.bias_k is None
        and not attention.add_zero_attn
    )


def finish(block: Any, x: Tensor, attended: Tensor, added: Tensor | None) -> Tensor:
    """What follows attention: output projection, MLP, and what the plan's residual module adds.

    Args:
        block: The block.
        x: ``(..., W)`` its input.
        attended: ``(..., W)`` concatenated heads.
        added: ``(..., W)`` output of the residual module; None without one.

    Returns:
        ``(..., W)`` its output.
    """
    x = x + block.ls_1(F.linear(attended, block.attn.out_proj.weight, block.attn.out_proj.bias))
    x = x + block.ls_2(mlp(block.mlp, block.ln_2(x)))
    return x if added is None else x + added


def mlp(module: Any, x: Tensor) -> Tensor:
    """The MLP; QuickGELU as SiLU, ``x * sigmoid(a x) = silu(a x) / a``, which keeps half as much for backward.

    Both factors ride along in the matrix products.

    Args:
        module: open_clip's MLP.
        x: ``(..., W)``.

    Returns:
        ``(..., W)``.
    """
    if not isinstance(getattr(module, 'gelu', None), QuickGELU):
        return module(x)
    flat = x.flatten(0, -2)
    hidden = F.silu(
        torch.addmm(module.c_fc.bias, flat, module.c_fc.weight.t(), beta=_SLOPE, alpha=_SLOPE)
    )
    return torch.addmm(module.c_proj.bias, hidden, module.c_proj.weight.t(), alpha=1 / _SLOPE).view(
        x.shape
    )


def added_by(residual: nn.Module | None, normed: Tensor) -> Tensor | None:
    """What a residual module makes of the block's first LayerNorm ``(..., W)``; None without a module."""
    return None if residual is None else residual(normed)
