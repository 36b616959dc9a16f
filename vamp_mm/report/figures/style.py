"""Colour, marker and dashes of a method: the same in every plot of a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..html.markup import Markup, element, number

#: How many colours the style sheet has.
COLOURS = 8
_SHAPES = ('circle', 'square', 'triangle', 'diamond', 'cross')
_POLYGONS = {
    'square': ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    'triangle': ((0, -1.15), (1.1, 0.85), (-1.1, 0.85)),
    'diamond': ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    'cross': ((-0.4, -1.1), (0.4, -1.1), (0.4, -0.4), (1.1, -0.4), (1.1, 0.4), (0.4, 0.4), (0.4, 1.1), (-0.4, 1.1),
              (-0.4, 0.4), (-1.1, 0.4), (-1.1, -0.4), (-0.4, -0.4)),
}  # fmt: skip


@dataclass(frozen=True)
class Style:
    """How a series looks.

    Args:
        label: The method.
        classes: Of the style sheet.
        shape: Of its markers, so that colour is not all that tells series apart.
    """

    label: str
    classes: str
    shape: str


Styles = Mapping[str, Style]


def styles_of(labels: Iterable[str]) -> dict[str, Style]:
    """Styles of methods in the order of their names.

    Args:
        labels: The methods.

    Returns:
        Label -> style. Colours repeat after eight with other markers and dashes; 40 are told apart.
    """
    ordered = sorted(set(labels))
    return {
        label: Style(
            label,
            f'c{index % COLOURS}' + (' again' if index // COLOURS % 2 else ''),
            _SHAPES[index % len(_SHAPES)],
        )
        for index, label in enumerate(ordered)
    }


def marker(
    shape: str, x: float, y: float, size: float, tip: str = '', class_: str = 'dot'
) -> Markup:
    """A marker around a place.

    Args:
        shape: One of a :class:`Style`.
        x: Place of its middle.
        y: Place of its middle.
        size: About half of its width.
        tip: Words that show when the pointer rests on it.
        class_: Of the style sheet.

    Returns:
        An SVG element.
    """
    words = element('title', tip) if tip else None
    return element('path', words, d=outline(shape, x, y, size), class_=class_)


def outline(shape: str, x: float, y: float, size: float) -> str:
    """The outline of a marker as path data.

    Args:
        shape: One of a :class:`Style`.
        x: Place of its middle.
        y: Place of its middle.
        size: About half of its width.

    Returns:
        Path data.
    """
    if shape == 'circle':
        r = number(size)
        return f'M{number(x - size)} {number(y)}a{r} {r} 0 1 0 {number(2 * size)} 0a{r} {r} 0 1 0 {number(-2 * size)} 0Z'
    return (
        'M'
        + 'L'.join(
            f'{number(x + size * dx)} {number(y + size * dy)}' for dx, dy in _POLYGONS[shape]
        )
        + 'Z'
    )


def legend(styles: Styles, labels: Iterable[str], bars: bool = False) -> dict[str, Markup]:
    """What the colours and markers of some plots mean.

    Args:
        styles: Of all methods.
        labels: Those that occur.
        bars: Whether the plots hold bars instead of lines.

    Returns:
        Label -> key.
    """
    keys = {}
    for label in sorted(set(labels)):
        style = styles[label]
        key = (
            element('rect', x=6, y=2, width=14, height=10, class_='bar')
            if bars
            else [element('path', d='M1 7H25', class_='line'), marker(style.shape, 13, 7, 4.5)]
        )
        keys[label] = element(
            'svg',
            element('g', key, class_=style.classes),
            viewBox='0 0 26 14',
            class_='key',
            aria_hidden='true',
        )
    return keys
