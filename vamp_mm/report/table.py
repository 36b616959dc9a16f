"""Tables of numbers with their spread, before they are written in some format."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Stat(NamedTuple):
    """A mean over seeds.

    ``std`` is the sample standard deviation (divided by n - 1), None for fewer than two values. ``digits`` are the
    decimals to show.
    """

    mean: float
    std: float | None = None
    digits: int = 2
    signed: bool = False

    def text(self, plus_minus: str = ' ± ') -> str:
        """The number with its spread."""
        if not math.isfinite(self.mean):
            return '-'
        mean = f'{self.mean:{"+" if self.signed else ""}.{self.digits}f}'
        return mean if self.std is None else f'{mean}{plus_minus}{self.std:.{self.digits}f}'


Cell = Stat | str


def cell_text(cell: Cell) -> str:
    """A cell as readers see it."""
    return cell.text() if isinstance(cell, Stat) else cell


@dataclass
class Table:
    """Columns, rows and notes.

    Args:
        key: Name of its file.
        title: What it shows.
        columns: Titles of the columns; the first ``labels`` hold words.
        labels: Number of columns of words.
        rows: One cell per column; an empty string where there is no number.
        breaks: Rows before which a new section starts.
        notes: Sentences below the table.
    """

    key: str
    title: str
    columns: list[str]
    labels: int = 1
    rows: list[list[Cell]] = field(default_factory=list)
    breaks: set[int] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def section(self) -> None:
        """Start a new section with the next row."""
        if self.rows:
            self.breaks.add(len(self.rows))

    def shown(self) -> tuple[list[str], list[list[Cell]]]:
        """Columns and rows, without columns that are empty in all rows."""
        used = [
            index
            for index in range(len(self.columns))
            if index < self.labels or any(row[index] != '' for row in self.rows)
        ]
        return [self.columns[index] for index in used], [
            [row[index] for index in used] for row in self.rows
        ]


def stat(values: Sequence[float], digits: int = 2) -> Stat:
    """Mean and sample standard deviation of one value per seed."""
    std = statistics.stdev(values) if len(values) > 1 else None
    return Stat(math.fsum(values) / len(values), std, digits)


def count(numbers: Sequence[int]) -> str:
    """Number of seeds as text: ``3``, or ``2-3`` if it differs between datasets."""
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f'{low}-{high}'
