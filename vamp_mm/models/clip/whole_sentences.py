"""Every sentence as a sequence of its own, through open_clip's blocks as they are.

This serves towers whose tokens see what comes after them (SigLIP), towers with an attention of another kind, and, with
sentences of the full context length and nothing kept, as the textbook path that the fast one is checked against.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from vamp_mm.structures import TowerPlan

from .edits import edit_tokens


class WholeSentenceBlocks:
    """Runs a stack of open_clip blocks on whole sentences; holds no parameters of its own.

    Args:
        blocks: The text tower's residual attention blocks.
        causal: Whether a token sees only what stands before it.
    """

    def __init__(self, blocks: nn.ModuleList, causal: bool) -> None:
        self._blocks: Any = blocks
        self._causal = causal

    def __call__(self, x: Tensor, position: Tensor, plan: TowerPlan, first: int) -> Tensor:
        """Run blocks ``first`` to the last and read out.

        Args:
            x: ``(S|1, N|1, C, L, W)`` input of block ``first``, before its edits.
            position: ``(C,)`` token that is read out, where it stands after all edits.
            plan: The edits.
            first: 0-based index of the first block to run.

        Returns:
            ``(S|1, N|1, C, W)`` hidden states of the read-out tokens.
        """
        classes = x.shape[2]
        for layer in range(first, len(self._blocks)):
            x = edit_tokens(x, plan.at(layer))
            out = self._run(layer, x)
            residual = plan.residuals.get(layer)
            x = out if residual is None else out + residual(self._blocks[layer].ln_1(x))
        index = position.view(1, 1, -1, 1, 1).expand(*x.shape[:2], -1, 1, x.shape[-1])
        return x.expand(*x.shape[:2], classes, *x.shape[-2:]).gather(-2, index).squeeze(-2)

    def below(self, x: Tensor, first: int) -> Tensor:
        """Run blocks 0 to ``first - 1`` without edits."""
        for layer in range(first):
            x = self._run(layer, x)
        return x

    def _run(self, layer: int, x: Tensor) -> Tensor:
        return self._blocks[layer](x.flatten(0, -3), attn_mask=self._mask(x)).unflatten(
            0, x.shape[:-2]
        )

    def _mask(self, x: Tensor) -> Tensor | None:
        if not self._causal:
            return None
        # in the dtype of the queries: a float32 mask under float64 queries gives silently wrong attention
        return torch.full(
            (x.shape[-2], x.shape[-2]), float('-inf'), dtype=x.dtype, device=x.device
        ).triu(1)
