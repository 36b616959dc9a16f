from .checkpoint import CHECKPOINT_FORMAT, CheckpointError, load_checkpoint, save_checkpoint
from .hooks import (
    AveragedShapesHook,
    ClassAwarePriorHook,
    EpochSeedHook,
    FiniteLossHook,
    GaussianAverageHook,
    MeanLossHook,
    SafeCheckpointHook,
    StageHook,
    ThroughputHook,
    VocabularyHook,
    gaussian_weights,
    weighted_sum,
)
from .latest import find_latest_checkpoint, is_complete
from .optim_groups import PartOptimWrapperConstructor
from .plain import to_plain
from .schedulers import WarmupCosineLR
from .stage_schedule import StagedCosineLR
from .step_loop import StepTrainLoop
from .wrappers import unwrap_model

__all__ = [
    'AveragedShapesHook',
    'CHECKPOINT_FORMAT',
    'CheckpointError',
    'ClassAwarePriorHook',
    'EpochSeedHook',
    'FiniteLossHook',
    'GaussianAverageHook',
    'MeanLossHook',
    'PartOptimWrapperConstructor',
    'SafeCheckpointHook',
    'StageHook',
    'StagedCosineLR',
    'StepTrainLoop',
    'ThroughputHook',
    'VocabularyHook',
    'WarmupCosineLR',
    'find_latest_checkpoint',
    'gaussian_weights',
    'is_complete',
    'load_checkpoint',
    'save_checkpoint',
    'to_plain',
    'unwrap_model',
    'weighted_sum',
]
