"""Hand-written templates, single or as an ensemble: zero-shot CLIP (Radford et al., ICML 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vamp_mm.registry import MODELS
from vamp_mm.structures import FrozenCLIP, PromptContext, PromptPlan, Vocabulary

from .base import BasePrompter


@MODELS.register_module()
class TemplatePrompter(BasePrompter):
    """Encodes the vocabulary's sentences as they are; nothing is learned.

    Args:
        clip: The backbone (given by the classifier; unused here).
        templates: Sentences with one ``{}`` that form an ensemble with the vocabulary's own templates.
        own: Whether the vocabulary's own templates take part; only with ``templates`` they can be left out.

    Raises:
        ValueError: If no template is left.
    """

    trains = False

    def __init__(self, clip: FrozenCLIP, templates: Sequence[str] = (), own: bool = True) -> None:
        super().__init__()
        if not (templates or own):
            raise ValueError(
                "own=False leaves no template; give templates=('a photo of a {}.', ...)"
            )
        self.templates, self.own = tuple(templates), own

    def sentences(self, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
        """Those of the ensemble, then the vocabulary's own."""
        own = vocabulary.templates if self.own else ()
        return replace(vocabulary, templates=self.templates + own).sentences

    def forward(self, context: PromptContext) -> PromptPlan:
        """The sentences and no edit."""
        return PromptPlan(text=self.prompts, templates=self._templates)
