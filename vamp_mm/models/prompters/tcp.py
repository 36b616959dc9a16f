"""Text tokens made of what the frozen CLIP knows of each class (TCP, Yao et al., CVPR 2024, eq. 5-7)."""

from __future__ import annotations

import torch
from torch import nn

from vamp_mm.arguments import Block, Fraction, Tokens, Width
from vamp_mm.registry import MODELS
from vamp_mm.structures import FrozenCLIP, PromptContext, TokenEdit

from .layers import check_layers


class QuickGELU(nn.Module):
    """``x * sigmoid(1.702 x)``, whatever activation CLIP itself has."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Any shape."""
        return x * torch.sigmoid(1.702 * x)


@MODELS.register_module()
class ClassAwareTokens(nn.Module):
    """A bottleneck from the teacher's unit text feature of a class to K tokens at one text block.

    Args:
        clip: The backbone, for its widths and depths.
        num_tokens: Tokens K; they take the place of the first K of the context.
        layer: 0-based block before which they come in (8 in the original, of 12).
        hidden: Hidden units; None for a quarter of the joint width.
        weight: Share of the class-aware tokens; 1 replaces what is there.

    Raises:
        ValueError: If the block does not exist.
    """

    requires = frozenset({'text'})

    def __init__(
        self,
        clip: FrozenCLIP,
        num_tokens: Tokens = 4,
        layer: Block = 8,
        hidden: Width | None = None,
        weight: Fraction = 1.0,
    ) -> None:
        super().__init__()
        check_layers('text', layer, 1, clip.text.depth, 'layer')
        self.num_tokens, self.layer, self.weight = num_tokens, layer, weight
        hidden = clip.embed_dim // 4 if hidden is None else hidden
        self.linear1 = nn.Linear(clip.embed_dim, hidden)
        self.activation = QuickGELU()
        self.linear2 = nn.Linear(hidden, num_tokens * clip.text.width)

    def edits(self, context: PromptContext, start: int) -> tuple[TokenEdit, ...]:
        """The edit of one block.

        Args:
            context: ``text (C, D)``.
            start: Position of the first context token.

        Returns:
            One edit with tokens ``(1, 1, C, K, W)``.
        """
        assert context.text is not None
        tokens = self.linear2(self.activation(self.linear1(context.text))).unflatten(
            -1, (self.num_tokens, -1)
        )
        mode = 'overwrite' if self.weight == 1 else 'blend'
        return (TokenEdit(self.layer, start, mode, tokens[None, None], self.weight),)  # type: ignore[arg-type]
