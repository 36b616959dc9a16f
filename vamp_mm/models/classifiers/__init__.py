"""The only top-level model."""

from .prompted import PromptedClassifier

__all__ = ['PromptedClassifier']
