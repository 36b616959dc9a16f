"""Metrics, the test loop over class splits, and base-to-novel arithmetic.

The pictures of :mod:`vamp_mm.visualization.figures` are not imported here: they need matplotlib.
"""

import lazy_loader

# each name is imported when it is first used; the stub beside this file lists them
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
