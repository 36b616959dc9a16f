"""The only top-level model, and its teacher."""

from .class_skipping import ClassSkipping
from .preprocessor import HostLabelPreprocessor
from .prompted import PromptedClassifier
from .teacher import TextTeacher

__all__ = [
    'ClassSkipping',
    'HostLabelPreprocessor',
    'PromptedClassifier',
    'TextTeacher',
]
