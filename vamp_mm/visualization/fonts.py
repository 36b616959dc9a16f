"""Fonts for names in any script: what DejaVu Sans lacks is drawn in a font of the machine that has it.

Pictures are drawn by matplotlib (:func:`letter_figure`) or by Pillow (:func:`draw_text`, :func:`text_width`); both draw a
name as it is written, never as TeX.
"""

from __future__ import annotations

import contextlib
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, ScalarFormatter
from mmengine.logging import print_log
from PIL import ImageDraw, ImageFont

from vamp_mm.messages import some

#: The font that comes with matplotlib: Latin, Greek, Cyrillic and many symbols.
_FAMILY = 'DejaVu Sans'
#: Drawn in place of a character that no font has.
_MISSING = '□'
#: Fonts whose glyphs are boxes with the name of a script.
_BOXES = ('last resort', 'lastresort', 'adobe blank', 'notdef')
#: Join letters in some scripts; where a font lacks them they are left out.
_JOINERS = '\u200c\u200d'


class Face(NamedTuple):
    """A font of the machine.

    Args:
        family: Its name.
        path: Its file.
        codes: Code points that it has, sorted.
    """

    family: str
    path: str
    codes: array

    def has(self, char: str) -> bool:
        """Whether it has a glyph for a character."""
        place = bisect_left(self.codes, ord(char))
        return place < len(self.codes) and self.codes[place] == ord(char)


def plain_text(text: str) -> str:
    """A name on one line, without characters that have no shape of their own.

    Args:
        text: Any text; blanks and line breaks become one blank each; control characters, direction marks, variation
            selectors and halves of surrogate pairs are left out.

    Returns:
        The text in composed form (NFC).
    """
    text = unicodedata.normalize('NFC', ' '.join(str(text).split()))
    return ''.join(
        char
        for char in text
        if char in _JOINERS
        or not (unicodedata.category(char) in ('Cc', 'Cf', 'Cs') or '\ufe00' <= char <= '\ufe0f')
    )


def drawable(text: str, bold: bool = False) -> tuple[str, list[Face]]:
    """What of a text can be drawn, and with which fonts.

    Args:
        text: Any text.
        bold: Whether it is to be bold.

    Returns:
        The text with ``□`` for each character that no font on this machine has, which a warning names once; and the fonts
        in the order in which they are asked for a glyph, DejaVu Sans first.
    """
    text = plain_text(text)
    base = _base(bold)
    wanted = frozenset(char for char in text if not char.isspace() and not base.has(char))
    if not wanted:
        return text, [base]
    faces = _fallback(wanted)
    lost = {char for char in wanted if not any(face.has(char) for face in faces)}
    if named := lost.difference(_JOINERS):
        _warn(named, text)
    return ''.join(_MISSING if char in named else '' if char in lost else char for char in text), [
        base,
        *faces,
    ]


def letter_figure(figure: Figure) -> None:
    """Prepare all texts of a figure for drawing: nothing is read as TeX, and each script gets a font that has it.

    Args:
        figure: Complete; to be called right before it is written.
    """
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            formatter = axis.get_major_formatter()
            if isinstance(formatter, ScalarFormatter):
                formatter.set_useMathText(False)
            elif isinstance(
                axis.get_major_locator(), FixedLocator
            ):  # names, which an axis keeps besides its texts
                axis.set_ticklabels(
                    [drawable(label.get_text())[0] for label in axis.get_ticklabels()]
                )
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_parse_math(False)
        text.set_usetex(False)
        bold = text.get_fontweight() == 'bold'
        shown, faces = drawable(text.get_text(), bold)
        if len(faces) > 1:
            text.set_fontweight('normal')  # the weight that was looked at
            shown, faces = drawable(text.get_text())
        if shown != text.get_text():
            text.set_text(shown)
        text.set_fontfamily([face.family for face in faces])


def draw_text(
    draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, size: int, fill: str
) -> None:
    """Write one line onto a Pillow image.

    Args:
        draw: Of the image.
        place: Left end and ascender line, in pixels.
        text: Any text.
        size: Of the letters, in pixels.
        fill: Colour.
    """
    left, top = place
    baseline = top + _pillow(_base(False).path, size).getmetrics()[0]
    for run, face in _runs(text):
        font = _pillow(face.path, size)
        draw.text((left, baseline), run, fill=fill, font=font, anchor='ls')
        left += font.getlength(run)


def text_width(text: str, size: int) -> float:
    """Width of a line that :func:`draw_text` writes, in pixels.

    Args:
        text: Any text.
        size: Of the letters, in pixels.

    Returns:
        The width.
    """
    return sum(_pillow(face.path, size).getlength(run) for run, face in _runs(text))


