"""Pictures to try the page with, drawn from the icon fonts: no download."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from vamp_mm.datasets.icons import (
    BENCHMARK_DESIGNERS,
    concepts,
    glyph_mask,
    load_glyphs,
    render_icon,
)
from vamp_mm.files import atomic_write

_SIZE = 224  # pixels
#: The names in the field at first. The last picture has none of them, so its answer should be unsure.
NAMES = ('ghost', 'umbrella', 'rocket', 'key', 'cloud')
_DRAWN = ('ghost', 'umbrella', 'rocket', 'key', 'camera')


def draw_examples(folder: Path) -> list[str]:
    """Draw one icon a concept.

    Args:
        folder: Where to; it must be there.

    Returns:
        Their files.

    Raises:
        ModuleNotFoundError: If the fonts are not installed.
    """
    drawn = concepts(load_glyphs(BENCHMARK_DESIGNERS))
    files = []
    for name in _DRAWN:
        glyph = drawn[name][0]
        picture, _ = render_icon(
            glyph_mask(glyph.path, glyph.codepoint),
            _SIZE,
            np.random.default_rng(zlib.crc32(name.encode())),
        )
        file, content = folder / f'{name}.png', io.BytesIO()
        Image.fromarray(picture).save(content, 'PNG')
        atomic_write(content.getvalue(), file)  # another visitor may be reading it
        files.append(str(file))
    return files
