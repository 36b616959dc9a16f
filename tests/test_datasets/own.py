"""Tiny images and tables, laid out as users lay out theirs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image


def draw(file: Path, key: int = 0, mode: str = 'RGB') -> Path:
    """An image of noise; equal keys give equal files."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(key).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(file)
    return file


def folders(root: Path, counts: Mapping[str, int], suffix: str = '.png') -> Path:
    """``root/<name>/<index>.png`` for each name; names may hold slashes."""
    key = len(list(root.rglob('*')))
    for name, count in counts.items():
        for index in range(count):
            draw(root / name / f'{index}{suffix}', key := key + 1)
    return root


def table(
    file: Path, rows: Iterable[Sequence[str]], delimiter: str = ',', encoding: str = 'utf-8'
) -> Path:
    """A CSV file as a spreadsheet writes it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, 'w', newline='', encoding=encoding) as out:
        csv.writer(out, delimiter=delimiter, lineterminator='\r\n').writerows(rows)
    return file
