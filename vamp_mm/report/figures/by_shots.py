"""Accuracy against the number of shots, one panel per dataset and one of the average."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby

from ..base_novel import base_novel_tables
from ..few_shot import few_shot_table
from ..results import Result
from ..table import Cell, Stat
from ..zero_shot import ZERO_SHOT
from .layout import Plots
from .panel import Panel, new_panel
from .scale import fit, fit_shots, shots_name
from .style import Style, Styles

#: Dataset -> method -> shots -> accuracy; 0 shots for what is not trained.
Curves = dict[str, dict[str, dict[int, Stat]]]
_NOTE = 'Bands: ± sample standard deviation over seeds. A dotted line: a method that is not trained on the dataset.'


def few_shot_curves(results: Sequence[Result], styles: Styles) -> list[Plots]:
    """Accuracy on all classes against shots, the numbers of the few-shot table.

    Args:
        results: Results of few-shot runs.
        styles: Of all methods.

    Returns:
        The plots; empty if there is only one number of shots.
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
        The plots; empty if there is only one number of shots.
    """
    datasets = {result.dataset for result in results}
    curves: Curves = {}
    for shots in {result.shots for result in results}:
        chosen = [result for result in results if result.shots == shots]
        [table] = base_novel_tables(chosen)
        for row in table.rows:
            # averages over fewer datasets cannot be compared
            if row[0] != 'Average' or {result.dataset for result in chosen} == datasets:
                _add(curves, str(row[0]), str(row[1]), shots or 0, row[table.columns.index('H')])
    order = [
        'Average',
        *(str(row[0]) for table in base_novel_tables(results) for row in table.rows),
    ]
    curves = {name: curves[name] for name in dict.fromkeys(order) if name in curves}
    return _plots('H by number of shots', curves, 'H (%)', styles)


def _add(curves: Curves, dataset: str, label: str, shots: int, cell: Cell) -> None:
    if isinstance(cell, Stat) and math.isfinite(cell.mean) and not label.startswith(ZERO_SHOT):
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
    panels = [_panel(heading, name, methods, unit, styles) for name, methods in curves.items()]
    labels = {label for methods in curves.values() for label in methods}
    return [Plots(heading, panels, [styles[label] for label in sorted(labels)], _NOTE)]


def _panel(
    heading: str,
    name: str,
    methods: Mapping[str, Mapping[int, Stat]],
    unit: str,
    styles: Styles,
) -> Panel:
    panel = new_panel(name, f'{heading} on {name}', 'shots (training images per class)', unit)
    places = fit_shots(panel.axes, (shots for points in methods.values() for shots in points))
    ends = [end for points in methods.values() for stat in points.values() for end in _ends(stat)]
    fit(panel.axes.yaxis, ends)
    for label in sorted(methods):
        points = dict(sorted(methods[label].items(), key=lambda item: places[item[0]]))
        untrained = set(points) == {0} and len(places) > 1
        if untrained:
            dotted = styles[label].line() | {'linestyle': (0, (1, 2))}
            panel.axes.axhline(points[0].mean, **dotted, clip_on=False, zorder=2)
        _draw(panel, styles[label], {places[shots]: stat for shots, stat in points.items()})
        panel.dots(
            styles[label],
            [(places[shots], stat.mean) for shots, stat in points.items()],
            tips=[
                f'{label}, {shots_name(shots)} shots: {stat.text()} %'
                for shots, stat in points.items()
            ],
        )
        numbers = (
            f'{stat.text()} at {shots_name(shots)}'
            for shots, stat in sorted(methods[label].items())
        )
        panel.words.append(f'{label}: {", ".join(numbers)}')
    return panel


def _draw(panel: Panel, style: Style, points: Mapping[float, Stat]) -> None:
    """The line, and the spread where there is one: a band, or a whisker at a point between others without."""
    for known, group in groupby(points.items(), lambda item: item[1].std is not None):
        piece = list(group)
        if known and len(piece) == 1:
            panel.whisker(*piece[0])
        elif known:
            low, high = zip(*(_ends(stat) for _, stat in piece), strict=True)
            panel.band(style, [place for place, _ in piece], low, high)
    if len(points) > 1:
        means = [stat.mean for stat in points.values()]
        panel.axes.plot(list(points), means, **style.line(), clip_on=False, zorder=2)


def _ends(stat: Stat) -> tuple[float, float]:
    spread = stat.std or 0.0
    return max(stat.mean - spread, 0.0), stat.mean + spread
