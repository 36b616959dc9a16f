"""How fast the text engine is, beside the textbook path and beside its bare matrix products."""

from .measure import METHODS, benchmark_speed

__all__ = ['METHODS', 'benchmark_speed']
