"""Pictures of a test run: a reliability diagram, and a sheet of images with their uncertainty."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from vamp_mm.evaluation.binning import calibration_error, into_bins

from .drawing import (
    BLUE,
    GREEN,
    GREY,
    INK,
    MARGIN,
    RED,
    Sheet,
    below,
    clip,
    read_picture,
    save,
    tidy,
)

# inches: one image with its gap, the gap, the three lines of text under an image
_CELL, _GAP, _TEXT = 1.45, 0.15, 0.48
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

    A calibrated model follows the diagonal: of the images it calls at 80 %, 80 % are right. A red
    part above a bar is confidence without accuracy, a green part of a bar accuracy without confidence.

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
    conf, right = _checked(confidences, correct)
    binned = into_bins(torch.from_numpy(conf).clamp(0, 1), torch.from_numpy(right), bins)
    accuracy, mean_conf, counts = (
        part.numpy() for part in (binned.accuracy, binned.confidence, binned.count)
    )
    filled = counts > 0

    figure = Figure(figsize=(5.2, 6.0), dpi=160, facecolor='white')
    shape = dict(
        height_ratios=(3.6, 1), hspace=0.08, left=0.125, right=0.97, top=0.885, bottom=0.085
    )
    upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw=shape)
    _draw_bars(upper, np.flatnonzero(filled), accuracy[filled], mean_conf[filled], bins)
    numbers = (
        f'accuracy {100 * right.mean():.1f} %     mean confidence {100 * conf.mean():.1f} %     '
        f'ECE {100 * calibration_error(binned):.1f} %'
    )
    figure.text(0.125, 0.955, title, fontsize=13, fontweight='bold', color=INK)
    figure.text(0.125, 0.91, numbers, fontsize=9.5, color=GREY)
    lower.bar(
        (np.arange(bins) + 0.5) / bins, 100 * counts / conf.size, width=0.92 / bins, color=GREY
    )
    lower.set(xlabel=f'confidence ({conf.size} images, counted together)', ylabel='% of images')
    figure.align_ylabels((upper, lower))
    for axes in (upper, lower):
        tidy(axes)
    return save(figure, path)


def _checked(confidences: ArrayLike, correct: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    conf, right = np.asarray(confidences, dtype=float), np.asarray(correct, dtype=float)
    if conf.ndim != 1 or conf.shape != right.shape or not conf.size:
        raise ValueError(
            f'needs two vectors of one length >= 1, got shapes {conf.shape} and {right.shape}'
        )
    if not ((conf >= 0) & (conf <= 1 + 1e-6)).all():
        raise ValueError(
            f'confidences must lie in [0, 1], got {conf.min():.4g} to {conf.max():.4g}'
        )
    return conf, right


def _draw_bars(
    axes: Axes, filled: np.ndarray, accuracy: np.ndarray, mean_conf: np.ndarray, bins: int
) -> None:
    width, centres = 0.92 / bins, (filled + 0.5) / bins
    lower, gap = np.minimum(accuracy, mean_conf), mean_conf - accuracy
    axes.bar(centres, accuracy, width=width, color=BLUE, label='accuracy', zorder=2)
    for chosen, color, alpha, label in (
        (gap > 0, RED, 0.35, 'over-confident by'),
        (gap < 0, GREEN, 1.0, 'its part above the confidence'),
    ):
        if chosen.any():
            axes.bar(
                centres[chosen],
                np.abs(gap)[chosen],
                bottom=lower[chosen],
                width=width,
                color=color,
                alpha=alpha,
                label=label,
                zorder=3,
            )
    axes.plot((0, 1), (0, 1), color=INK, linewidth=1, linestyle=(0, (4, 3)), zorder=4)
    axes.set(xlim=(0, 1), ylim=(0, 1), ylabel='accuracy')
    axes.legend(loc='upper left', frameon=False, fontsize=9, labelcolor=INK)


def uncertainty_sheet(
    records: Sequence[Mapping[str, Any]],
    path: str | os.PathLike,
    n: int = 8,
    title: str = 'What the model is sure of, and what not',
) -> Path:
    """Draw a sheet of test images: the most certain ones above, the least certain ones below.

    Under each image: the predicted class, the true class where it is another one, confidence and
    predictive entropy. A green frame is a right prediction, a red one a wrong one. Order is by
    predictive entropy. A damaged image is drawn as a cross.

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
    width, height = 2 * MARGIN + columns * _CELL - _GAP, 0.8 + 2 * (0.42 + rows * (_CELL + _TEXT))
    sheet = Sheet(width, height, title, _LEGEND)
    top = 0.72
    for head, chosen in parts:
        sheet.text(top + 0.2, head, 11, GREY, 'bold')
        top += 0.42
        for place, record in enumerate(chosen):
            row, column = divmod(place, columns)
            _draw_record(sheet, MARGIN + column * _CELL, top + row * (_CELL + _TEXT), record)
        top += rows * (_CELL + _TEXT)
    return save(sheet.figure, path)


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


def _draw_record(sheet: Sheet, left: float, top: float, record: Mapping[str, Any]) -> None:
    picture = read_picture(record['img_path'])
    right = record['gt_label'] == record['pred_label']
    color = GREEN if right else RED
    axes = sheet.image(left, top, _CELL - _GAP, picture, color, 3)
    numbers = f'{100 * record["confidence"]:.0f} %   H {record["predictive_entropy"]:.2f}'
    lines: list[tuple[str, float, str, str]] = [
        (clip(record['pred_class']), 9, color, 'bold'),
        (numbers, 8, GREY, 'normal'),
    ]
    if not right:
        lines.insert(1, (f'true: {clip(record["gt_class"])}', 8, INK, 'normal'))
    below(axes, lines)
