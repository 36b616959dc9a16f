"""From result files to tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vamp_mm.evaluation.protocol_table import BASE_TO_NOVEL, FEW_SHOT, OPEN, OTHER, TRANSFER
from vamp_mm.files import atomic_write

from .base_novel import base_novel_tables
from .compare import compare_table
from .cost import cost_table, other_table
from .few_shot import few_shot_table, open_table
from .results import Result, read_results
from .show import say, show
from .table import Table
from .transfer import transfer_tables
from .uncertainty import uncertainty_tables
from .write import to_csv, to_latex, to_markdown
from .zero_shot import worse_after_training


def make_report(
    folders: Sequence[str | Path],
    out: str | Path | None = None,
    compare: tuple[str, str] | None = None,
    newest: bool = False,
) -> list[Table]:
    """Print the tables of all runs below some folders, and write them as HTML, Markdown, CSV and LaTeX.

    Args:
        folders: Where the runs are.
        out: Folder for ``report.html``, which has the figures too, ``tables.md``, ``tables.tex``, one CSV per table and
            one PDF per figure (in ``figures``); by default ``report`` in the first folder.
        compare: Labels of two methods to test against each other.
        newest: See :func:`~vamp_mm.report.read_results`.

    Returns:
        The tables.

    Raises:
        FileNotFoundError: If there is no result.
        ConfigError: If runs contradict each other, or a label is unknown.
    """
    # These import matplotlib, which is not needed to import the package.
    from .figures.pdf import write_pdfs
    from .figures.sections import sections_of
    from .html import to_html

    notes: list[str] = []
    results = read_results(folders, newest, notes)
    notes += worse_after_training(results)
    tables = tables_of(results, compare)
    sections = sections_of(results, tables, notes)
    for table in tables:
        show(table)
        say('')
    for note in notes:
        say(note)
    out = Path(folders[0]) / 'report' if out is None else Path(out)
    page = to_html(results, sections, notes)
    atomic_write(page.encode('utf-8', 'backslashreplace'), out / 'report.html')
    files = ['report.html', *_write_tables(tables, out)]
    figures = write_pdfs(
        [plots for section in sections for plots in section.plots], out / 'figures'
    )
    say(
        f'Written to {out}: {", ".join(files)}'
        + (f', and {len(figures)} figures as PDF in figures' if figures else '')
    )
    return tables


def _write_tables(tables: Sequence[Table], out: Path) -> list[str]:
    """Write the tables in each format, and return the names of the files."""
    latex = '% needs \\usepackage{booktabs}\n' + '\n'.join(map(to_latex, tables))
    files = {
        'tables.md': '\n'.join(map(to_markdown, tables)).encode('utf-8', 'backslashreplace'),
        'tables.tex': latex.encode(),
        **{f'{table.key}.csv': to_csv(table).encode() for table in tables},
    }
    for name, content in files.items():
        atomic_write(content, out / name)
    return list(files)


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
    if found := kinds.get(BASE_TO_NOVEL):
        tables += base_novel_tables(found)
    if found := kinds.get(FEW_SHOT):
        tables.append(few_shot_table(found))
    for protocol in TRANSFER:
        if found := kinds.get(protocol):
            tables += transfer_tables(found, protocol)
    if found := kinds.get(OPEN):
        tables.append(open_table(found))
    if found := kinds.get(OTHER):
        tables.append(other_table(found))
    tables += uncertainty_tables(results)
    if compare is not None:
        tables.append(compare_table(results, *compare))
    return [*tables, cost_table(results)]
