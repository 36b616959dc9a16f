"""The runs of a benchmark as an array job of SLURM."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from vamp_mm.config.paths import import_root
from vamp_mm.files import atomic_write

from .jobs import Job


def write_array(file: str | Path, jobs: Sequence[Job], slots: int | None = None) -> None:
    """Write a script for ``sbatch``, one task per run that is not finished; write each job into its folder.

    A task that is started again resumes from the run's last checkpoint, so the script may be submitted repeatedly.

    Args:
        file: The script.
        jobs: Runs that are not finished.
        slots: Tasks at the same time; None leaves that to SLURM.

    Raises:
        ValueError: If there is nothing to run.
    """
    if not jobs:
        raise ValueError('all runs are finished: there is nothing to submit')
    for job in jobs:
        job.write()
    atomic_write(_script(jobs, slots).encode(), file)
    os.chmod(file, 0o755)


def _script(jobs: Sequence[Job], slots: int | None) -> str:
    root = import_root()
    limit = '' if slots is None else f'%{slots}'
    folders = '\n'.join(f'    {shlex.quote(job.work_dir)}  # {job.name}' for job in jobs)
    return f"""#!/bin/bash
#SBATCH --job-name=benchmark
#SBATCH --array=0-{len(jobs) - 1}{limit}
#SBATCH --ntasks=1
#SBATCH --gres=gpu:1
#SBATCH --cpus-per-task=4
# Partition, time and account are given to sbatch. --dry-run of the same benchmark lists what is finished.
set -e
RUNS=(
{folders}
)
cd {shlex.quote(str(Path.cwd()))}
export PYTHONPATH={shlex.quote(str(root))}${{PYTHONPATH:+:$PYTHONPATH}}
exec {shlex.quote(sys.executable)} -m vamp_mm.benchmark.worker "${{RUNS[$SLURM_ARRAY_TASK_ID]}}"
"""
