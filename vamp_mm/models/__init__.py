"""Models: frozen CLIP towers, prompters, heads, losses, and the classifier that joins them."""

from .backbones import PromptedCLIPBackbone
from .classifiers import PromptedClassifier, TextTeacher
from .heads import PromptClsHead, TokenReadout, VaMPHead
from .losses import (
    BranchCrossEntropy,
    ContextOrthogonality,
    DistributionBound,
    ImageConsistency,
    LossTerm,
    MixtureNLL,
    TeacherCrossEntropy,
    TextConsistency,
    VariationalLoss,
)
from .prompters import (
    BasePrompter,
    ClassAwareTokens,
    ContextPrompter,
    CoupledTokens,
    GaussianShift,
    ImageShift,
    PromptCollection,
    RepresentationTokens,
    TemplatePrompter,
    VariationalPrompter,
)

__all__ = [
    'BasePrompter',
    'BranchCrossEntropy',
    'ClassAwareTokens',
    'ContextOrthogonality',
    'ContextPrompter',
    'CoupledTokens',
    'DistributionBound',
    'GaussianShift',
    'ImageConsistency',
    'ImageShift',
    'LossTerm',
    'MixtureNLL',
    'PromptClsHead',
    'PromptCollection',
    'PromptedCLIPBackbone',
    'PromptedClassifier',
    'RepresentationTokens',
    'TeacherCrossEntropy',
    'TemplatePrompter',
    'TextConsistency',
    'TextTeacher',
    'TokenReadout',
    'VaMPHead',
    'VariationalLoss',
    'VariationalPrompter',
]
