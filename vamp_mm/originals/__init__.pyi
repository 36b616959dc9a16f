from .base import Original, Recorded
from .links import Link
from .names import METHODS
from .table import ORIGINALS, original_named, original_of

__all__ = [
    'Link',
    'METHODS',
    'ORIGINALS',
    'Original',
    'Recorded',
    'original_named',
    'original_of',
]
