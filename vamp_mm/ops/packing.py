"""Sequences of different lengths in one matrix without padding.

Sequences are sorted by length, and those of one length form a group. A packed matrix holds the groups one after the other,
each as ``(*lead, count, length)`` tokens, so that a group is a view and everything that treats tokens one by one
(LayerNorm, linear layers, MLPs) sees one plain matrix.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class LengthGroups:
    """How C packed sequences are grouped.

    Args:
        sizes: ``(length, count)`` of each group, in the order of the packed matrix.
    """

    sizes: tuple[tuple[int, int], ...]

    @property
    def tokens(self) -> int:
        """Number of tokens T of one set of sequences."""
        return sum(length * count for length, count in self.sizes)

    @property
    def count(self) -> int:
        """Number of sequences C."""
        return sum(count for _, count in self.sizes)

    def views(self, packed: Tensor, lead: Sequence[int]) -> tuple[Tensor, ...]:
        """Every group of a packed matrix.

        Args:
            packed: ``(prod(lead) * T, W)``.
            lead: Leading axes, for example (S, N).

        Returns:
            One view ``(*lead, count, length, W)`` per group.
        """
        rows = math.prod(lead)
        parts = packed.split([rows * length * count for length, count in self.sizes])
        return tuple(
            part.view(*lead, count, length, -1)
            for part, (length, count) in zip(parts, self.sizes, strict=True)
        )

    def expand(self, packed: Tensor, lead: Sequence[int], wide: Sequence[int]) -> Tensor:
        """Repeat a packed matrix along leading axes of 1: ``lead`` becomes ``wide``."""
        if tuple(lead) == tuple(wide):
            return packed
        return join(
            [view.expand(*wide, *view.shape[len(lead) :]) for view in self.views(packed, lead)]
        )

    def lengths(self, device: torch.device) -> Tensor:
        """``(C,)`` length of every sequence."""
        return torch.cat(
            [torch.full((count,), length, device=device) for length, count in self.sizes]
        )

    def last(self) -> LengthGroups:
        """The grouping of the last token of every sequence."""
        return LengthGroups(tuple((1, count) for _, count in self.sizes))

    def part(self, classes: slice) -> tuple[LengthGroups, slice]:
        """A run of sequences.

        Args:
            classes: Which ones, in packed order.

        Returns:
            Their grouping, and their rows in the packed matrix of one set.
        """
        sizes, first, last, seen, tokens = [], 0, 0, 0, 0
        for length, count in self.sizes:
            start, stop = max(classes.start - seen, 0), min(classes.stop - seen, count)
            if start < stop:
                sizes.append((length, stop - start))
                first = tokens + start * length if len(sizes) == 1 else first
                last = tokens + stop * length
            seen, tokens = seen + count, tokens + length * count
        return LengthGroups(tuple(sizes)), slice(first, last)

    def offsets(self, device: torch.device) -> Tensor:
        """``(T,)`` place of every token in its own sequence."""
        return torch.cat(
            [torch.arange(length, device=device).repeat(count) for length, count in self.sizes]
        )


def join(groups: Sequence[Tensor]) -> Tensor:
    """Pack groups ``(*lead, count, length, W)`` into ``(rows, W)``."""
    flat = [group.reshape(-1, group.shape[-1]) for group in groups]
    return flat[0] if len(flat) == 1 else torch.cat(flat)


def pad(groups: Sequence[Tensor]) -> Tensor:
    """Groups ``(*lead, count, length, W)`` as one, shorter sequences with zeros behind them."""
    longest = max(group.shape[-2] for group in groups)
    padded = [
        F.pad(group, (0, 0, 0, longest - group.shape[-2])) if group.shape[-2] < longest else group
        for group in groups
    ]
    return padded[0] if len(padded) == 1 else torch.cat(padded, dim=-3)


def unpad(padded: Tensor, groups: LengthGroups) -> tuple[Tensor, ...]:
    """The groups that :func:`pad` made ``(*lead, C, L, W)`` of."""
    counts = [count for _, count in groups.sizes]
    return tuple(
        part[..., :length, :]
        for part, (length, _) in zip(padded.split(counts, dim=-3), groups.sizes, strict=True)
    )


@lru_cache(maxsize=256)
def bucket(groups: LengthGroups, rows: int, worth: int) -> tuple[LengthGroups, ...]:
    """Runs of groups that are best padded to one length.

    Args:
        groups: Groups by length.
        rows: How many sets of sequences there are.
        worth: Number of padding tokens that cost as much as a run of its own.

    Returns:
        The runs of least cost, each as groups of its own.
    """
    sizes = groups.sizes
    best: list[tuple[int, tuple[LengthGroups, ...]]] = [(0, ())]  # of the first i groups
    for stop in range(1, len(sizes) + 1):
        choices = []
        for start in range(stop):
            run = sizes[start:stop]
            longest = max(length for length, _ in run)
            padding = rows * sum((longest - length) * count for length, count in run)
            choices.append((best[start][0] + worth + padding, start))
        cost, start = min(choices)
        best.append((cost, (*best[start][1], LengthGroups(sizes[start:stop]))))
    return best[-1][1]


def group_lengths(lengths: Sequence[int]) -> tuple[list[int], LengthGroups]:
    """Sort sequences by length.

    Args:
        lengths: Their lengths, 1 or more each.

    Returns:
        Their indices in packed order, and the grouping.
    """
    order = sorted(range(len(lengths)), key=lambda index: lengths[index])
    counts: dict[int, int] = {}
    for index in order:
        counts[lengths[index]] = counts.get(lengths[index], 0) + 1
    return order, LengthGroups(tuple(counts.items()))
