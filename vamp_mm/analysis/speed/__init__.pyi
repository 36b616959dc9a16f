from .measure import benchmark_speed
from .shapes import METHODS

__all__ = [
    'METHODS',
    'benchmark_speed',
]
