"""Hooks of the Runner: vocabulary, prototypes, checkpoints, safety."""

from .averaged_shapes_hook import AveragedShapesHook
from .class_aware_prior_hook import ClassAwarePriorHook
from .epoch_seed_hook import EpochSeedHook
from .finite_loss_hook import FiniteLossHook
from .frozen_feature_hook import FrozenFeatureHook
from .gaussian_average_hook import GaussianAverageHook, gaussian_weights, weighted_sum
from .mean_loss_hook import MeanLossHook
from .runtime_info_hook import RuntimeInfoHook
from .safe_checkpoint_hook import SafeCheckpointHook
from .stage_hook import StageHook
from .throughput_hook import ThroughputHook
from .vocabulary_hook import VocabularyHook

__all__ = [
    'AveragedShapesHook',
    'ClassAwarePriorHook',
    'EpochSeedHook',
    'FiniteLossHook',
    'FrozenFeatureHook',
    'GaussianAverageHook',
    'MeanLossHook',
    'RuntimeInfoHook',
    'SafeCheckpointHook',
    'StageHook',
    'ThroughputHook',
    'VocabularyHook',
    'gaussian_weights',
    'weighted_sum',
]
