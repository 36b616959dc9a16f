"""Hand-written templates through towers that are adapted (MMA, 2SFS, SkipT)."""

from __future__ import annotations

from dataclasses import replace

from vamp_mm.arguments import Component
from vamp_mm.registry import MODELS, build_part
from vamp_mm.structures import FrozenCLIP, PromptContext, PromptPlan, Vocabulary

from .base import BasePrompter


@MODELS.register_module()
class AdapterPrompter(BasePrompter):
    """No learned tokens: the sentences and images as they are, and adapters in the towers.

    Args:
        clip: The backbone (given by the classifier).
        adapter: Config of the adapters: ``MultiModalAdapters`` (MMA) or ``TunedWeights`` (2SFS, SkipT).
        template: Sentence with ``{}`` that takes the place of the vocabulary's own templates; None keeps those.
    """

    def __init__(self, clip: FrozenCLIP, adapter: Component, template: str | None = None) -> None:
        super().__init__()
        self.adapter = build_part(adapter, clip=clip)
        self.template = template
        self.first_vision_layer = self.adapter.first_vision_layer

    def sentences(self, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
        """Of the prompter's own template, or else the vocabulary's."""
        if self.template is None:
            return vocabulary.sentences
        return replace(vocabulary, templates=(self.template,)).sentences

    def forward(self, context: PromptContext) -> PromptPlan:
        """The same plan for every batch."""
        return PromptPlan(
            text=self.prompts,
            templates=self._templates,
            text_tower=self.adapter.text_plan(),
            vision_tower=self.adapter.vision_plan(),
        )
