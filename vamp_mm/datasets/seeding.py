"""Random numbers of one sample as a pure function of (seed, epoch, index)."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch.utils.data import get_worker_info


def sample_seed(seed: int, epoch: int, index: int) -> int:
    """A 63-bit seed that mixes run seed, epoch and sample index.

    A cryptographic hash, because sums and products of small integers collide and neighbouring seeds
    of a Mersenne Twister are correlated.
    """
    digest = hashlib.blake2b(f'{seed}:{epoch}:{index}'.encode(), digest_size=8).digest()
    return int.from_bytes(digest, 'little') >> 1


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed ``random``, NumPy and torch (CPU) inside the block and put their states back behind it.

    In a loading process of a ``DataLoader`` they are not put back: nothing draws there but the
    images, each from a seed of its own, and reading NumPy's state takes a tenth of the time of a
    small image.

    Torch's GPU generators are not touched: image transforms run on the CPU, and
    ``torch.manual_seed`` would reset what a model draws from.

    Args:
        seed: 0 or more; NumPy gets its lower 32 bits.
    """
    if get_worker_info() is not None:
        _seed(seed)
        yield
        return
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    _seed(seed)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        torch.set_rng_state(states[2])


def _seed(seed: int) -> None:
    random.seed(seed)
    # NumPy's global state on purpose: it is what mmcv's and mmpretrain's transforms draw from
    np.random.seed(seed % 2**32)  # noqa: NPY002
    torch.default_generator.manual_seed(seed)
