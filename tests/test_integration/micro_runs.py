"""Runs that were left alone, and how to compare with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import micro as world
import torch
from mmengine.config import config as config_module
from mmengine.device import utils as device_utils


@contextmanager
def surroundings() -> Iterator[None]:
    """One thread, no GPU: bits are compared here, and they depend on the order of sums. And configs as they come.

    MMEngine has the whole config formatted by yapf for every log and checkpoint, half the time of a run that is this small.
    """
    threads, device, formatter = (
        torch.get_num_threads(),
        device_utils.DEVICE,
        config_module.FormatCode,
    )
    torch.set_num_threads(1)
    device_utils.DEVICE = 'cpu'
    config_module.FormatCode = lambda text, **_: (text, False)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        device_utils.DEVICE, config_module.FormatCode = device, formatter


@dataclass(frozen=True)
class Finished:
    """A run that was left alone.

    Args:
        work_dir: Its work directory.
        metrics: What its test said.
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

    @classmethod
    def read(cls, work_dir: Path) -> Finished:
        """What a run of ``EPOCHS`` epochs left behind."""
        result = json.loads((work_dir / 'result.json').read_text(encoding='utf-8'))
        return cls(
            work_dir=work_dir,
            metrics=result['metrics'],
            result=result,
            checkpoint=torch.load(work_dir / f'epoch_{world.EPOCHS}.pth', weights_only=True),
        )


@contextmanager
def untouched(run: Finished) -> Iterator[None]:
    """Check that what happens inside changes no result and no checkpoint of a run."""

    def content() -> dict[str, bytes]:
        return {
            path.name: path.read_bytes()
            for path in run.work_dir.iterdir()
            if path.is_file() and path.suffix != '.py'
        }

    before = content()
    assert 'result.json' in before
    assert run.file.name in before
    yield
    assert content() == before
