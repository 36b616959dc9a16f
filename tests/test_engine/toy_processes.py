"""The toy training in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name('toy_engine.py')
LIMIT = 240  # seconds; only reached when something hangs


def start(work_dir, *options):
    root = str(SCRIPT.parents[2])
    env = {**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': root}
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(work_dir), *options],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
