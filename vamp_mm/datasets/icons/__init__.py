"""The embedded benchmark: icon fonts rendered into a small image classification data set."""

from .benchmark import GENERATOR_VERSION, BenchmarkSpec, benchmark_classes, build_benchmark
from .fonts import BENCHMARK_DESIGNERS, FONTS, PRETRAIN_DESIGNERS, Glyph, concepts, load_glyphs
from .render import glyph_mask, render_icon

__all__ = [
    'BENCHMARK_DESIGNERS',
    'FONTS',
    'GENERATOR_VERSION',
    'PRETRAIN_DESIGNERS',
    'BenchmarkSpec',
    'Glyph',
    'benchmark_classes',
    'build_benchmark',
    'concepts',
    'glyph_mask',
    'load_glyphs',
    'render_icon',
]
