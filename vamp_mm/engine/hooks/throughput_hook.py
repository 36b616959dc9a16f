"""How fast, how large."""

from __future__ import annotations

import sys
import time
from typing import Any

import torch
from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.registry import HOOKS

from ..wrappers import unwrap_model

_MIB = 2**20


@HOOKS.register_module()
class ThroughputHook(Hook):
    """Measures time, throughput, memory and size of a run.

    The numbers are logged and stand, for this process and not in checkpoints, in
    ``runner.message_hub.get_info('throughput')``, a dict with those of

    - ``trainable_parameters``: count;
    - ``seconds_per_epoch``: mean over the training epochs of this process, without validation;
    - ``train_images_per_second``, ``test_images_per_second``: over all ranks, data loading
      included;
    - ``peak_memory_mb``: MiB; of CUDA tensors on this rank's GPU, else of the whole process
      (``peak_memory_of`` says 'cuda' or 'process').
    """

    priority = 'BELOW_NORMAL'

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._images = 0
        self._start = 0.0
        self._test_start = 0.0
        self._test_images = 0

    def before_train(self, runner: Runner) -> None:
        """Count what is trained."""
        count = sum(p.numel() for p in unwrap_model(runner.model).parameters() if p.requires_grad)
        runner.logger.info(f'trainable parameters: {count:,}')
        self._seconds, self._images = [], 0
        _record(runner, trainable_parameters=count)

    def before_train_epoch(self, runner: Runner) -> None:
        """Start the clock."""
        self._start = time.perf_counter()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Count the images of the batch."""
        self._images += _batch_length(data_batch)

    def after_train_epoch(self, runner: Runner) -> None:
        """Record and log the epoch."""
        self._seconds.append(time.perf_counter() - self._start)
        rate = self._images * get_world_size() / sum(self._seconds)
        memory, owner = peak_memory()
        _record(
            runner,
            seconds_per_epoch=sum(self._seconds) / len(self._seconds),
            train_images_per_second=rate,
            peak_memory_mb=memory,
            peak_memory_of=owner,
        )
        runner.logger.info(
            f'epoch {runner.epoch + 1}: {self._seconds[-1]:.1f} s, {rate:.1f} images/s, '
            f'peak memory {memory:.0f} MiB ({owner})'
        )

    def before_test_epoch(self, runner: Runner) -> None:
        """Start the clock."""
        self._test_start, self._test_images = time.perf_counter(), 0

    def after_test_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Count the images of the batch."""
        self._test_images += _batch_length(data_batch)

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Record and log the test."""
        seconds = time.perf_counter() - self._test_start
        rate = self._test_images * get_world_size() / seconds
        memory, owner = peak_memory()
        _record(runner, test_images_per_second=rate, peak_memory_mb=memory, peak_memory_of=owner)
        runner.logger.info(
            f'test: {seconds:.1f} s, {rate:.1f} images/s, peak memory {memory:.0f} MiB ({owner})'
        )


def peak_memory() -> tuple[float, str]:
    """Largest memory so far in MiB (NaN if unknown), and whose it is: 'cuda' or 'process'."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        return torch.cuda.max_memory_allocated() / _MIB, 'cuda'
    try:
        import resource
    except ImportError:  # Windows
        return float('nan'), 'process'
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (peak / _MIB if sys.platform == 'darwin' else peak / 1024), 'process'


def _batch_length(data_batch: Any) -> int:
    inputs = data_batch.get('inputs') if isinstance(data_batch, dict) else None
    return 0 if inputs is None else len(inputs)


def _record(runner: Runner, **values: Any) -> None:
    known = dict(runner.message_hub.get_info('throughput') or {})
    runner.message_hub.update_info('throughput', {**known, **values}, resumed=False)
