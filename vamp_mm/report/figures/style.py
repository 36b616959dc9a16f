"""Colours, and the colour, marker and dashes of a method: the same in every figure of a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.colors import to_rgba

#: Of words, of axes and their numbers, of grids, and of what is below the figure.
TEXT, DIM, RULE, PAPER = '#1c1e21', '#565b63', '#d9dce1', '#ffffff'
#: Of methods, different also for colour-blind readers (after Okabe and Ito, darker where needed on white).
COLOURS = ('#0072b2', '#d55e00', '#00835a', '#b3478d', '#9a6b00', '#2f8fce', '#5b4fa8', '#6b6f76')
#: Colour -> its name in ``page.css``, which has another one for dark pages.
CSS_NAMES: Mapping[str, str] = {
    TEXT: 'text',
    DIM: 'dim',
    RULE: 'rule',
    PAPER: 'bg',
    **{colour: f's{index}' for index, colour in enumerate(COLOURS)},
}
_MARKERS = ('o', 's', '^', 'D', 'P')


@dataclass(frozen=True)
class Style:
    """How a method looks.

    Args:
        label: The method.
        colour: Of its marks.
        marker: Matplotlib's name of its marker, so that colour is not all that distinguishes methods.
        again: Whether another method has the same colour; lines are then dashed and bars pale.
    """

    label: str
    colour: str
    marker: str
    again: bool = False

    def line(self) -> dict[str, Any]:
        """Arguments for a line."""
        dashes = (0, (3.5, 1.5)) if self.again else 'solid'
        return dict(color=self.colour, linewidth=2, linestyle=dashes, solid_joinstyle='round')

    def bar(self) -> dict[str, Any]:
        """Arguments for a bar."""
        if not self.again:
            return dict(color=self.colour)
        return dict(facecolor=to_rgba(self.colour, 0.55), edgecolor=self.colour, linewidth=1)


Styles = Mapping[str, Style]


def styles_of(labels: Iterable[str]) -> dict[str, Style]:
    """Styles of methods in the order of their names.

    Args:
        labels: The methods.

    Returns:
        Label -> style. Colours repeat after eight with other markers and dashes; 40 methods look different.
    """
    return {
        label: Style(
            label,
            COLOURS[index % len(COLOURS)],
            _MARKERS[index % len(_MARKERS)],
            again=index // len(COLOURS) % 2 == 1,
        )
        for index, label in enumerate(sorted(set(labels)))
    }
