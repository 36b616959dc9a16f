"""Learned text tokens that all images share: the host methods themselves (MaPLe, MMRL, MMRL++)."""

from __future__ import annotations

from torch import Tensor

from vamp_mm.arguments import Block, Blocks, Component
from vamp_mm.registry import MODELS
from vamp_mm.structures import FrozenCLIP, PromptContext, PromptPlan, Vocabulary

from .base import BasePrompter
from .hosted import build_host, for_all, hosted_plan, hosted_sentences, hosted_words


@MODELS.register_module()
class SharedPrompter(BasePrompter):
    """Tokens of a host in both towers, the same for all images and classes.

    With ``CoupledTokens`` it is MaPLe, with ``RepresentationTokens`` MMRL, with ``SharedResidualTokens`` MMRL++.

    Args:
        clip: The backbone (given by the classifier), for its widths and depths.
        host: Config of the host: how tokens enter both towers.
        start: First edited text block, counted from 0.
        depth: Number of edited text blocks H.

    Raises:
        ValueError: If the blocks do not exist or do not fit the host.
    """

    def __init__(
        self, clip: FrozenCLIP, host: Component, start: Block = 0, depth: Blocks = 9
    ) -> None:
        super().__init__()
        self.host = build_host(host, clip, start, depth)
        self.host.add_text_tokens(clip, depth)
        self.first_vision_layer = self.host.first_vision_layer
        self.start = start

    def sentences(self, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
        """The host's own sentences, if it has a context, else the vocabulary's."""
        return hosted_sentences(self.host, vocabulary)

    def word_tokens(self) -> dict[str, Tensor]:
        """The tokens of block 0, where they take the place of words (MaPLe)."""
        return hosted_words(self.host, self.host.text_tokens())

    def forward(self, context: PromptContext) -> PromptPlan:
        """The same plan for every batch."""
        tokens = self.host.text_tokens()
        return hosted_plan(
            self.host, self.prompts, self._templates, self.start, for_all(tokens), tokens
        )
