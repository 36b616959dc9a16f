"""Images with their prediction below them."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image, ImageDraw

from vamp_mm.visualization.drawing import BLUE, GREY, INK, PALE
from vamp_mm.visualization.fonts import draw_text, plain_text, text_width

from .results import Prediction

_WIDTH, _LINE, _PAD, _BAR = 360, 24, 10, 110
_LONGEST = 200  # bytes of a name
_MOST = 40  # bars
_UNSURE = '#c77700'


def annotated(image: Image.Image, prediction: Prediction) -> Image.Image:
    """Draw a prediction below an image: the class or "not sure", bars of the (up to 40) most probable classes, the
    uncertainty.

    Names are drawn in fonts of this machine that have their script.

    Args:
        image: The image, RGB.
        prediction: Its prediction.

    Returns:
        An image 360 pixels wide. The given image is scaled to that width, or, if it is more than three times as high as
        wide, to three times that height; its aspect ratio is kept.
    """
    scale = min(_WIDTH / image.width, 3 * _WIDTH / image.height)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    shown = image.convert('RGB').resize(
        size, Image.Resampling.NEAREST if scale > 3 else Image.Resampling.BICUBIC
    )
    bars = prediction.top_k[:_MOST]
    height = shown.height + 2 * _PAD + _LINE * (2 + len(bars))
    sheet = Image.new('RGB', (_WIDTH, height), 'white')
    sheet.paste(shown, ((_WIDTH - shown.width) // 2, 0))
    draw = ImageDraw.Draw(sheet)
    top = shown.height + _PAD
    title = 'not sure' if prediction.name is None else prediction.name
    draw_text(
        draw,
        (_PAD, top),
        _fit(title, 17, _WIDTH - 2 * _PAD),
        17,
        _UNSURE if prediction.rejected else INK,
    )
    for candidate in bars:
        top += _LINE
        _bar(draw, top, candidate.name, candidate.score, _UNSURE if prediction.rejected else BLUE)
    numbers = f'entropy {prediction.predictive_entropy:.2f}   mutual information {prediction.mutual_information:.3f}'
    draw_text(draw, (_PAD, top + _LINE + 2), numbers, 12, GREY)
    return sheet


def picture_path(folder: Path, prediction: Prediction) -> Path:
    """The file for an annotated image: its number and then its name, so that no two are the same.

    Args:
        folder: Folder of the annotated images.
        prediction: The prediction.

    Returns:
        Path of a PNG file.
    """
    stem = 'image' if prediction.path is None else Path(prediction.path).stem
    # file systems allow 255 bytes, and not all allow bytes that are not UTF-8
    stem = os.fsencode(stem)[:_LONGEST].decode('utf-8', 'ignore')
    return folder / f'{prediction.index:05d}_{stem}.png'


def _bar(draw: ImageDraw.ImageDraw, top: int, name: str, score: float, color: str) -> None:
    left = _WIDTH - _PAD - 55 - _BAR
    draw_text(draw, (_PAD, top + 2), _fit(name, 13, left - 2 * _PAD), 13, INK)
    draw.rectangle((left, top + 5, left + _BAR, top + 16), fill=PALE)
    if score > 0:
        draw.rectangle((left, top + 5, left + max(1, round(_BAR * score)), top + 16), fill=color)
    draw_text(draw, (left + _BAR + 8, top + 2), f'{100 * score:.1f} %', 13, INK)


def _fit(text: str, size: int, width: int) -> str:
    """A text, cut to a width in pixels."""
    text = plain_text(text.replace('_', ' '))
    if text_width(text, size) <= width:
        return text
    fits, over = 0, min(len(text), 4 * width)  # no letter is that narrow
    while over - fits > 1:
        middle = (fits + over) // 2
        fits, over = (
            (middle, over) if text_width(text[:middle] + '…', size) <= width else (fits, middle)
        )
    return text[:fits] + '…'
