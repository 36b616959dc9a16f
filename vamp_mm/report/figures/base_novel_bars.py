"""Base, novel and H of each method as bars, one panel per dataset."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..table import Cell, Stat, Table
from ..zero_shot import ZERO_SHOT
from .base_novel_rows import Bar, rows
from .layout import Plots
from .panel import SMALL, Panel, new_panel
from .scale import fit
from .style import TEXT, Style, Styles

_GROUPS = ('base', 'novel', 'H')
_MOST_WITH_NUMBERS = 4  # methods; with more the bars are too narrow for a number above each
_MOST_SIDE_BY_SIDE = 8  # with more methods each gets a line of its own
_ALL, _PART = 0.84, 0.92  # of a group that bars fill, and of its place that a bar fills
_NUMBER = 9.0  # height of a number in the unit of the axis


def base_novel_bars(table: Table, styles: Styles) -> list[Plots]:
    """Bars of a table of base-to-novel.

    Args:
        table: The table.
        styles: Of all methods.

    Returns:
        Plots with one panel per dataset and one of the average; empty if the table holds no number.
    """
    datasets: dict[str, dict[str, dict[str, Bar]]] = {}
    for row in table.rows:
        cells = dict(zip(table.columns, row, strict=True))
        found = {
            name: (cell, _number(cells.get(f'paper {name}')))
            for name in _GROUPS
            if (cell := _number(cells[name])) is not None
        }
        if found and not str(row[1]).startswith(ZERO_SHOT):
            datasets.setdefault(str(row[0]), {})[str(row[1])] = found
    if not datasets:
        return []
    labels = {label for methods in datasets.values() for label in methods}
    many = len(labels) > _MOST_SIDE_BY_SIDE
    draw = rows if many else _panel
    note = (
        'Bars: H; circles: base; diamonds: novel.'
        if many
        else 'Whiskers: ± sample standard deviation over seeds.'
    )
    bars = [
        bar for methods in datasets.values() for found in methods.values() for bar in found.values()
    ]
    if any(paper is not None for _, paper in bars):
        note += " Short black or white lines across a bar: the paper's number."
    return [
        Plots(
            'Base, novel and H',
            [draw(name, methods, styles) for name, methods in datasets.items()],
            [] if many else [styles[label] for label in sorted(labels)],
            note,
            bars=True,
            key=table.key,
        )
    ]


def _number(cell: Cell | None) -> Stat | None:
    return cell if isinstance(cell, Stat) and math.isfinite(cell.mean) else None


def _panel(name: str, methods: Mapping[str, Mapping[str, Bar]], styles: Styles) -> Panel:
    panel = new_panel(name, f'Base, novel and H accuracy on {name}', '', 'accuracy (%)')
    fit(panel.axes.yaxis, low=0.0, high=100.0)
    panel.axes.set_xticks(range(len(_GROUPS)), _GROUPS)
    panel.axes.set_xlim(-0.5, len(_GROUPS) - 0.5)
    labels = sorted(methods)
    width = _ALL / len(labels)
    for place, label in enumerate(labels):
        for group, key in enumerate(_GROUPS):
            if key in methods[label]:
                left = group - _ALL / 2 + place * width
                bar = methods[label][key]
                _draw(panel, styles[label], key, bar, left, _PART * width)
                if len(labels) <= _MOST_WITH_NUMBERS:
                    _write_number(panel, bar, left + _PART * width / 2)
        numbers = (f'{key} {stat.text()}' for key, (stat, _) in methods[label].items())
        panel.words.append(f'{label}: {", ".join(numbers)}')
    return panel


def _draw(panel: Panel, style: Style, key: str, bar: Bar, left: float, width: float) -> None:
    stat, paper = bar
    [drawn] = panel.axes.bar(
        left, stat.mean, width, align='edge', **style.bar(), clip_on=False, zorder=2
    )
    panel.tip(drawn, f'{style.label}, {key}: {stat.text()} %')
    if paper is not None:
        panel.axes.plot(
            [left, left + width], [paper.mean] * 2, color=TEXT, linewidth=2, clip_on=False, zorder=3
        )
    if stat.std:
        panel.whisker(left + width / 2, stat)


def _write_number(panel: Panel, bar: Bar, middle: float) -> None:
    stat, paper = bar
    top = stat.mean + (stat.std or 0.0)
    if paper is not None and top <= paper.mean < top + _NUMBER:
        top = paper.mean  # else the line would go through the number
    panel.axes.annotate(
        f'{stat.mean:.1f}',
        (middle, top),
        (0, 4),
        textcoords='offset points',
        ha='center',
        fontsize=SMALL,
        color=TEXT,
    )
