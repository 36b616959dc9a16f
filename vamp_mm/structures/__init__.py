"""Frozen dataclasses that the parts of a model hand to each other; no logic beyond checking their own values."""

from .context import PromptContext
from .frozen_clip import FrozenCLIP, Tower
from .outputs import Latent, PromptOutput, TeacherOutput, TowerOutput
from .plan import (
    EMBED,
    EMPTY_PLAN,
    KnownText,
    PromptPlan,
    TextPrompts,
    TokenEdit,
    TowerPlan,
    TunedTower,
)
from .vocabulary import Vocabulary, as_read

__all__ = [
    'EMBED',
    'EMPTY_PLAN',
    'FrozenCLIP',
    'KnownText',
    'Latent',
    'PromptContext',
    'PromptOutput',
    'PromptPlan',
    'TeacherOutput',
    'TextPrompts',
    'TokenEdit',
    'Tower',
    'TowerOutput',
    'TowerPlan',
    'TunedTower',
    'Vocabulary',
    'as_read',
]
