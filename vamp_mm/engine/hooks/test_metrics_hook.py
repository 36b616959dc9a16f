"""Test metrics for MMEngine's visualizer backends (TensorBoard, W&B, ...), which by themselves get the training only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.visualization import LocalVisBackend


class TestMetricsHook(Hook):
    """Hands the metrics of a test to the visualizer's backends, at the epoch that was tested.

    MMEngine's ``LoggerHook`` does so for validation, and writes those of a test into a JSON file alone.
    """

    __test__ = False  # no test of pytest
    priority = 'LOW'

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Log all numbers; the local backend has them already."""
        if not metrics or not is_main_process():
            return
        numbers = {name: float(value) for name, value in metrics.items() if isinstance(value, Real)}
        loop = runner._train_loop  # asking for runner.epoch would build the training loop
        epoch = 0 if loop is None or isinstance(loop, dict) else runner.epoch
        for backend in runner.visualizer._vis_backends.values():
            if not isinstance(backend, LocalVisBackend):
                backend.add_scalars(dict(numbers), step=epoch)


@contextmanager
def visualizer_kept_open(runner: Runner) -> Iterator[None]:
    """Leave the visualizer open at the end of a training whose weights are tested next.

    MMEngine closes it when training ends; a run of W&B that is closed takes no more.

    Args:
        runner: Its ``visualizer`` is closed by what runs behind this, such as a test.

    Yields:
        None: While a closing has no effect.
    """
    runner.visualizer.close = lambda: None
    try:
        yield
    finally:
        del runner.visualizer.close