def _runs(text: str) -> list[tuple[str, Face]]:
    """Parts of a text that one font draws."""
    shown, faces = drawable(text)
    runs: list[tuple[str, Face]] = []
    for char in shown:
        before = runs[-1][1] if runs else None
        # a blank or a mark stays with the letters before it where their font has it
        if (
            before is not None
            and before.has(char)
            and (before is not faces[0] or not char.isalnum())
        ):
            face = before
        else:
            face = next((face for face in faces if face.has(char)), faces[0])
        if face is before:
            runs[-1] = (runs[-1][0] + char, face)
        else:
            runs.append((char, face))
    return runs


@cache
def _base(bold: bool) -> Face:
    name = 'DejaVuSans-Bold.ttf' if bold else 'DejaVuSans.ttf'
    return _read(_FAMILY, str(Path(matplotlib.get_data_path(), 'fonts', 'ttf', name)))


@lru_cache(maxsize=4096)
def _fallback(wanted: frozenset[str]) -> list[Face]:
    """As few fonts as have all of the characters that any font has."""
    found: list[Face] = []
    left, faces = set(wanted), list(_faces())
    while left and faces:
        # the font of the most characters, a plain sans if there is one; by name, so that it is the same each time
        best = min(faces, key=lambda face: (-sum(map(face.has, left)), *_rank(face)))
        faces.remove(best)
        drawn = _really_draws(best, left)
        if drawn:
            found.append(best)
            left -= drawn
        elif not any(face.has(char) for face in faces for char in left):
            break
    return found


def _rank(face: Face) -> tuple[bool, bool, str]:
    name = face.family.lower()
    return 'sans' not in name and 'gothic' not in name, 'mono' in name, name


def _really_draws(face: Face, chars: Iterable[str]) -> set[str]:
    """Those characters whose glyph is not empty; joiners and blanks may be."""
    try:
        font = FT2Font(face.path)
        font.set_size(32, 72)
        drawn = set()
        for char in filter(face.has, chars):
            glyph = font.load_char(ord(char))
            if char in _JOINERS or unicodedata.category(char) == 'Zs' or glyph.width > 0:
                drawn.add(char)
        return drawn
    except (RuntimeError, OSError):
        return set()


@cache
def _faces() -> list[Face]:
    """The fonts of the machine besides DejaVu Sans, the most ordinary file of each family."""
    manager = font_manager.fontManager
    known = {str(entry.fname) for entry in manager.ttflist}
    # installed after matplotlib made its list
    for path in sorted(set(font_manager.findSystemFonts()) - known):
        with contextlib.suppress(Exception):  # whatever a broken font raises, others are there
            manager.addfont(path)
    files: dict[str, list[tuple[bool, int, str]]] = {}
    for entry in manager.ttflist:
        if entry.name != _FAMILY and not any(word in entry.name.lower() for word in _BOXES):
            weight = (
                entry.weight
                if isinstance(entry.weight, int)
                else font_manager.weight_dict.get(entry.weight, 400)
            )
            files.setdefault(entry.name, []).append(
                (entry.style != 'normal', abs(weight - 400), entry.fname)
            )
    faces = []
    for family in sorted(files):
        with contextlib.suppress(Exception):
            faces.append(_read(family, min(files[family])[2]))
    return faces


def _read(family: str, path: str) -> Face:
    font = FT2Font(path)
    if not font.scalable:
        raise RuntimeError(f'{path} holds pictures of fixed sizes')
    return Face(family, path, array('L', sorted(font.get_charmap())))


@lru_cache(maxsize=64)
def _pillow(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size, index=getattr(path, 'face_index', 0))


def _warn(missing: set[str], text: str) -> None:
    """Name what cannot be drawn, once for each script."""
    new = {_script(char) for char in missing} - _named()
    if new:
        _named().update(new)
        points = some([f'U+{ord(char):04X}' for char in sorted(missing)], most=3)
        print_log(
            f'no font on this machine has {points} of {text!r} ({", ".join(sorted(new))}): pictures show {_MISSING} '
            'in place of such characters; install a font that has them, for example of the Noto family',
            'current',
            30,
        )


@cache
def _named() -> set[str]:
    """Scripts that a warning has named in this process."""
    return set()


def _script(char: str) -> str:
    """``CJK``, ``HIRAGANA``, ``DEVANAGARI``, ...; one word for all symbols."""
    return (
        unicodedata.name(char, 'UNNAMED').split()[0]
        if unicodedata.category(char)[0] in 'LMN'
        else 'SYMBOLS'
    )
