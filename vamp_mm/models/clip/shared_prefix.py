"""Causal text blocks on a prefix that all classes share and on packed class suffixes.

The suffixes attend to the prefix's keys and values and to their own. LayerNorm, linear layers and MLPs see one matrix of
tokens without padding; only attention looks at one length after the other. The last block computes the read-out tokens
only (VAMP.md section 4: exact savings 3, 4 and 5).
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vamp_mm.ops import LengthGroups, bucket, join, pad, prefix_attention, unpad
from vamp_mm.structures import TowerPlan

from .block_parts import added_by, are_plain, finish
from .packed_text import PackedText

#: Numbers that attention may pad with rather than to treat one more length on its own: measured on CPUs, where another
#: length costs about 60 calls of small operations; on a GPU, what the launches of these cost.
_WORTH = {'cpu': 1 << 15, 'cuda': 1 << 24}


class SharedPrefixBlocks:
    """Runs a stack of open_clip blocks on :class:`PackedText`; holds no parameters of its own.

    Args:
        blocks: The text tower's residual attention blocks.
    """

    def __init__(self, blocks: nn.ModuleList) -> None:
        self._blocks: Any = blocks

    @property
    def supported(self) -> bool:
        """Whether all blocks have the plain structure whose attention we run ourselves."""
        return are_plain(self._blocks)

    def __call__(
        self, text: PackedText, plan: TowerPlan, first: int, qkv: Tensor | None = None
    ) -> Tensor:
        """Run blocks ``first`` to the last and read out.

        Args:
            text: Input of block ``first``, before its edits.
            plan: The edits; those of one class stand at its packed place.
            first: 0-based index of the first block to run.
            qkv: ``(T, 3 * W)`` queries, keys and values of the suffixes in block ``first``, if known already.

        Returns:
            ``(S|1, N|1, C, W)`` hidden states of the read-out tokens, classes in packed order.
        """
        last = len(self._blocks) - 1
        for layer in range(first, last):
            text = text.edit(plan.at(layer))
            text = _block(
                self._blocks[layer],
                text,
                plan.residuals.get(layer),
                qkv if layer == first else None,
            )
        return _last_block(self._blocks[last], text.edit(plan.at(last)), plan.residuals.get(last))

    def below(self, text: PackedText, first: int) -> PackedText:
        """Run blocks 0 to ``first - 1`` without edits."""
        for layer in range(first):
            text = _block(self._blocks[layer], text, None, None)
        return text

    def project(self, layer: int, suffix: Tensor) -> Tensor:
        """``(T, 3 * W)`` queries, keys and values of suffix tokens in one block."""
        attention = self._blocks[layer].attn
        return F.linear(
            self._blocks[layer].ln_1(suffix), attention.in_proj_weight, attention.in_proj_bias
        )


def _block(
    block: Any, text: PackedText, residual: nn.Module | None, qkv: Tensor | None
) -> PackedText:
    """One block on prefix and suffixes; the suffixes take on the leading axes of the prefix."""
    weight, bias, heads = block.attn.in_proj_weight, block.attn.in_proj_bias, block.attn.num_heads
    normed = block.ln_1(text.prefix)
    # (S, N, heads, P, d)
    query, key, value = (x.squeeze(3) for x in _heads(F.linear(normed, weight, bias), 3, heads))
    attended = F.scaled_dot_product_attention(query, key, value, is_causal=True)
    prefix = finish(block, text.prefix, _tokens(attended.unsqueeze(3)), added_by(residual, normed))

    groups, normed = text.groups, block.ln_1(text.suffix)
    qkv = F.linear(normed, weight, bias) if qkv is None else qkv
    parts: list[Tensor] = []
    views = iter(groups.views(qkv, text.lead))
    for run in _runs(text, key):
        # (S|1, N|1, heads, C, L, d)
        own_query, own_key, own_value = _heads(pad([next(views) for _ in run.sizes]), 3, heads)
        length = own_key.shape[-2]
        # hides padding, too
        causal = torch.ones(1, length, length, dtype=torch.bool, device=key.device).tril()
        parts += unpad(
            _tokens(prefix_attention(own_query, own_key, own_value, key, value, causal)), run
        )
    wide = (parts[0].shape[0], parts[0].shape[1])
    added = added_by(residual, normed)
    suffix = finish(
        block,
        groups.expand(text.suffix, text.lead, wide),
        join(parts),
        None if added is None else groups.expand(added, text.lead, wide),
    )
    return PackedText(prefix, suffix, wide, groups)


def _last_block(block: Any, text: PackedText, residual: nn.Module | None) -> Tensor:
    """The last block: keys and values of all tokens, everything else for the last token of each sentence."""
    weight, bias, heads = block.attn.in_proj_weight, block.attn.in_proj_bias, block.attn.num_heads
    width, groups, ends = text.suffix.shape[-1], text.groups, text.groups.last()
    key, value = (
        x.squeeze(3)
        for x in _heads(F.linear(block.ln_1(text.prefix), weight[width:], bias[width:]), 2, heads)
    )
    normed = block.ln_1(text.suffix)
    token, normed_token = (
        join([view[..., -1:, :] for view in groups.views(x, text.lead)])
        for x in (text.suffix, normed)
    )
    queries = iter(ends.views(F.linear(normed_token, weight[:width], bias[:width]), text.lead))
    views = iter(groups.views(F.linear(normed, weight[width:], bias[width:]), text.lead))
    parts: list[Tensor] = []
    for run in _runs(text, key):
        (query,) = _heads(pad([next(queries) for _ in run.sizes]), 1, heads)
        own_key, own_value = _heads(pad([next(views) for _ in run.sizes]), 2, heads)
        # (C, 1, L)
        inside = (
            torch.arange(own_key.shape[-2], device=key.device)
            < run.lengths(key.device)[:, None, None]
        )
        out = _tokens(prefix_attention(query, own_key, own_value, key, value, inside))
        parts += unpad(out, run.last())
    wide = (parts[0].shape[0], parts[0].shape[1])
    added = added_by(residual, normed_token)
    hidden = finish(
        block,
        ends.expand(token, text.lead, wide),
        join(parts),
        None if added is None else ends.expand(added, text.lead, wide),
    )
    return torch.cat(ends.views(hidden, wide), dim=2).squeeze(3)


def _runs(text: PackedText, key: Tensor) -> tuple[LengthGroups, ...]:
    """Which lengths attention treats together; ``key (S|1, N|1, ...)`` of the prefix."""
    rows = math.prod(torch.broadcast_shapes(text.lead, key.shape[:2]))
    return bucket(
        text.groups, rows, _WORTH.get(key.device.type, _WORTH['cpu']) // text.suffix.shape[-1]
    )


def _heads(x: Tensor, parts: int, heads: int) -> tuple[Tensor, ...]:
    """``(S, N, C, L, parts * W)`` -> parts tensors ``(S, N, heads, C, L, W / heads)``, contiguous for matrix products."""
    return x.unflatten(-1, (parts, heads, -1)).permute(4, 0, 1, 5, 2, 3, 6).contiguous().unbind(0)


def _tokens(x: Tensor) -> Tensor:
    """``(S, N, heads, C, L, d)`` -> ``(S, N, C, L, W)``."""
    return x.permute(0, 1, 3, 4, 2, 5).flatten(-2)
