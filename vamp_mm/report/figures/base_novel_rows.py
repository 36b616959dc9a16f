"""Base, novel and H of many methods: one line per method, the best H on top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..table import Stat
from .panel import LARGE, WIDTH, Panel, new_panel
from .scale import fit
from .style import RULE, TEXT, Style, Styles

_LINE, _TOP, _BOTTOM, _SIDE = 32.0, 8.0, 40.0, 10.0  # points
_BAR = 10.0  # thickness of a bar, in points
#: A number, and the paper's.
Bar = tuple[Stat, Stat | None]


def rows(name: str, methods: Mapping[str, Mapping[str, Bar]], styles: Styles) -> Panel:
    """A panel whose height grows with the methods, so that the name and number of each fit.

    Args:
        name: The dataset.
        methods: Label -> base, novel and H, each with the paper's number or None; any of the three may be missing.
        styles: Of all methods.

    Returns:
        The panel: a bar for H, a circle for base, a diamond for novel.
    """
    order = sorted(methods, key=lambda label: (-_mean(methods[label], 'H'), label))
    height = _TOP + _LINE * len(order) + _BOTTOM
    panel = new_panel(
        name, f'Base, novel and H accuracy on {name}', 'accuracy (%)', '', height=height
    )
    axes = panel.axes
    axes.set_position(
        (
            _SIDE / WIDTH,
            _BOTTOM / height,
            1 - 2 * _SIDE / WIDTH,
            (height - _TOP - _BOTTOM) / height,
        )
    )
    fit(axes.xaxis, low=0.0, high=100.0)
    axes.set_yticks([])
    axes.set_ylim(len(order), 0)  # one unit per method
    axes.spines['bottom'].set_visible(False)
    axes.tick_params(length=0)
    axes.grid(axis='x', color=RULE, linewidth=1, clip_on=False)
    for place, label in enumerate(order):
        _draw(panel, styles[label], methods[label], place)
        numbers = (f'{key} {stat.text()}' for key, (stat, _) in methods[label].items())
        panel.words.append(f'{label}: {", ".join(numbers)}')
    return panel


def _mean(found: Mapping[str, Bar], key: str) -> float:
    return found[key][0].mean if key in found else -1.0


def _draw(panel: Panel, style: Style, found: Mapping[str, Bar], place: float) -> None:
    """The name and H above, the marks below."""
    middle = place + 1 - (_BAR / 2 + 2) / _LINE
    words: dict[str, Any] = dict(va='baseline', fontsize=LARGE, color=TEXT)
    panel.axes.text(0, place + 14 / _LINE, style.label, **words)
    if 'H' in found:
        stat, paper = found['H']
        [bar] = panel.axes.barh(
            middle, stat.mean, _BAR / _LINE, **style.bar(), clip_on=False, zorder=2
        )
        panel.tip(bar, f'{style.label}, H: {stat.text()} %')
        panel.axes.text(100, place + 14 / _LINE, f'H {stat.text()}', ha='right', **words)
        if paper is not None:
            ends = [middle - 8 / _LINE, middle + 8 / _LINE]
            panel.axes.plot([paper.mean] * 2, ends, color=TEXT, linewidth=2, clip_on=False)
    for key, marker in (('base', 'o'), ('novel', 'D')):
        if key in found:
            stat = found[key][0]
            panel.dots(
                replace(style, marker=marker),
                [(stat.mean, middle)],
                tips=[f'{style.label}, {key}: {stat.text()} %'],
            )
