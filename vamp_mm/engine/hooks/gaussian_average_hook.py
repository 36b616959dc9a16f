"""Weights averaged over the epochs of one run (PromptSRC, ICCV 2023)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from vamp_mm.arguments import Positive
from vamp_mm.registry import HOOKS

from ..checkpoint import CheckpointError
from ..wrappers import unwrap_model

_KEY = 'gaussian_average'


def gaussian_weights(epochs: int, mean: float, std: float) -> list[float]:
    """Weight of each epoch: a normal density at 1, 2, ..., scaled to sum 1.

    Args:
        epochs: Number of epochs E.
        mean: Epoch, counted from 1, of the largest weight.
        std: Width in epochs.

    Returns:
        E weights.

    Raises:
        ValueError: If there is no epoch, or the width is not positive.
    """
    if epochs < 1 or std <= 0:
        raise ValueError(f'epochs={epochs} must be at least 1 and std={std} positive')
    exponents = [-0.5 * ((epoch - mean) / std) ** 2 for epoch in range(1, epochs + 1)]
    highest = max(exponents)  # far from the mean all densities would underflow
    density = [math.exp(exponent - highest) for exponent in exponents]
    return [value / sum(density) for value in density]


def weighted_sum(
    total: Mapping[str, Tensor], values: Mapping[str, Tensor], weight: float
) -> dict[str, Tensor]:
    """``total + weight * values``, name by name; a name that is new to the total starts it."""
    return {
        name: weight * value + total[name] if name in total else weight * value
        for name, value in values.items()
    }


@HOOKS.register_module()
class GaussianAverageHook(Hook):
    """Gives the model, after the last epoch, the Gaussian-weighted average of its trained weights over all epochs.

    Training itself continues from the weights that are not averaged. The last checkpoint and the final test hold the mean;
    the sum so far is part of every checkpoint before, so a resumed run ends at the same weights. Only trainable tensors are
    averaged, in float32: the original averages the frozen float16 weights of CLIP too, and disturbs them by rounding.

    Args:
        mean: Epoch, counted from 1, that counts most.
        std: Width in epochs.
    """

    priority = 'NORMAL'  # before the checkpoint hook (VERY_LOW)

    def __init__(self, mean: float = 15.0, std: Positive = 1.0) -> None:
        gaussian_weights(1, mean, std)
        self.mean, self.std = mean, std
        self._sum: dict[str, Tensor] = {}

    def before_train(self, runner: Runner) -> None:
        """Check that a resumed run has the sum of its first epochs.

        Args:
            runner: The runner.

        Raises:
            CheckpointError: If a run is resumed from a checkpoint of a run without this hook.
        """
        if runner.epoch and not self._sum:
            raise CheckpointError(
                f'the run is resumed at epoch {runner.epoch}, and its checkpoint holds no average of the epochs before: it '
                'was written without GaussianAverageHook; start again, or remove the hook'
            )

    @torch.no_grad()
    def after_train_epoch(self, runner: Runner) -> None:
        """Add this epoch's weights; after the last epoch load the sum."""
        weights = gaussian_weights(runner.max_epochs, self.mean, self.std)
        values = trained(runner)
        self._sum = weighted_sum(
            self._sum,
            {name: value.float() for name, value in values.items()},
            weights[runner.epoch],
        )
        if runner.epoch + 1 == runner.max_epochs:
            for name, value in values.items():
                value.copy_(self._sum[name])
            runner.logger.info(
                f'the model now holds the average of {runner.max_epochs} epochs (Gaussian, '
                f'mean {self.mean:g}, width {self.std:g})'
            )

    def after_train(self, runner: Runner) -> None:
        """Report that a training that was stopped early ends without its average."""
        if 0 < runner.epoch < runner.max_epochs and self._sum:
            runner.logger.warning(
                f'training was stopped after {runner.epoch} of {runner.max_epochs} epochs: the model holds the weights '
                'of the last one, not the Gaussian average, which needs all epochs; train without early stopping for '
                'the published method'
            )

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Keep the sum so far."""
        if self._sum:
            checkpoint[_KEY] = {name: value.cpu() for name, value in self._sum.items()}

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Take up the sum of the epochs before."""
        stored = checkpoint.get(_KEY)
        # MMEngine offers no public access to this setting
        if stored is not None and runner._resume:
            own = trained(runner)
            self._sum = {
                name: value.to(own[name].device) for name, value in stored.items() if name in own
            }


def trained(runner: Runner) -> dict[str, Tensor]:
    """Trainable tensors of the model, by name."""
    return {
        name: value.data
        for name, value in unwrap_model(runner.model).named_parameters()
        if value.requires_grad
    }
