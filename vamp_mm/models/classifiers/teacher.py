"""Text features of the frozen CLIP, which several methods stay close to or build on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import torch
from torch import Tensor

from vamp_mm.ops import unit
from vamp_mm.registry import MODELS
from vamp_mm.structures import Vocabulary


@MODELS.register_module()
class TextTeacher:
    """Encodes the class names in hand-written templates with the empty plan.

    Args:
        templates: Sentences with one ``{}``; None takes those of the vocabulary, which the dataset brings.
        by_template: The vocabulary's own template -> what the teacher says instead, where the two differ; a table in a
            method's config follows the dataset by itself, also to the targets of a test. Not with ``templates``.
        average: How several templates become one feature: ``'unit'`` averages unit features (CLIP), ``'raw'`` averages
            features as they come (PromptSRC). The average is made unit length in either case.

    Raises:
        ValueError: If the way to average is unknown, there is no template, or two ways to choose one.
    """

    def __init__(
        self,
        templates: Sequence[str] | None = None,
        by_template: Mapping[str, str] | None = None,
        average: Literal['unit', 'raw'] = 'unit',
    ) -> None:
        if isinstance(templates, str) or (templates is not None and not templates):
            raise ValueError(
                f'templates={templates!r}: give a sequence of sentences, or None for those of the dataset'
            )
        if templates is not None and by_template:
            raise ValueError(
                'templates and by_template both say what the teacher says; give one of them'
            )
        self.by_template = dict(by_template or {})
        self.templates = None if templates is None else tuple(templates)
        self.average = average

    @torch.no_grad()
    def encode(self, clip: Any, vocabulary: Vocabulary) -> Tensor:
        """Text features of all classes.

        Args:
            clip: The backbone.
            vocabulary: Class names, and the templates to use where the teacher has none.

        Returns:
            ``(C, D)`` unit features.
        """
        if self.templates is not None:
            vocabulary = replace(vocabulary, templates=self.templates)
        elif self.by_template:
            templates = tuple(
                self.by_template.get(template, template) for template in vocabulary.templates
            )
            vocabulary = replace(vocabulary, templates=templates)
        # template by template: sixty of them at once are too many sentences for one pass
        features = [
            clip.encode_text(clip.tokenize(sentences)).pooled[0, 0]
            for sentences in vocabulary.sentences
        ]
        if self.average == 'unit':
            features = [unit(feature) for feature in features]
        return unit(torch.stack(features).mean(dim=0))
