"""Pictures of a test run: a reliability diagram, and a sheet of images with their uncertainty."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from PIL import Image

_INK, _GREY, _PALE = '#22262b', '#7a828c', '#e6e9ed'
_BLUE, _RED, _GREEN = '#3b6fb6', '#cf3f3a', '#2f9e62'
# inches: left and right margin, one image with its gap, the gap, the three lines of text under an
# image
_MARGIN, _CELL, _GAP, _TEXT = 0.2, 1.45, 0.15, 0.48
_LEGEND = 'green: right    red: wrong    %: confidence    H: predictive entropy in nats'
_NEEDED = (
    'img_path',
    'gt_class',
    'pred_class',
    'gt_label',
    'pred_label',
    'confidence',
    'predictive_entropy',
)


def reliability_diagram(
    confidences: ArrayLike,
    correct: ArrayLike,
    path: str | os.PathLike,
    title: str = 'Reliability',
    bins: int = 15,
) -> Path:
    """Draw accuracy against confidence, and how many images have which confidence.

    A calibrated model follows the diagonal: of the images it calls at 80 %, 80 % are right. Bars
    below it (red gap) are over-confident.

    Args:
        confidences: ``(N,)`` winning probabilities in [0, 1].
        correct: ``(N,)`` 1 or True where the prediction is right.
        path: The PNG to write; its folder is made.
        title: Heading.
        bins: Number of equal bins, as in the ECE.

    Returns:
        The path.

    Raises:
        ValueError: If there is no image, the lengths differ, or a confidence lies outside [0, 1].
    """
    conf, right = np.asarray(confidences, dtype=float), np.asarray(correct, dtype=float)
    if conf.ndim != 1 or conf.shape != right.shape or not conf.size:
        raise ValueError(
            f'needs two vectors of one length >= 1, got shapes {conf.shape} and {right.shape}'
        )
    if not ((conf >= 0) & (conf <= 1 + 1e-6)).all():
        raise ValueError(
            f'confidences must lie in [0, 1], got {conf.min():.4g} to {conf.max():.4g}'
        )
    index = np.minimum((conf * bins).astype(int), bins - 1)
    counts = np.bincount(index, minlength=bins)
    filled = counts > 0
    accuracy = np.bincount(index, right, bins)[filled] / counts[filled]
    mean_conf = np.bincount(index, conf, bins)[filled] / counts[filled]
    ece = float(np.abs(accuracy - mean_conf) @ counts[filled]) / conf.size

    figure = Figure(figsize=(5.2, 6.0), dpi=160, facecolor='white')
    upper, lower = figure.subplots(
        2,
        1,
        sharex=True,
        gridspec_kw=dict(
            height_ratios=(3.6, 1), hspace=0.08, left=0.125, right=0.97, top=0.885, bottom=0.085
        ),
    )
    _draw_bars(upper, np.flatnonzero(filled), accuracy, mean_conf, bins)
    figure.text(0.125, 0.955, title, fontsize=13, fontweight='bold', color=_INK)
    figure.text(
        0.125,
        0.91,
        f'accuracy {100 * right.mean():.1f} %     mean confidence '
        f'{100 * conf.mean():.1f} %     ECE {100 * ece:.1f} %',
        fontsize=9.5,
        color=_GREY,
    )
    lower.bar(
        (np.arange(bins) + 0.5) / bins, 100 * counts / conf.size, width=0.92 / bins, color=_GREY
    )
    lower.set(xlabel=f'confidence ({conf.size} images)', ylabel='% of images')
    figure.align_ylabels((upper, lower))
    for axes in (upper, lower):
        _tidy(axes)
    return _save(figure, path)


def _draw_bars(
    axes: Axes, filled: np.ndarray, accuracy: np.ndarray, mean_conf: np.ndarray, bins: int
) -> None:
    width, centres = 0.92 / bins, (filled + 0.5) / bins
    lower, gap = np.minimum(accuracy, mean_conf), mean_conf - accuracy
    axes.bar(centres, lower, width=width, color=_BLUE, label='accuracy', zorder=2)
    for chosen, color, label in (
        (gap > 0, _RED, 'over-confident by'),
        (gap < 0, _GREEN, 'under-confident by'),
    ):
        if chosen.any():
            axes.bar(
                centres[chosen],
                np.abs(gap)[chosen],
                bottom=lower[chosen],
                width=width,
                color=color,
                alpha=0.35,
                label=label,
                zorder=2,
            )
    axes.plot((0, 1), (0, 1), color=_INK, linewidth=1, linestyle=(0, (4, 3)), zorder=4)
    axes.set(xlim=(0, 1), ylim=(0, 1), ylabel='accuracy')
    axes.legend(loc='upper left', frameon=False, fontsize=9, labelcolor=_INK)


def uncertainty_sheet(
    records: Sequence[Mapping[str, Any]],
    path: str | os.PathLike,
    n: int = 8,
    title: str = 'What the model is sure of, and what not',
) -> Path:
    """Draw a sheet of test images: the most certain ones above, the least certain ones below.

    Under each image: the predicted class, the true class where it is another one, confidence and
    predictive entropy. A green frame is a right prediction, a red one a wrong one. Order is by
    predictive entropy.

    Args:
        records: Predictions as :class:`~vamp_mm.evaluation.PredictionDump` writes them.
        path: The PNG to write; its folder is made.
        n: Images in each of the two parts; fewer where there are fewer than ``2 n`` records.
        title: Heading.

    Returns:
        The path.

    Raises:
        ValueError: If there are fewer than two records, one lacks a field, or ``n`` is below 1.
        FileNotFoundError: If an image is gone.
    """
    _check_records(records, n)
    ranked = sorted(records, key=lambda record: (record['predictive_entropy'], record['img_path']))
    n = min(n, len(ranked) // 2)
    parts = (
        (f'Most certain {n} of {len(ranked)}', ranked[:n]),
        (f'Least certain {n} of {len(ranked)}', ranked[-n:][::-1]),
    )
    columns = max(4, min(n, 8))
    rows = math.ceil(n / columns)
    width, height = 2 * _MARGIN + columns * _CELL - _GAP, 0.8 + 2 * (0.42 + rows * (_CELL + _TEXT))
    figure = Figure(figsize=(width, height), dpi=150, facecolor='white')
    figure.text(
        _MARGIN / width,
        1 - 0.3 / height,
        title,
        fontsize=14,
        fontweight='bold',
        color=_INK,
        va='center',
    )
    figure.text(_MARGIN / width, 1 - 0.58 / height, _LEGEND, fontsize=8.5, color=_GREY, va='center')
    top = height - 0.72
    for head, chosen in parts:
        figure.text(
            _MARGIN / width,
            (top - 0.2) / height,
            head,
            fontsize=11,
            fontweight='bold',
            color=_GREY,
            va='center',
        )
        top -= 0.42
        for place, record in enumerate(chosen):
            left = _MARGIN + place % columns * _CELL
            bottom = top - place // columns * (_CELL + _TEXT) - (_CELL - _GAP)
            size = _CELL - _GAP
            axes = figure.add_axes((left / width, bottom / height, size / width, size / height))
            _draw_image(axes, record)
        top -= rows * (_CELL + _TEXT)
    return _save(figure, path)


def _check_records(records: Sequence[Mapping[str, Any]], n: int) -> None:
    if len(records) < 2 or n < 1:
        raise ValueError(
            f'a sheet needs two records or more and n >= 1, got {len(records)} and n={n}'
        )
    for record in records:
        missing = [key for key in _NEEDED if key not in record]
        if missing:
            raise ValueError(
                f'the record of {record.get("img_path", "an image")} lacks {missing}; write the '
                'records with PredictionDump and a model that reports uncertainty'
            )


def _draw_image(axes: Axes, record: Mapping[str, Any]) -> None:
    with Image.open(record['img_path']) as image:
        picture = image.convert('RGB')
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    axes.imshow(
        picture.crop((left, top, left + side, top + side)),
        interpolation='nearest' if side < 100 else None,
    )
    right = record['gt_label'] == record['pred_label']
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(color=_GREEN if right else _RED, linewidth=3)
    lines = [
        (_clip(record['pred_class']), 9, _GREEN if right else _RED, 'bold'),
        (
            f'{100 * record["confidence"]:.0f} %   H {record["predictive_entropy"]:.2f}',
            8,
            _GREY,
            'normal',
        ),
    ]
    if not right:
        lines.insert(1, (f'true: {_clip(record["gt_class"])}', 8, _INK, 'normal'))
    for row, (text, size, color, weight) in enumerate(lines):
        axes.annotate(
            text,
            (0.5, 0),
            xytext=(0, -6 - 11 * row),
            xycoords='axes fraction',
            textcoords='offset points',
            ha='center',
            va='top',
            fontsize=size,
            color=color,
            fontweight=weight,
        )


def _clip(name: str, width: int = 17) -> str:
    name = name.replace('_', ' ')
    return name if len(name) <= width else name[: width - 1] + '…'


def _tidy(axes: Axes) -> None:
    axes.grid(color=_PALE, linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_GREY, labelsize=9, length=0)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ('left', 'bottom'))
        spine.set_color(_GREY)


def _save(figure: Figure, path: str | os.PathLike) -> Path:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasAgg(figure).print_figure(path, facecolor=figure.get_facecolor())
    return path
