"""Sequences of different lengths in one matrix without padding.

Sequences are sorted by length, and those of one length form a group. A packed matrix holds the groups one after the other,
each as ``(*lead, count, length)`` tokens, so that a group is a view and everything that treats tokens one by one
(LayerNorm, linear layers, MLPs) sees one plain matrix.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
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
        return tuple(part.view(*lead, count, length, -1)
                     for part, (length, count) in zip(parts, self.sizes, strict=True))

    def expand(self, packed: Tensor, lead: Sequence[int], wide: Sequence[int]) -> Tensor:
        """Repeat a packed matrix along leading axes of 1: ``lead`` becomes ``wide``."""
        if tuple(lead) == tuple(wide):
            return packed
        return join([view.expand(*wide, *view.shape[len(lead):]) for view in self.views(packed, lead)])

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
        return torch.cat([torch.arange(length, device=device).repeat(count) for length, count in self.sizes])


def join(groups: Sequence[Tensor]) -> Tensor:
    """Pack groups ``(*lead, count, length, W)`` into ``(rows, W)``."""
    flat = [group.reshape(-1, group.shape[-1]) for group in groups]
    return flat[0] if len(flat) == 1 else torch.cat(flat)


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
