"""How far a run is, in a small file that the benchmark reads."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.files import atomic_write

from .jobs import PROGRESS


class WatchHook(Hook):
    """Writes how far training and testing are, at most once a second.

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
        """Remember where this process begins."""
        self._first, self._begin = runner.iter, time.time()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: dict | None = None
    ) -> None:
        """Tell the iterations."""
        self._tell('training', runner.iter + 1, runner.max_iters)

    def before_test_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Tell the batches of a split."""
        split = (runner.visualizer.dataset_meta or {}).get('class_split', '')
        self._tell(f'testing {split}'.strip(), batch_idx, 0)

    def _tell(self, phase: str, done: int, total: int) -> None:
        now = time.time()
        if now - self._last < 1:
            return
        self._last = now
        content = {
            'phase': phase,
            'done': done,
            'total': total,
            'first': self._first,
            'seconds': now - self._begin,
            'process': os.getpid(),
        }
        atomic_write(json.dumps(content).encode(), self._path, durable=False)


def read_progress(work_dir: str | Path) -> dict[str, Any]:
    """What a run told last; empty if nothing yet."""
    try:
        content = json.loads((Path(work_dir) / PROGRESS).read_text(encoding='utf-8'))
    except (OSError, ValueError, RecursionError):
        return {}
    numbers = ('done', 'total', 'first', 'seconds')
    whole = isinstance(content, dict) and all(
        isinstance(content.get(key), (int, float)) for key in numbers
    )
    return content if whole else {}
