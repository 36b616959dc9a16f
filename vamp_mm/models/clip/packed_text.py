"""Sentences as one shared prefix and packed class suffixes, and token edits on them.

Under a causal mask the tokens before the class name are the same for all classes. They form the prefix, one per
(sample, image). What follows, up to the token that is read out, is a suffix per class; suffixes of all lengths are packed
without padding.

Axis letters: S samples, N images, C classes, P prefix tokens, T packed suffix tokens, K prompt tokens, W tower width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby

import torch
from torch import Tensor

from vamp_mm.ops import LengthGroups, group_lengths, join
from vamp_mm.structures import TextPrompts, TokenEdit, TowerPlan

from .edits import edit_tokens


@dataclass(frozen=True, eq=False)
class PackedSentences:
    """Token ids of C sentences, packed; made once per vocabulary.

    Args:
        prefix_ids: ``(P,)`` ids that all sentences begin with.
        suffix_ids: ``(T,)`` ids behind them up to the read-out token, sentences sorted by length.
        order: ``(C,)`` sentence that stands at each packed place.
        place: ``(C,)`` packed place of each sentence.
        groups: Grouping of the suffixes.
        host_place: The places once more, on the host.
    """

    prefix_ids: Tensor
    suffix_ids: Tensor
    order: Tensor
    place: Tensor
    groups: LengthGroups
    host_place: tuple[int, ...]

    @classmethod
    def pack(cls, prompts: TextPrompts) -> PackedSentences:
        """Sort and pack sentences.

        Args:
            prompts: The tokenised sentences.

        Returns:
            The packed ids.

        Raises:
            ValueError: If the sentences do not share the prefix that ``prompts`` names.
        """
        ids, ends, prefix = prompts.ids.tolist(), prompts.eot.tolist(), prompts.prefix
        if prefix > min(ends) or any(row[:prefix] != ids[0][:prefix] for row in ids):
            raise ValueError(
                f'prefix={prefix} tokens are not common to all {len(ids)} sentences before their end; '
                'tokenise them with PromptedCLIPBackbone.tokenize'
            )
        order, groups = group_lengths([end + 1 - prefix for end in ends])
        packed = [token for index in order for token in ids[index][prefix : ends[index] + 1]]
        device, order_on_host = prompts.ids.device, torch.tensor(order)
        place = order_on_host.argsort()
        return cls(
            prompts.ids[0, :prefix].clone(),
            torch.tensor(packed, device=device),
            order_on_host.to(device),
            place.to(device),
            groups,
            tuple(place.tolist()),
        )

    def part(self, rows: Sequence[int]) -> tuple[PackedSentences, Tensor]:
        """Some of the sentences, packed, without a look at the device.

        Args:
            rows: K sentences.

        Returns:
            The packed ids, and ``(T',)`` which tokens of ``suffix_ids`` these are.
        """
        lengths = [length for length, count in self.groups.sizes for _ in range(count)]
        ends = list(accumulate(lengths))
        order = sorted(range(len(rows)), key=lambda index: self.host_place[rows[index]])
        places = [self.host_place[rows[index]] for index in order]
        tokens = [
            token for place in places for token in range(ends[place] - lengths[place], ends[place])
        ]
        groups = LengthGroups(
            tuple(
                (size, len(list(same)))
                for size, same in groupby(lengths[place] for place in places)
            )
        )
        device, order_on_host = self.place.device, torch.tensor(order)
        place = order_on_host.argsort()
        on_device = [
            torch.as_tensor(value).to(device, non_blocking=True)
            for value in (tokens, order_on_host, place)
        ]
        return PackedSentences(
            self.prefix_ids,
            self.suffix_ids[on_device[0]],
            on_device[1],
            on_device[2],
            groups,
            tuple(place.tolist()),
        ), on_device[0]

    def sort(self, plan: TowerPlan) -> TowerPlan:
        """The plan with the tokens of single classes in packed order."""
        edits = (
            edit
            if edit.tokens.shape[2] == 1
            else replace(edit, tokens=edit.tokens.index_select(2, self.order))
            for edit in plan.edits
        )
        return replace(plan, edits=tuple(edits))


@dataclass(frozen=True, eq=False)
class PackedText:
    """Hidden states of sentences at the input of one block.

    Args:
        prefix: ``(S|1, N|1, 1, P, W)``.
        suffix: ``(S|1 * N|1 * T, W)``, packed; its leading axes may be 1 where the prefix's are not.
        lead: The suffix's (S|1, N|1).
        groups: Grouping of the suffixes.
    """

    prefix: Tensor
    suffix: Tensor
    lead: tuple[int, int]
    groups: LengthGroups

    def edit(self, edits: Sequence[TokenEdit]) -> PackedText:
        """Apply the edits of one layer in order.

        Args:
            edits: Tokens ``(S|1, N|1, C|1, K, W)``, positions counted from the start token.

        Returns:
            The edited sentences. An edit that differs between classes ends the shared prefix where it begins.
        """
        text = self
        for edit in edits:
            own = edit.tokens.shape[2] > 1
            if own and edit.start < text.prefix.shape[-2]:
                text = text._release(edit.start)
            inside, behind = _divide(edit, text.prefix.shape[-2])
            if inside is not None:
                text = replace(text, prefix=edit_tokens(text.prefix, [inside]))
            if behind is not None:
                text = text._edit_suffixes(behind)
        return text._one_dtype()

    def add_positions(self, positions: Tensor) -> PackedText:
        """Add position embeddings ``(L, W)`` to token embeddings."""
        prefix = self.prefix.shape[-2]
        suffixes = [
            view + positions[prefix : prefix + view.shape[-2]]
            for view in self.groups.views(self.suffix, self.lead)
        ]
        return replace(self, prefix=self.prefix + positions[:prefix], suffix=join(suffixes))

    def _release(self, start: int) -> PackedText:
        """Shorten the prefix to ``start`` tokens; the rest of it becomes part of every suffix."""
        tail = self.prefix[..., start:, :]  # (S|1, N|1, 1, k, W)
        lead = torch.broadcast_shapes(self.lead, tail.shape[:2])
        parts = []
        for view in self.groups.views(self.suffix, self.lead):
            wide = (*lead, view.shape[2])
            parts.append(
                torch.cat(
                    [tail.expand(*wide, *tail.shape[3:]), view.expand(*wide, *view.shape[3:])],
                    dim=-2,
                )
            )
        return PackedText(
            self.prefix[..., :start, :], join(parts), (lead[0], lead[1]), _grouping(parts)
        )

    def _edit_suffixes(self, edit: TokenEdit) -> PackedText:
        """Apply one edit, its start counted from the first suffix token; what lies behind a sentence's end has no effect."""
        lead = torch.broadcast_shapes(self.lead, edit.tokens.shape[:2])
        parts, first = [], 0
        for view in self.groups.views(self.suffix, self.lead):
            count, length = view.shape[2:4]
            tokens = (
                edit.tokens
                if edit.tokens.shape[2] == 1
                else edit.tokens[:, :, first : first + count]
            )
            if edit.mode != 'insert':
                tokens = tokens[..., : max(length - edit.start, 0), :]
            if tokens.shape[-2]:
                view = edit_tokens(view, [replace(edit, tokens=tokens)])
            parts.append(view.expand(*lead, *view.shape[2:]))
            first += count
        return PackedText(self.prefix, join(parts), (lead[0], lead[1]), _grouping(parts))

    def _one_dtype(self) -> PackedText:
        """Prefix and suffixes in the wider of their dtypes: float32 prompts widen half-precision sentences as a whole."""
        dtype = torch.promote_types(self.prefix.dtype, self.suffix.dtype)
        return replace(self, prefix=self.prefix.to(dtype), suffix=self.suffix.to(dtype))


def prefix_after(edits: Sequence[TokenEdit], prefix: int) -> int | None:
    """Length of the shared prefix after edits that leave all suffixes alone, None if they do not.

    Args:
        edits: The edits of one layer.
        prefix: Length of the prefix before.

    Returns:
        The length.
    """
    for edit in edits:
        own, reach = (
            edit.tokens.shape[2] > 1,
            edit.start + (0 if edit.mode == 'insert' else edit.length),
        )
        if own or reach > prefix:
            return None
        prefix += edit.length if edit.mode == 'insert' else 0
    return prefix


def final_sizes(edits: Sequence[TokenEdit], prefix: int) -> tuple[int, int]:
    """How long sentences get.

    Args:
        edits: All edits of a plan, by layer.
        prefix: Length of the shared prefix before them.

    Returns:
        Length of the prefix after all edits, and tokens by which every suffix grows.
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
    """The part of an edit that falls into the prefix, and the part behind it with its start counted from there."""
    own = edit.tokens.shape[2] > 1
    if edit.mode == 'insert':
        if edit.start <= prefix and not own:
            return edit, None
        return None, replace(edit, start=edit.start - prefix)
    inside = min(max(prefix - edit.start, 0), edit.length)
    front = replace(edit, tokens=edit.tokens[..., :inside, :]) if inside else None
    behind = replace(edit, start=max(edit.start - prefix, 0), tokens=edit.tokens[..., inside:, :])
    return front, behind if inside < edit.length else None


def _grouping(parts: Sequence[Tensor]) -> LengthGroups:
    return LengthGroups(tuple((part.shape[3], part.shape[2]) for part in parts))
