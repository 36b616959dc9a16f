"""A sheet of the least and the most certain test images, with what the model hesitated between."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.patches import Rectangle
from PIL import Image

from .drawing import (
    BLUE,
    GREEN,
    GREY,
    INK,
    MARGIN,
    PALE,
    RED,
    Sheet,
    below,
    clip,
    read_picture,
    save,
)

# inches: an image, the gap to the next, the lines of text under it, the bar under these
_SIZE, _GAP, _TEXT, _BAR = 1.5, 0.25, 1.05, 0.07
_LEGEND = (
    'frame: green = right, red = wrong    bar: entropy; blue = uncertainty within each sample, red = disagreement '
    'between samples'
)
_COLUMNS = 8


def reason_sheet(
    ranked: Sequence[Mapping[str, Any]], path: Path, number: int, title: str, by: str
) -> Path:
    """Draw the first and the last of ranked predictions.

    Args:
        ranked: Predictions with ``reason``, least certain first; two or more.
        path: The PNG.
        number: Images at each end; fewer where there are fewer than twice as many.
        title: Heading.
        by: What they are ranked by, in words.

    Returns:
        The path.

    Raises:
        FileNotFoundError: If an image is gone.
    """
    number = min(number, len(ranked) // 2)
    columns = max(4, min(number, _COLUMNS))
    rows = math.ceil(number / columns)
    block = _SIZE + _TEXT
    width = max(2 * MARGIN + columns * (_SIZE + _GAP) - _GAP, 8.2)
    sheet = Sheet(width, 0.8 + 2 * (0.42 + rows * block) + 0.05, title, _LEGEND)
    top = 0.72
    longest = max(max(record['predictive_entropy'] for record in ranked), 1e-12)
    for head, chosen in (
        (f'Least certain {number} of {len(ranked)} by {by}', ranked[:number]),
        (f'Most certain {number}', ranked[::-1][:number]),
    ):
        sheet.text(top + 0.2, head, 11, GREY, 'bold')
        top += 0.42
        for place, record in enumerate(chosen):
            row, column = divmod(place, columns)
            _draw(sheet, MARGIN + column * (_SIZE + _GAP), top + row * block, record, longest)
        top += rows * block
    return save(sheet.figure, path)


def _draw(sheet: Sheet, left: float, top: float, record: Mapping[str, Any], longest: float) -> None:
    right = record['gt_label'] == record['pred_label']
    color = GREEN if right else RED
    axes = sheet.image(left, top, _SIZE, _picture(record['img_path']), color, 3)
    second = record.get('runner_up_class')
    lines: list[tuple[str, float, str, str]] = [
        (f'{clip(record["pred_class"], 15)} {100 * record["confidence"]:.0f} %', 9, color, 'bold')
    ]
    if not right:
        known = record.get('gt_confidence')
        lines.append(
            (
                f'true: {clip(record["gt_class"], 15)}'
                + ('' if known is None else f' {100 * known:.0f} %'),
                8,
                INK,
                'normal',
            )
        )
    # where the true class is the runner-up, one line says both
    if second is not None and (right or second != record['gt_class']):
        lines.append(
            (
                f'next: {clip(second, 15)} {100 * record["runner_up_confidence"]:.0f} %',
                8,
                GREY,
                'normal',
            )
        )
    lines.append(
        (
            f'H {record["predictive_entropy"]:.2f}  MI {record["mutual_information"]:.3f}  '
            f'± {100 * record["pred_std"]:.0f} %',
            7.5,
            GREY,
            'normal',
        )
    )
    lines.append((record['reason'], 7.5, INK, 'normal'))
    below(axes, lines, gap=11)
    parts = ((record['expected_entropy'], BLUE), (record['mutual_information'], RED))
    _bar(sheet, left, top + _SIZE + 0.035, [(value / longest, tone) for value, tone in parts])


def _bar(sheet: Sheet, left: float, top: float, parts: Sequence[tuple[float, str]]) -> None:
    """A bar as wide as an image, right below it; parts are shares of its width."""
    begin = left
    for share, color in ((1.0, PALE), *parts):
        wide = _SIZE * share
        sheet.figure.add_artist(
            Rectangle(
                (begin / sheet.width, 1 - (top + _BAR) / sheet.height),
                wide / sheet.width,
                _BAR / sheet.height,
                color=color,
                linewidth=0,
            )
        )
        begin = left if color == PALE else begin + wide


def _picture(path: str) -> Image.Image:
    try:
        return read_picture(path)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f'image {path!r} of the predictions is gone (seen from {Path.cwd()}); run this from the '
            'folder that the test was run in'
        ) from error
