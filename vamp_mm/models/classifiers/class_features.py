"""Text features of the present classes that do not change from batch to batch, each computed once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from vamp_mm.structures import PromptPlan, Vocabulary

from .class_text import class_text
from .teacher import TextTeacher
from .zero_shot import zero_shot_text


class ClassFeatures:
    """The teacher's, zero-shot CLIP's and the prompted text features of one vocabulary.

    The owner clears them where they no longer hold: all of them when the vocabulary changes or the model is moved or cast,
    the prompted ones when weights may have changed.

    Args:
        teacher: Encodes the class names for the frozen CLIP that losses and prompters see.
    """

    def __init__(self, teacher: TextTeacher) -> None:
        self._encoder = teacher
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._teacher: Tensor | None = None
        self._zero_shot: Tensor | None = None
        self.clear_prompted()

    def clear_prompted(self) -> None:
        """Forget what depends on trained weights."""
        self._prompted: Tensor | None = None

    @torch.no_grad()
    def teacher(self, clip: Any, vocabulary: Vocabulary) -> Tensor:
        """``(C, D)`` unit features of the teacher."""
        if self._teacher is None:
            self._teacher = self._encoder.encode(clip, vocabulary)
        return self._teacher

    def zero_shot(self, clip: Any, vocabulary: Vocabulary) -> Tensor:
        """``(1, 1, C, D)`` unit features of zero-shot CLIP."""
        if self._zero_shot is None:
            self._zero_shot = zero_shot_text(clip, vocabulary)
        return self._zero_shot

    def prompted(self, clip: Any, plan: PromptPlan, keep: bool) -> Tensor:
        """Features of a plan.

        Args:
            clip: The backbone.
            plan: The plan of a batch.
            keep: Whether the next plan has the same text side.

        Returns:
            ``(S|1, N|1, C, D)`` unit features.
        """
        if not keep:
            return class_text(clip, plan)
        if self._prompted is None:
            self._prompted = class_text(clip, plan)
        return self._prompted
