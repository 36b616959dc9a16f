"""What hooks, loops and tools require of a model beyond MMEngine's interface, one protocol for each ability.

A tool checks the protocol and never the class, so a model or prompter of your own takes part by having the members.
"""

from __future__ import annotations

from typing import Protocol, TypeVar, runtime_checkable

from torch import Tensor, nn

from .vocabulary import Vocabulary

_Kind = TypeVar('_Kind')


@runtime_checkable
class HasVocabulary(Protocol):
    """A model whose class names can be exchanged."""

    vocabulary: Vocabulary | None

    def set_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Answer about these classes from now on."""


@runtime_checkable
class ComparesWithZeroShot(HasVocabulary, Protocol):
    """A model that writes ``zero_shot_score (C,)`` into its predictions while ``beside_zero_shot`` is True."""

    beside_zero_shot: bool


@runtime_checkable
class ReusesFeatures(Protocol):
    """A model that can keep the image features of its frozen tower."""

    def reuse_frozen_features(self, pipeline: str | None, budget_mb: float) -> bool:
        """Images come through this pipeline from now on (None: their pixels are random); whether features are reused."""


@runtime_checkable
class HasPrototypes(Protocol):
    """A module that holds one prototype per training class, computed from training features.

    It may have ``prototype_source``; ``'posterior'`` means that prototypes follow trained weights.
    """

    #: False where the settings of the module use no prototypes.
    needs_prototypes: bool
    #: Number of classes with a prototype, 0 before they are computed.
    num_prototypes: int

    def prototype_features(self, image: Tensor) -> Tensor:
        """What is averaged over a class: frozen features ``(N, D)`` -> ``(N, ...)``."""

    def set_prototypes(self, means: Tensor) -> None:
        """Take the class means ``(C, ...)`` of :meth:`prototype_features`."""


@runtime_checkable
class TrainsInStages(Protocol):
    """A module of which other weights are trained from some step on."""

    #: Number of stages of a training run.
    num_stages: int
    #: The present stage, from 1; it is restored with a checkpoint.
    current_stage: int
    #: Number of training classes; None if it is found out at a later stage.
    num_classes: int | None

    def enter_stage(self, stage: int, text: Tensor) -> None:
        """Enter a stage, with the unit text features ``(C, D)`` of the training classes."""


def find_part(model: nn.Module, kind: type[_Kind]) -> _Kind | None:
    """The part of a model that has an ability.

    Args:
        model: The model, not wrapped for distributed training.
        kind: One of the protocols above.

    Returns:
        The first module, the model itself included, that follows the protocol; None if there is none.
    """
    return next((part for part in model.modules() if isinstance(part, kind)), None)
