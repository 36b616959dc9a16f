"""From result files to tables."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from vamp_mm.engine.atomic import atomic_write
from vamp_mm.evaluation.protocol_table import OTHER, TRANSFER

from .base_novel import base_novel_tables
from .compare import compare_table
from .cost import cost_table, other_table
from .few_shot import few_shot_table, open_table
from .results import Result, read_results
from .table import Table
from .transfer import transfer_tables
from .uncertainty import uncertainty_tables
from .write import to_csv, to_latex, to_markdown, to_terminal
from .zero_shot import worse_after_training


def make_report(
    folders: Sequence[str | Path],
    out: str | Path | None = None,
    compare: tuple[str, str] | None = None,
    newest: bool = False,
) -> list[Table]:
    """Print the tables of all runs below some folders, and write them as HTML with plots, Markdown, CSV and LaTeX.

    Args:
        folders: Where the runs are.
        out: Folder for ``report.html``, ``tables.md``, ``tables.tex`` and one CSV per table; by default ``report`` in the
            first folder.
        compare: Labels of two methods to test against each other.
        newest: See :func:`~vamp_mm.report.read_results`.

    Returns:
        The tables.

    Raises:
        FileNotFoundError: If there is no result.
        ConfigError: If runs contradict each other, or a label is unknown.
    """
    from .html import to_html  # matplotlib, which those who only want tables need not load

    notes: list[str] = []
    results = read_results(folders, newest, notes)
    notes += worse_after_training(results)
    tables = tables_of(results, compare)
    page = to_html(results, tables, notes)
    console = Console(file=sys.stdout)
    if not console.is_terminal:  # a file does not wrap
        console = Console(file=sys.stdout, width=200)
    for table in tables:
        to_terminal(table, console)
        console.print()
    for note in notes:
        console.print(note, soft_wrap=True, markup=False, highlight=False)
    out = Path(folders[0]) / 'report' if out is None else Path(out)
    atomic_write(page.encode('utf-8', 'backslashreplace'), out / 'report.html')
    atomic_write(
        '\n'.join(map(to_markdown, tables)).encode('utf-8', 'backslashreplace'), out / 'tables.md'
    )
    atomic_write(
        ('% needs \\usepackage{booktabs}\n' + '\n'.join(map(to_latex, tables))).encode(),
        out / 'tables.tex',
    )
    for table in tables:
        atomic_write(to_csv(table).encode(), out / f'{table.key}.csv')
    names = ', '.join(f'{table.key}.csv' for table in tables)
    console.print(
        f'Written to {out}: report.html, tables.md, tables.tex and {names}',
        soft_wrap=True,
        markup=False,
        highlight=False,
    )
    return tables


def tables_of(results: Sequence[Result], compare: tuple[str, str] | None = None) -> list[Table]:
    """All tables that some results give, those without runs left out.

    Args:
        results: The results.
        compare: Labels of two methods to test against each other.

    Returns:
        The tables, in the order of the papers.
    """
    kinds: dict[str, list[Result]] = {}
    for result in results:
        kinds.setdefault(result.protocol, []).append(result)
    tables: list[Table] = []
    if found := kinds.get('base-to-novel'):
        tables += base_novel_tables(found)
    if found := kinds.get('few-shot'):
        tables.append(few_shot_table(found))
    for protocol in TRANSFER:
        if found := kinds.get(protocol):
            tables += transfer_tables(found, protocol)
    if found := kinds.get('open'):
        tables.append(open_table(found))
    if found := kinds.get(OTHER):
        tables.append(other_table(found))
    tables += uncertainty_tables(results)
    if compare is not None:
        tables.append(compare_table(results, *compare))
    return [*tables, cost_table(results)]
