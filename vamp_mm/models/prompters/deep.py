"""Independent learned tokens in one tower or in both: VPT, deep language prompting, IVLP and PromptSRC."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from vamp_mm.arguments import Block, NonNegative, Tokens
from vamp_mm.registry import MODELS
from vamp_mm.structures import (
    FrozenCLIP,
    PromptContext,
    PromptPlan,
    TokenEdit,
    TowerPlan,
    Vocabulary,
)

from .base import BasePrompter
from .layers import check_layers, deep_edits
from .placing import first_position
from .words import context_of, start_tokens


@MODELS.register_module()
class DeepPrompter(BasePrompter):
    """K learned tokens before block 0 of a tower, renewed at each block up to the depth; the towers are not coupled.

    In the text tower they take the place of the first words of ``context``; in the vision tower they come after the
    patches. With ``text_depth=0`` it is VPT on CLIP (shallow with ``vision_depth=1``), with ``vision_depth=0`` deep language
    prompting, with both IVLP.

    Args:
        clip: The backbone (given by the classifier), for its widths and token embeddings.
        vision_tokens: Tokens per vision block.
        vision_depth: Number of vision blocks, the first included; 0 leaves the vision tower alone.
        text_tokens: Tokens per text block.
        text_depth: Number of text blocks, the first included; 0 leaves the text tower alone.
        context: Words before the class name in every prompt, ``<context> <name>.``; the text tokens of block 0 start at
            the embeddings of the first. With text prompts None puts placeholders there and starts from noise; without
            them None keeps the vocabulary's templates.
        std: Standard deviation of the other tokens at the start.

    Raises:
        ValueError: If nothing is learned, the blocks do not exist, or the context is shorter than the text tokens.
    """

    def __init__(
        self,
        clip: FrozenCLIP,
        vision_tokens: Tokens = 4,
        vision_depth: Block = 9,
        text_tokens: Tokens = 4,
        text_depth: Block = 9,
        context: str | None = 'a photo of a',
        std: NonNegative = 0.02,
    ) -> None:
        super().__init__()
        if not (vision_depth or text_depth):
            raise ValueError(
                'vision_depth=0 and text_depth=0 leave nothing to learn; set one of them to 1 or more, or use '
                "prompter=dict(type='TemplatePrompter')"
            )
        self.context = context_of(context, text_tokens) if text_depth else context
        self.vision_tokens: nn.Parameter | None = None
        self.text_tokens: nn.Parameter | None = None
        if text_depth:
            check_layers('text', 0, text_depth, clip.text.depth, 'text_depth')
            self._first_position = first_position(clip)
            first = start_tokens(clip, context, text_tokens, clip.text.width, std)
            self.text_tokens = nn.Parameter(
                torch.cat([first[None], _noise(text_depth - 1, first, std)])
            )
        if vision_depth:
            check_layers('vision', 0, vision_depth, clip.vision.depth, 'vision_depth')
            self.vision_tokens = nn.Parameter(
                torch.randn(vision_depth, vision_tokens, clip.vision.width) * std
            )
            self.first_vision_layer = -1

    def sentences(self, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
        """``<context> <name>.``, or the vocabulary's own sentences where there is no context."""
        if self.context is None:
            return vocabulary.sentences
        return replace(vocabulary, templates=(self.context + ' {}.',)).sentences

    def word_tokens(self) -> dict[str, Tensor]:
        """The text tokens of block 0."""
        return {} if self.text_tokens is None else {'context': self.text_tokens[0]}

    def forward(self, context: PromptContext) -> PromptPlan:
        """The same plan for every batch."""
        text: tuple[TokenEdit, ...] = ()
        vision: tuple[TokenEdit, ...] = ()
        if self.text_tokens is not None:
            tokens = self.text_tokens[:, None, None, None]
            text = deep_edits(tokens, 0, self._first_position, 'overwrite', at_embedding=True)
        if self.vision_tokens is not None:
            vision = deep_edits(self.vision_tokens[:, None, None], 0, start=-1, at_embedding=True)
        return PromptPlan(
            text=self.prompts,
            templates=self._templates,
            text_tower=TowerPlan(edits=text),
            vision_tower=TowerPlan(edits=vision),
        )


def _noise(count: int, like: Tensor, std: float) -> Tensor:
    return torch.randn(count, *like.shape).to(like) * std
