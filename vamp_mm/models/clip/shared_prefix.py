"""Causal text blocks with a prefix that all classes share (VAMP.md section 4: exact savings 3 and 5).

Under a causal mask a token sees only what stands before it. The tokens before the class name are the same for all
classes, so they run once per (sample, image); the class suffixes attend to the prefix's keys and values and to their own.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...structures import TextPrompts, TowerPlan
from .edits import edit_tokens


class SharedPrefixBlocks:
    """Runs a stack of open_clip blocks on (prefix, suffixes); holds no parameters of its own.

    Args:
        blocks: The text tower's residual attention blocks.
    """

    def __init__(self, blocks: nn.ModuleList) -> None:
        self._blocks: Any = blocks

    @property
    def supported(self) -> bool:
        """Whether all blocks have the plain structure whose attention we run ourselves."""
        return all(
            isinstance(block.attn, nn.MultiheadAttention) and block.attn.in_proj_weight is not None
            and block.attn.bias_k is None and not block.attn.add_zero_attn for block in self._blocks)

    def __call__(self, x: Tensor, prompts: TextPrompts, plan: TowerPlan, first: int) -> Tensor:
        """Run blocks ``first`` to the last and read out.

        Args:
            x: ``(S|1, N|1, C, L, W)`` input of block ``first``, equal in all classes up to ``prompts.prefix``.
            prompts: Where the sentences end and how long the shared prefix is.
            plan: Edits within the prefix, class axis 1.
            first: 0-based index of the first block to run.

        Returns:
            ``(S|1, N|1, C, W)`` hidden state of the read-out token.
        """
        prefix = x[:, :, :1, :prompts.prefix]  # (S|1, N|1, 1, P, W)
        suffix = x[:, :, :, prompts.prefix:]  # (S|1, N|1, C, Ls, W)
        last = len(self._blocks) - 1
        for layer in range(first, last + 1):
            prefix = edit_tokens(prefix, plan.at(layer))
            if layer < last:
                prefix, suffix = _block(self._blocks[layer], prefix, suffix)
        return _last_block(self._blocks[last], prefix, suffix, prompts.eot - prompts.prefix)


def _block(block: Any, prefix: Tensor, suffix: Tensor) -> tuple[Tensor, Tensor]:
    """One block on the prefix ``(S, N, 1, P, W)`` and on the suffixes ``(S|1, N|1, C, Ls, W)``."""
    q_p, k_p, v_p = _qkv(block, prefix)
    q_s, k_s, v_s = _qkv(block, suffix)
    out_p = _attend(q_p, k_p, v_p, causal=True)
    out_s = _attend(q_s, *_behind(k_p, v_p, k_s, v_s))
    return _finish(block, prefix, out_p), _finish(block, suffix, out_s)


def _last_block(block: Any, prefix: Tensor, suffix: Tensor, eot: Tensor) -> Tensor:
    """The last block for the read-out token only, ``eot (C,)`` counted in the suffix."""
    weight, bias = block.attn.in_proj_weight, block.attn.in_proj_bias
    width = suffix.shape[-1]
    k_p, v_p = _project(block, prefix, weight[width:], bias[width:], 2)
    normed = block.ln_1(suffix)
    k_s, v_s = _heads(block, F.linear(normed, weight[width:], bias[width:]), 2)
    token, query = _take(suffix, eot), _take(normed, eot)  # (S|1, N|1, C, 1, W)
    (q,) = _heads(block, F.linear(query, weight[:width], bias[:width]), 1)
    keys, values = _behind(k_p, v_p, k_s, v_s)
    reach = keys.shape[-2] - k_s.shape[-2] + eot  # last key that class c may see
    mask = torch.arange(keys.shape[-2], device=eot.device) <= reach[:, None]  # (C, P + Ls)
    out = _attend(q, keys, values, mask=mask[:, None, None])
    return _finish(block, token, out).squeeze(-2)


def _qkv(block: Any, x: Tensor) -> tuple[Tensor, ...]:
    return _project(block, x, block.attn.in_proj_weight, block.attn.in_proj_bias, 3)


def _project(block: Any, x: Tensor, weight: Tensor, bias: Tensor, parts: int) -> tuple[Tensor, ...]:
    return _heads(block, F.linear(block.ln_1(x), weight, bias), parts)


def _heads(block: Any, x: Tensor, parts: int) -> tuple[Tensor, ...]:
    """``(..., L, parts * W)`` -> parts tensors ``(..., heads, L, W / heads)``."""
    x = x.unflatten(-1, (parts, block.attn.num_heads, -1))
    return tuple(part.transpose(-2, -3) for part in x.unbind(-3))


def _behind(k_p: Tensor, v_p: Tensor, k_s: Tensor, v_s: Tensor) -> tuple[Tensor, Tensor]:
    """Keys and values of the suffixes behind those of the prefix, the prefix repeated for every class."""
    lead = torch.broadcast_shapes(k_p.shape[:-2], k_s.shape[:-2])

    def join(shared: Tensor, own: Tensor) -> Tensor:
        return torch.cat([shared.expand(*lead, *shared.shape[-2:]), own.expand(*lead, *own.shape[-2:])], dim=-2)

    return join(k_p, k_s), join(v_p, v_s)


def _attend(q: Tensor, k: Tensor, v: Tensor, causal: bool = False, mask: Tensor | None = None) -> Tensor:
    """Attention of the last queries of a causal sequence; ``(..., heads, Lq, d)`` -> ``(..., Lq, W)``."""
    if mask is None and not causal and q.shape[-2] > 1:
        ahead = k.shape[-2] - q.shape[-2]
        mask = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool, device=q.device).tril(ahead)
    lead = torch.broadcast_shapes(q.shape[:-2], k.shape[:-2])
    q, k, v = (t.expand(*lead, *t.shape[-2:]).flatten(0, -4) for t in (q, k, v))
    if mask is not None and mask.ndim > 2:  # one mask per class: (C, 1, 1, Lk)
        mask = mask.expand(*lead[:-1], 1, *mask.shape[-2:]).flatten(0, -4)
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
    return out.unflatten(0, lead[:-1]).transpose(-2, -3).flatten(-2)


def _finish(block: Any, x: Tensor, attended: Tensor) -> Tensor:
    x = x + block.ls_1(F.linear(attended, block.attn.out_proj.weight, block.attn.out_proj.bias))
    return x + block.ls_2(block.mlp(block.ln_2(x)))


def _take(x: Tensor, position: Tensor) -> Tensor:
    """Pick token ``position (C,)`` from ``(S, N, C, L, W)``, keeping the axis."""
    index = position.view(1, 1, -1, 1, 1).expand(*x.shape[:2], -1, 1, x.shape[-1])
    return x.gather(-2, index)
