"""Reliability diagrams and risk-coverage curves, one panel per dataset and split."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from vamp_mm.config.identity import shots_in_words

from ..html.axis import linear
from ..html.markup import Markup
from ..html.plot import Plot
from ..published import in_order, title
from ..results import Result
from ..table import Stat
from .curve_data import Curve, Reliability, averaged, curves_of, pooled
from .layout import Panel, Plots
from .style import Style, Styles, legend

Merged = TypeVar('Merged')
#: Panel -> method -> the curves of its seeds.
Panels = dict[str, dict[str, list[Curve]]]
_FEW = 0.01  # of all images; the accuracy of a bin with fewer is chance
_SPLITS = ('base', 'novel', 'all')
_RELIABILITY = (
    'Above the diagonal a method is right more often than it says, below it less often. The larger a dot, '
    'the more images have that confidence; the line leaves out bins with less than 1 % of the images. Those '
    'of all seeds are counted together.'
)
_RISK = (
    'Error rate among the images that a method is surest of: the lower, the better it knows what it does not know. '
    'Mean over seeds; bands: ± sample standard deviation.'
)
_PROTOCOLS = {
    'base-to-novel': 'base to novel',
    'cross-dataset': 'cross-dataset',
    'domain-generalization': 'domain generalisation',
}


def calibration_plots(results: Sequence[Result], styles: Styles, notes: list[str]) -> list[Plots]:
    """Reliability diagrams and risk-coverage curves of each protocol, for the largest number of shots.

    Fewer shots are left out: eleven datasets with five numbers of shots would make hundreds of plots.

    Args:
        results: All results; those without curves are passed over.
        styles: Of all methods.
        notes: Takes a sentence on each curve that cannot be used.

    Returns:
        The plots; empty if no result has curves.
    """
    found = [(result, curves) for result in results if (curves := curves_of(result, notes))]
    parts: list[Plots] = []
    for protocol in dict.fromkeys(result.protocol for result, _ in found):
        here = [item for item in found if item[0].protocol == protocol]
        shots = max(
            (result.shots for result, _ in here if result.shots is not None),
            key=lambda n: (n < 0, n),
            default=None,
        )
        name = f'{_PROTOCOLS.get(protocol, protocol)}, {shots_in_words(shots)}'
        parts += _of_shots(
            name, [item for item in here if item[0].shots in (None, shots)], styles, notes
        )
    return parts


def _of_shots(
    name: str,
    found: Sequence[tuple[Result, Mapping[tuple[str, str], Curve]]],
    styles: Styles,
    notes: list[str],
) -> list[Plots]:
    parts = []
    for kind, heading, note, merge, draw in (
        ('reliability', 'Reliability', _RELIABILITY, pooled, _reliability),
        ('risk_coverage', 'Risk and coverage', _RISK, averaged, _risk_coverage),
    ):
        panels, labels = [], set()
        for where, methods in _panels(kind, found).items():
            merged = _merge(methods, merge, f'{heading} on {where} ({name})', notes)
            if merged:
                panels.append(Panel(where, draw(f'{heading} on {where}', merged, styles)))
                labels |= merged.keys()
        if panels:
            parts.append(Plots(f'{heading}: {name}', panels, legend(styles, labels), note))
    return parts


def _panels(kind: str, found: Sequence[tuple[Result, Mapping[tuple[str, str], Curve]]]) -> Panels:
    panels: dict[tuple[str, str], dict[str, list[Curve]]] = {}
    for result, curves in found:
        for (its_kind, split), curve in curves.items():
            if its_kind == kind:
                panels.setdefault((result.dataset, split), {}).setdefault(result.label, []).append(
                    curve
                )
    datasets = in_order({dataset for dataset, _ in panels})
    ordered = sorted(panels, key=lambda key: (datasets.index(key[0]), *_split_order(key[1])))
    return {_where(*key): panels[key] for key in ordered}


def _split_order(split: str) -> tuple[int, int, str]:
    dataset, _, part = split.rpartition('/')
    known = in_order({dataset, '\uffff'})  # names of the catalogue come before the others
    return (
        0 if not dataset else 1 if known[0] == dataset else 2,
        _SPLITS.index(part) if part in _SPLITS else len(_SPLITS),
        split,
    )


def _where(dataset: str, split: str) -> str:
    tested, _, part = split.rpartition('/')
    if not tested:
        return f'{title(dataset)}, {part}'
    words = title(tested) if part == 'all' else f'{title(tested)}, {part}'
    return words if tested == dataset else f'{words} (trained on {title(dataset)})'


def _merge(
    methods: Mapping[str, list[Curve]], merge: Callable[..., Merged], where: str, notes: list[str]
) -> dict[str, Merged]:
    merged = {}
    for label in sorted(methods):
        try:
            merged[label] = merge(methods[label])
        except ValueError as error:
            notes.append(
                f'{where}: {label} is left out, the curves of its seeds do not fit each other ({error})'
            )
    return merged


def _reliability(name: str, methods: Mapping[str, Reliability], styles: Styles) -> Markup:
    plot = Plot(linear([], 'confidence (%)', 0.0, 100.0), linear([], 'accuracy (%)', 0.0, 100.0))
    plot.line([(0, 0), (100, 100)], 'diagonal')
    words = []
    for label, curve in methods.items():
        total = sum(curve.count)
        bins = [
            (100 * confidence, 100 * accuracy, count)
            for confidence, accuracy, count in zip(*curve, strict=True)
            if count
        ]
        if not bins:
            continue
        plot.grouped(
            styles[label],
            lambda style=styles[label], bins=bins, total=total: _bins(plot, style, bins, total),
        )
        means = [sum(item[place] * item[2] for item in bins) / total for place in (0, 1)]
        words.append(f'{label}: mean confidence {means[0]:.1f} %, accuracy {means[1]:.1f} %')
    return plot.svg(name, '; '.join(words))


def _bins(
    plot: Plot, style: Style, bins: Sequence[tuple[float, float, float]], total: float
) -> None:
    if (
        len(
            frequent := [
                (confidence, accuracy)
                for confidence, accuracy, count in bins
                if count >= _FEW * total
            ]
        )
        > 1
    ):
        plot.line(frequent)
    plot.dots(
        [
            (confidence, accuracy, 1.8 + 4.5 * (count / total) ** 0.5)
            for confidence, accuracy, count in bins
        ],
        style,
    )


def _risk_coverage(
    name: str, methods: Mapping[str, Sequence[tuple[float, Stat]]], styles: Styles
) -> Markup:
    ends = [
        100 * (risk.mean + (risk.std or 0)) for points in methods.values() for _, risk in points
    ]
    plot = Plot(
        linear([], 'coverage: images answered (%)', 0.0, 100.0),
        linear(ends, 'error rate (%)', low=0.0, high=None if max(ends) > 0 else 1.0, at_most=100.0),
    )
    words = []
    for label, points in methods.items():
        plot.grouped(
            styles[label], lambda style=styles[label], points=points: _risks(plot, style, points)
        )
        words.append(
            f'{label}: error rate '
            + ', '.join(
                f'{100 * risk.mean:.1f} % at {100 * coverage:.0f} % coverage'
                for coverage, risk in points[3::4]
            )
        )
    return plot.svg(name, '; '.join(words))


def _risks(plot: Plot, style: Style, points: Sequence[tuple[float, Stat]]) -> None:
    shown = [
        (100 * coverage, Stat(100 * risk.mean, None if risk.std is None else 100 * risk.std))
        for coverage, risk in points
    ]
    if all(risk.std is not None for _, risk in shown):
        plot.band(
            [
                (coverage, max(risk.mean - (risk.std or 0), 0.0), risk.mean + (risk.std or 0))
                for coverage, risk in shown
            ]
        )
    plot.line([(coverage, risk.mean) for coverage, risk in shown])
    plot.dots([(coverage, risk.mean, 3.2) for coverage, risk in shown[3::4]], style)
