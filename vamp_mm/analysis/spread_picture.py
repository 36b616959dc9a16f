"""Heat map of the posterior's spread: classes by prompted blocks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from vamp_mm.visualization.drawing import BLUE, GREY, INK, RED, clip, save

from .spread import Spread

_BLUES = LinearSegmentedColormap.from_list('spread', ('#f4f6f9', BLUE, '#14294a'))
_REDS = LinearSegmentedColormap.from_list('divergence', ('#faf4f3', RED, '#4d1210'))
#: Most classes of one figure; of more, the widest and the narrowest are shown.
_MOST = 60
#: Values that differ by less than this share of the largest get nearly one colour.
_SAME = 0.02
# inches: a cell, names on the left, heading, foot, the gap between the maps
_CELL_WIDTH, _CELL_HEIGHT, _LEFT, _TOP, _BOTTOM, _GAP = 0.72, 0.23, 1.45, 1.25, 0.3, 0.35


def spread_picture(spread: Spread, path: Path) -> Path:
    """Draw the standard deviation, and the KL divergence where there is a prior.

    Args:
        spread: The numbers.
        path: The PNG.

    Returns:
        The path.
    """
    order = spread.order
    if len(order) > _MOST:
        order = np.concatenate([order[: _MOST // 2], order[-_MOST // 2 :]])
    maps = [(spread.std, 'standard deviation of q(z|x)', _BLUES)]
    if not np.isnan(spread.kl).all():
        maps.append((spread.kl, 'KL(q || p), nats', _REDS))
    rows, columns = len(order), len(spread.layers)
    wide = max(columns * _CELL_WIDTH, 2.1)  # the heading of a map needs this width
    width = max(_LEFT + len(maps) * (wide + _GAP), 5.6)
    height = _TOP + rows * _CELL_HEIGHT + _BOTTOM
    figure = Figure(figsize=(width, height), dpi=150, facecolor='white')
    figure.text(
        0.2 / width,
        1 - 0.3 / height,
        f'Spread of the posterior, {spread.split}',
        fontsize=13,
        fontweight='bold',
        color=INK,
        va='center',
    )
    words = f'{spread.images.sum()} images of {len(spread.classes)} classes, from wide to narrow'
    words += f'; the {_MOST // 2} widest and narrowest' if len(spread.classes) > _MOST else ''
    figure.text(0.2 / width, 1 - 0.56 / height, words, fontsize=8.5, color=GREY, va='center')
    for place, (values, title, colors) in enumerate(maps):
        left = _LEFT + place * (wide + _GAP)
        axes = figure.add_axes(
            (left / width, _BOTTOM / height, wide / width, rows * _CELL_HEIGHT / height)
        )
        _heat(axes, values[order], title, colors, spread.layers)
        axes.set_yticks(
            range(rows),
            [clip(spread.classes[index]) for index in order] if place == 0 else [''] * rows,
        )
    return save(figure, path)


def _heat(
    axes: Axes,
    values: np.ndarray,
    title: str,
    colors: LinearSegmentedColormap,
    layers: tuple[str, ...],
) -> None:
    shown = np.ma.masked_invalid(values)
    low, high = float(shown.min()), float(shown.max())
    if high - low < _SAME * high or not high:  # about equal: nearly one colour, not amplified noise
        low, high = 0.95 * low, max(1.05 * high, 1e-30)
    axes.imshow(shown, aspect='auto', cmap=colors, vmin=low, vmax=high)
    axes.set_title(title, fontsize=9, color=INK, pad=20)
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(layers)), layers)
    axes.tick_params(length=0, labelsize=7.5, labelcolor=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for (row, column), value in np.ndenumerate(values):
        share = (value - low) / (high - low) if np.isfinite(value) else 0.0
        axes.text(
            column,
            row,
            _number(value) if np.isfinite(value) else '-',
            ha='center',
            va='center',
            fontsize=6.5,
            color=readable_on(colors(share)[:3]),
        )


def readable_on(color: Sequence[float]) -> str:
    """Black or white, whichever has more contrast to a colour: at least 4.5 to 1 (WCAG 2.2, 1.4.3).

    Args:
        color: Red, green and blue, from 0 to 1.

    Returns:
        ``'black'`` or ``'white'``.
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    luminance = float(np.dot((0.2126, 0.7152, 0.0722), linear))
    return 'black' if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else 'white'


def _number(value: float) -> str:
    return f'{value:.4f}' if 1e-3 <= value < 0.1 else f'{value:.3g}'
