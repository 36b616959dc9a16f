"""Every epoch starts from a random state that depends on nothing but its number."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.registry import HOOKS

from ..wrappers import inner_datasets

_SAMPLER_SEED = 'sampler_seed'


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Makes an epoch a pure function of the weights at its start, the seed and its number.

    Before each training epoch it seeds Python, NumPy and torch from (seed, epoch, rank) and tells
    the training dataset the epoch, where it offers ``set_epoch``. Together with checkpoints at
    epoch ends a resumed run gives the same weights as an uninterrupted one, bit for bit on the CPU.
    Datasets whose random transforms read the global generators are covered unless their loading
    processes persist over epochs: then a warning is logged.
    """

    priority = 'LOW'

    def before_train(self, runner: Runner) -> None:
        """On resume, take the data order of the interrupted run, even if no seed is configured."""
        loader = runner.train_dataloader
        sampler = getattr(loader.batch_sampler, 'sampler', None) or loader.sampler
        if isinstance(getattr(sampler, 'seed', None), int):
            sampler.seed = runner.message_hub.get_info(_SAMPLER_SEED, sampler.seed)
            runner.message_hub.update_info(_SAMPLER_SEED, sampler.seed)
        told = any(hasattr(part, 'set_epoch') for part in inner_datasets(loader.dataset))
        if loader.num_workers and loader.persistent_workers and not told:
            runner.logger.warning(
                'the training dataset has no set_epoch() and its loading processes persist over '
                'epochs: a resumed run will see other augmentations; set persistent_workers=False to make it exact'
            )
        counts = getattr(runner.optim_wrapper, '_accumulative_counts', 1)
        if len(loader) % counts:
            runner.logger.warning(
                f'accumulative_counts={counts} does not divide the {len(loader)} steps of an epoch: '
                'gradients of its last steps are lost when a run is resumed; choose a divisor to '
                'make it exact'
            )

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed everything for this epoch."""
        seed_all(epoch_seed(runner.seed, runner.epoch, get_rank()))
        for part in inner_datasets(runner.train_dataloader.dataset):
            if hasattr(part, 'set_epoch'):
                part.set_epoch(runner.epoch)


def epoch_seed(seed: int, epoch: int, rank: int) -> int:
    """A 32-bit seed that differs between all epochs and ranks, unlike sums of small numbers."""
    digest = hashlib.sha256(f'{seed}/{epoch}/{rank}'.encode()).digest()
    return int.from_bytes(digest[:4], 'little')


def seed_all(seed: int) -> None:
    """Seed the global generators of Python, NumPy and torch (all devices)."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 -- the very generator that transforms of others read
    torch.manual_seed(seed)
