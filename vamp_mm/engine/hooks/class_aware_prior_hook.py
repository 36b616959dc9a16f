"""Prototypes for the class-aware prior of VaMP, computed before training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from vamp_mm.arguments import Component, NonNegativeInt, PositiveInt
from vamp_mm.registry import HOOKS
from vamp_mm.structures import HasPrototypes, find_part

from ..class_means import class_means
from ..unaugmented import evaluation_setting, sharded_loader, with_pipeline
from ..wrappers import unwrap_model

#: ``prototype_source`` of an owner whose prototypes change with the trained weights.
_CHANGING = 'posterior'


@HOOKS.register_module()
class ClassAwarePriorHook(Hook):
    """Gives the model one prototype ``o_y`` per training class (VaMP, eq. 18, Fig. 1 and App. B).

    ``o_y`` is the mean over the class's un-augmented training images of what the owner of the
    prototypes computes from their frozen features (``prototype_features``: by default the features
    themselves, at unit length). The images are shared out over the ranks, each is seen once, sums
    are reduced in float64, and all ranks set the same bits.

    It serves the part of the model that follows :class:`~vamp_mm.structures.HasPrototypes` (no such
    part, or one that needs none: the hook does nothing). The model itself has
    ``extract_frozen(images (N, 3, H, W)) -> (N, D)`` and ``data_preprocessor``. Prototypes that came
    with a checkpoint stay.

    Args:
        pipeline: Transforms without augmentation; None takes those of ``test_dataloader``, else of
            ``val_dataloader``.
        batch_size: Images per step and rank; None takes the same dataloader's.
        num_workers: Loading processes; None takes the same dataloader's.
        refresh_interval: Recompute before every n-th epoch where the owner's ``prototype_source``
            is 'posterior' (the paper's other reading: the mean of the posterior means); None
            computes once.

    Raises:
        KeyError: If an argument is None and no dataloader has it.
        ValueError: If a class has no image, the dataset no class names, or a loaded checkpoint
            prototypes of another number of classes.
    """

    priority = 'NORMAL'

    def __init__(
        self,
        pipeline: Sequence[Component] | None = None,
        batch_size: PositiveInt | None = None,
        num_workers: NonNegativeInt | None = None,
        refresh_interval: PositiveInt | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.refresh_interval = refresh_interval
        self._computed_at: int | None = None

    def before_train(self, runner: Runner) -> None:
        """Compute the prototypes unless the model needs none or has them from a checkpoint."""
        owner = _owner(runner)
        if owner is None:
            return
        if owner.num_prototypes == 0:
            self._compute(runner, owner)
            return
        classes = len(_class_names(runner))
        if owner.num_prototypes != classes:
            raise ValueError(
                f'the checkpoint holds prototypes of {owner.num_prototypes} classes, the '
                f'training dataset has {classes}; use the dataset it was trained on'
            )
        runner.logger.info(f'{classes} class prototypes were loaded with the checkpoint')

    def before_train_epoch(self, runner: Runner) -> None:
        """Recompute every ``refresh_interval`` epochs, where prototypes follow trained weights."""
        if self.refresh_interval is None or runner.epoch % self.refresh_interval:
            return
        owner = _owner(runner)
        changing = getattr(owner, 'prototype_source', None) == _CHANGING
        if owner is not None and changing and self._computed_at != runner.epoch:
            self._compute(runner, owner)

    def _compute(self, runner: Runner, owner: HasPrototypes) -> None:
        model = unwrap_model(runner.model)
        names = _class_names(runner)
        dataset = with_pipeline(runner.train_dataloader.dataset, self._setting(runner, 'pipeline'))
        loader = sharded_loader(
            dataset, self._setting(runner, 'batch_size'), self._setting(runner, 'num_workers')
        )

        def encode(images: Tensor) -> Tensor:
            return owner.prototype_features(model.extract_frozen(images))

        training = model.training
        model.eval()
        means = class_means(model, loader, encode, names)
        model.train(training)
        device = next((tensor.device for tensor in model.parameters()), torch.device('cpu'))
        owner.set_prototypes(means.float().to(device))
        self._computed_at = runner.epoch
        runner.logger.info(
            f'computed {len(names)} class prototypes from {len(dataset)} un-augmented '
            'training images'
        )

    def _setting(self, runner: Runner, key: str) -> Any:
        own = getattr(self, key)
        return evaluation_setting(runner.cfg, key) if own is None else own


def _owner(runner: Runner) -> HasPrototypes | None:
    part = find_part(unwrap_model(runner.model), HasPrototypes)  # type: ignore[type-abstract]
    return part if part is not None and part.needs_prototypes else None


def _class_names(runner: Runner) -> tuple[str, ...]:
    dataset = runner.train_dataloader.dataset
    names = getattr(dataset, 'metainfo', {}).get('classes')
    if not names:
        raise ValueError(
            f'the training dataset {type(dataset).__name__} has no class names: set '
            'metainfo=dict(classes=(...)) in its config'
        )
    return tuple(names)
