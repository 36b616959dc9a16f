"""Frozen dataclasses that the parts of a model pass to each other, and the protocols that tools require of a model."""

from .class_rows import ClassRows, class_keys, find_rows
from .context import PromptContext
from .frozen_clip import FrozenCLIP, Tower, require_blocks
from .outputs import Latent, PromptOutput, TeacherOutput, TowerOutput
from .plan import (
    EMBED,
    EMPTY_PLAN,
    PromptPlan,
    TextPrompts,
    TokenEdit,
    TowerPlan,
    TunedTower,
)
from .protocols import (
    ComparesWithZeroShot,
    HasPrototypes,
    HasVocabulary,
    ReusesFeatures,
    TrainsInStages,
    find_part,
)
from .vocabulary import Vocabulary, all_seen, as_read

__all__ = [
    'ClassRows',
    'class_keys',
    'find_rows',
    'ComparesWithZeroShot',
    'HasPrototypes',
    'HasVocabulary',
    'ReusesFeatures',
    'TrainsInStages',
    'EMBED',
    'EMPTY_PLAN',
    'FrozenCLIP',
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
    'all_seen',
    'as_read',
    'find_part',
    'require_blocks',
]
