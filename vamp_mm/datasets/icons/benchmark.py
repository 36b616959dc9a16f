"""The icon benchmark: a folder of small pictures and a split file in the layout of the CoOp family.

A class is a concept that at least four designers drew. Its pictures show the glyphs of
``BENCHMARK_DESIGNERS``; the other designers' glyphs are left for pre-training.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from vamp_mm.progress_bar import progress

from .fonts import (
    BENCHMARK_DESIGNERS,
    FONTS,
    PRETRAIN_DESIGNERS,
    Glyph,
    concepts,
    font_version,
    load_glyphs,
    package_version,
)
from .render import glyph_mask, render_icon

__all__ = ['GENERATOR_VERSION', 'BenchmarkSpec', 'benchmark_classes', 'build_benchmark']

GENERATOR_VERSION = 1
"""Raised whenever the same arguments give other pictures than before."""

_MIN_DESIGNERS = 4


@dataclass(frozen=True)
class BenchmarkSpec:
    """What is built.

    Attributes:
        classes: Number of classes; the first half by label is *base*, the rest *novel*.
        train: Training pictures of a class.
        val: Validation pictures of a class.
        test: Test pictures of a class.
        size: Side of a picture in pixels.
        seed: Seed of all that is random.
    """

    classes: int = 50
    train: int = 24
    val: int = 8
    test: int = 30
    size: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ('train', 'val', 'test', 'size'):
            if getattr(self, name) < 1:
                raise ValueError(f'{name}={getattr(self, name)}: at least 1 is needed.')
        if self.classes < 2:
            raise ValueError(f'classes={self.classes}: at least 2 are needed (base and novel).')
        if self.seed < 0:
            raise ValueError(f'seed={self.seed}: a seed is not negative.')

    @property
    def splits(self) -> dict[str, int]:
        """Pictures of a class in each split, in the order of the split file."""
        return {'train': self.train, 'val': self.val, 'test': self.test}


def benchmark_classes(count: int) -> dict[str, list[Glyph]]:
    """Choose the classes and the glyphs that show them.

    A candidate is a one-word concept that every benchmark designer and at least four designers in all
    drew. The most widely drawn ones are taken (ties by a hash of the name, so that the alphabet decides
    nothing), and labels follow the alphabet, as in the benchmarks of the CoOp family.

    Args:
        count: Number of classes.

    Returns:
        Class name -> its glyphs by the benchmark designers, in label order.

    Raises:
        ValueError: If there are fewer candidates than asked for.
    """
    drawn = concepts(load_glyphs(BENCHMARK_DESIGNERS))
    others = concepts(load_glyphs(PRETRAIN_DESIGNERS))
    designers = {
        name: len({g.designer for g in [*glyphs, *others.get(name, [])]})
        for name, glyphs in drawn.items()
        if '-' not in name and len({g.designer for g in glyphs}) == len(BENCHMARK_DESIGNERS)
    }
    candidates = [name for name, number in designers.items() if number >= _MIN_DESIGNERS]
    if count > len(candidates):
        raise ValueError(
            f'classes={count}: only {len(candidates)} concepts are drawn by at least '
            f'{_MIN_DESIGNERS} designers; ask for at most that many.'
        )
    candidates.sort(key=lambda name: (-designers[name], zlib.crc32(name.encode())))
    return {name: drawn[name] for name in sorted(candidates[:count])}


def _write_class(
    folder: Path, name: str, glyphs: Sequence[Glyph], spec: BenchmarkSpec
) -> dict[str, list[str]]:
    """Render all pictures of one class; returns split -> paths relative to the image folder."""
    (folder / name).mkdir(parents=True)
    identity = zlib.crc32(name.encode())
    order = np.random.default_rng([spec.seed, identity]).permutation(len(glyphs))
    written: dict[str, list[str]] = {}
    number = 0
    for split, count in spec.splits.items():
        written[split] = []
        for _ in range(count):
            glyph = glyphs[order[number % len(glyphs)]]  # every design equally often
            rng = np.random.default_rng([spec.seed, identity, number])
            picture, _ = render_icon(glyph_mask(glyph.path, glyph.codepoint), spec.size, rng)
            path = f'{name}/{name}_{number:04d}.jpg'
            Image.fromarray(picture).save(folder / path, quality=92)
            written[split].append(path)
            number += 1
    return written


def _licences() -> str:
    lines = [
        '# Fonts and licences',
        '',
        f'Rendered from the fonts in the Python package qtawesome {package_version()} (MIT License).',
        'The pictures are drawn from the fonts marked "pictures"; the others helped to choose classes.',
        '',
        '| font | version | licence | home | use |',
        '|---|---|---|---|---|',
    ]
    for spec in FONTS:
        use = 'pictures' if spec.designer in BENCHMARK_DESIGNERS else 'class choice'
        lines.append(
            f'| {spec.key} | {font_version(spec)} | {spec.licence} | {spec.source} | {use} |'
        )
    return '\n'.join(lines) + '\n'


def _meta(spec: BenchmarkSpec) -> dict[str, object]:
    """What determines the pictures; an existing folder is kept only if this is equal."""
    return {
        'generator_version': GENERATOR_VERSION,
        'qtawesome': package_version(),
        'designers': list(BENCHMARK_DESIGNERS),
        **asdict(spec),
    }


def _write(root: Path, spec: BenchmarkSpec) -> None:
    classes = benchmark_classes(spec.classes)
    split: dict[str, list[tuple[str, int, str]]] = {name: [] for name in spec.splits}
    bar = progress(classes.items(), len(classes), 'rendering icons')
    for label, (name, glyphs) in enumerate(bar):
        for part, paths in _write_class(root / 'images', name, glyphs, spec).items():
            split[part] += [(path, label, name) for path in paths]
    (root / 'split_icons.json').write_text(
        json.dumps(split, indent=4, separators=(',', ': ')), encoding='utf-8'
    )
    (root / 'LICENSES.md').write_text(_licences(), encoding='utf-8')
    (root / 'meta.json').write_text(json.dumps(_meta(spec), indent=2) + '\n', encoding='utf-8')


def build_benchmark(out: Path, spec: BenchmarkSpec, overwrite: bool = False) -> Path:
    """Build the benchmark, or keep it when it is already there with the same settings.

    The folder appears complete or not at all: it is built beside its place and then renamed::

        <out>/icons/
            images/<class>/<class>_0000.jpg ...
            split_icons.json      {train, val, test: [[path, label, class name], ...]}
            meta.json             what determines the pictures
            LICENSES.md           fonts, versions, licences

    Args:
        out: Data folder in which ``icons`` is made.
        spec: What to build.
        overwrite: Replace a folder that was built with other settings.

    Returns:
        The folder ``<out>/icons``.

    Raises:
        FileExistsError: If the folder was built with other settings and ``overwrite`` is false.
    """
    root = Path(out) / 'icons'
    if root.exists():
        meta = root / 'meta.json'
        found = json.loads(meta.read_text(encoding='utf-8')) if meta.is_file() else None
        if found == _meta(spec):
            return root
        if not overwrite:
            raise FileExistsError(
                f'{root} holds other pictures than those asked for (found {found}, asked for '
                f'{_meta(spec)}). Pass --overwrite to replace it, or choose another folder.'
            )
    root.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix='.icons-', dir=root.parent))
    try:
        _write(building, spec)
        building.chmod(0o755)
        if root.exists():
            shutil.rmtree(root)
        os.replace(building, root)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return root
