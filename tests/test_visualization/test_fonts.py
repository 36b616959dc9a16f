"""Names in any script, with any character: drawn as they are, and named where no font has them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import font_manager
from PIL import Image, ImageDraw

from vamp_mm.visualization import fonts
from vamp_mm.visualization.drawing import Sheet, clip, save

#: Of scripts that DejaVu Sans lacks; the font of the tests has the first three.
DRAWN, MISSING = '日本語', '말ሀ'
TEX = ['$100_{a}^2$', r'a\b{c}$', r'$\frac{', '$', '_a_', 'x^2', '{}', '%', '$$$', r'\$5', '~&#']


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is warned about in a process that has drawn nothing yet."""
    messages: list[str] = []
    monkeypatch.setattr(fonts, 'print_log', lambda text, *args: messages.append(text))
    _forget()
    yield messages
    _forget()


@pytest.fixture
def toy_font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]) -> str:
    """A font of this machine with three characters, each a block."""
    pen = TTGlyphPen(None)
    for number, point in enumerate([(100, 0), (100, 700), (700, 700), (700, 0)]):
        (pen.lineTo if number else pen.moveTo)(point)
    pen.closePath()
    block, names = pen.glyph(), ['.notdef', *(f'uni{ord(char):04X}' for char in DRAWN)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(char): f'uni{ord(char):04X}' for char in DRAWN})
    builder.setupGlyf(dict.fromkeys(names, block))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (800, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable(dict(familyName='Blocks of a Test', styleName='Regular'))
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200)
    builder.setupPost()
    path = tmp_path / 'blocks.ttf'
    builder.save(path)
    manager = font_manager.fontManager
    monkeypatch.setattr(
        manager,
        'ttflist',
        [
            entry
            for entry in manager.ttflist
            if entry.name.startswith(('DejaVu Sans', 'Last Resort'))
        ],
    )
    monkeypatch.setattr(font_manager, 'findSystemFonts', lambda: [str(path)])
    return 'Blocks of a Test'


def _forget() -> None:
    for function in (fonts._faces, fonts._fallback, fonts._named):
        function.cache_clear()


def _sheet(path: Path, names: list[str]) -> np.ndarray:
    """Pixels of a picture with names as text, below an image and on an axis."""
    sheet = Sheet(6, 4, names[0], names[-1])
    axes = sheet.image(0.2, 1, 1, Image.new('RGB', (4, 4)), 'red', 1)
    axes.set_yticks(range(len(names)), names)
    axes.set_title(names[0], fontweight='bold')
    for place, name in enumerate(names):
        sheet.text(1 + 0.2 * place, name, 8, 'black', left=3)
    return np.asarray(Image.open(save(sheet.figure, path)).convert('L'))


def test_no_name_is_read_as_tex(tmp_path: Path, said: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        _sheet(tmp_path / 'all.png', TEX)
        # mathematics would leave out the dollars and lower the letter: fewer dark pixels than the plain characters have
        single = [
            (_sheet(tmp_path / f'{number}.png', [name]) < 128).sum()
            for number, name in enumerate(['$a_b$', 'a_b'])
        ]
    assert single[0] > single[1]
    assert said == []


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=20))
def test_any_text_becomes_one_line_that_can_be_drawn(text: str) -> None:
    shown, faces = fonts.drawable(text)
    shown.encode('utf-8')
    assert '\n' not in shown
    assert all(any(face.has(char) for face in faces) or char.isspace() for char in shown)
    assert fonts.text_width(text, 12) >= 0


def test_a_font_of_the_machine_draws_what_dejavu_lacks(
    tmp_path: Path, toy_font: str, said: list[str]
) -> None:
    shown, faces = fonts.drawable(f'cat {DRAWN}')
    assert shown == f'cat {DRAWN}'
    assert [face.family for face in faces] == ['DejaVu Sans', toy_font]
    with warnings.catch_warnings():
        warnings.simplefilter('error')  # of matplotlib, for each glyph that a font lacks
        drawn = _sheet(tmp_path / 'a.png', [DRAWN, 'cat'])
        boxes = _sheet(tmp_path / 'b.png', ['□□□', 'cat'])
    assert (drawn < 128).sum() > (boxes < 128).sum() + 1000  # full blocks, not outlines
    assert said == []
    # Pillow: three blocks of 0.8 em behind what DejaVu Sans draws
    assert fonts.text_width(DRAWN, 100) == pytest.approx(240)
    assert fonts.text_width(f'cat{DRAWN}', 100) == pytest.approx(fonts.text_width('cat', 100) + 240)
    picture = Image.new('L', (300, 100), 255)
    fonts.draw_text(ImageDraw.Draw(picture), (0, 0), DRAWN, 100, 'black')
    ink = np.asarray(picture)[40:90] < 128
    assert ink.any(axis=0).sum() == pytest.approx(180, abs=6)


def test_what_no_font_has_is_named_once_for_each_script(
    tmp_path: Path, toy_font: str, said: list[str]
) -> None:
    names = [f'{MISSING[0]}', f'{DRAWN}{MISSING[0]}', MISSING[1], 'cat']
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        for number in range(2):
            _sheet(tmp_path / f'{number}.png', names)
    assert len(said) == 2
    assert said[0].startswith(
        "no font on this machine has U+B9D0 of '말' (HANGUL): pictures show □ in place"
    )
    assert said[1].startswith("no font on this machine has U+1200 of 'ሀ' (ETHIOPIC): ")
    assert fonts.drawable(f'{DRAWN}{MISSING[0]}')[0] == f'{DRAWN}□'


def test_characters_without_a_shape_are_left_out() -> None:
    assert fonts.plain_text('a\nb\t c\x1b[31m\u202e\ud800\ufe0f e\u0301') == 'a b c[31m é'


def test_short_names_stay_and_wide_letters_count_twice() -> None:
    assert clip('sea_horse $1') == 'sea_horse $1'
    assert clip('x' * 18) == 'x' * 16 + '…'
    assert clip('日' * 8) == '日' * 8
    assert clip('日' * 9) == '日' * 8 + '…'


def test_latin_is_drawn_as_before(said: list[str]) -> None:
    picture, plain = (Image.new('L', (200, 30), 255) for _ in range(2))
    fonts.draw_text(ImageDraw.Draw(picture), (3, 2), 'Égée Ωmega', 17, 'black')
    ImageDraw.Draw(plain).text(
        (3, 2), 'Égée Ωmega', fill='black', font=fonts._pillow(fonts._base(False).path, 17)
    )
    assert picture.tobytes() == plain.tobytes()
