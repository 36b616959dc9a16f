"""Models: frozen CLIP towers, prompters, heads, losses, and the classifier that joins them."""

from .backbones import PromptedCLIPBackbone
from .classifiers import PromptedClassifier, TextTeacher
from .heads import PromptClsHead, TokenReadout, VaMPHead
from .losses import (
    BranchCrossEntropy,
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
    RepresentationTokens,
    TemplatePrompter,
    VariationalPrompter,
)

__all__ = [
    'BasePrompter',
    'BranchCrossEntropy',
    'ClassAwareTokens',
    'ContextPrompter',
    'CoupledTokens',
    'GaussianShift',
    'ImageConsistency',
    'ImageShift',
    'LossTerm',
    'MixtureNLL',
    'PromptClsHead',
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
