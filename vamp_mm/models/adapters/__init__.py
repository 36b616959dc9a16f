"""Adapters: what a method adds to the blocks of a tower, or changes in its weights."""

from .multi_modal import MultiModalAdapters
from .tuned import TunedWeights

__all__ = [
    'MultiModalAdapters',
    'TunedWeights',
]
