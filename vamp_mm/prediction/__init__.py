"""Predictions for any images, with any class names, and their uncertainty, from a trained checkpoint."""

import lazy_loader

# each name is imported when it is first used; the stub beside this file lists them
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
