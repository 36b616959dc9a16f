"""Printing tables, and writing rows as CSV."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console

from vamp_mm.files import atomic_write

from .names import csv_cell
from .table import Table
from .write import to_terminal


def output_console() -> Console:
    """The standard output; lines are not wrapped in a file."""
    console = Console(file=sys.stdout)
    return console if console.is_terminal else Console(file=sys.stdout, width=1000)


def show(table: Table) -> None:
    """Print a table."""
    to_terminal(table, output_console())


def say(text: str) -> None:
    """Print a line as it is, without markup."""
    output_console().print(text, soft_wrap=True, markup=False, highlight=False)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Write rows with a heading: floats in full precision, None and NaN as empty cells, text never as a formula.

    Args:
        path: The file; its folder is created.
        columns: Heading.
        rows: The rows.

    Returns:
        The path.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator='\n')
    writer.writerow(columns)
    for row in rows:
        writer.writerow(
            [
                ''
                if value is None or value != value
                else csv_cell(value)
                if isinstance(value, str)
                else value
                for value in row
            ]
        )
    # bytes of a file name that are not UTF-8 become escapes
    atomic_write(out.getvalue().encode('utf-8', 'backslashreplace'), path)
    return path
