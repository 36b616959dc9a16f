"""Icon fonts of the pip package ``qtawesome``, read without importing Qt.

``import qtawesome`` needs a Qt binding and a display; only its data files are wanted here, so the
package is located with :func:`importlib.util.find_spec` and never imported.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    'BENCHMARK_DESIGNERS',
    'FONTS',
    'PRETRAIN_DESIGNERS',
    'FontSpec',
    'Glyph',
    'concepts',
    'font_folder',
    'load_glyphs',
    'package_version',
]


@dataclass(frozen=True)
class FontSpec:
    """One font file of ``qtawesome``.

    Attributes:
        key: Short unique name of the font.
        designer: Who drew it; fonts of one designer resemble each other and are never split between
            benchmark and pre-training.
        stem: Start of the file names, ``<stem>-<version>.ttf`` and ``<stem>-charmap-<version>.json``.
        styles: Name suffixes that say how a glyph is drawn, not what it shows.
        licence: Licence of the font as its authors state it.
        source: Home of the font.
    """

    key: str
    designer: str
    stem: str
    styles: tuple[str, ...]
    licence: str
    source: str


_FA = ('fontawesome', 'SIL Open Font License 1.1', 'https://fontawesome.com')
_MDI = ('materialdesign', 'Apache License 2.0', 'https://github.com/Templarian/MaterialDesign')

FONTS: tuple[FontSpec, ...] = (
    FontSpec('phosphor', 'phosphor', 'phosphor', ('thin', 'light', 'bold', 'fill'), 'MIT License',
             'https://github.com/phosphor-icons'),
    FontSpec('remix', 'remix', 'remixicon', ('fill', 'line'), 'Apache License 2.0',
             'https://github.com/Remix-Design/RemixIcon'),
    FontSpec('mdi6', _MDI[0], 'materialdesignicons6-webfont', ('outline',), *_MDI[1:]),
    FontSpec('mdi5', _MDI[0], 'materialdesignicons5-webfont', ('outline',), *_MDI[1:]),
    FontSpec('fa6-solid', _FA[0], 'fontawesome6-solid-webfont', ('alt',), *_FA[1:]),
    FontSpec('fa6-regular', _FA[0], 'fontawesome6-regular-webfont', ('alt',), *_FA[1:]),
    FontSpec('fa5-solid', _FA[0], 'fontawesome5-solid-webfont', ('alt',), *_FA[1:]),
    FontSpec('fa5-regular', _FA[0], 'fontawesome5-regular-webfont', ('alt',), *_FA[1:]),
    FontSpec('elusive', 'elusive', 'elusiveicons-webfont', ('alt',), 'SIL Open Font License 1.1',
             'http://elusiveicons.com'),
    FontSpec('codicon', 'codicon', 'codicon', ('filled', 'outline'),
             'Creative Commons Attribution 4.0', 'https://github.com/microsoft/vscode-codicons'),
)  # fmt: skip
"""Every font used. The two brand fonts are left out: logos have no common name to learn."""

BENCHMARK_DESIGNERS: tuple[str, ...] = ('phosphor', 'remix')
"""Their glyphs are the images of the benchmark and are never seen in pre-training."""

PRETRAIN_DESIGNERS: tuple[str, ...] = ('materialdesign', 'fontawesome', 'elusive', 'codicon')
"""Their glyphs are what the small CLIP is pre-trained on; the benchmark shows none of them."""

_NO_INK = frozenset({'blank', 'font-awesome-logo-full'})
"""Names without a drawing in the fonts that list them."""


@dataclass(frozen=True)
class Glyph:
    """One drawing: a character of a font and the concept that it shows.

    Attributes:
        font: ``FontSpec.key``.
        designer: ``FontSpec.designer``.
        name: Name in the font, such as ``'camera-fill'``.
        concept: Name without style suffixes, words separated by dashes, such as ``'camera'``.
        codepoint: Unicode code point of the character.
        path: Font file.
    """

    font: str
    designer: str
    name: str
    concept: str
    codepoint: int
    path: Path


def font_folder() -> Path:
    """Locate the fonts of ``qtawesome`` without importing it.

    Returns:
        The folder of the font files.

    Raises:
        ModuleNotFoundError: If ``qtawesome`` is not installed.
    """
    spec = importlib.util.find_spec('qtawesome')
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "the icon benchmark needs the fonts of the package 'qtawesome', which is not installed: "
            "pip install 'qtawesome>=1.4,<2'"
        )
    return Path(next(iter(spec.submodule_search_locations))) / 'fonts'


def package_version() -> str:
    """Version of the installed ``qtawesome``, such as ``'1.4.2'``."""
    return importlib.metadata.version('qtawesome')


def _strip_styles(name: str, styles: tuple[str, ...]) -> str:
    """Remove style suffixes: ``'camera-fill'`` -> ``'camera'``."""
    pattern = re.compile(rf'-(?:{"|".join(styles)})$')
    while (shorter := pattern.sub('', name)) != name:
        name = shorter
    return name


def _single_file(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise FileNotFoundError(
            f'Expected one file {pattern!r} in {folder}, found {[p.name for p in found]}. '
            'Reinstall the fonts with: pip install --force-reinstall --no-deps qtawesome'
        )
    return found[0]


def font_files(spec: FontSpec) -> tuple[Path, Path]:
    """Font file and name table of one font; their names carry the font's version."""
    folder = font_folder()
    return (
        _single_file(folder, f'{spec.stem}-[0-9]*.ttf'),
        _single_file(folder, f'{spec.stem}-charmap-[0-9]*.json'),
    )


def font_version(spec: FontSpec) -> str:
    """Version of one font, read from its file name, such as ``'2.5.0'``."""
    return font_files(spec)[0].stem.removeprefix(f'{spec.stem}-')


def load_glyphs(designers: tuple[str, ...]) -> list[Glyph]:
    """List all glyphs of the given designers.

    Aliases (several names of one character of one font) are all listed.

    Args:
        designers: Values of ``FontSpec.designer``.

    Returns:
        Glyphs in the order of ``FONTS`` and of their names.

    Raises:
        ValueError: If a designer is unknown.
    """
    known = {spec.designer for spec in FONTS}
    if unknown := sorted(set(designers) - known):
        raise ValueError(f'Unknown designers {unknown}; choose among {sorted(known)}.')
    glyphs = []
    for spec in FONTS:
        if spec.designer not in designers:
            continue
        path, table = font_files(spec)
        for name, code in sorted(json.loads(table.read_text(encoding='utf-8')).items()):
            if name in _NO_INK:
                continue
            concept = _strip_styles(name, spec.styles)
            glyphs.append(Glyph(spec.key, spec.designer, name, concept, int(code, 16), path))
    return glyphs


def concepts(glyphs: list[Glyph]) -> dict[str, list[Glyph]]:
    """Group glyphs by concept, concepts in alphabetical order."""
    groups: dict[str, list[Glyph]] = {}
    for glyph in glyphs:
        groups.setdefault(glyph.concept, []).append(glyph)
    return {name: groups[name] for name in sorted(groups)}
