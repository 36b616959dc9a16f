"""How long commands take to start, each in a process of its own, beside an import of torch."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

_TORCH = 'import torch'
#: Bytes of one unit of ru_maxrss.
_UNIT = 1 if sys.platform == 'darwin' else 1024


def benchmark_startup(runs: str | Path | None = None, rounds: int = 5) -> dict[str, float]:
    """Time commands from their start to their end, and print a table.

    Args:
        runs: A folder of finished runs, of which a report is made; without it the row is left out.
        rounds: Processes per command, in turns; the median counts.

    Returns:
        Command -> seconds.
    """
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / 'picture.png'
        Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(picture)
        commands = _commands(picture, runs, folder)
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, words in commands.items():
                found[name].append(_timed(words, folder))
    seconds = {name: statistics.median(time for time, _ in rows) for name, rows in found.items()}
    table = Table('command', 'seconds', 'of `import torch`', 'peak MiB')
    for name, rows in found.items():
        peak = max(memory for _, memory in rows)
        ratio = seconds[name] / seconds[_TORCH]
        table.add_row(name, f'{seconds[name]:.2f}', f'{ratio:.2f}', f'{peak / 2**20:.0f}')
    Console(width=100).print(table)
    return seconds


def _commands(picture: Path, runs: str | Path | None, folder: str) -> dict[str, list[str]]:
    program = [sys.executable, '-m', 'vamp_mm']
    zero_shot = 'none {} --config configs/clip/zero_shot_icons.py --classes star heart'
    commands = {
        _TORCH: [sys.executable, '-c', _TORCH],
        'vamp_mm --version': [*program, '--version'],
        'vamp_mm --help': [*program, '--help'],
        'vamp_mm trian': [*program, 'trian'],
        'vamp_mm train --help': [*program, 'train', '--help'],
        'vamp_mm train nothing.py': [*program, 'train', 'nothing.py'],
        'vamp_mm predict (embedded CLIP)': [
            *program,
            'predict',
            *zero_shot.format(picture).split(),
        ],
    }
    if runs is not None:
        report = [*program, 'report', os.path.abspath(runs), '--out', f'{folder}/report']
        commands['vamp_mm report'] = report
    return commands


def _timed(words: Sequence[str], folder: str) -> tuple[float, float]:
    """Seconds and peak memory (bytes) of a process; what it prints is dropped."""
    with open(os.devnull, 'wb') as nothing:
        start = time.perf_counter()
        process = os.posix_spawn(
            words[0],
            list(words),
            {**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))},
            file_actions=[(os.POSIX_SPAWN_DUP2, nothing.fileno(), number) for number in (1, 2)],
        )
        _, _, usage = os.wait4(process, 0)
    return time.perf_counter() - start, usage.ru_maxrss * _UNIT
