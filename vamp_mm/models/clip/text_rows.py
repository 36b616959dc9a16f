"""Sentences as rows of one matrix, and token edits on them.

Axis letters: S samples, N images, C classes, P prefix tokens, T own tokens of all classes, R rows, K prompt tokens, W tower
width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import torch
from torch import Tensor

from vamp_mm.structures import TextPrompts, TokenEdit

from .edits import edit_tokens
from .text_layout import TextLayout


@dataclass(frozen=True, eq=False)
class Sentences:
    """Token ids of C sentences; made once per vocabulary.

    Args:
        prefix_ids: ``(P,)`` ids that all sentences begin with.
        own_ids: ``(T,)`` ids behind them up to the read-out token, one sentence after the other.
        layout: How many each sentence has.
    """

    prefix_ids: Tensor
    own_ids: Tensor
    layout: TextLayout

    @classmethod
    def of(cls, prompts: TextPrompts) -> Sentences:
        """Take sentences apart.

        Args:
            prompts: The tokenised sentences.

        Returns:
            Their ids.

        Raises:
            ValueError: If the sentences do not share the prefix that ``prompts`` names.
        """
        ids, ends, prefix = prompts.ids.tolist(), prompts.eot.tolist(), prompts.prefix
        if prefix > min(ends) or any(row[:prefix] != ids[0][:prefix] for row in ids):
            raise ValueError(
                f'prefix={prefix} tokens are not common to all {len(ids)} sentences before their end; '
                'tokenise them with PromptedCLIPBackbone.tokenize'
            )
        own = [token for row, end in zip(ids, ends, strict=True) for token in row[prefix : end + 1]]
        return cls(
            prompts.ids[0, :prefix].clone(),
            torch.tensor(own, device=prompts.ids.device),
            TextLayout(prefix, tuple(end + 1 - prefix for end in ends)),
        )

    def part(self, rows: Sequence[int]) -> tuple[Sentences, Tensor]:
        """Some of the sentences, without a look at the device.

        Args:
            rows: K sentences.

        Returns:
            Their ids, and ``(T',)`` which of the own tokens these are.
        """
        lengths = self.layout.lengths
        first = list(accumulate(lengths, initial=0))
        tokens = [token for row in rows for token in range(first[row], first[row + 1])]
        here = torch.as_tensor(tokens).to(self.own_ids.device, non_blocking=True)
        layout = TextLayout(self.layout.prefix, tuple(lengths[row] for row in rows))
        return Sentences(self.prefix_ids, self.own_ids[here], layout), here


@dataclass(frozen=True, eq=False)
class TextRows:
    """Hidden states of sentences at the input of one block.

    Args:
        x: ``(S|1, N|1, R, W)``.
        layout: Where each token stands.
    """

    x: Tensor
    layout: TextLayout

    @classmethod
    def join(cls, prefix: Tensor, own: Tensor, layout: TextLayout) -> TextRows:
        """A prefix ``(S|1, N|1, P, W)`` and own tokens ``(T, W)``, in the wider of their dtypes."""
        return cls(join_rows(prefix, layout.spread(own)), layout.with_prefix(prefix.shape[-2]))

    def edit(self, edits: Sequence[TokenEdit]) -> TextRows:
        """Apply the edits of one layer in order.

        Args:
            edits: Tokens ``(S|1, N|1, C|1, K, W)``, positions counted from the start token.

        Returns:
            The edited sentences. An edit that differs between classes ends the shared prefix where it begins.
        """
        text = self
        for edit in edits:
            inside, behind = _divide(edit, text.layout.prefix)
            if inside is not None:
                text = text._edit_prefix(inside)
            if behind is not None:
                text = text._edit_own(behind)
        return text

    def _edit_prefix(self, edit: TokenEdit) -> TextRows:
        x = edit_tokens(self.x, [replace(edit, tokens=edit.tokens.squeeze(2))])
        grown = edit.length if edit.mode == 'insert' else 0
        return TextRows(x, self.layout.with_prefix(self.layout.prefix + grown))

    def _edit_own(self, edit: TokenEdit) -> TextRows:
        """Apply one edit of own tokens: every row of the result is one of the rows, prefixes and tokens that there are."""
        own, classes, prefix = (
            edit.tokens.shape[2] > 1,
            len(self.layout.lengths),
            self.layout.prefix,
        )
        layout, index, present = self.layout.edited(
            edit.start, edit.length, edit.mode == 'insert', own, self.x.device
        )
        lead = torch.broadcast_shapes(self.x.shape[:2], edit.tokens.shape[:2])
        # each class has a copy of its own: no row is taken twice, so their gradients are added in a fixed order
        tail = self.x[..., layout.prefix : prefix, :].unsqueeze(2).expand(-1, -1, classes, -1, -1)
        tokens = edit.tokens.expand(-1, -1, classes, -1, -1).flatten(2, 3)
        rows = [self.x, tail.flatten(2, 3)] if own and layout.prefix < prefix else [self.x]
        if edit.mode == 'blend':
            assert present is not None
            there = torch.cat(rows, dim=2).index_select(2, present)
            tokens = edit.weight * tokens + (1 - edit.weight) * there
        wide = [part.expand(*lead, *part.shape[2:]) for part in (*rows, tokens)]
        return TextRows(torch.cat(wide, dim=2).index_select(2, index), layout)


def join_rows(prefix: Tensor, own: Tensor) -> Tensor:
    """Rows ``(S|1, N|1, P, W)`` and ``(T, W)`` behind them, in the wider of their dtypes."""
    return torch.cat([prefix, own.expand(*prefix.shape[:2], *own.shape)], dim=2)


def prefix_after(edits: Sequence[TokenEdit], prefix: int) -> int | None:
    """Length of the shared prefix after edits that leave all own tokens alone, None if they do not.

    Args:
        edits: The edits of one layer.
        prefix: Length of the prefix before.

    Returns:
        The length.
    """
    for edit in edits:
        if _divide(edit, prefix)[1] is not None:
            return None
        prefix += edit.length if edit.mode == 'insert' else 0
    return prefix


def final_sizes(edits: Sequence[TokenEdit], prefix: int) -> tuple[int, int]:
    """How long sentences get.

    Args:
        edits: All edits of a plan, by layer.
        prefix: Length of the shared prefix before them.

    Returns:
        Length of the prefix after all edits, and tokens by which every sentence's own part grows.
    """
    grown = 0
    for edit in edits:
        own = edit.tokens.shape[2] > 1
        if own and edit.start < prefix:
            grown, prefix = grown + prefix - edit.start, edit.start
        if edit.mode == 'insert':
            inside = not own and edit.start <= prefix
            prefix, grown = (
                (prefix + edit.length, grown) if inside else (prefix, grown + edit.length)
            )
    return prefix, grown


def _divide(edit: TokenEdit, prefix: int) -> tuple[TokenEdit | None, TokenEdit | None]:
    """The part of an edit that falls into the prefix of all classes, and the part that falls behind it."""
    if edit.tokens.shape[2] > 1:
        return None, edit
    if edit.mode == 'insert':
        return (edit, None) if edit.start <= prefix else (None, edit)
    inside = min(max(prefix - edit.start, 0), edit.length)
    front = replace(edit, tokens=edit.tokens[..., :inside, :]) if inside else None
    behind = replace(edit, start=max(edit.start, prefix), tokens=edit.tokens[..., inside:, :])
    return front, behind if inside < edit.length else None
