"""Heads: from features to logits, losses and predictions with uncertainty."""

from .prompt_cls import PromptClsHead
from .readout import TokenReadout
from .vamp import VaMPHead

__all__ = [
    'PromptClsHead',
    'TokenReadout',
    'VaMPHead',
]
