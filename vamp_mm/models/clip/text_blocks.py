"""Causal text blocks on the rows of all sentences at once: the sibling of ``image_blocks.py``.

All tokens see one matrix product after the other; a mask in attention is what keeps the classes apart. The last block
computes the tokens that are read out only (VAMP.md section 4: exact savings 3, 4 and 5).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vamp_mm.structures import TowerPlan

from .block_parts import PlainBlocks, added_by, finish, heads_of
from .text_layout import TextLayout
from .text_rows import TextRows, join_rows


class TextBlocks(PlainBlocks):
    """Runs the blocks of a text tower on :class:`TextRows`."""

    def __call__(
        self, text: TextRows, plan: TowerPlan, first: int, qkv: Tensor | None = None
    ) -> Tensor:
        """Run blocks ``first`` to the last and read out.

        Args:
            text: Input of block ``first``, before its edits.
            plan: The edits.
            first: 0-based index of the first block to run.
            qkv: ``(T, 3 W)`` queries, keys and values of the own tokens in block ``first``, if known already.

        Returns:
            ``(S|1, N|1, C, W)`` hidden states of the read-out tokens.
        """
        last = len(self._blocks) - 1
        for layer in range(first, last):
            text = text.edit(plan.at(layer))
            known = qkv if layer == first else None
            text = _block(self._blocks[layer], text, plan.residuals.get(layer), known)
        return _last_block(self._blocks[last], text.edit(plan.at(last)), plan.residuals.get(last))

    def below(self, text: TextRows, first: int) -> TextRows:
        """Run blocks 0 to ``first - 1`` without edits."""
        for layer in range(first):
            text = _block(self._blocks[layer], text, None, None)
        return text

    def project(self, layer: int, x: Tensor) -> Tensor:
        """``(..., 3 W)`` queries, keys and values of tokens ``(..., W)`` in one block."""
        attention = self._blocks[layer].attn
        return F.linear(
            self._blocks[layer].ln_1(x), attention.in_proj_weight, attention.in_proj_bias
        )


def _block(block: Any, text: TextRows, residual: nn.Module | None, own: Tensor | None) -> TextRows:
    """One block; ``own (T, 3 W)`` are the projections of the own tokens, if they are known."""
    weight, bias, heads = block.attn.in_proj_weight, block.attn.in_proj_bias, block.attn.num_heads
    layout = text.layout
    if own is None:
        normed = block.ln_1(text.x)
        qkv = F.linear(normed, weight, bias)
    else:
        normed = text.x if residual is None else block.ln_1(text.x)
        prefix = F.linear(block.ln_1(text.x[:, :, : layout.prefix]), weight, bias)
        qkv = join_rows(prefix, layout.spread(own))
    query, key, value = _sequences(qkv, 3, heads, layout)
    attended = F.scaled_dot_product_attention(
        query, key, value, attn_mask=layout.mask(query)[:, None]
    )
    rows = _rows(attended, text.x.shape[:2], layout)
    return TextRows(finish(block, text.x, rows, added_by(residual, normed)), layout)


def _last_block(block: Any, text: TextRows, residual: nn.Module | None) -> Tensor:
    """The last block: keys and values of all tokens, everything else for the last token of each sentence."""
    weight, bias, heads = block.attn.in_proj_weight, block.attn.in_proj_bias, block.attn.num_heads
    width, layout, lead = text.x.shape[-1], text.layout, text.x.shape[:2]
    normed, ends = block.ln_1(text.x), layout.ends(text.x.device)
    key, value = _sequences(F.linear(normed, weight[width:], bias[width:]), 2, heads, layout)
    token, normed_token = (rows.index_select(2, ends) for rows in (text.x, normed))
    query = F.linear(normed_token, weight[:width], bias[:width])  # (S, N, C, W)
    mask = layout.read_mask(key)[:, None]
    if len(layout.chunks) == 1:
        query = query.unflatten(-1, (heads, -1)).transpose(2, 3).flatten(0, 1)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        rows = attended.unflatten(0, lead).transpose(2, 3).flatten(-2)
    else:
        reads, back = layout.read_chunks(text.x.device)
        query = query.index_select(2, reads.flatten()).unflatten(2, reads.shape)
        # (S, N, B, E, heads, d) -> (B, S N heads, E, d)
        query = query.unflatten(-1, (heads, -1)).permute(2, 0, 1, 4, 3, 5).flatten(1, 3)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        rows = attended.unflatten(1, (*lead, heads)).permute(1, 2, 0, 4, 3, 5)
        rows = rows.flatten(-2).flatten(2, 3).index_select(2, back)
    return finish(block, token, rows, added_by(residual, normed_token))


def _sequences(x: Tensor, parts: int, heads: int, layout: TextLayout) -> tuple[Tensor, ...]:
    """Rows ``(S, N, R, parts W)`` as sequences for attention: ``parts`` tensors ``(S N, heads, R, d)``.

    With several chunks ``(B, S N heads, P + M, d)``, each chunk behind the prefix.
    """
    if len(layout.chunks) == 1:
        return heads_of(x.flatten(0, 1), parts, heads)
    # (parts, S, N, heads, R, d)
    split = x.unflatten(-1, (parts, heads, -1)).permute(3, 0, 1, 4, 2, 5)
    prefix, own = split.split([layout.prefix, layout.rows - layout.prefix], dim=-2)
    own = own.unflatten(-2, (len(layout.chunks), -1)).movedim(-3, 1)
    prefix = prefix.unsqueeze(1).expand(*own.shape[:-2], *prefix.shape[-2:])
    return torch.cat([prefix, own], dim=-2).flatten(2, 4).unbind(0)


def _rows(attended: Tensor, lead: torch.Size, layout: TextLayout) -> Tensor:
    """Undo :func:`_sequences`: ``(S, N, R, W)``."""
    if len(layout.chunks) == 1:
        return attended.transpose(1, 2).flatten(-2).unflatten(0, lead)
    # (S, N, B, P + M, heads, d)
    split = attended.unflatten(1, (*lead, -1)).permute(1, 2, 0, 4, 3, 5)
    prefix, own = split.split([layout.prefix, layout.chunk], dim=3)
    # all chunks computed the same prefix
    return torch.cat([prefix[:, :, 0].flatten(-2), own.flatten(-2).flatten(2, 3)], dim=2)
