"""Looking through wrappers: of a model for distributed training, of datasets (``RepeatDataset``, ``ConcatDataset``, ...)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mmengine.model import is_model_wrapper
from torch import nn


def unwrap_model(model: nn.Module) -> Any:
    """The model itself, without the wrapper of distributed training; what it can do is checked by protocol."""
    return model.module if is_model_wrapper(model) else model


def inner_datasets(dataset: Any) -> Iterator[Any]:
    """The datasets inside wrappers, each of which holds ``dataset`` or ``datasets``."""
    if hasattr(dataset, 'dataset'):
        yield from inner_datasets(dataset.dataset)
    elif hasattr(dataset, 'datasets'):
        for part in dataset.datasets:
            yield from inner_datasets(part)
    else:
        yield dataset
