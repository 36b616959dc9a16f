"""The only top-level model, and its teacher."""

from .prompted import PromptedClassifier
from .teacher import TextTeacher

__all__ = ['PromptedClassifier', 'TextTeacher']
