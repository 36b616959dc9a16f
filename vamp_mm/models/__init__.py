"""Models: frozen CLIP towers, prompters, heads, losses, and the classifier that joins them."""

from .backbones import PromptedCLIPBackbone
from .classifiers import PromptedClassifier, TextTeacher
from .heads import PromptClsHead, TokenReadout, VaMPHead
from .losses import BranchCrossEntropy, ImageConsistency, LossTerm, TextConsistency, VariationalLoss
from .prompters import (
    BasePrompter,
    ContextPrompter,
    CoupledTokens,
    RepresentationTokens,
    TemplatePrompter,
    VariationalPrompter,
)

__all__ = [
    'BasePrompter',
    'BranchCrossEntropy',
    'ContextPrompter',
    'CoupledTokens',
    'ImageConsistency',
    'LossTerm',
    'PromptClsHead',
    'PromptedCLIPBackbone',
    'PromptedClassifier',
    'RepresentationTokens',
    'TemplatePrompter',
    'TextConsistency',
    'TextTeacher',
    'TokenReadout',
    'VaMPHead',
    'VariationalLoss',
    'VariationalPrompter',
]
