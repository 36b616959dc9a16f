"""Reproducible standard normal noise, addressed by a counter instead of drawn from global random state.

The numbers depend on ``(seed, counter)`` alone: not on the device, on what ran before, or on how many processes share
the work. They are made on the CPU, whose generator is the same everywhere, and moved.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

_MASK = (1 << 64) - 1


def counter_seed(seed: int, *counters: int) -> int:
    """Mix a seed with counters into one 63-bit seed (SplitMix64 steps), so that near counters give far seeds."""
    state = seed & _MASK
    for counter in counters:
        state = (state + (counter + 1) * 0x9E3779B97F4A7C15) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31
    return state >> 1


def draw_noise(shape: Sequence[int], seed: int, *counters: int) -> Tensor:
    """Standard normal numbers of one shape, float32 on the CPU.

    Args:
        shape: Shape of the result.
        seed: The run's seed.
        *counters: What addresses the draw, for example the training step.

    Returns:
        The numbers.
    """
    generator = torch.Generator().manual_seed(counter_seed(seed, *counters))
    return torch.randn(tuple(shape), generator=generator)
