"""A page in the browser to try a model on your own pictures."""

from .serve import serve

__all__ = ['serve']
