"""How much of a text plan runs at once: shares of the classes, images and samples, within a number of tokens."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import torch
from torch import Tensor

from vamp_mm.structures import TowerPlan

#: Bytes held per token, in units of width times bytes per number: while predicting (one block's inputs, its MLP's hidden
#: layer and temporaries), and for every block while training (what backward reads). Measured; see docs/speed.md.
_HELD_PREDICTING = 24
_HELD_TRAINING = 16
#: Share of the free memory that one share of the work may take.
_FREE_SHARE = 0.4


@dataclass(frozen=True)
class Share:
    """A block of (sample, image, class) triples, as slices of the three axes."""

    samples: slice
    images: slice
    classes: slice

    def of(self, plan: TowerPlan) -> TowerPlan:
        """The plan for these triples; an axis of 1 stays."""
        return replace(
            plan, edits=tuple(replace(edit, tokens=self._cut(edit.tokens)) for edit in plan.edits)
        )

    def _cut(self, tokens: Tensor) -> Tensor:
        axes = zip(tokens.shape, (self.samples, self.images, self.classes), strict=False)
        return tokens[tuple(slice(None) if size == 1 else axis for size, axis in axes)]


@dataclass(frozen=True)
class Shares:
    """A grid of shares.

    Args:
        samples: Cuts of the sample axis.
        images: Cuts of the image axis.
        classes: Cuts of the class axis.
    """

    samples: tuple[slice, ...]
    images: tuple[slice, ...]
    classes: tuple[slice, ...]

    def __len__(self) -> int:
        return len(self.samples) * len(self.images) * len(self.classes)

    def __iter__(self) -> Iterator[Share]:
        return (Share(*cuts) for cuts in product(self.samples, self.images, self.classes))

    def join(self, parts: Sequence[Tensor]) -> Tensor:
        """Put results ``(s, n, c, D)``, in the order of iteration, back together."""
        for axis, cuts in ((2, self.classes), (1, self.images), (0, self.samples)):
            parts = [_cat(parts[i : i + len(cuts)], axis) for i in range(0, len(parts), len(cuts))]
        return parts[0]


def share_out(
    samples: int, images: int, lengths: Sequence[int], prefix: int, max_tokens: int
) -> Shares:
    """Cut the work so that each share computes at most ``max_tokens`` tokens in a block.

    All classes of an image stay together where they fit, so that their prefix runs once.

    Args:
        samples: S.
        images: N.
        lengths: Tokens of each class behind the shared prefix, after all insertions, in the order of the class axis.
        prefix: Tokens of the shared prefix.
        max_tokens: The budget; a single (sample, image, class) runs in any case.

    Returns:
        The shares.
    """
    rows = max_tokens // (prefix + sum(lengths))
    if rows >= images:
        return Shares(
            _cuts(samples, rows // images), _cuts(images, images), _cuts(len(lengths), len(lengths))
        )
    if rows:
        return Shares(_cuts(samples, 1), _cuts(images, rows), _cuts(len(lengths), len(lengths)))
    return Shares(_cuts(samples, 1), _cuts(images, 1), _fill(lengths, max_tokens - prefix))


def default_max_tokens(
    device: torch.device, width: int, blocks: int, itemsize: int, training: bool
) -> int:
    """The budget that the free memory of a device allows, a power of two so that small changes do not move it.

    On a GPU free is what the driver and torch's own cache have left. On a CPU it is what the operating system calls
    available (Linux), or a quarter of the machine's memory.

    Args:
        device: Where the tower is.
        width: Tower width W.
        blocks: Number of blocks whose activations are kept in training.
        itemsize: Bytes per number.
        training: Whether activations are kept for backward.

    Returns:
        Tokens, at least 1024.
    """
    held = (
        width
        * itemsize
        * (_HELD_TRAINING * blocks + _HELD_PREDICTING if training else _HELD_PREDICTING)
    )
    return max(1024, 1 << int(math.log2(max(_free_bytes(device) * _FREE_SHARE / held, 1))))


def _free_bytes(device: torch.device) -> int:
    if device.type == 'cuda':
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + cached
    try:
        with open('/proc/meminfo', encoding='ascii') as file:
            return next(
                int(line.split()[1]) * 1024 for line in file if line.startswith('MemAvailable')
            )
    except (OSError, StopIteration, ValueError):
        pass
    try:
        return os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // 4
    except (AttributeError, OSError, ValueError):
        return 4 << 30


def _cuts(size: int, most: int) -> tuple[slice, ...]:
    """Slices of nearly equal size, at most ``most`` long."""
    pieces = math.ceil(size / most)
    edges = [i * size // pieces for i in range(pieces + 1)]
    return tuple(slice(a, b) for a, b in zip(edges, edges[1:], strict=False))


def _fill(lengths: Sequence[int], most: int) -> tuple[slice, ...]:
    """Runs of classes of at most ``most`` tokens, one class at least."""
    cuts, start, taken = [], 0, 0
    for index, length in enumerate(lengths):
        if index > start and taken + length > most:
            cuts.append(slice(start, index))
            start, taken = index, 0
        taken += length
    return (*cuts, slice(start, len(lengths)))


def _cat(parts: Sequence[Tensor], axis: int) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(list(parts), dim=axis)
