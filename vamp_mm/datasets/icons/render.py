"""Small colour pictures of glyphs: random colours, background, pose, blur and noise.

Everything random comes from the generator that the caller passes, so a picture depends on its own
seed only, never on the order in which pictures are made.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

__all__ = ['glyph_mask', 'render_icon']

_MASK_SIZE = 128
_MIN_CONTRAST = 55.0
_SHIFT = 0.04  # share of the picture's side
_LUMA = np.array([0.299, 0.587, 0.114])


@lru_cache(maxsize=32)
def _font(path: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), _MASK_SIZE)


@lru_cache(maxsize=4096)
def glyph_mask(path: Path, codepoint: int) -> Image.Image:
    """Draw a glyph, white on black, cut to its ink and centred in a square.

    Args:
        path: Font file.
        codepoint: Character of the font.

    Returns:
        Greyscale image of 128 x 128 pixels; the longer side of the ink fills it.

    Raises:
        ValueError: If the glyph has no ink.
    """
    canvas = Image.new('L', (3 * _MASK_SIZE, 3 * _MASK_SIZE))
    ImageDraw.Draw(canvas).text(
        (_MASK_SIZE, _MASK_SIZE), chr(codepoint), fill=255, font=_font(path)
    )
    box = canvas.getbbox()
    if box is None:
        raise ValueError(f'Character {codepoint:#x} of {path.name} has no ink.')
    ink = canvas.crop(box)
    scale = _MASK_SIZE / max(ink.size)
    ink = ink.resize([max(1, round(side * scale)) for side in ink.size], Image.Resampling.BOX)
    square = Image.new('L', (_MASK_SIZE, _MASK_SIZE))
    square.paste(ink, ((_MASK_SIZE - ink.width) // 2, (_MASK_SIZE - ink.height) // 2))
    return square


def _place(mask: Image.Image, size: int, rng: np.random.Generator) -> np.ndarray:
    """Scale, rotate and shift a mask; returns alpha (size, size) in [0, 1]."""
    side = int(round(size * rng.uniform(0.75, 0.95)))
    small = mask.resize((side, side), Image.Resampling.BOX)
    small = small.rotate(rng.uniform(-8, 8), Image.Resampling.BICUBIC, expand=True)
    reach = round(size * _SHIFT)
    left, top = ((size - n) // 2 + int(rng.integers(-reach, reach + 1)) for n in small.size)
    canvas = Image.new('L', (size, size))
    canvas.paste(small, (left, top))
    return np.asarray(canvas, dtype=np.float32) / 255.0


def _ramp(size: int, rng: np.random.Generator) -> np.ndarray:
    """A map (size, size) in [0, 1] that blends the two background colours."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / (size - 1)
    kind = rng.integers(6)
    angle = rng.uniform(0, 2 * np.pi)
    along = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    if kind == 0:  # plain
        return np.zeros((size, size), dtype=np.float32)
    if kind == 1:  # linear gradient
        return np.clip(along / 1.2 + 0.5, 0, 1)
    if kind == 2:  # radial gradient
        cy, cx = rng.uniform(0.2, 0.8, 2)
        return np.clip(np.hypot(y - cy, x - cx), 0, 1)
    if kind == 3:  # stripes
        return 0.5 + 0.5 * np.sin(along * rng.uniform(12, 50))
    if kind == 4:  # checks
        across = (y - 0.5) * np.cos(angle) - (x - 0.5) * np.sin(angle)
        step = rng.uniform(4, 10)
        return ((np.floor(along * step) + np.floor(across * step)) % 2).astype(np.float32)
    coarse = rng.uniform(0, 255, (int(rng.integers(4, 12)),) * 2).astype(np.uint8)  # clouds
    clouds = Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(clouds, dtype=np.float32) / 255.0


def _colours(rng: np.random.Generator) -> np.ndarray:
    """Two background colours and an ink colour (3, 3) that is darker than both."""
    while True:
        first, ink = rng.uniform(0, 255, (2, 3))
        second = np.clip(first + rng.uniform(-70, 70, 3), 0, 255)
        if min(first @ _LUMA, second @ _LUMA) - ink @ _LUMA > _MIN_CONTRAST:
            return np.stack([first, second, ink])


def render_icon(
    mask: Image.Image, size: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Make one picture of a glyph.

    Args:
        mask: From :func:`glyph_mask`.
        size: Side of the picture in pixels.
        rng: Source of everything random; private to this picture.

    Returns:
        RGB picture (size, size, 3) and where its ink lies (size, size), both uint8.
    """
    placed = _place(mask, size, rng)
    alpha = placed[..., None]
    first, second, ink = _colours(rng)
    ramp = _ramp(size, rng)[..., None]
    picture = (1 - ramp) * first + ramp * second
    picture = (1 - alpha) * picture + alpha * ink
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    if (radius := rng.uniform(-0.4, 0.9)) > 0:
        image = image.filter(ImageFilter.GaussianBlur(radius))
    noise = rng.standard_normal((size, size, 3), dtype=np.float32) * rng.uniform(0, 15)
    noisy = np.clip(np.asarray(image, dtype=np.float32) + noise, 0, 255).astype(np.uint8)
    return noisy, (placed * 255).astype(np.uint8)
