"""Models: frozen CLIP towers, prompters, heads, losses, and the classifier that joins them."""

from .backbones import PromptedCLIPBackbone
from .classifiers import PromptedClassifier
from .heads import LowRankReadout, MMRLHead, PromptClsHead, TokenReadout, VaMPHead
from .losses import BranchCrossEntropy, ImageConsistency, LossTerm, TextConsistency, VariationalLoss
from .prompters import (
    BasePrompter,
    CoupledTokens,
    DeepPrompter,
    RepresentationTokens,
    SharedPrompter,
    SharedResidualTokens,
    TemplatePrompter,
    VariationalPrompter,
)

__all__ = [
    'BasePrompter', 'BranchCrossEntropy', 'CoupledTokens', 'DeepPrompter', 'ImageConsistency', 'LossTerm', 'LowRankReadout',
    'MMRLHead', 'PromptClsHead', 'PromptedCLIPBackbone', 'PromptedClassifier', 'RepresentationTokens', 'SharedPrompter',
    'SharedResidualTokens', 'TemplatePrompter', 'TextConsistency', 'TokenReadout', 'VaMPHead', 'VariationalLoss',
    'VariationalPrompter'
]
