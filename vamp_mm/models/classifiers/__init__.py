"""The only top-level model, and its teacher."""

from .class_skipping import ClassSkipping
from .prompted import PromptedClassifier
from .teacher import TextTeacher

__all__ = [
    'ClassSkipping',
    'PromptedClassifier',
    'TextTeacher',
]
