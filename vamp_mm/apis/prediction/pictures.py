"""Images with their answer below them."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

from vamp_mm.evaluation.drawing import BLUE, GREY, INK, PALE

from .results import Prediction

_WIDTH, _LINE, _PAD, _BAR = 360, 24, 10, 110
_LONGEST = 200  # bytes of a name
_UNSURE = '#c77700'


def annotated(image: Image.Image, prediction: Prediction) -> Image.Image:
    """Draw an answer below an image: the class or "not sure", bars of the most probable classes, the uncertainty.

    Args:
        image: The image, RGB.
        prediction: Its answer.

    Returns:
        A picture at least 360 pixels wide; the image keeps its shape and is made larger or smaller to that width, unless it
        would become higher than three times that.
    """
    scale = min(_WIDTH / image.width, 3 * _WIDTH / image.height)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    shown = image.convert('RGB').resize(size, Image.Resampling.NEAREST if scale > 3 else Image.Resampling.BICUBIC)
    height = shown.height + 2 * _PAD + _LINE * (2 + len(prediction.top_k))
    sheet = Image.new('RGB', (_WIDTH, height), 'white')
    sheet.paste(shown, ((_WIDTH - shown.width) // 2, 0))
    draw = ImageDraw.Draw(sheet)
    top = shown.height + _PAD
    title = 'not sure' if prediction.name is None else prediction.name
    draw.text((_PAD, top), _fit(title, 17, _WIDTH - 2 * _PAD), fill=_UNSURE if prediction.rejected else INK, font=_font(17))
    for candidate in prediction.top_k:
        top += _LINE
        _bar(draw, top, candidate.name, candidate.score, _UNSURE if prediction.rejected else BLUE)
    numbers = f'entropy {prediction.predictive_entropy:.2f}   mutual information {prediction.mutual_information:.3f}'
    draw.text((_PAD, top + _LINE + 2), numbers, fill=GREY, font=_font(12))
    return sheet


def picture_path(folder: Path, prediction: Prediction) -> Path:
    """Where the picture of an answer goes: the image's name behind its number, so that no two share one.

    Args:
        folder: Folder of the pictures.
        prediction: The answer.

    Returns:
        A PNG.
    """
    stem = 'image' if prediction.path is None else Path(prediction.path).stem
    # file systems take 255 bytes, and not all take bytes that are no UTF-8
    stem = os.fsencode(stem)[:_LONGEST].decode('utf-8', 'ignore')
    return folder / f'{prediction.index:05d}_{stem}.png'


def _bar(draw: ImageDraw.ImageDraw, top: int, name: str, score: float, color: str) -> None:
    left = _WIDTH - _PAD - 55 - _BAR
    draw.text((_PAD, top + 2), _fit(name, 13, left - 2 * _PAD), fill=INK, font=_font(13))
    draw.rectangle((left, top + 5, left + _BAR, top + 16), fill=PALE)
    if score > 0:
        draw.rectangle((left, top + 5, left + max(1, round(_BAR * score)), top + 16), fill=color)
    draw.text((left + _BAR + 8, top + 2), f'{100 * score:.1f} %', fill=INK, font=_font(13))


def _fit(text: str, size: int, width: int) -> str:
    """A text, cut where it is wider than so many pixels."""
    text = ' '.join(text.replace('_', ' ').split())
    short = text
    while short and _font(size).getlength(short if short == text else short + '…') > width:
        short = short[:-1]
    return short if short == text else short + '…'


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """The font that comes with matplotlib: also letters with accents, Greek and Cyrillic."""
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), 'fonts', 'ttf', 'DejaVuSans.ttf')), size)
