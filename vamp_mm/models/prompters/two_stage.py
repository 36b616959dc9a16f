"""Adapters first, a classifier after: 2SFS (Rethinking Few-Shot Adaptation of VLMs in Two Stages, CVPR 2025)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from vamp_mm.arguments import Component, PositiveInt
from vamp_mm.ops import HostInt, unit
from vamp_mm.registry import MODELS, build_part
from vamp_mm.structures import (
    ClassRows,
    FrozenCLIP,
    PromptContext,
    PromptPlan,
    TextPrompts,
    TowerPlan,
    Vocabulary,
    class_keys,
    find_rows,
)

from .base import BasePrompter, TextEncoder


@MODELS.register_module()
class TwoStagePrompter(BasePrompter):
    """Stage 1 trains the adapters on templates; stage 2 trains one feature a class, and the adapters rest.

    The classifier starts at the unit text features of the first stage. In prediction its rows answer for the classes that
    were trained on, found again by their names, and the adapted text tower for all others (selective inference).

    Args:
        clip: The backbone (given by the classifier).
        adapter: Config of the adapters of the first stage: ``TunedWeights`` on the LayerNorms of the blocks.
        template: Sentence with ``{}`` that takes the place of the vocabulary's own templates; None keeps those.
        num_classes: Number of training classes; None finds it out at the second stage, in a single process only.
    """

    #: Number of stages that a training run goes through.
    num_stages = 2
    #: Tensors whose first axis counts the training classes.
    sized_by_class = ('classifier', 'keys')

    stage: Tensor
    keys: Tensor

    def __init__(
        self,
        clip: FrozenCLIP,
        adapter: Component,
        template: str | None = None,
        num_classes: PositiveInt | None = None,
    ) -> None:
        super().__init__()
        self.adapter = build_part(adapter, clip=clip)
        self.template = template
        self.num_classes = num_classes
        self.first_vision_layer = self.adapter.first_vision_layer
        self.classifier = nn.Parameter(torch.zeros(num_classes or 0, clip.embed_dim))
        #: Which class a row of the classifier stands for: a hash of its name.
        self.register_buffer('keys', torch.zeros(num_classes or 0, dtype=torch.long))
        self.register_buffer('stage', torch.ones((), dtype=torch.long))
        self._own_keys: Tensor | None = None
        self._host_stage = HostInt()
        #: Where the classes stand, from both keys; None before it is looked up.
        self._places: tuple[TextPrompts | None, Tensor] | None = None

    @property
    def current_stage(self) -> int:
        """1 while the adapters train, 2 while the classifier does."""
        return int(self._host_stage.read(self.stage))

    def sentences(self, vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
        """Of the prompter's own template, or else the vocabulary's."""
        if self.template is None:
            return vocabulary.sentences
        return replace(vocabulary, templates=(self.template,)).sentences

    def bind(self, clip: TextEncoder, vocabulary: Vocabulary) -> None:
        """Take up a vocabulary, and what its names are found by."""
        super().bind(clip, vocabulary)
        self._own_keys = class_keys(vocabulary.names).to(self.prompts.ids.device)
        self._places = None

    @torch.no_grad()
    def enter_stage(self, stage: int, text: Tensor) -> None:
        """Go on to the second stage, with the classes of the present vocabulary.

        Args:
            stage: 2.
            text: ``(C, D)`` unit text features, from which the classifier starts.

        Raises:
            ValueError: If there is no such stage, or the number of classes is another than configured.
        """
        if stage != self.num_stages:
            raise ValueError(
                f'stage={stage}: training starts in stage 1 and continues to {self.num_stages}'
            )
        if self.num_classes not in (None, len(text)):
            raise ValueError(
                f'num_classes={self.num_classes}, and the training set has {len(text)} classes; set it to that '
                'number, or to None in a single process'
            )
        assert self._own_keys is not None
        # in place: wrappers of distributed training know these tensors
        if len(self.classifier) == len(text):
            self.classifier.copy_(text)
            self.keys.copy_(self._own_keys)
        else:
            self.classifier.data = text.detach().clone().to(self.classifier)
            self.keys = self._own_keys.clone()
        self.stage.fill_(stage)
        self._places = None

    def forward(self, context: PromptContext) -> PromptPlan:
        """The adapted towers; in the second stage they rest, and known classes need no sentence."""
        plan = PromptPlan(
            text=self.prompts,
            templates=self._templates,
            text_tower=self.adapter.text_plan(),
            vision_tower=self.adapter.vision_plan(),
        )
        if self.current_stage == 1:
            return plan
        plan = replace(
            plan, text_tower=_at_rest(plan.text_tower), vision_tower=_at_rest(plan.vision_tower)
        )
        return self._with_rows(plan)

    def _with_rows(self, plan: PromptPlan) -> PromptPlan:
        if self._places is None:
            self._places = self._look_up()
        text, order = self._places
        return replace(plan, text=text, rows=ClassRows(unit(self.classifier), order))

    def _look_up(self) -> tuple[TextPrompts | None, Tensor]:
        """Sentences of the classes without a row of the classifier, and ``(C,)`` the place of each class."""
        assert self._own_keys is not None
        order, others = find_rows(self._own_keys, self.keys)
        text = None if not len(others) else self.prompts.of_classes(others, self._templates)
        return text, order

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args: Any) -> None:
        stored = state_dict.get(prefix + 'classifier')
        # any number of training classes
        if stored is not None and stored.shape[1:] == self.classifier.shape[1:]:
            self.classifier.data = self.classifier.data.new_zeros(stored.shape)
            self.keys = self.keys.new_zeros(len(stored))
        self._places = None
        super()._load_from_state_dict(state_dict, prefix, *args)


def _at_rest(plan: TowerPlan) -> TowerPlan:
    return replace(plan, frozen=True)
