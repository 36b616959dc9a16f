"""The process of one run: ``python -m vamp_mm.benchmark.worker FOLDER``.

Its folder holds the job. Finished work is kept; a run that was killed resumes from its last checkpoint.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path

from mmengine.config import Config

from vamp_mm.apis.test import test
from vamp_mm.apis.train import train
from vamp_mm.cli import ToolParser, command
from vamp_mm.config.compose import compose
from vamp_mm.config.errors import ConfigError
from vamp_mm.config.identity import config_hash
from vamp_mm.datasets import reading_once
from vamp_mm.runs.lock import BusyError, held
from vamp_mm.runs.result_file import RESULT

from .jobs import BUSY, LOCK, PROGRESS, Job, read_job
from .watch import WatchHook

_PATIENCE = 10.0  # seconds that a killed benchmark's run may take to notice


def run_job(work_dir: str | Path) -> None:
    """Do the run of a folder, or what is left of it.

    Args:
        work_dir: Folder that holds ``job.json``.

    Raises:
        ConfigError: If the config is not what it was when the run was planned.
        BusyError: If another process works on it.
    """
    job = read_job(work_dir)
    with held(job.work_dir, LOCK, _PATIENCE), reading_once():
        if job.result() is not None:
            return
        cfg = compose(**{**job.options, 'work_dir': job.work_dir})
        if config_hash(cfg) != job.config_hash:
            raise ConfigError(
                [
                    'the config, or a file that it inherits from, changed after this run was planned; '
                    'start the benchmark again, which plans it again'
                ],
                cfg.filename,
            )
        _do(job, cfg)
        (Path(job.work_dir) / PROGRESS).unlink(missing_ok=True)


def _do(job: Job, cfg: Config) -> None:
    hooks = [WatchHook(job.work_dir)]
    if job.trains:
        train(cfg, resume=True, hooks=hooks, labels=job.labels)
    else:
        test(cfg, None, hooks=hooks, labels=job.labels, out=Path(job.work_dir) / RESULT)


def _end_with_parent() -> None:
    """End this process when the other end of its standard input closes: the benchmark was killed."""

    def wait() -> None:
        with contextlib.suppress(OSError, ValueError):
            while os.read(0, 1):
                pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@command
def main() -> None:
    """Run the folder that the command line names."""
    parser = ToolParser(__doc__)
    parser.add_argument('work_dir')
    parser.add_argument(
        '--end-with-parent', action='store_true', help='end when standard input closes'
    )
    args = parser.parse_args()
    if args.end_with_parent:
        _end_with_parent()
    try:
        run_job(args.work_dir)
    except BusyError as error:
        print(error, file=sys.stderr)
        sys.exit(BUSY)


if __name__ == '__main__':
    main()
