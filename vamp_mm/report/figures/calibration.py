"""Reliability diagrams and risk-coverage curves, one panel per dataset and split."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from vamp_mm.config.identity import shots_in_words
from vamp_mm.evaluation.protocol_table import PROTOCOLS

from ..published import in_order, title
from ..results import Result, most_shots_first
from ..table import Stat
from .curve_data import Curve, Reliability, RiskCoverage, averaged, curves_of, pooled
from .layout import Plots
from .panel import Panel, new_panel
from .scale import fit
from .style import DIM, Style, Styles

OneCurve = TypeVar('OneCurve', Reliability, RiskCoverage)
Merged = TypeVar('Merged')
#: A run and its curves.
Found = tuple[Result, Mapping[tuple[str, str], Curve]]
#: Coverage, and the error rate there.
Risks = Sequence[tuple[float, Stat]]
_FEW = 0.01  # of all images; the accuracy of a bin with fewer is chance
_SPLITS = ('base', 'novel', 'all')
_RELIABILITY = (
    'Above the diagonal a method is under-confident, below it over-confident. The larger a dot, the more images have '
    'that confidence; the line leaves out bins with less than 1 % of the images. Images of all seeds are pooled.'
)
_RISK = (
    'Error rate on the images of which a method is most confident: the lower, the better its confidence separates right '
    'from wrong answers. Mean over seeds; bands: ± sample standard deviation.'
)


def calibration_plots(results: Sequence[Result], styles: Styles, notes: list[str]) -> list[Plots]:
    """Reliability diagrams and risk-coverage curves of each protocol, for the largest number of shots.

    Fewer shots are left out: eleven datasets with five numbers of shots would make hundreds of plots.

    Args:
        results: All results; those without curves are ignored.
        styles: Of all methods.
        notes: One sentence per curve that cannot be used is added.

    Returns:
        The plots; empty if no result has curves.
    """
    found = [(result, curves) for result in results if (curves := curves_of(result, notes))]
    parts: list[Plots] = []
    for protocol in dict.fromkeys(result.protocol for result, _ in found):
        here = [item for item in found if item[0].protocol == protocol]
        shots, *_ = most_shots_first(result for result, _ in here)
        words = PROTOCOLS[protocol].title if protocol in PROTOCOLS else protocol
        name = f'{words}, {shots_in_words(shots)}'
        parts += _of_shots(
            name, [item for item in here if item[0].shots in (None, shots)], styles, notes
        )
    return parts


def _of_shots(name: str, found: Sequence[Found], styles: Styles, notes: list[str]) -> list[Plots]:
    bins = _merged(found, Reliability, pooled, 'Reliability', name, notes)
    risks = _merged(found, RiskCoverage, averaged, 'Risk and coverage', name, notes)
    diagrams = [_reliability(where, methods, styles) for where, methods in bins.items()]
    curves = [_risk_coverage(where, methods, styles) for where, methods in risks.items()]
    return [
        Plots(f'{heading}: {name}', panels, _legend(methods, styles), note)
        for heading, panels, methods, note in (
            ('Reliability', diagrams, bins.values(), _RELIABILITY),
            ('Risk and coverage', curves, risks.values(), _RISK),
        )
        if panels
    ]


def _legend(panels: Iterable[Iterable[str]], styles: Styles) -> list[Style]:
    return [styles[label] for label in sorted({label for methods in panels for label in methods})]


def _merged(
    found: Sequence[Found],
    kind: type[OneCurve],
    merge: Callable[[Sequence[OneCurve]], Merged],
    heading: str,
    name: str,
    notes: list[str],
) -> dict[str, dict[str, Merged]]:
    """Panel -> method -> the merged curves of its seeds; a sentence on those that cannot be merged is added to notes."""
    panels: dict[str, dict[str, Merged]] = {}
    for where, methods in _panels(found, kind).items():
        for label in sorted(methods):
            try:
                panels.setdefault(where, {})[label] = merge(methods[label])
            except ValueError as error:
                notes.append(
                    f'{heading} on {where} ({name}): {label} is left out, '
                    f'the curves of its seeds do not match ({error})'
                )
    return {where: methods for where, methods in panels.items() if methods}


def _panels(found: Sequence[Found], kind: type[OneCurve]) -> dict[str, dict[str, list[OneCurve]]]:
    """Panel -> method -> the curves of its seeds."""
    panels: dict[tuple[str, str], dict[str, list[OneCurve]]] = {}
    for result, curves in found:
        for (_, split), curve in curves.items():
            if isinstance(curve, kind):
                methods = panels.setdefault((result.dataset, split), {})
                methods.setdefault(result.label, []).append(curve)
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


def _reliability(where: str, methods: Mapping[str, Reliability], styles: Styles) -> Panel:
    panel = new_panel(where, f'Reliability on {where}', 'confidence (%)', 'accuracy (%)')
    fit(panel.axes.xaxis, low=0.0, high=100.0)
    fit(panel.axes.yaxis, low=0.0, high=100.0)
    panel.axes.plot(
        [0, 100], [0, 100], color=DIM, linewidth=1, linestyle=(0, (4, 3)), clip_on=False, zorder=1
    )
    for label, curve in methods.items():
        total = sum(curve.images)
        bins = [
            (100 * confidence, 100 * accuracy, count)
            for confidence, accuracy, count in zip(*curve, strict=True)
            if count
        ]
        if not bins:
            continue
        line = [(x, y) for x, y, count in bins if count >= _FEW * total]
        if len(line) > 1:
            panel.axes.plot(
                *zip(*line, strict=True), **styles[label].line(), clip_on=False, zorder=2
            )
        sizes = [1.8 + 4.5 * (count / total) ** 0.5 for *_, count in bins]
        panel.dots(styles[label], [(x, y) for x, y, _ in bins], sizes)
        means = [sum(item[place] * item[2] for item in bins) / total for place in (0, 1)]
        panel.words.append(f'{label}: mean confidence {means[0]:.1f} %, accuracy {means[1]:.1f} %')
    return panel


def _risk_coverage(where: str, methods: Mapping[str, Risks], styles: Styles) -> Panel:
    panel = new_panel(
        where,
        f'Risk and coverage on {where}',
        'coverage: images answered (%)',
        'error rate (%)',
    )
    fit(panel.axes.xaxis, low=0.0, high=100.0)
    ends = [
        100 * (risk.mean + (risk.std or 0)) for points in methods.values() for _, risk in points
    ]
    fit(panel.axes.yaxis, ends, 0.0, None if max(ends) > 0 else 1.0, at_most=100.0)
    for label, points in methods.items():
        coverages = [100 * coverage for coverage, _ in points]
        risks = [100 * risk.mean for _, risk in points]
        spreads = [100 * risk.std for _, risk in points if risk.std is not None]
        if len(spreads) == len(points):
            spans = list(zip(risks, spreads, strict=True))
            low = [max(risk - spread, 0.0) for risk, spread in spans]
            high = [min(risk + spread, 100.0) for risk, spread in spans]
            panel.band(styles[label], coverages, low, high)
        panel.axes.plot(coverages, risks, **styles[label].line(), clip_on=False, zorder=2)
        panel.dots(styles[label], list(zip(coverages, risks, strict=True))[3::4], 3.2)
        numbers = (
            f'{100 * risk.mean:.1f} % at {100 * coverage:.0f} % coverage'
            for coverage, risk in points[3::4]
        )
        panel.words.append(f'{label}: error rate {", ".join(numbers)}')
    return panel
