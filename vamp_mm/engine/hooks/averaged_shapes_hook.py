"""Averaged copies of a model follow tensors that get their size during training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.model import BaseAveragedModel
from mmengine.runner import Runner
from torch import nn

from vamp_mm.registry import HOOKS

from ..wrappers import unwrap_model


@HOOKS.register_module()
class AveragedShapesHook(Hook):
    """Lets MMEngine's ``EMAHook`` average models whose prototypes or classifiers know their number of classes late.

    ``EMAHook`` copies the model before training begins. A tensor that is made or enlarged after that (the prototypes of
    VaMP, the classifier of 2SFS) would not fit its copy; here the copy takes the tensor as it is, and the average of it
    starts there. ``train`` registers this hook by itself.
    """

    # before EMAHook, after the hooks that set prototypes have run before_train
    priority = 'ABOVE_NORMAL'

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Compare the shapes before this step's weights are averaged."""
        for averaged in _averaged(runner):
            _follow(averaged, unwrap_model(runner.model))


def _averaged(runner: Runner) -> Iterator[BaseAveragedModel]:
    for hook in runner.hooks:
        for value in vars(hook).values():
            if isinstance(value, BaseAveragedModel):
                yield value


@torch.no_grad()
def _follow(averaged: BaseAveragedModel, model: nn.Module) -> None:
    changed = False
    modules = dict(averaged.module.named_modules())
    for name, module in model.named_modules():
        copy = modules[name]
        for key, buffer in module._buffers.items():
            if buffer is not None and copy._buffers[key].shape != buffer.shape:
                copy._buffers[key] = buffer.detach().clone().to(copy._buffers[key].device)
                changed = True
        for key, parameter in module._parameters.items():
            if parameter is not None and copy._parameters[key].shape != parameter.shape:
                copy._parameters[key].data = (
                    parameter.detach().clone().to(copy._parameters[key].device)
                )
                changed = True
    kept = averaged.avg_parameters
    own = (
        averaged.module.state_dict()
        if averaged.update_buffers
        else dict(averaged.module.named_parameters())
    )
    # tensors that a checkpoint replaced in the copy are other objects than those of its list
    if changed or any(own[key].data_ptr() != value.data_ptr() for key, value in kept.items()):
        averaged.avg_parameters = own
