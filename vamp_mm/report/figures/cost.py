"""Accuracy against time and against memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from vamp_mm.config.identity import shots_in_words
from vamp_mm.evaluation.harmonic import harmonic_mean
from vamp_mm.evaluation.protocol_table import PROTOCOLS, Protocol

from ..compare import measured
from ..few_shot import mean_over
from ..published import title
from ..results import Result, Runs, grouped, most_shots_first
from ..table import Stat, stat
from .beside import places_beside
from .layout import Plots
from .panel import HEIGHT, MEDIUM, WIDTH, Panel, new_panel
from .scale import fit, fit_costs
from .style import TEXT, Style, Styles

_MEMORY_OF = {'cuda': 'GPU tensors', 'process': 'whole process'}


class Point(NamedTuple):
    """A method on one dataset, or on the mean of all (``dataset`` is then empty)."""

    label: str
    dataset: str
    cost: float
    accuracy: Stat


def cost_plots(results: Sequence[Result], styles: Styles) -> list[Plots]:
    """Accuracy against what it cost; plots of fewer shots are folded.

    Args:
        results: All results.
        styles: Of all methods.

    Returns:
        The plots; empty where nothing was measured.
    """
    parts = []
    for protocol in PROTOCOLS.values():
        here = _alike([item for item in results if item.protocol == protocol.name])
        for place, shots in enumerate(most_shots_first(here)):
            name = f'{protocol.title}, {shots_in_words(shots)}'
            chosen = [item for item in here if item.shots in (None, shots)]
            found = _of_shots(name, protocol, chosen, styles)
            if found:
                parts.append(replace(found, folded=f'Cost: {name}') if place else found)
    return parts


def _of_shots(
    name: str, protocol: Protocol, results: Sequence[Result], styles: Styles
) -> Plots | None:
    panels: list[Panel] = []
    labels: set[str] = set()
    several = False
    metric = f'{protocol.summary} (%)'
    devices = sorted({_device(result) for result in results})
    for key, words in (('seconds', 'time to train and test'), ('peak_memory_mb', 'peak memory')):
        for device in devices:
            chosen = [item for item in results if _device(item) == device]
            points = _points(protocol, chosen, key)
            if points:
                unit, points = _in_unit(key, points)
                where = ', '.join(
                    sorted(
                        {
                            str(_MEMORY_OF.get(str(item.content.get('peak_memory_of')), '?'))
                            for item in chosen
                        }
                    )
                )
                axis = f'{words} ({unit})' if key == 'seconds' else f'{words} ({unit}, {where})'
                heading = f'{metric[0].upper()}{metric[1:-4]} against {"time" if key == "seconds" else "memory"}'
                panels.append(_panel(f'{heading}, {device}', points, axis, metric, styles))
                labels |= {point.label for point in points}
                several = several or len({point.dataset for point in points}) > 1
    note = 'Mean over seeds' + (' and datasets; faint: single datasets.' if several else '.')
    if not panels:
        return None
    return Plots(
        f'Accuracy and cost: {name}', panels, [styles[label] for label in sorted(labels)], note
    )


def _alike(results: Sequence[Result]) -> list[Result]:
    """The runs tested on every target of their source: means over fewer targets cannot be compared."""
    targets: dict[str, set[str]] = {}
    for result in results:
        targets.setdefault(result.dataset, set()).update(measured(result))
    return [result for result in results if measured(result) == targets[result.dataset]]


def _device(result: Result) -> str:
    return str((result.content.get('hardware') or {}).get('device', 'unknown device'))


def _accuracy(protocol: Protocol, datasets: Sequence[Runs]) -> Stat | None:
    """Over seeds, then over datasets; H of the two averages. None where a run lacks the metric."""
    keys = protocol.metrics
    values = [run.metrics.get(key) for runs in datasets for run in runs.values() for key in keys]
    if any(value is None or not math.isfinite(value) for value in values):
        return None
    if len(keys) == 1:
        return mean_over(datasets, keys[0])
    mean = harmonic_mean(*(mean_over(datasets, key).mean for key in keys))
    if any(runs.keys() != datasets[0].keys() for runs in datasets):
        return Stat(mean)
    per_seed = [
        harmonic_mean(
            *(mean_over([{seed: runs[seed]} for runs in datasets], key).mean for key in keys)
        )
        for seed in datasets[0]
    ]
    return Stat(mean, stat(per_seed).std)


def _points(protocol: Protocol, results: Sequence[Result], key: str) -> list[Point]:
    methods: dict[str, dict[str, tuple[Runs, float]]] = {}
    for (label, dataset, _), runs in grouped(results).items():
        cost = _cost(runs.values(), key)
        if cost is not None and _accuracy(protocol, [runs]) is not None:
            methods.setdefault(label, {})[dataset] = (runs, cost)
    every = {dataset for found in methods.values() for dataset in found}
    points = []
    for label, found in sorted(methods.items()):
        if len(every) > 1:
            points += [
                Point(label, title(dataset), cost, accuracy)
                for dataset, (runs, cost) in found.items()
                if (accuracy := _accuracy(protocol, [runs])) is not None
            ]
        if found.keys() == every:  # means over fewer datasets cannot be compared
            accuracy = _accuracy(protocol, [runs for runs, _ in found.values()])
            if accuracy is not None:
                points.append(
                    Point(label, '', sum(cost for _, cost in found.values()) / len(found), accuracy)
                )
    return points


def _cost(runs: Iterable[Result], key: str) -> float | None:
    """Mean over the runs; interrupted ones did not measure their time."""
    values = [
        run.content.get(key)
        for run in runs
        if key != 'seconds' or not run.content.get('resumed_at_epoch')
    ]
    found = [
        float(value) for value in values if isinstance(value, (int, float)) and math.isfinite(value)
    ]
    return (
        sum(found) / len(found) if found and len(found) == len(values) and min(found) > 0 else None
    )


def _in_unit(key: str, points: Sequence[Point]) -> tuple[str, list[Point]]:
    most = max(point.cost for point in points)
    if key == 'seconds':
        unit, size = ('s', 1) if most < 300 else ('min', 60) if most < 18000 else ('h', 3600)
    else:
        unit, size = ('MiB', 1) if most < 4096 else ('GiB', 1024)
    return unit, [point._replace(cost=point.cost / size) for point in points]


def _panel(name: str, points: Sequence[Point], x: str, y: str, styles: Styles) -> Panel:
    panel = new_panel(name, f'{y} against {x}', x, y)
    fit_costs(panel.axes, [point.cost for point in points])
    ends = [
        point.accuracy.mean + sign * (0 if point.dataset else point.accuracy.std or 0)
        for point in points
        for sign in (-1, 1)
    ]
    fit(panel.axes.yaxis, [max(end, 0.0) for end in ends])
    for point in sorted(points, key=lambda item: not item.dataset):
        _draw(panel, styles[point.label], point)
    means = [point for point in points if not point.dataset]
    panel.words += [
        f'{point.label}: {point.accuracy.text()} at {point.cost:.3g}' for point in means
    ]
    _write_names(panel, means)
    return panel


def _draw(panel: Panel, style: Style, point: Point) -> None:
    tip = f'{point.label}{point.dataset and ", " + point.dataset}: {point.accuracy.text()} % at {point.cost:.3g}'
    place = (point.cost, point.accuracy.mean)
    if point.dataset:
        panel.dots(style, [place], 3.2, [tip], faint=True)
        return
    if point.accuracy.std:
        panel.whisker(point.cost, point.accuracy)
    panel.dots(style, [place], 5.5, [tip])


def _write_names(panel: Panel, means: Sequence[Point]) -> None:
    """Names of methods beside their dots, where they fit."""
    places = {point.label: (point.cost, point.accuracy.mean) for point in means}
    dots = {}
    for label, place in places.items():
        across, above = panel.axes.transData.transform(place)
        dots[label] = (float(across), float(above))
    for label, offset in places_beside(dots, (0.0, 40.0, WIDTH, HEIGHT)).items():
        panel.axes.annotate(
            label,
            places[label],
            offset,
            textcoords='offset points',
            ha='center',
            va='center',
            fontsize=MEDIUM,
            color=TEXT,
            zorder=4,
        )
