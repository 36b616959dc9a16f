"""A page in the browser to try a model on pictures of one's own."""

from .serve import serve

__all__ = ['serve']
