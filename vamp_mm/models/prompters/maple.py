"""Deep vision tokens projected from the text tokens (MaPLe, CVPR 2023)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vamp_mm.arguments import Blocks, NonNegative, Tokens
from vamp_mm.registry import MODELS
from vamp_mm.structures import FrozenCLIP, TokenEdit

from .layers import check_layers, copies, deep_edits
from .placing import first_position
from .words import context_of, start_tokens


@MODELS.register_module()
class CoupledTokens(nn.Module):
    """Vision tokens as linear functions of the shared text tokens, block by block, from block 0 on.

    In the text tower the tokens take the place of the first words of ``context``; in the vision tower they stand at the
    right end. Under VaMP the text tokens vary with the image; the vision tokens are projected from what all images share.

    Args:
        clip: The backbone, for its widths and depths.
        depth: Number of edited blocks H.
        num_tokens: Tokens per block K.
        context: Words before the class name in every prompt, at least K tokens; MaPLe's own text tokens of block 0 start at
            their embeddings. None puts K placeholders there and starts from noise.
        std: Standard deviation of the other tokens at the start.

    Raises:
        ValueError: If the blocks do not exist in the tower, or the context is shorter than K tokens.
    """

    #: Text tokens replace the first words of the context.
    text_mode = 'overwrite'
    blend = 1.0
    first_vision_layer = -1

    def __init__(
        self,
        clip: FrozenCLIP,
        depth: Blocks = 9,
        num_tokens: Tokens = 2,
        context: str | None = 'a photo of a',
        std: NonNegative = 0.02,
    ) -> None:
        super().__init__()
        check_layers('vision', 0, depth, clip.vision.depth, 'depth')
        self.depth = depth
        self.num_tokens = num_tokens
        self.context: str | None = context_of(context, num_tokens)
        self._words, self._std = context, std
        self.text_position = first_position(clip)
        # the context must be long enough
        start_tokens(clip, context, num_tokens, clip.text.width, std)
        width = clip.text.width
        # as in MaPLe: the projection of the first tokens is of its own, those of the later blocks start equal
        first, later = nn.Linear(width, clip.vision.width), nn.Linear(width, clip.vision.width)
        self.to_vision = nn.ModuleList([first, *copies(later, depth - 1)])

    def add_text_tokens(self, clip: FrozenCLIP, depth: int) -> None:
        """Learn shared text tokens for H blocks: those of MaPLe itself."""
        first = start_tokens(clip, self._words, self.num_tokens, clip.text.width, self._std)
        later = torch.randn(depth - 1, *first.shape) * self._std
        self.tokens = nn.Parameter(torch.cat([first[None], later.to(first)]))

    def text_tokens(self) -> Tensor:
        """``(H, K, W)`` text tokens, the same for all images and classes."""
        return self.tokens

    def vision_edits(self, shared: Tensor | None) -> tuple[TokenEdit, ...]:
        """Edits of the vision tower, the same for all images.

        Args:
            shared: ``(H, K, W)`` shared text tokens.

        Returns:
            One edit at the embedding, and one in each later block.
        """
        assert shared is not None, 'coupled tokens need the shared text tokens'
        tokens = torch.stack(
            [project(t) for project, t in zip(self.to_vision, shared, strict=True)]
        )
        return deep_edits(tokens[:, None, None], 0, start=-1, at_embedding=True)
