"""vamp_mm: prompt learning for CLIP-style vision-language models on MMEngine.

Importing the package registers nothing by itself and imports nothing heavy: MMEngine imports :mod:`vamp_mm.registry` when a
config first asks for the scope ``vamp_mm``, and the registries know where their components live.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from . import registry

__all__ = ['__version__', 'registry']


def __getattr__(name: str) -> Any:
    # on demand: a command must be able to answer Ctrl-C before MMEngine is imported
    if name == 'registry':
        return importlib.import_module('.registry', __name__)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
