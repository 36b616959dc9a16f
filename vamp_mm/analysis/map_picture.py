"""The map of the latents twice: coloured by class, and by predictive entropy."""

from __future__ import annotations

import colorsys
from pathlib import Path

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from vamp_mm.visualization.drawing import BLUE, GREY, INK, PALE, RED, clip, save

from .projection import LatentMap

_ENTROPY = LinearSegmentedColormap.from_list(
    'entropy', ('#c9dcf2', BLUE, '#8a3f8f', RED, '#6b0f0f')
)
#: More names than this hide the points.
_NAMED = 30
#: Width of a letter and height of a line, in shares of the axes.
_LETTER, _LINE = 0.0145, 0.026


def map_picture(found: LatentMap, split: str, path: Path) -> Path:
    """Draw both.

    Args:
        found: The map.
        split: Name of the split.
        path: The PNG.

    Returns:
        The path.
    """
    figure = Figure(figsize=(11.2, 5.9), dpi=150, facecolor='white')
    left, right = (
        figure.add_axes((0.02, 0.05, 0.465, 0.8)),
        figure.add_axes((0.505, 0.05, 0.465, 0.8)),
    )
    points, records = found.projection.points, found.records
    wrong = np.array([record['gt_label'] != record['pred_label'] for record in records])
    _by_class(left, points, np.array([record['gt_class'] for record in records]))
    _by_entropy(
        figure, right, points, np.array([record['predictive_entropy'] for record in records]), wrong
    )
    for axes, title in (
        (left, 'by class'),
        (right, 'by predictive entropy (nats); dot: right, cross: wrong'),
    ):
        axes.set_title(title, fontsize=9.5, color=INK, loc='left')
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set_color(PALE)
        _label(axes, found)
    figure.text(
        0.02,
        0.955,
        f'Posterior means, {split}',
        fontsize=14,
        fontweight='bold',
        color=INK,
        va='center',
    )
    classes = len({record['gt_class'] for record in records})
    words = (
        f'{len(records)} images of {classes} classes, {found.block}    {100 * found.between:.0f} % of the variance '
        f'between classes    {100 * (1 - wrong.mean()):.0f} % right'
    )
    figure.text(0.02, 0.912, words, fontsize=8.5, color=GREY, va='center')
    return save(figure, path)


def _by_class(axes: Axes, points: np.ndarray, classes: np.ndarray) -> None:
    names = list(dict.fromkeys(classes.tolist()))
    for place, name in enumerate(names):
        mine = points[classes == name]
        color = _color(place, len(names))
        axes.scatter(
            mine[:, 0],
            mine[:, 1],
            s=13,
            color=color,
            alpha=0.75,
            linewidths=0,
            marker='osD^v'[place % 5],
        )
    if len(names) > _NAMED:
        return
    middles = _places(
        axes, np.array([np.median(points[classes == name], axis=0) for name in names]), names
    )
    for place, name in enumerate(names):
        text = axes.text(
            float(middles[place, 0]),
            float(middles[place, 1]),
            clip(name),
            fontsize=7,
            color=_darker(_color(place, len(names))),
            ha='center',
            va='center',
            fontweight='bold',
            zorder=4,
            transform=axes.transAxes,
        )
        text.set_path_effects([patheffects.withStroke(linewidth=2, foreground='white')])


def _places(axes: Axes, middles: np.ndarray, names: list[str]) -> np.ndarray:
    """Where names are, in shares of the axes: at the middles of their classes, moved up and down until none overlap.

    They stay inside the axes.
    """
    found = axes.transAxes.inverted().transform(axes.transData.transform(middles))
    width = np.array([_LETTER * len(clip(name)) for name in names])
    margin = np.stack([width / 2, np.full(len(names), _LINE / 2)], axis=1).clip(max=0.5)
    for _ in range(500):
        moved = False
        # inside the loop: a name that the edge moves back may lie on another one again
        found = found.clip(margin, 1 - margin)
        for one in range(len(names)):
            for other in range(one):
                side, apart = np.abs(found[one] - found[other])
                if side < (width[one] + width[other]) / 2 and apart < _LINE:
                    step = (_LINE - apart) / 2 + 1e-4
                    upper, lower = (
                        (one, other) if found[one, 1] >= found[other, 1] else (other, one)
                    )
                    found[upper, 1] += step
                    found[lower, 1] -= step
                    moved = True
        if not moved:
            break
    return found.clip(margin, 1 - margin)


def _by_entropy(
    figure: Figure, axes: Axes, points: np.ndarray, entropy: np.ndarray, wrong: np.ndarray
) -> None:
    order = np.argsort(entropy, kind='stable')  # the uncertain ones on top
    right, missed = order[~wrong[order]], order[wrong[order]]
    drawn = axes.scatter(points[right, 0], points[right, 1], s=14, c=entropy[right], linewidths=0)
    crosses = axes.scatter(
        points[missed, 0], points[missed, 1], s=13, c=entropy[missed], marker='x', linewidths=0.9
    )
    for dots in (drawn, crosses):
        dots.set(cmap=_ENTROPY, clim=(0, max(float(entropy.max()), 1e-12)))
    bar = figure.colorbar(drawn, ax=axes, fraction=0.035, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=7.5, colors=GREY, length=0)


def _label(axes: Axes, found: LatentMap) -> None:
    shares = found.projection.explained
    if shares is None:
        axes.set_xlabel(
            't-SNE: neighbours mean something, distances do not', fontsize=8, color=GREY
        )
        return
    axes.set_xlabel(
        f'first principal component, {100 * shares[0]:.1f} % of the variance',
        fontsize=8,
        color=GREY,
    )
    axes.set_ylabel(f'second, {100 * shares[1]:.1f} %', fontsize=8, color=GREY)


def _color(place: int, number: int) -> tuple[float, float, float]:
    """Hues around the circle, neighbours in the list differ in lightness."""
    return colorsys.hls_to_rgb(place / max(number, 1), (0.42, 0.58)[place % 2], 0.65)


def _darker(color: tuple[float, float, float]) -> tuple[float, float, float]:
    hue, lightness, saturation = colorsys.rgb_to_hls(*color)
    return colorsys.hls_to_rgb(hue, 0.62 * lightness, saturation)
