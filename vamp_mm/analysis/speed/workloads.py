"""Text plans of the shapes that methods have, on a random tower and real class names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from open_clip.zero_shot_metadata import IMAGENET_CLASSNAMES
from torch import Tensor

from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.structures import EMBED, PromptPlan, TextPrompts, TokenEdit, TowerPlan


@dataclass(frozen=True)
class TextWork:
    """One text plan on C sentences.

    Args:
        backbone: The towers.
        prompts: The sentences.
        shape: A key of :data:`TEXT_SHAPES`.
        samples: Monte-Carlo samples S.
        images: Images N.
    """

    backbone: PromptedCLIPBackbone
    prompts: TextPrompts
    shape: str
    samples: int
    images: int

    @property
    def rows(self) -> int:
        """Pairs (sample, image) that have prompts of their own."""
        return self.samples * self.images if self.shape != 'deep' else 1

    @property
    def sentences(self) -> int:
        """Sentences that are encoded."""
        return self.rows * len(self.prompts)

    def less(self, sentences: int) -> TextWork:
        """The same work on fewer rows or classes, ``sentences`` at most if that can be."""
        if self.sentences <= sentences:
            return self
        if len(self.prompts) <= sentences:
            return TextWork(
                self.backbone, self.prompts, self.shape, 1, max(sentences // len(self.prompts), 1)
            )
        keep = slice(0, max(sentences, 1))
        prompts = TextPrompts(self.prompts.ids[keep], self.prompts.eot[keep], self.prompts.prefix)
        return TextWork(self.backbone, prompts, self.shape, 1, 1)

    def forward(self, textbook: bool = False) -> Tensor:
        """Encode, with new tokens that require gradients."""
        return self.backbone.encode_text(self.prompts, self._plan(), textbook).pooled

    def predict(self, textbook: bool = False) -> Callable[[], None]:
        """Encode without gradients."""

        def run() -> None:
            with torch.no_grad():
                self.forward(textbook)

        return run

    def train(self, textbook: bool = False) -> Callable[[], None]:
        """Encode, and gradients of the tokens."""

        def run() -> None:
            out = self.forward(textbook)
            out.backward(torch.ones_like(out))

        return run

    def gradients(self, textbook: bool = False) -> tuple[Tensor, ...]:
        """Features, and the gradients of all tokens for a fixed linear function of them; the same tokens every time."""
        torch.manual_seed(0)
        plan = self._plan()
        tokens = [edit.tokens for edit in plan.text_tower.edits]
        out = self.backbone.encode_text(self.prompts, plan, textbook).pooled
        out.backward(
            torch.linspace(-1, 1, out.numel(), device=out.device).reshape(out.shape).to(out.dtype)
        )
        return out.detach(), *(token.grad for token in tokens if token.grad is not None)

    def _plan(self) -> PromptPlan:
        depth = self.backbone.text.depth
        if self.shape == 'conditional':
            edits: tuple[TokenEdit, ...] = (TokenEdit(EMBED, 1, 'overwrite', self._tokens(4)),)
        elif self.shape == 'variational':
            first = round(depth * 5 / 12)
            edits = (
                TokenEdit(first, 1, 'insert', self._tokens(5)),
                *(
                    TokenEdit(layer, 1, 'overwrite', self._tokens(5))
                    for layer in range(first + 1, depth)
                ),
            )
        else:
            edits = (
                TokenEdit(EMBED, 1, 'overwrite', self._tokens(2)),
                *(
                    TokenEdit(layer, 1, 'overwrite', self._tokens(2))
                    for layer in range(1, round(depth * 9 / 12))
                ),
            )
        return PromptPlan(text_tower=TowerPlan(edits))

    def _tokens(self, count: int) -> Tensor:
        lead = (1, 1) if self.shape == 'deep' else (self.samples, self.images)
        like = self.backbone.text.positional_embedding
        return (
            (0.02 * torch.randn(*lead, 1, count, self.backbone.text.width))
            .to(like)
            .requires_grad_()
        )


def imagenet_names(count: int) -> tuple[str, ...]:
    """The first class names of ImageNet, as open_clip spells them.

    Args:
        count: How many.

    Returns:
        The names.

    Raises:
        ValueError: If there are not that many.
    """
    if not 0 < count <= len(IMAGENET_CLASSNAMES):
        raise ValueError(
            f'classes={count} is outside 1..{len(IMAGENET_CLASSNAMES)}, the classes of ImageNet'
        )
    return tuple(IMAGENET_CLASSNAMES[:count])
