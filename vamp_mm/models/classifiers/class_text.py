"""One text feature per class: encoded from its sentences, or known beforehand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from vamp_mm.ops import unit
from vamp_mm.structures import PromptPlan


def class_text(clip: Any, plan: PromptPlan) -> Tensor:
    """Text features of all classes of a plan.

    Args:
        clip: The backbone.
        plan: Sentences, edits, and features that need no sentence.

    Returns:
        ``(S|1, N|1, C, D)`` unit features.

    Raises:
        RuntimeError: If the plan has neither sentences nor known features.
    """
    encoded = None if plan.text is None else _encoded(clip, plan)
    if plan.rows is None:
        if encoded is None:
            raise RuntimeError(
                'the plan has no sentences and no known text features: the prompter that made it serves only '
                'the vision tower'
            )
        return encoded
    rows = plan.rows.features[None, None]
    if encoded is not None:
        rows = torch.cat([rows.expand(*encoded.shape[:2], -1, -1).to(encoded), encoded], dim=2)
    return rows.index_select(2, plan.rows.order)


def _encoded(clip: Any, plan: PromptPlan) -> Tensor:
    text = unit(clip.encode_text(plan.text, plan).pooled)
    if plan.templates > 1:
        text = unit(text.unflatten(2, (plan.templates, -1)).mean(dim=2))
    return text
