"""A progress bar over training and testing, for commands that keep the log in its file."""

from __future__ import annotations

from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from rich.console import Console
from rich.progress import Progress, TaskID

from vamp_mm.progress_bar import progress_bar


class ProgressHook(Hook):
    """Shows the batches done and the time left: one bar for the training, one for each test split.

    Args:
        name: What is trained or tested, in front of each bar.
        console: Where the bar is drawn.
    """

    priority = 'VERY_LOW'

    def __init__(self, name: str, console: Console) -> None:
        self._name = name
        self._console = console
        self._bar: Progress | None = None
        self._task = TaskID(0)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Open the bar when the first batch is there: what comes before it has bars of its own."""
        if self._bar is None:
            self._open('training', runner.max_iters, runner.iter)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: dict | None = None
    ) -> None:
        """Advance."""
        self._advance()

    def after_train(self, runner: Runner) -> None:
        """Close the bar."""
        self._close()

    def before_test_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Open a bar at the first batch of each split."""
        if batch_idx == 0:
            self._close()
            split = (runner.visualizer.dataset_meta or {}).get('class_split', '')
            self._open(f'testing {split}'.strip(), len(runner.test_loop.dataloader))

    def after_test_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Advance."""
        self._advance()

    def after_test(self, runner: Runner) -> None:
        """Close the bar."""
        self._close()

    def _open(self, what: str, total: int, done: int = 0) -> None:
        if not is_main_process():
            return
        if not self._console.is_terminal:  # a log file shows no moving bar
            self._console.print(f'{self._name}: {what}, {total - done} batches ...')
        self._bar = progress_bar(self._console)
        self._task = self._bar.add_task(f'{self._name}: {what}', total=total, completed=done)
        self._bar.start()

    def _advance(self) -> None:
        if self._bar is not None:
            self._bar.advance(self._task)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
