"""Zero-shot CLIP beside a method: the same frozen weights, the vocabulary's own templates, nothing learned."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from vamp_mm.ops import cosine_logits, mean_log_probs
from vamp_mm.registry import build_part
from vamp_mm.structures import PromptContext, Vocabulary

from .class_text import class_text


@torch.no_grad()
def zero_shot_text(clip: Any, vocabulary: Vocabulary) -> Tensor:
    """Text features of the classes as the config of zero-shot CLIP makes them.

    Args:
        clip: The backbone.
        vocabulary: Class names and templates.

    Returns:
        ``(1, 1, C, D)`` unit features.
    """
    prompter = build_part(dict(type='TemplatePrompter'), clip=clip)
    prompter.bind(clip, vocabulary)
    return class_text(clip, prompter(PromptContext()))


@torch.no_grad()
def zero_shot_scores(clip: Any, image: Tensor, text: Tensor) -> Tensor:
    """Class probabilities of zero-shot CLIP, by the arithmetic of ``PromptClsHead``.

    Args:
        clip: The backbone, for its logit scale.
        image: ``(N, D)`` unit features of the frozen tower.
        text: ``(1, 1, C, D)`` of :func:`zero_shot_text`.

    Returns:
        ``(N, C)``.
    """
    return mean_log_probs(cosine_logits(image[None], text, clip.logit_scale)).exp()
