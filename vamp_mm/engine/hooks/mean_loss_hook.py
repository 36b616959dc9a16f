"""Logged losses of the whole batch, not of one process's share."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.dist import all_reduce, get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.registry import HOOKS


@HOOKS.register_module()
class MeanLossHook(Hook):
    """Replaces what a training step reports by its mean over all processes, before it is logged.

    MMEngine logs what the first process saw. With equal shares of a batch, the mean over processes
    is what one process with the whole batch would have logged. It acts after ``FiniteLossHook``,
    which needs to know whose loss is broken.
    """

    priority = 5  # between FiniteLossHook (HIGHEST, 0) and RuntimeInfoHook (VERY_HIGH, 10)

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict[str, Any] | None = None,
    ) -> None:
        """Average all numbers in ``outputs``, in place, by one reduction."""
        if not outputs or get_world_size() == 1:
            return
        means = torch.stack(
            [torch.as_tensor(value).detach().float().mean() for value in outputs.values()]
        )
        all_reduce(means, 'mean')
        outputs.update(zip(outputs, means.unbind(), strict=True))
