"""Loss terms: named, weighted functions of a :class:`PromptOutput`; they never see a data sample."""

from .base import LossTerm
from .consistency import ImageConsistency, TextConsistency
from .cross_entropy import BranchCrossEntropy
from .variational import VariationalLoss

__all__ = [
    'BranchCrossEntropy',
    'ImageConsistency',
    'LossTerm',
    'TextConsistency',
    'VariationalLoss',
]
