"""Prompt tokens that take the place of the first words of a context."""

from __future__ import annotations

import torch
from torch import Tensor

from vamp_mm.structures import FrozenCLIP

from .placing import PLACEHOLDER, first_position


def context_of(context: str | None, count: int) -> str:
    """The words before the class name: the context, or one placeholder for each of K tokens."""
    return ' '.join([PLACEHOLDER] * count) if context is None else context


def start_tokens(
    clip: FrozenCLIP, context: str | None, count: int, width: int, std: float
) -> Tensor:
    """First value of the tokens that stand before block 0.

    Args:
        clip: The backbone, for its tokenizer and token embedding.
        context: Words before the class name; None starts from noise.
        count: Number of prompt tokens K.
        width: Width W of the text tower.
        std: Standard deviation of the noise.

    Returns:
        ``(K, W)``: embeddings of the first K tokens of the context, or noise.

    Raises:
        ValueError: If the context has fewer tokens than take its place.
    """
    if context is None:
        return torch.randn(count, width) * std
    prompt, first = clip.tokenize([context]), first_position(clip)
    # sentences that are not cut (a tower without causal mask) do not say where they end: a word is one token at least
    words = int(prompt.eot[0]) - first if prompt.prefix else len(context.split())
    if words < count:
        raise ValueError(
            f'context={context!r} has {words} tokens, fewer than the {count} prompt tokens that take their '
            'place; use a longer context, or None to start from noise'
        )
    with torch.no_grad():
        return clip.embed(prompt.ids[0, first : first + count]).clone()
