"""Losses of training steps that stay on the device until somebody wants to see numbers."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import torch
from mmengine.hooks import LoggerHook
from mmengine.runner import Runner
from torch import Tensor

_Note = TypeVar('_Note')
#: Steps between two looks where nothing is logged.
_INTERVAL = 10


@dataclass
class PendingLosses(Generic[_Note]):
    """Reading a number of a GPU waits until it has done all work handed out so far; many steps are read by one copy.

    On a CPU nothing waits, and every step is read at once.
    """

    _steps: list[tuple[tuple[str, ...], Tensor, _Note]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, outputs: Mapping[str, Any], note: _Note) -> None:
        """Keep the losses of one step.

        Args:
            outputs: Name -> scalar or tensor, of which the mean counts.
            note: What belongs to the step.
        """
        if outputs:
            self._steps.append((tuple(outputs), _means([*outputs.values()]), note))

    def due(self, runner: Runner, batch_idx: int) -> bool:
        """Whether to read now: on a CPU, when losses are logged, and at the end of an epoch or of the training.

        Args:
            runner: The runner.
            batch_idx: Of the step in its epoch.

        Returns:
            The same on all ranks.
        """
        if not self._steps:
            return False
        if not waits(self._steps[-1][1]):
            return True
        interval = next(
            (hook.interval for hook in runner.hooks if isinstance(hook, LoggerHook)), _INTERVAL
        )
        ends = batch_idx + 1 == len(runner.train_dataloader) or runner.iter + 1 == runner.max_iters
        return ends or (batch_idx + 1) % interval == 0

    def take(self) -> list[tuple[dict[str, float], _Note]]:
        """Read all steps, by one copy.

        Returns:
            Losses by name and note of each step, in order; nothing is kept.
        """
        steps, self._steps = self._steps, []
        if not steps:
            return []
        numbers = iter(torch.cat([values for _, values, _ in steps]).tolist())
        return [({name: next(numbers) for name in names}, note) for names, _, note in steps]


def waits(value: Tensor) -> bool:
    """Whether reading a tensor makes the host wait for a device."""
    return value.device.type != 'cpu'


def _means(values: Sequence[Any]) -> Tensor:
    """``(K,)`` means of K values where the first tensor of them is, in float32 or what is wider."""
    device = next((value.device for value in values if isinstance(value, Tensor)), None)
    tensors = [torch.as_tensor(value, device=device).detach() for value in values]
    means = [value.to(torch.promote_types(value.dtype, torch.float32)).mean() for value in tensors]
    wide = functools.reduce(torch.promote_types, [mean.dtype for mean in means])
    return torch.stack([mean.to(wide) for mean in means])
