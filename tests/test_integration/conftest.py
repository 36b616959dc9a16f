"""Shared by the tests of whole runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import micro as world
import pytest
import torch
from mmengine.device import utils as device_utils
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer

from vamp_mm import apis

# The name `test` is an api here, not a test.
apis.test.__test__ = False  # type: ignore[attr-defined]


def forget_runners() -> None:
    """Runners of one name in one second would share MMEngine's process-wide log, message hub and scope."""
    for manager in (MessageHub, MMLogger, DefaultScope, Visualizer):
        manager._instance_dict.clear()


@contextmanager
def one_cpu_thread() -> Iterator[None]:
    """Bits are compared here, and they depend on the number of threads and, on a GPU, on the order of sums."""
    threads, device = torch.get_num_threads(), device_utils.DEVICE
    torch.set_num_threads(1)
    device_utils.DEVICE = 'cpu'
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        device_utils.DEVICE = device


@pytest.fixture(autouse=True)
def _surroundings() -> Iterator[None]:
    with one_cpu_thread():
        yield
    forget_runners()


@pytest.fixture(scope='session')
def micro(tmp_path_factory: pytest.TempPathFactory) -> world.Micro:
    """Data, weights and configs; tests must not change them."""
    return world.build(tmp_path_factory.mktemp('micro'))


@dataclass(frozen=True)
class Finished:
    """A run that was left alone.

    Args:
        work_dir: Its work directory.
        metrics: What ``train`` returned.
        result: Its ``result.json``.
        checkpoint: The last checkpoint as plain data.
    """

    work_dir: Path
    metrics: dict[str, Any]
    result: dict[str, Any]
    checkpoint: dict[str, Any]

    @property
    def file(self) -> Path:
        """The last checkpoint."""
        return self.work_dir / f'epoch_{world.EPOCHS}.pth'


@pytest.fixture(scope='session')
def finished(micro: world.Micro, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Trained in one process without loading processes, never interrupted; tests must not change it."""
    work_dir = tmp_path_factory.mktemp('finished') / 'run'
    with one_cpu_thread():
        metrics = micro.train(work_dir)
    forget_runners()
    return Finished(
        work_dir=work_dir,
        metrics=metrics,
        result=json.loads((work_dir / 'result.json').read_text(encoding='utf-8')),
        checkpoint=torch.load(work_dir / f'epoch_{world.EPOCHS}.pth', weights_only=True))
