"""Hand-written templates, single or as an ensemble: zero-shot CLIP (Radford et al., ICML 2021)."""

from __future__ import annotations

from ...registry import MODELS
from ...structures import FrozenCLIP, PromptContext, PromptPlan
from .base import BasePrompter


@MODELS.register_module()
class TemplatePrompter(BasePrompter):
    """Encodes the vocabulary's sentences as they are; nothing is learned.

    Args:
        clip: The backbone (given by the classifier; unused here).
    """

    def __init__(self, clip: FrozenCLIP) -> None:
        super().__init__()

    def forward(self, context: PromptContext) -> PromptPlan:
        """The sentences and no edit."""
        return PromptPlan(text=self.prompts, templates=self._templates)
