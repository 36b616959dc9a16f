"""Runs in processes of their own: by command, or forked from a server that has imported everything already."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import micro as world
from micro_runs import surroundings
from mmengine.hooks import Hook
from mmengine.runner import Runner

LIMIT = 240  # seconds; only reached when something hangs


def environment() -> dict[str, str]:
    """One thread, no GPU, the code of this checkout."""
    paths = [str(world.ROOT), os.environ.get('PYTHONPATH', '')]
    return {
        **os.environ,
        'PYTHONPATH': os.pathsep.join(filter(None, paths)),
        'OMP_NUM_THREADS': '1',
        'CUDA_VISIBLE_DEVICES': '',
        'PYTHON': sys.executable,
    }


def run(tool: str, *words: str | Path) -> subprocess.CompletedProcess:
    """Run one of the tools as a user does."""
    start = ['bash'] if tool.endswith('.sh') else [sys.executable]
    return subprocess.run(
        [*start, str(world.ROOT / tool), *map(str, words)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


class KillHook(Hook):
    """The process kills itself, as the kernel would: nothing is flushed, closed or tidied up.

    Args:
        step: After this many training steps (1, 2, ...).
        saving: When the checkpoint of this epoch (1, 2, ...) has been gathered and not written yet.
    """

    priority = 'LOWEST'

    def __init__(self, step: int | None = None, saving: int | None = None) -> None:
        self.step, self.saving = step, saving

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        if runner.iter + 1 == self.step:
            os.kill(os.getpid(), signal.SIGKILL)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        if runner.epoch + 1 == self.saving:
            os.kill(os.getpid(), signal.SIGKILL)


def start_training(
    micro: world.Micro, work_dir: Path, overrides: Mapping[str, Any], kill: Mapping[str, int]
) -> BaseProcess:
    """Begin or continue the run in ``work_dir`` in a process of its own, which may have to kill itself."""
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['vamp_mm.apis', 'mmpretrain.evaluation', 'open_clip'])
    process = context.Process(target=_train, args=(micro, work_dir, dict(overrides), dict(kill)))
    process.start()
    return process


def _train(
    micro: world.Micro, work_dir: Path, overrides: dict[str, Any], kill: dict[str, int]
) -> None:
    with surroundings(), open(work_dir.with_suffix('.log'), 'a', encoding='utf-8') as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        micro.train(work_dir, overrides, resume=True, hooks=[KillHook(**kill)])
