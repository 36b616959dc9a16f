"""Numbers of the page of results, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: What the table calls a method, where the settings of the method call it otherwise.
_TITLES = {'zero-shot CLIP': 'CLIP', 'VaMP': 'VaMP (MMRL)'}
_HEADING = '## The embedded icons'
_COLUMNS = ['method', 'trained parameters', 'base', 'novel', 'H', 's/epoch', 'peak MiB', 'seeds']


@dataclass(frozen=True)
class Measured:
    """One row of the table: accuracies in percent, the mean over seeds and its sample standard deviation.

    Attributes:
        parameters: Number of trained parameters.
        base, novel, harmonic: Mean, and standard deviation; None for one seed.
        seeds: Number of seeds.
    """

    parameters: int
    base: tuple[float, float | None]
    novel: tuple[float, float | None]
    harmonic: tuple[float, float | None]
    seeds: int


def measured_on_icons(page: Path = ROOT / 'docs' / 'results.md') -> dict[str, Measured]:
    """Read the table of the embedded icons.

    Args:
        page: The page of results.

    Returns:
        Title of a method, as in ``configs/_base_/settings`` -> its row. Rows with another switch than the config's own
        (``VaMP, `prior=standard` ``) are left out.

    Raises:
        ValueError: If the page has no such table, or the table has other columns.
    """
    text = page.read_text(encoding='utf-8')
    _, found, section = text.partition(f'\n{_HEADING}')
    lines = [line for line in section.split('\n## ')[0].splitlines() if line.startswith('|')]
    rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]
    if not found or len(rows) < 3 or rows[0] != _COLUMNS:
        raise ValueError(
            f'{page} has no table with the columns {_COLUMNS} below {_HEADING!r}; change '
            'projects/model_index/measured.py along with the page'
        )
    return {
        _TITLES.get(title, title): _row(cells)
        for title, cells in ((row[0].strip('*'), row[1:]) for row in rows[2:])
        if '`' not in title
    }


def _row(cells: list[str]) -> Measured:
    parameters, base, novel, harmonic, *_, seeds = cells
    return Measured(
        int(parameters.replace(',', '')),
        _mean(base),
        _mean(novel),
        _mean(harmonic),
        int(seeds),
    )


def _mean(cell: str) -> tuple[float, float | None]:
    found = re.fullmatch(r'(\d+\.\d)(?: ± (\d+\.\d))?', cell)
    if found is None:
        raise ValueError(f'{cell!r} is not an accuracy; write it as 46.0 or 46.0 ± 1.7')
    return float(found[1]), float(found[2]) if found[2] else None
