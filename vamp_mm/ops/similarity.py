"""Cosine similarity between image and text features."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def unit(features: Tensor) -> Tensor:
    """Scale features ``(..., D)`` to unit length, in float32 or wider."""
    return F.normalize(features if features.dtype.itemsize > 2 else features.float(), dim=-1)


def cosine_logits(image: Tensor, text: Tensor, scale: Tensor | float) -> Tensor:
    """Scaled cosine of every image with every class.

    Not in half precision, even under autocast: a bfloat16 logit of 30 moves in steps of 1/8.

    Args:
        image: ``(S|1, N, D)`` unit image features.
        text: ``(S|1, N|1, C, D)`` unit text features; N is 1 where the text does not depend on the image.
        scale: Logit scale (100 for most published CLIP models).

    Returns:
        ``(S, N, C)`` logits.
    """
    with torch.autocast(image.device.type, enabled=False):
        if text.shape[1] == 1:  # one text for all images: a plain matrix product per sample
            return scale * image @ text[:, 0].transpose(-1, -2)
        return scale * (text @ image.unsqueeze(-1)).squeeze(-1)
