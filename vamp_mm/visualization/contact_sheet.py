"""A sheet of images with their class names, before and after the transforms."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from .drawing import GREY, INK, MARGIN, PALE, Sheet, below, clip, save

# inches: one image, the gap to the next, two lines of text, the arrow's gap between before and after
_SIZE, _GAP, _TEXT, _STEP = 1.3, 0.22, 0.42, 0.06
_LEGEND = 'upper image: the whole file    below: what the model gets'
_LONGEST = 28  # letters of the small print


class Shown(NamedTuple):
    """One image of the sheet.

    Args:
        name: Class name.
        detail: Small print, such as the file's name and size.
        before: The image in the file.
        after: What the transforms made of it, one or more draws.
    """

    name: str
    detail: str
    before: Image.Image
    after: Sequence[Image.Image]


def contact_sheet(
    images: Sequence[Shown], path: str | os.PathLike, title: str, columns: int = 8
) -> Path:
    """Draw images in columns: the file above, what the transforms made of it below, then the class name.

    Args:
        images: What to show, each with the same number of draws.
        path: The PNG to write; its folder is made.
        title: Heading.
        columns: Images side by side.

    Returns:
        The path.

    Raises:
        ValueError: If there is no image, or the numbers of draws differ.
    """
    draws = {len(image.after) for image in images}
    if len(draws) != 1:
        raise ValueError(
            f'a sheet needs images with one number of draws, got {len(images)} images with {sorted(draws)}'
        )
    block = (1 + draws.pop()) * (_SIZE + _STEP) + _TEXT
    columns = max(3, min(columns, len(images)))
    rows = math.ceil(len(images) / columns)
    sheet = Sheet(
        2 * MARGIN + columns * (_SIZE + _GAP) - _GAP, 0.85 + rows * block + 0.05, title, _LEGEND
    )
    for place, image in enumerate(images):
        left = MARGIN + place % columns * (_SIZE + _GAP)
        top = 0.8 + place // columns * block
        for row, picture in enumerate((_whole(image.before), *image.after)):
            axes = sheet.image(
                left, top + row * (_SIZE + _STEP), _SIZE, picture, PALE if row else GREY, 1
            )
        below(
            axes,
            [(clip(image.name), 8.5, INK, 'bold'), (_short(image.detail), 6.5, GREY, 'normal')],
        )
    return save(sheet.figure, path)


def _whole(picture: Image.Image) -> Image.Image:
    """The picture in the middle of a pale square."""
    side = max(picture.size)
    square = Image.new('RGB', (side, side), PALE)
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else '…' + text[1 - _LONGEST :]
