"""Tokens from one shared representation space, projected into the towers block by block (MMRL, CVPR 2025)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vamp_mm.arguments import Block, Blocks, NonNegative, Tokens, Width
from vamp_mm.registry import MODELS
from vamp_mm.structures import FrozenCLIP, TokenEdit

from .layers import check_layers, copies, deep_edits


@MODELS.register_module()
class RepresentationTokens(nn.Module):
    """K representation tokens, projected into the vision tower (and, for MMRL itself, into the text tower).

    The tokens of the first block are inserted behind the class token, those of later blocks replace what the block before
    made of them; they carry the name ``rep``, under which a head reads them out.

    Args:
        clip: The backbone, for its widths and depths.
        start: First edited vision block J, counted from 0.
        depth: Number of edited vision blocks H.
        num_tokens: Tokens per block K.
        space_width: Width of the representation space (512; 2048 for EuroSAT in the papers).
        std: Standard deviation of the tokens at the start.

    Raises:
        ValueError: If the blocks do not exist in the tower.
    """

    #: Text tokens go in behind the start token; the template stays whole.
    text_mode = 'insert'
    text_position = 1
    #: The vocabulary's own templates are used.
    context: str | None = None
    blend = 1.0

    def __init__(
        self,
        clip: FrozenCLIP,
        start: Block = 5,
        depth: Blocks = 7,
        num_tokens: Tokens = 5,
        space_width: Width = 512,
        std: NonNegative = 0.02,
    ) -> None:
        super().__init__()
        check_layers('vision', start, depth, clip.vision.depth)
        self.first_vision_layer = start
        self.depth = depth
        self.num_tokens = num_tokens
        self.tokens = nn.Parameter(torch.randn(num_tokens, space_width) * std)
        # all blocks start with the same projection, as in MMRL
        self.to_vision = nn.ModuleList(copies(nn.Linear(space_width, clip.vision.width), depth))

    def add_text_tokens(self, clip: FrozenCLIP, depth: int) -> None:
        """Project into H text blocks as well: the tokens of MMRL itself."""
        self.to_text = nn.ModuleList(
            copies(nn.Linear(self.tokens.shape[-1], clip.text.width), depth)
        )

    def text_tokens(self) -> Tensor:
        """``(H, K, W)`` text tokens, the same for all images and classes."""
        return torch.stack([project(self.tokens) for project in self.to_text])

    def vision_edits(self, shared: Tensor | None) -> tuple[TokenEdit, ...]:
        """Edits of the vision tower, the same for all images.

        Args:
            shared: Shared text tokens; not used, the representation space feeds the vision tower by itself.

        Returns:
            One edit per block, named ``rep``.
        """
        tokens = torch.stack([project(self.tokens) for project in self.to_vision])  # (H, K, W)
        return deep_edits(tokens[:, None, None], self.first_vision_layer, start=1, name='rep')
