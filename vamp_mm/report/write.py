"""Tables as Markdown, CSV and LaTeX, and in a terminal."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table as RichTable

from .names import csv_cell, markdown_text
from .table import Cell, Stat, Table, cell_text

_ESCAPES = {
    '\\': r'\textbackslash{}',
    '&': r'\&',
    '%': r'\%',
    '$': r'\$',
    '#': r'\#',
    '_': r'\_',
    '{': r'\{',
    '}': r'\}',
    '~': r'\textasciitilde{}',
    '^': r'\textasciicircum{}',
    '±': r'$\pm$',
    '<': r'\textless{}',
    '>': r'\textgreater{}',
}


def to_markdown(table: Table) -> str:
    """A section of a Markdown page."""
    columns, rows = table.shown()
    lines = [
        f'## {markdown_text(table.title)}',
        '',
        _bar(map(markdown_text, columns)),
        _bar(['---' if index < table.labels else '---:' for index in range(len(columns))]),
    ]
    lines += [_bar([markdown_text(cell_text(cell)) for cell in row]) for row in rows]
    return '\n'.join([*lines, '', *(f'{markdown_text(note)}  ' for note in table.notes), ''])


def to_csv(table: Table) -> str:
    """Numbers in full precision; a column with spreads is followed by a column of the spreads."""
    columns, rows = table.shown()
    spread = [
        any(isinstance(row[index], Stat) and row[index].std is not None for row in rows)  # type: ignore[union-attr]
        for index in range(len(columns))
    ]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator='\n')
    writer.writerow(
        [
            name
            for column, has in zip(map(csv_cell, columns), spread, strict=True)
            for name in ([column, f'{column} std'] if has else [column])
        ]
    )
    for row in rows:
        writer.writerow(
            [value for cell, has in zip(row, spread, strict=True) for value in _values(cell, has)]
        )
    return out.getvalue()


def to_latex(table: Table) -> str:
    """A table for ``\\usepackage{booktabs}``."""
    columns, rows = table.shown()
    layout = 'l' * table.labels + 'r' * (len(columns) - table.labels)
    lines = [
        r'\begin{table}',
        r'\centering',
        rf'\caption{{{_escape(table.title)}. {_escape(" ".join(table.notes))}}}',
        rf'\begin{{tabular}}{{{layout}}}',
        r'\toprule',
        ' & '.join(map(_escape, columns)) + r' \\',
        r'\midrule',
    ]
    for index, row in enumerate(rows):
        if index in table.breaks:
            lines.append(r'\midrule')
        lines.append(' & '.join(_escape(cell_text(cell)) for cell in row) + r' \\')
    return '\n'.join([*lines, r'\bottomrule', r'\end{tabular}', r'\end{table}', ''])


def to_terminal(table: Table, console: Console) -> None:
    """Print a table.

    Args:
        table: The table.
        console: Where it is printed.
    """
    columns, rows = table.shown()
    grid = RichTable(title=table.title, title_justify='left')
    for index, column in enumerate(columns):
        grid.add_column(
            column, justify='left' if index < table.labels else 'right', overflow='fold'
        )
    for index, row in enumerate(rows):
        grid.add_row(*map(cell_text, row), end_section=index + 1 in table.breaks)
    console.print(grid, markup=False)
    for note in table.notes:
        console.print(note, soft_wrap=True, markup=False, highlight=False)


def _bar(cells: Iterable[str]) -> str:
    return f'| {" | ".join(cells)} |'


def _values(cell: Cell, spread: bool) -> list[str]:
    if isinstance(cell, Stat):
        return [repr(cell.mean), *(['' if cell.std is None else repr(cell.std)] if spread else [])]
    return [csv_cell(cell), ''] if spread else [csv_cell(cell)]


def _escape(text: str) -> str:
    return re.sub('|'.join(map(re.escape, _ESCAPES)), lambda found: _ESCAPES[found.group()], text)
