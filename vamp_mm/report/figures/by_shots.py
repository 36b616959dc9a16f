"""Accuracy against the number of shots, one panel per dataset and one of the average."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ..base_novel import base_novel_tables
from ..few_shot import few_shot_table
from ..html.axis import linear, shots_axis
from ..html.markup import Markup
from ..html.plot import Plot
from ..results import Result
from ..table import Cell, Stat
from .layout import Panel, Plots
from .style import Style, Styles, legend

#: Dataset -> method -> shots -> accuracy; 0 shots for what is not trained.
Curves = dict[str, dict[str, dict[int, Stat]]]
_NOTE = 'Bands: ± sample standard deviation over seeds. A dashed line: a method that is not trained on the dataset.'


def few_shot_curves(results: Sequence[Result], styles: Styles) -> list[Plots]:
    """Accuracy on all classes against shots, the numbers of the few-shot table.

    Args:
        results: Results of few-shot runs.
        styles: Of all methods.

    Returns:
        The plots; empty if there is one number of shots only.
    """
    table = few_shot_table(results)
    shots = sorted(
        {result.shots or 0 for result in results}, key=lambda number: (number < 0, number)
    )
    curves: Curves = {}
    for row in table.rows:
        for number, cell in zip(shots, row[table.labels : table.labels + len(shots)], strict=True):
            _add(curves, str(row[0]), str(row[1]), number, cell)
    return _plots('Accuracy by number of shots', curves, 'accuracy (%)', styles)


def base_novel_curves(results: Sequence[Result], styles: Styles) -> list[Plots]:
    """H against shots, the numbers of the base-to-novel tables.

    Args:
        results: Results of base-to-novel runs.
        styles: Of all methods.

    Returns:
        The plots; empty if there is one number of shots only.
    """
    datasets = {result.dataset for result in results}
    curves: Curves = {}
    for shots in {result.shots for result in results}:
        chosen = [result for result in results if result.shots == shots]
        [table] = base_novel_tables(chosen)
        for row in table.rows:
            # an average of fewer datasets is another number than those beside it
            if row[0] != 'Average' or {result.dataset for result in chosen} == datasets:
                _add(curves, str(row[0]), str(row[1]), shots or 0, row[table.columns.index('H')])
    order = [
        'Average',
        *(str(row[0]) for table in base_novel_tables(results) for row in table.rows),
    ]
    curves = {name: curves[name] for name in dict.fromkeys(order) if name in curves}
    return _plots('H by number of shots', curves, 'H (%)', styles)


def _add(curves: Curves, dataset: str, label: str, shots: int, cell: Cell) -> None:
    if isinstance(cell, Stat) and math.isfinite(cell.mean):
        curves.setdefault(dataset, {}).setdefault(label, {})[shots] = cell


def _plots(heading: str, curves: Curves, unit: str, styles: Styles) -> list[Plots]:
    trained = {
        shots
        for methods in curves.values()
        for points in methods.values()
        for shots in points
        if shots
    }
    if len(trained) < 2:
        return []
    panels = [
        Panel(name, _panel(f'{heading} on {name}', methods, unit, styles))
        for name, methods in curves.items()
    ]
    labels = {label for methods in curves.values() for label in methods}
    return [Plots(heading, panels, legend(styles, labels), _NOTE)]


def _panel(
    title: str, methods: Mapping[str, Mapping[int, Stat]], unit: str, styles: Styles
) -> Markup:
    x, places = shots_axis(shots for points in methods.values() for shots in points)
    ends = [
        value
        for points in methods.values()
        for stat in points.values()
        for value in (stat.mean - (stat.std or 0), stat.mean + (stat.std or 0))
    ]
    plot = Plot(x, linear([max(value, 0.0) for value in ends], unit))
    for label in sorted(methods):
        points = sorted((places[shots], stat) for shots, stat in methods[label].items())
        untrained = set(methods[label]) == {0} and len(places) > 1
        plot.grouped(
            styles[label],
            lambda style=styles[label], points=points, untrained=untrained: _draw(
                plot, style, points, untrained
            ),
        )
    words = '; '.join(
        f'{label}: '
        + ', '.join(
            f'{stat.text()} at {"all" if shots < 0 else shots}'
            for shots, stat in sorted(methods[label].items())
        )
        for label in sorted(methods)
    )
    return plot.svg(title, words)


def _draw(plot: Plot, style: Style, points: Sequence[tuple[float, Stat]], untrained: bool) -> None:
    piece: list[tuple[float, Stat]] = []
    for place, stat in [*points, (math.inf, Stat(0.0))]:
        if stat.std is not None:
            piece.append((place, stat))
            continue
        if len(piece) == 1:
            plot.whisker(piece[0][0], *_ends(piece[0][1]))
        elif piece:
            plot.band([(x, *_ends(spread)) for x, spread in piece])
        piece = []
    if untrained:
        plot.line(
            [(plot.x.low, points[0][1].mean), (plot.x.high, points[0][1].mean)], 'line reference'
        )
    elif len(points) > 1:
        plot.line([(place, stat.mean) for place, stat in points])
    names = dict(plot.x.ticks)
    for place, stat in points:
        plot.dot(place, stat.mean, style, f'{style.label}, {names[place]} shots: {stat.text()} %')


def _ends(stat: Stat) -> tuple[float, float]:
    spread = stat.std or 0.0
    return max(stat.mean - spread, 0.0), stat.mean + spread
