"""Where learned context stands in a tokenised sentence: behind, around or before the class name (CoOp, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol

import torch
from torch import Tensor

from vamp_mm.structures import TextPrompts

Position = Literal['end', 'middle', 'front']
#: One token in every byte-pair vocabulary of CLIP; its embedding is never seen, a learned token takes its place.
PLACEHOLDER = 'X'


class Tokenizes(Protocol):
    """Turns sentences into token ids."""

    def tokenize(self, sentences: list[str]) -> TextPrompts:
        """Token ids of C sentences."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Where each learned token goes, for sentences whose first words are its placeholders.

    Args:
        prompts: The sentences, their tokens in the final order.
        start: Position of the first token that may be a learned one.
        slots: ``(C, R)`` index of the learned token at position ``start + r``, -1 where the sentence's own token stays.
    """

    prompts: TextPrompts
    start: int
    slots: Tensor


def first_position(clip: Tokenizes) -> int:
    """Position of the first word: 1 behind a start token, 0 in towers without one."""
    ids = clip.tokenize(['a', 'photo']).ids
    return int(ids[0, 0] == ids[1, 0])


def name_lengths(clip: Tokenizes, names: list[str], start: int) -> Tensor:
    """Tokens of each class name, tokenised alone.

    Args:
        clip: The backbone.
        names: C class names, as they are in the sentences.
        start: Position of the first word.

    Returns:
        ``(C,)``.
    """
    prompts = clip.tokenize([*names, 'a'])
    if prompts.prefix:  # the token that is read out stands right behind the text
        return prompts.eot[:-1] - start
    # towers that read out elsewhere pad to the full length: count against a text of one token
    padding = (prompts.ids.flip(1) == prompts.ids[:, -1:]).int().cumprod(dim=1).sum(dim=1)
    return padding[-1] - padding[:-1] + 1


def place(
    prompts: TextPrompts,
    start: int,
    num_tokens: int,
    position: Position,
    lengths: Tensor,
    reach: int | None = None,
) -> Placement:
    """Move the placeholders to where the class name leaves room for them.

    Args:
        prompts: Sentences ``<num_tokens placeholders> <name> ...``.
        start: Position of the first placeholder.
        num_tokens: Number M of placeholders.
        position: ``'end'``: the name behind the context; ``'front'``: before it; ``'middle'``: behind its first half.
        lengths: ``(C,)`` tokens of each name.
        reach: Number R of positions that the placement covers; by default as many as may change.

    Returns:
        The placement.
    """
    before = {'end': num_tokens, 'middle': num_tokens // 2, 'front': 0}[position]
    if reach is None:
        reach = num_tokens + (0 if position == 'end' else int(lengths.max()))
    reach = min(reach, prompts.ids.shape[1] - start)
    at = torch.arange(reach, device=prompts.ids.device).expand(len(prompts), -1)  # (C, R)
    lengths = lengths.to(at.device)[:, None]
    inside = (at >= before) & (at < before + lengths) & (position != 'end')  # the name
    behind = (at >= before + lengths) & (at < num_tokens + lengths) & (position != 'end')
    slots = torch.where(at < before, at, torch.where(behind, at - lengths, -1))
    # where a position's token stood before: names stood behind all placeholders
    source = torch.where(inside, at - before + num_tokens, torch.where(slots >= 0, slots, at))
    ids = prompts.ids.clone()
    ids[:, start : start + reach] = prompts.ids.gather(1, start + source)
    return Placement(
        replace(prompts, ids=ids, prefix=min(prompts.prefix, start + before)), start, slots
    )


def fill(placement: Placement, context: Tensor, words: Tensor) -> Tensor:
    """Put the learned tokens among the words of the sentences.

    Args:
        placement: Where they go.
        context: ``(S|1, N|1, C|1, M, W)`` learned tokens.
        words: ``(C, R, W)`` embeddings of the sentences' own tokens from ``start`` on.

    Returns:
        ``(S|1, N|1, C, R, W)``.
    """
    lead = context.shape[:2]
    index = placement.slots.clamp_min(0)[None, None, :, :, None]
    index = index.expand(*lead, -1, -1, context.shape[-1])
    learned = context.expand(*lead, len(words), *context.shape[-2:]).gather(-2, index)
    return torch.where((placement.slots >= 0)[..., None], learned, words)
