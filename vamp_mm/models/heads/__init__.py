"""Heads: from features to logits, losses and predictions with uncertainty."""

from .mmrl import MMRLHead
from .prompt_cls import PromptClsHead
from .readout import LowRankReadout, TokenReadout
from .vamp import VaMPHead

__all__ = [
    'LowRankReadout',
    'MMRLHead',
    'PromptClsHead',
    'TokenReadout',
    'VaMPHead',
]
