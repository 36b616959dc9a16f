"""The page: contents, what was compared, then each table with the plots of its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..results import Result
from ..table import Table
from .bars import base_novel_bars
from .calibration import calibration_plots
from .cost_plots import cost_plots
from .curves import base_novel_curves, few_shot_curves
from .layout import Section, anchors
from .markup import Markup, element, join
from .series import Styles, styles_of
from .summary import newest, summary
from .tables import table_html

_STYLE = Path(__file__).with_name('page.css')
# Even a browser that is asked to fetch something by a name in the data does not.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_TITLE = 'Comparison of methods'


def to_html(results: Sequence[Result], tables: Sequence[Table], notes: list[str]) -> str:
    """All tables and plots in one file that loads nothing.

    Args:
        results: The results.
        tables: Their tables; each one of any kind gets a part of its own.
        notes: Sentences on results that are left out; takes further ones on curves that cannot be used.

    Returns:
        The page. The same results give the same text.
    """
    styles = styles_of(result.label for result in results)
    sections = _sections(results, tables, styles, notes)
    names = anchors([section.key for section in sections])
    head = element(
        'head',
        element('meta', charset='utf-8'),
        element('meta', name='viewport', content='width=device-width, initial-scale=1'),
        element('meta', name='color-scheme', content='light dark'),
        element('meta', http_equiv='Content-Security-Policy', content=_POLICY),
        element('title', _TITLE),
        element('link', rel='icon', href='data:,'),
        element('style', Markup(_STYLE.read_text(encoding='utf-8'))),
    )
    contents = element(
        'nav',
        element(
            'ul',
            [
                element('li', element('a', section.title, href=f'#{name}'))
                for name, section in zip(names, sections, strict=True)
            ],
        ),
        aria_label='Contents',
    )
    header = element(
        'header',
        element('h1', _TITLE),
        element('p', f'Newest run: {newest(results)}', class_='note'),
        contents,
    )
    body = [
        element('section', element('h2', section.title, id=name), _resolve(section, name))
        for name, section in zip(names, sections, strict=True)
    ]
    page = element(
        'html', head, element('body', header, element('main', join(body, '\n'))), lang='en'
    )
    return f'<!DOCTYPE html>\n{page}\n'


def _resolve(section: Section, name: str) -> Markup:
    """Tables are named by the heading above, whose anchor is known last."""
    parts = section.body if isinstance(section.body, list) else [section.body]
    return join([table_html(part, name) if isinstance(part, Table) else part for part in parts])


def _sections(
    results: Sequence[Result], tables: Sequence[Table], styles: Styles, notes: list[str]
) -> list[Section]:
    calibration = calibration_plots(results, styles, notes)  # first, as it may add notes
    by_shots = base_novel_curves(
        [item for item in results if item.protocol == 'base-to-novel'], styles
    )
    sections = [Section('compared', 'What was compared', summary(results, notes))]
    if by_shots:
        sections.append(Section('by_shots', 'Base to novel by number of shots', by_shots))
    place = _place_of_calibration(tables)
    for index, table in enumerate(tables):
        if index == place and calibration:
            sections.append(Section('calibration', 'Reliability and risk-coverage', calibration))
        sections.append(Section(table.key, table.title, [_plots_of(table, results, styles), table]))
    if place == len(tables) and calibration:
        sections.append(Section('calibration', 'Reliability and risk-coverage', calibration))
    return sections


def _place_of_calibration(tables: Sequence[Table]) -> int:
    """Behind the tables of uncertainty, else before what is said of all runs."""
    behind = [
        index + 1 for index, table in enumerate(tables) if table.key.startswith('uncertainty')
    ]
    before = [index for index, table in enumerate(tables) if table.key in ('compare', 'cost')]
    return behind[-1] if behind else min(before, default=len(tables))


def _plots_of(table: Table, results: Sequence[Result], styles: Styles) -> Markup:
    if table.key.startswith('base_to_novel'):
        return base_novel_bars(table, styles)
    if table.key == 'few_shot':
        return few_shot_curves([item for item in results if item.protocol == 'few-shot'], styles)
    return cost_plots(results, styles) if table.key == 'cost' else Markup()
