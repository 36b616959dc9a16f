"""Zero-shot CLIP with one template or an ensemble, original ``trainers/zsclip.py`` of CoOp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from vamp_mm.structures import Vocabulary

from ..base import Original, Recorded


class CLIP(Original):
    """Nothing is learned."""

    name = 'clip'
    recorded_as: tuple[str, ...] = ('clip zero-shot',)

    def model(self, case: Recorded) -> dict[str, Any]:
        """``TemplatePrompter``."""
        return dict(
            prompter=dict(type='TemplatePrompter'), head=dict(type='PromptClsHead', losses=[])
        )

    def vocabulary(self, case: Recorded, names: Sequence[str], seen: bool = True) -> Vocabulary:
        """Class names with all templates of the recording."""
        templates = case.meta.get('templates') or (case.meta['template'],)
        return Vocabulary(tuple(names), tuple(templates), seen)

    @torch.no_grad()
    def extras(self, model: Any, case: Recorded) -> dict[str, Tensor]:
        """Features before they are made unit length."""
        clip, prompter = model.backbone, model.prompter
        return {
            'image_features_raw': clip.encode_image(case['images']).pooled[0],
            'text_features_raw': clip.encode_text(prompter.prompts).pooled[0, 0],
        }
