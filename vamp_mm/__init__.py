"""vamp_mm: prompt learning for CLIP-style vision-language models on MMEngine.

Importing the package registers nothing by itself: the registries of :mod:`vamp_mm.registry` know where
their components live and import them when a config first asks for one.
"""

from . import registry
from .version import __version__

__all__ = ['__version__', 'registry']
