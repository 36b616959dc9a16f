"""The page: contents, what was compared, then each table with the plots of its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..figures.base_novel_bars import base_novel_bars
from ..figures.by_shots import base_novel_curves, few_shot_curves
from ..figures.calibration import calibration_plots
from ..figures.cost import cost_plots
from ..figures.layout import Plots, Section, anchors
from ..figures.style import Styles, styles_of
from ..figures.svg import key, to_svg
from ..results import Result
from ..table import Table, cell_text
from .summary import newest, summary

_TITLE = 'Comparison of methods'
_COMPARED = 'compared'  # key of the first section, which the template writes


def to_html(results: Sequence[Result], tables: Sequence[Table], notes: list[str]) -> str:
    """All tables and plots in one file that loads nothing.

    Args:
        results: The results.
        tables: Their tables; each one, of whatever kind, gets a section of its own.
        notes: Sentences on results that are left out; further ones on curves that cannot be used are added.

    Returns:
        The page. The same results give the same text.
    """
    sections = _sections(results, tables, styles_of(result.label for result in results), notes)
    names = anchors([_COMPARED, *(section.key for section in sections)])
    return (
        _templates()
        .get_template('page.html.j2')
        .render(
            title=_TITLE,
            newest=newest(results),
            compared=names[0],
            summary=summary(results),
            notes=notes,
            sections=list(zip(names[1:], sections, strict=True)),
        )
    )


def _templates() -> Environment:
    """All values are escaped but the plots; a name that a template does not know is an error."""
    templates = Environment(
        loader=PackageLoader('vamp_mm.report.html'),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    numbers = count(1)
    templates.filters['cell_text'] = cell_text
    templates.filters['svg'] = lambda panel: to_svg(panel, f'f{next(numbers)}')
    templates.filters['key'] = key
    return templates


def _sections(
    results: Sequence[Result], tables: Sequence[Table], styles: Styles, notes: list[str]
) -> list[Section]:
    by_shots = base_novel_curves(
        [item for item in results if item.protocol == 'base-to-novel'], styles
    )
    calibration = calibration_plots(results, styles, notes)
    sections = [
        Section(table.key, table.title, _plots_of(table, results, styles), table)
        for table in tables
    ]
    if calibration:
        place = _place_of_calibration(tables)
        sections.insert(place, Section('calibration', 'Reliability and risk-coverage', calibration))
    if by_shots:
        sections.insert(0, Section('by_shots', 'Base to novel by number of shots', by_shots))
    return sections


def _place_of_calibration(tables: Sequence[Table]) -> int:
    """After the tables of uncertainty, else before the tables of all runs."""
    after = [index + 1 for index, table in enumerate(tables) if table.key.startswith('uncertainty')]
    before = [index for index, table in enumerate(tables) if table.key in ('compare', 'cost')]
    return after[-1] if after else min(before, default=len(tables))


def _plots_of(table: Table, results: Sequence[Result], styles: Styles) -> list[Plots]:
    if table.key.startswith('base_to_novel'):
        return base_novel_bars(table, styles)
    if table.key == 'few_shot':
        return few_shot_curves([item for item in results if item.protocol == 'few-shot'], styles)
    return cost_plots(results, styles) if table.key == 'cost' else []
