"""The training images once more, through the evaluation pipeline."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.config import Config
from mmengine.dataset import (
    BaseDataset,
    ClassBalancedDataset,
    Compose,
    DefaultSampler,
    RepeatDataset,
    pseudo_collate,
)
from torch.utils.data import DataLoader

from vamp_mm.registry import TRANSFORMS

_LOADERS = ('test_dataloader', 'val_dataloader')


def with_pipeline(dataset: Any, pipeline: Sequence[Any]) -> Any:
    """Copy a dataset shallowly (annotations are shared) and give the copy another pipeline.

    ``RepeatDataset`` and ``ClassBalancedDataset`` are taken off: each image counts once. Wrappers
    that concatenate or select are kept.

    Args:
        dataset: An MMEngine ``BaseDataset`` or a wrapper around some.
        pipeline: Transforms, built or as configs.

    Returns:
        The copy.

    Raises:
        TypeError: If the dataset is no MMEngine dataset.
    """
    transforms = [
        TRANSFORMS.build(item) if isinstance(item, Mapping) else item for item in pipeline
    ]
    return _twin(dataset, Compose(transforms))


def _twin(dataset: Any, pipeline: Compose, indexed: bool = False) -> Any:
    # A wrapper that picks images by index needs what it wraps to keep its length.
    if isinstance(dataset, (RepeatDataset, ClassBalancedDataset)) and not indexed:
        return _twin(dataset.dataset, pipeline)
    twin = copy.copy(dataset)
    if isinstance(dataset, BaseDataset):
        twin.pipeline = pipeline
        twin.test_mode = True  # an unreadable image is an error, not replaced by a random other one
    elif hasattr(dataset, 'dataset'):
        twin.dataset = _twin(dataset.dataset, pipeline, indexed=True)
    elif hasattr(dataset, 'datasets'):
        twin.datasets = [_twin(part, pipeline, indexed=True) for part in dataset.datasets]
    else:
        raise TypeError(
            f'{type(dataset).__name__} is not an mmengine BaseDataset and wraps none, so its '
            'augmentation cannot be switched off; derive it from mmpretrain.BaseDataset'
        )
    return twin


def evaluation_setting(cfg: Config, key: str) -> Any:
    """Look up a setting of the test dataloader, or else of the validation dataloader.

    Args:
        cfg: Config of the Runner.
        key: ``pipeline`` of the dataset, or a key of the dataloader such as ``batch_size``.

    Returns:
        The value.

    Raises:
        KeyError: If neither dataloader has it.
    """
    for name in _LOADERS:
        node = cfg.get(name) or {}
        while key == 'pipeline' and isinstance(node, Mapping) and 'pipeline' not in node:
            node = node.get('dataset')  # dataloader -> (wrappers ->) dataset
        if isinstance(node, Mapping) and key in node:
            return node[key]
    raise KeyError(
        f'no {key!r} in {" or ".join(_LOADERS)} of the config; give '
        f'ClassAwarePriorHook its own argument {key!r}'
    )


def sharded_loader(dataset: Any, batch_size: int, num_workers: int) -> DataLoader:
    """Every image exactly once over all ranks, in order."""
    return DataLoader(
        dataset,
        batch_size=batch_size,
        sampler=DefaultSampler(dataset, shuffle=False, seed=0, round_up=False),
        num_workers=num_workers,
        collate_fn=pseudo_collate,
    )
