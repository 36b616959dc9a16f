"""Types and ranges of the arguments that users set of MMEngine's, mmpretrain's and torch's own components.

Ours are declared by the annotations of their constructors; those of other libraries are often wrong or missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from vamp_mm.arguments import (
    Component,
    Fraction,
    NonNegative,
    NonNegativeInt,
    Positive,
    PositiveInt,
    Range,
    Seed,
)

_Every = PositiveInt | Literal[-1]
_Pixels = Annotated[int, Range(1, 8192)]
_Dict = Mapping[str, Any]
_BelowOne = Annotated[float, Range(0, 1, below=True)]
_LogLevel = Literal['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG', 'NOTSET']

#: Root registry -> argument -> what it may be.
BY_REGISTRY: Mapping[str, Mapping[str, Any]] = {
    'LOOPS': {
        'max_epochs': PositiveInt, 'max_iters': PositiveInt, 'val_begin': NonNegativeInt, 'val_interval': PositiveInt,
        'fp16': bool
    },
    'OPTIMIZERS': {
        'lr': NonNegative, 'weight_decay': NonNegative, 'momentum': _BelowOne, 'dampening': float, 'eps': NonNegative,
        'betas': tuple[_BelowOne, _BelowOne], 'alpha': NonNegative, 'nesterov': bool, 'amsgrad': bool, 'maximize': bool
    },
    'DATASETS': {
        'dataset': Component | Callable[..., Any], 'datasets': Sequence[Component | Callable[..., Any]],
        'pipeline': Sequence[Component | Callable[..., Any]], 'times': PositiveInt, 'test_mode': bool, 'lazy_init': bool
    },
    'VISUALIZERS': {'vis_backends': Sequence[Component | Callable[..., Any]]},
    'OPTIM_WRAPPERS': {'optimizer': Component, 'accumulative_counts': PositiveInt, 'clip_grad': _Dict | None},
    'PARAM_SCHEDULERS': {
        'begin': NonNegativeInt, 'end': PositiveInt, 'by_epoch': bool, 'last_step': Annotated[int, Range(-1)],
        'verbose': bool, 'milestones': Sequence[PositiveInt], 'gamma': Positive, 'step_size': PositiveInt,
        'T_max': PositiveInt, 'eta_min': NonNegative, 'eta_min_ratio': Fraction, 'eta_max': NonNegative,
        'power': Positive, 'factor': Positive, 'start_factor': Positive, 'end_factor': NonNegative,
        'convert_to_iter_based': bool, 'total_steps': PositiveInt
    },
    'HOOKS': {
        'interval': _Every, 'by_epoch': bool, 'max_keep_ckpts': _Every, 'save_last': bool, 'save_optimizer': bool,
        'save_best': str | Sequence[str], 'patience': PositiveInt, 'min_delta': NonNegative, 'strict': bool,
        'monitor': str, 'momentum': Fraction, 'begin_iter': NonNegativeInt, 'begin_epoch': NonNegativeInt,
        'ignore_last': bool, 'log_metric_by_epoch': bool
    },
    'TRANSFORMS': {
        'size': _Pixels | tuple[_Pixels] | tuple[_Pixels, _Pixels], 'crop_size': _Pixels | tuple[_Pixels, _Pixels],
        'p': Fraction, 'keep_ratio': bool,
        'interpolation': Literal['nearest', 'bilinear', 'bicubic', 'area', 'box', 'hamming', 'lanczos'] | int,
        'transforms': Sequence[Component | Callable[..., Any] | Sequence[Component | Callable[..., Any]]]
    },
    'METRICS': {'topk': PositiveInt | Sequence[PositiveInt], 'collect_device': Literal['cpu', 'gpu'], 'prefix': str},
    'DATA_SAMPLERS': {'shuffle': bool, 'seed': Seed, 'round_up': bool, 'batch_size': PositiveInt, 'drop_last': bool},
    'LOG_PROCESSORS': {'window_size': PositiveInt, 'by_epoch': bool, 'num_digits': PositiveInt},
    'MODELS': {'num_classes': PositiveInt, 'in_channels': PositiveInt | Sequence[PositiveInt],
               'loss_weight': float},
}  # fmt: skip

#: The same for names that mean other things in several libraries.
BY_TYPE: Mapping[str, Mapping[str, Any]] = {
    'torchvision/RandomResizedCrop': {
        'scale': tuple[Positive, Positive],
        'ratio': tuple[Positive, Positive],
    },
}

#: Keys of a dataloader.
DATALOADER: Mapping[str, Any] = {
    'batch_size': PositiveInt, 'num_workers': Annotated[int, Range(0, 1024)], 'persistent_workers': bool,
    'pin_memory': bool, 'drop_last': bool, 'shuffle': bool, 'prefetch_factor': PositiveInt | None,
    'timeout': NonNegative, 'num_batch_per_epoch': PositiveInt | None, 'sampler': Component, 'dataset': Component,
    'batch_sampler': Component | None, 'collate_fn': Component | Callable, 'worker_init_fn': Component | Callable | None
}  # fmt: skip

#: Keys of a split of a test loop.
SPLIT: Mapping[str, Any] = {
    'seen': bool,
    'outside': str,
    'dataset': _Dict,
    'exclude': Sequence[str],
}

#: Keys of the Runner.
TOP_LEVEL: Mapping[str, Any] = {
    'auto_scale_lr': _Dict, 'custom_hooks': Sequence[Component], 'custom_imports': _Dict, 'data_preprocessor': _Dict,
    'default_hooks': _Dict, 'default_scope': str, 'env_cfg': _Dict, 'experiment_name': str,
    'find_unused_parameters': bool, 'launcher': Literal['none', 'pytorch', 'slurm', 'mpi'], 'load_from': str | Path,
    'log_level': _LogLevel | int, 'log_processor': _Dict, 'model': Component, 'optim_wrapper': _Dict,
    'param_scheduler': _Dict | Sequence[Component], 'protocol': str, 'randomness': _Dict, 'resume': bool,
    'test_cfg': _Dict, 'test_dataloader': _Dict, 'test_evaluator': _Dict | Sequence[Component], 'train_cfg': _Dict,
    'train_dataloader': _Dict, 'val_cfg': _Dict, 'val_dataloader': _Dict, 'val_evaluator': _Dict | Sequence[Component],
    'visualizer': Component, 'work_dir': str | Path
}  # fmt: skip

#: Keys of plain dicts, by their place.
PLAIN: Mapping[str, Mapping[str, Any]] = {
    'randomness': {'seed': Seed | None, 'diff_rank_seed': bool, 'deterministic': bool},
    'optim_wrapper.clip_grad': {'type': Literal['norm', 'value'], 'max_norm': Positive,
                                'norm_type': Positive | Literal['inf'], 'clip_value': Positive, 'error_if_nonfinite': bool},
    'optim_wrapper.paramwise_cfg': {'lr_mult': Mapping[str, NonNegative], 'bias_lr_mult': NonNegative,
                                    'bias_decay_mult': NonNegative, 'norm_decay_mult': NonNegative,
                                    'bypass_duplicate': bool, 'custom_keys': _Dict},
    'env_cfg': {'cudnn_benchmark': bool, 'mp_cfg': _Dict | None, 'dist_cfg': _Dict | None},
    'env_cfg.mp_cfg': {'mp_start_method': Literal['fork', 'spawn', 'forkserver'], 'opencv_num_threads': int},
    'env_cfg.dist_cfg': {'backend': str, 'timeout': Positive},
    'auto_scale_lr': {'enable': bool, 'base_batch_size': PositiveInt},
}  # fmt: skip
