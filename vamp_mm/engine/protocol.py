"""What the hooks ask of models and datasets, and how they look through wrappers.

A model may be wrapped for distributed training; a dataset may be wrapped (``RepeatDataset``,
``ConcatDataset``, ...).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from mmengine.model import is_model_wrapper
from torch import Tensor, nn

from vamp_mm.structures import Vocabulary


@runtime_checkable
class SpeaksOfClasses(Protocol):
    """A model whose class names can be exchanged."""

    vocabulary: Vocabulary | None

    def set_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Answer about these classes from now on."""


@runtime_checkable
class PrototypeOwner(Protocol):
    """The module of a model that holds one prototype per class.

    It may have ``prototype_source``; ``'posterior'`` says that prototypes follow trained weights.
    """

    num_prototypes: int

    def prototype_features(self, image: Tensor) -> Tensor:
        """What is averaged over a class: frozen features ``(N, D)`` -> ``(N, ...)``."""

    def set_prototypes(self, means: Tensor) -> None:
        """Take the class means ``(C, ...)`` of :meth:`prototype_features`."""


@runtime_checkable
class ReusesFeatures(Protocol):
    """A model that can keep the image features of its frozen tower."""

    def reuse_frozen_features(self, pipeline: str | None, budget_mb: float) -> bool:
        """Images come through this pipeline from now on (None: their pixels are random); whether features are reused."""


def unwrap_model(model: nn.Module) -> nn.Module:
    """The model itself, without the wrapper of distributed training."""
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
