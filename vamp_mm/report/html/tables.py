"""Tables that scroll inside a box of their own."""

from __future__ import annotations

from ..table import Cell, Stat, Table
from .markup import Markup, element


def table_html(table: Table, heading: str) -> Markup:
    """A table with its notes.

    Args:
        table: The table.
        heading: Anchor of the heading that names it.

    Returns:
        The markup.
    """
    columns, rows = table.shown()
    head = element(
        'tr',
        [
            element('th', column, scope='col', class_=None if index < table.labels else 'n')
            for index, column in enumerate(columns)
        ],
    )
    body = [
        element(
            'tr',
            [_cell(cell, index < table.labels) for index, cell in enumerate(row)],
            class_='break' if place in table.breaks else None,
        )
        for place, row in enumerate(rows)
    ]
    box = element(
        'div',
        element('table', element('thead', head), element('tbody', body)),
        class_='scroll',
        tabindex='0',
        role='region',
        aria_labelledby=heading,
    )
    return Markup(box + ''.join(element('p', note, class_='note') for note in table.notes))


def _cell(cell: Cell, label: bool) -> Markup:
    if label:
        return element('th', cell.text() if isinstance(cell, Stat) else cell, scope='row')
    return element('td', cell.text() if isinstance(cell, Stat) else cell)
