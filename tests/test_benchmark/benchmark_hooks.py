"""Hooks that interrupt a run once, for the tests of the benchmark."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.registry import HOOKS


@HOOKS.register_module()
class InterruptOnceHook(Hook):
    """After the first epoch that follows a checkpoint, die or wait; not where ``marker`` exists.

    Args:
        marker: File that is made; it holds the process.
        wait: Seconds to wait in place of dying.
    """

    priority = 'LOWEST'

    def __init__(self, marker: str, wait: float = 0.0) -> None:
        self.marker, self.wait = Path(marker), wait

    def before_train_epoch(self, runner: Runner) -> None:
        """Interrupt."""
        if runner.epoch == 1 and not self.marker.exists():
            self.marker.write_text(str(os.getpid()))
            if not self.wait:
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(self.wait)
