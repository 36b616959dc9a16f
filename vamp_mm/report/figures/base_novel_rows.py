"""Base, novel and H of many methods: one line per method, the best H on top."""

from __future__ import annotations

from collections.abc import Mapping

from ..html.markup import Markup, element, number
from ..html.plot import WIDTH
from ..table import Stat
from .style import Styles, marker

_LINE, _TOP, _BOTTOM, _SIDE = 32, 8, 36, 10
_BAR = 10.0  # thickness of a bar
_TICKS = range(0, 101, 20)
Bar = tuple[Stat, Stat | None]


def rows(name: str, methods: Mapping[str, Mapping[str, Bar]], styles: Styles) -> Markup:
    """A panel as high as its methods are many, so that each keeps room for its name and number.

    Args:
        name: The dataset.
        methods: Label -> base, novel and H, each with the paper's number or None; any of the three may be missing.
        styles: Of all methods.

    Returns:
        An ``svg`` element: a bar for H, a circle for base, a diamond for novel.
    """
    order = sorted(methods, key=lambda label: (-_mean(methods[label], 'H'), label))
    height = _TOP + _LINE * len(order) + _BOTTOM
    lines = [
        _line(label, methods[label], styles, _TOP + _LINE * place)
        for place, label in enumerate(order)
    ]
    words = '; '.join(
        f'{label}: '
        + ', '.join(f'{key} {stat.text()}' for key, (stat, _) in methods[label].items())
        for label in order
    )
    return element(
        'svg',
        element('title', f'Base, novel and H accuracy on {name}'),
        element('desc', words),
        _frame(height),
        lines,
        viewBox=f'0 0 {WIDTH} {height}',
        role='img',
    )


def _mean(found: Mapping[str, Bar], key: str) -> float:
    return found[key][0].mean if key in found else -1.0


def _at(value: float) -> float:
    return _SIDE + value / 100 * (WIDTH - 2 * _SIDE)


def _line(label: str, found: Mapping[str, Bar], styles: Styles, top: float) -> Markup:
    middle = top + _LINE - _BAR / 2 - 2
    parts = [element('text', label, x=_SIDE, y=top + 14)]
    marks = []
    if 'H' in found:
        stat, paper = found['H']
        marks.append(
            element(
                'rect',
                element('title', f'{label}, H: {stat.text()} %'),
                x=_at(0),
                y=middle - _BAR / 2,
                width=_at(stat.mean) - _at(0),
                height=_BAR,
                class_='bar',
            )
        )
        if paper is not None:
            across = number(_at(paper.mean))
            marks.append(element('path', d=f'M{across} {number(middle - 8)}v16', class_='paper'))
        parts.append(element('text', f'H {stat.text()}', x=WIDTH - _SIDE, y=top + 14, class_='end'))
    for key, shape in (('base', 'circle'), ('novel', 'diamond')):
        if key in found:
            stat = found[key][0]
            marks.append(
                marker(shape, _at(stat.mean), middle, 4.5, f'{label}, {key}: {stat.text()} %')
            )
    return element('g', parts, marks, class_=styles[label].classes)


def _frame(height: float) -> list[Markup]:
    bottom = height - _BOTTOM
    grid = ''.join(f'M{number(_at(value))} {_TOP}V{number(bottom)}' for value in _TICKS)
    ticks = [element('text', str(value), x=_at(value), y=bottom + 16) for value in _TICKS]
    return [
        element('path', d=grid, class_='grid'),
        element('g', ticks, class_='tick mid'),
        element('text', 'accuracy (%)', x=WIDTH / 2, y=height - 5, class_='label mid'),
    ]
