"""The progress of a run, in a small file that the benchmark reads."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.files import RecordError, read_record, write_json
from vamp_mm.runs.result_file import is_number

from .jobs import PROGRESS


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Args:
        phase: ``'training'``, or ``'testing'`` with the split.
        done: Iterations or batches that are done.
        total: Iterations in all; 0 where they are not counted.
        first: Iteration at which this process began.
        seconds: Time since then.
    """

    phase: str
    done: float
    total: float
    first: float
    seconds: float


class WatchHook(Hook):
    """Writes the progress of training and testing, at most once a second.

    Args:
        work_dir: Folder of the run.
    """

    priority = 'VERY_LOW'

    def __init__(self, work_dir: str | Path) -> None:
        self._path = Path(work_dir) / PROGRESS
        self._last = 0.0
        self._first = 0
        self._begin = time.time()

    def before_train(self, runner: Runner) -> None:
        """Remember where this process starts."""
        self._first, self._begin = runner.iter, time.time()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: dict | None = None
    ) -> None:
        """Write the number of iterations."""
        self._write('training', runner.iter + 1, runner.max_iters)

    def before_test_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Write the number of batches of a split."""
        split = (runner.visualizer.dataset_meta or {}).get('class_split', '')
        self._write(f'testing {split}'.strip(), batch_idx, 0)

    def _write(self, phase: str, done: int, total: int) -> None:
        now = time.time()
        if now - self._last < 1:
            return
        self._last = now
        progress = Progress(phase, done, total, self._first, now - self._begin)
        content = {**asdict(progress), 'process': os.getpid()}
        write_json(self._path, content, indent=None, durable=False)


def read_progress(work_dir: str | Path) -> Progress | None:
    """Read what a run wrote last.

    Args:
        work_dir: Folder of the run.

    Returns:
        Its progress; None if there is none yet, or the file is damaged.
    """
    try:
        content = read_record(Path(work_dir) / PROGRESS)
    except RecordError:
        return None
    phase = content.get('phase')
    numbers: list[Any] = [content.get(key) for key in ('done', 'total', 'first', 'seconds')]
    if not isinstance(phase, str) or not all(map(is_number, numbers)):
        return None
    return Progress(phase, *numbers)
