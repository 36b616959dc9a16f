"""Models: frozen CLIP towers, prompters, heads, losses, and the classifier that joins them."""

from .adapters import MultiModalAdapters, TunedWeights
from .backbones import PromptedCLIPBackbone
from .classifiers import PromptedClassifier, TextTeacher
from .heads import LowRankReadout, MMRLHead, PromptClsHead, TokenReadout, VaMPHead
from .losses import (
    BranchCrossEntropy,
    ImageConsistency,
    ImageL1,
    LogitKL,
    LossTerm,
    TextConsistency,
    TextL1,
    VariationalLoss,
)
from .prompters import (
    AdapterPrompter,
    BasePrompter,
    ContextPrompter,
    CoupledTokens,
    DeepPrompter,
    RepresentationTokens,
    SharedPrompter,
    SharedResidualTokens,
    TemplatePrompter,
    VariationalPrompter,
)

__all__ = [
    'AdapterPrompter',
    'BasePrompter',
    'BranchCrossEntropy',
    'ContextPrompter',
    'CoupledTokens',
    'DeepPrompter',
    'ImageConsistency',
    'ImageL1',
    'LogitKL',
    'LossTerm',
    'LowRankReadout',
    'MMRLHead',
    'MultiModalAdapters',
    'PromptClsHead',
    'PromptedCLIPBackbone',
    'PromptedClassifier',
    'RepresentationTokens',
    'SharedPrompter',
    'SharedResidualTokens',
    'TemplatePrompter',
    'TextConsistency',
    'TextL1',
    'TextTeacher',
    'TokenReadout',
    'TunedWeights',
    'VaMPHead',
    'VariationalLoss',
    'VariationalPrompter',
]
