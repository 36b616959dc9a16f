"""The one JSON file that a run leaves: what it was, what came out, and what it cost."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.config.identity import config_hash, describe, settings_hash
from vamp_mm.engine.hooks.throughput_hook import peak_memory
from vamp_mm.evaluation import SplitTestLoop

from .environment import hardware, versions
from .setup import setup_of


class StartHook(Hook):
    """Remembers the epoch that a training started or resumed from."""

    priority = 'VERY_LOW'

    def __init__(self) -> None:
        self.epoch = 0

    def before_train(self, runner: Runner) -> None:
        """Look at the loop, which is where a resumed run continues."""
        self.epoch = runner.epoch


def trainable_parameters(runner: Runner) -> int:
    """Number of single parameters that training changes."""
    return sum(p.numel() for p in runner.model.parameters() if p.requires_grad)


def curves_of(runner: Runner) -> dict[str, Any]:
    """What reports draw, by split: ``reliability`` and ``risk_coverage``; empty without a SplitTestLoop."""
    loop = runner.test_loop if runner.cfg.get('test_cfg') is not None else None
    return loop.curves if isinstance(loop, SplitTestLoop) else {}


def result_of(
    runner: Runner, identity: Mapping[str, Any], metrics: Mapping[str, Any], seconds: float
) -> dict[str, Any]:
    """What ``result.json`` holds of every run, trained or only tested.

    Args:
        runner: The runner, after the run.
        identity: Of :func:`identity`, with labels of the caller where there are some.
        metrics: Of the test loop.
        seconds: Wall time of this process's part.

    Returns:
        Plain data. Times are in seconds, memory in MiB; what was not measured is None.
    """
    speed = runner.message_hub.get_info('throughput') or {}  # of ThroughputHook; empty without it
    memory, owner = peak_memory()
    return {
        **identity,
        'metrics': dict(metrics),
        'curves': curves_of(runner),
        'seconds': seconds,
        'seconds_per_epoch': speed.get('seconds_per_epoch'),
        'train_images_per_second': speed.get('train_images_per_second'),
        'test_images_per_second': speed.get('test_images_per_second'),
        'peak_memory_mb': memory,
        'peak_memory_of': owner,
        'trainable_parameters': trainable_parameters(runner),
        'seed': runner.seed,
        'processes': get_world_size(),
        'config': runner.cfg.filename,
        'setup': setup_of(runner.cfg),
        'finished': datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds'),
        'versions': versions(),
        'hardware': hardware(),
    }


def identity(cfg: Any, labels: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Hash and words of a run; to be taken of the config before a runner completes it.

    Args:
        cfg: A complete config.
        labels: Words that replace those read from the config.

    Returns:
        ``config_hash``, ``settings_hash`` (without the seed), and ``run`` of :func:`~vamp_mm.config.identity.describe`.
    """
    return {
        'config_hash': config_hash(cfg),
        'settings_hash': settings_hash(cfg),
        'run': {**describe(cfg), **(labels or {})},
    }
