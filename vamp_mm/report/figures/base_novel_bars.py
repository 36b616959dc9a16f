"""Base, novel and H of each method as bars, one panel per dataset."""

from __future__ import annotations

import math

from ..html.axis import Axis, linear
from ..html.markup import Markup
from ..html.plot import Plot
from ..table import Stat, Table
from .base_novel_rows import Bar, rows
from .layout import Panel, Plots
from .style import Style, Styles, legend

_GROUPS = ('base', 'novel', 'H')
_MOST_WITH_NUMBERS = 4  # methods; with more the bars are too narrow for a number above each
_MOST_SIDE_BY_SIDE = 8  # with more methods each gets a line of its own
_NUMBER = 9.0  # height of a number in the unit of the axis


def base_novel_bars(table: Table, styles: Styles) -> list[Plots]:
    """Bars of a table of base-to-novel.

    Args:
        table: The table.
        styles: Of all methods.

    Returns:
        One panel per dataset and one of the average; empty if the table holds no number.
    """
    datasets: dict[str, dict[str, dict[str, Bar]]] = {}
    for row in table.rows:
        cells = dict(zip(table.columns, row, strict=True))
        found = {
            name: (cell, _number(cells.get(f'paper {name}')))
            for name in _GROUPS
            if (cell := _number(cells[name])) is not None
        }
        if found:
            datasets.setdefault(str(row[0]), {})[str(row[1])] = found
    labels = {label for methods in datasets.values() for label in methods}
    many = len(labels) > _MOST_SIDE_BY_SIDE
    draw = rows if many else _panel
    panels = [Panel(name, draw(name, methods, styles)) for name, methods in datasets.items()]
    note = (
        'Bars: H; circles: base; diamonds: novel.'
        if many
        else 'Whiskers: ± sample standard deviation over seeds.'
    )
    if any(
        paper is not None
        for methods in datasets.values()
        for found in methods.values()
        for _, paper in found.values()
    ):
        note += " Short black or white lines across a bar: the paper's number."
    keys = {} if many else legend(styles, labels, bars=True)
    return [Plots('Base, novel and H', panels, keys, note)] if panels else []


def _number(cell: Stat | str | None) -> Stat | None:
    return cell if isinstance(cell, Stat) and math.isfinite(cell.mean) else None


def _panel(name: str, methods: dict[str, dict[str, Bar]], styles: Styles) -> Markup:
    x = Axis('', -0.5, len(_GROUPS) - 0.5, tuple(enumerate(_GROUPS)))
    plot = Plot(x, linear([], 'accuracy (%)', low=0.0, high=100.0))
    labels = sorted(methods)
    width = 0.84 / len(labels)
    for place, label in enumerate(labels):
        bars = {
            -0.42 + place * width + group: (key, methods[label][key])
            for group, key in enumerate(_GROUPS)
            if key in methods[label]
        }
        plot.grouped(
            styles[label],
            lambda style=styles[label], bars=bars: _draw(plot, style, bars, width, len(labels)),
        )
    words = '; '.join(
        f'{label}: '
        + ', '.join(f'{key} {stat.text()}' for key, (stat, _) in methods[label].items())
        for label in labels
    )
    return plot.svg(f'Base, novel and H accuracy on {name}', words)


def _draw(
    plot: Plot, style: Style, bars: dict[float, tuple[str, Bar]], width: float, methods: int
) -> None:
    for left, (key, (stat, paper)) in bars.items():
        plot.bar(left, left + 0.92 * width, stat.mean, f'{style.label}, {key}: {stat.text()} %')
        middle, top = left + 0.46 * width, stat.mean
        if paper is not None:
            plot.line([(left, paper.mean), (left + 0.92 * width, paper.mean)], 'paper')
        if stat.std:
            plot.whisker(middle, stat.mean - stat.std, stat.mean + stat.std)
            top += stat.std
        if methods <= _MOST_WITH_NUMBERS:
            if paper is not None and top <= paper.mean < top + _NUMBER:
                top = paper.mean  # else the line would go through the number
            plot.text(middle, top, f'{stat.mean:.1f}', 'value mid', dy=-4)
