"""Pictures with captions for pre-training: glyphs that the benchmark does not show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vamp_mm.progress_bar import progress

from .fonts import PRETRAIN_DESIGNERS, concepts, load_glyphs
from .render import glyph_mask, render_icon

__all__ = ['CAPTION_TEMPLATES', 'CaptionedIcons', 'render_captioned_icons']

CAPTION_TEMPLATES: tuple[str, ...] = (
    'a drawing of a {}.',
    'a photo of a {}.',
    'an icon of a {}.',
    'a picture of the {}.',
    '{}',
    'a small colourful drawing of a {} on a plain or patterned background.',
    'a sign that shows a {}.',
    'a blurry, noisy and slightly rotated picture that someone drew of a {}.',
)
"""Short and long ones, so that the text tower's later positions are trained too."""


@dataclass(frozen=True, eq=False)
class CaptionedIcons:
    """Pictures held in memory.

    Attributes:
        images: Pictures (N, size, size, 3), uint8.
        inks: Where the drawing lies (N, size, size), uint8.
        names: Index (N,) into ``vocabulary``.
        vocabulary: What the pictures show, such as ``'account box'``.
    """

    images: np.ndarray
    inks: np.ndarray
    names: np.ndarray
    vocabulary: tuple[str, ...]


def render_captioned_icons(size: int, common: int, rare: int, seed: int) -> CaptionedIcons:
    """Render the glyphs of ``PRETRAIN_DESIGNERS``, concepts of several designers more often.

    Common things are common in captioned pictures from the web too; here a concept counts as common
    when at least two of these designers drew it.

    Args:
        size: Side of a picture in pixels.
        common: Pictures of each common concept.
        rare: Pictures of each other concept.
        seed: Seed of all that is random.

    Returns:
        The pictures and what they show.
    """
    groups = concepts(load_glyphs(PRETRAIN_DESIGNERS))
    counts = {
        name: common if len({g.designer for g in glyphs}) > 1 else rare
        for name, glyphs in groups.items()
    }
    images = np.empty((sum(counts.values()), size, size, 3), dtype=np.uint8)
    inks = np.empty(images.shape[:3], dtype=np.uint8)
    names = np.empty(len(images), dtype=np.int64)
    number = 0
    bar = progress(groups.items(), len(groups), 'rendering glyphs')
    for index, (name, glyphs) in enumerate(bar):
        for turn in range(counts[name]):
            glyph = glyphs[turn % len(glyphs)]
            rng = np.random.default_rng([seed, 1, number])  # 1: never a stream of the benchmark
            mask = glyph_mask(glyph.path, glyph.codepoint)
            images[number], inks[number] = render_icon(mask, size, rng)
            names[number] = index
            number += 1
    return CaptionedIcons(images, inks, names, tuple(name.replace('-', ' ') for name in groups))
