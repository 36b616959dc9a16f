"""Loss terms: named, weighted functions of a :class:`PromptOutput`; they never see a data sample."""

from .base import LossTerm
from .consistency import ImageConsistency, TextConsistency
from .cross_entropy import BranchCrossEntropy
from .distribution import ContextOrthogonality, DistributionBound
from .feature_l1 import ImageL1, TextL1
from .logit_kl import LogitKL
from .mixture import MixtureNLL
from .prograd import TeacherCrossEntropy
from .variational import VariationalLoss

__all__ = [
    'BranchCrossEntropy',
    'ContextOrthogonality',
    'DistributionBound',
    'ImageConsistency',
    'ImageL1',
    'LogitKL',
    'LossTerm',
    'MixtureNLL',
    'TeacherCrossEntropy',
    'TextConsistency',
    'TextL1',
    'VariationalLoss',
]
