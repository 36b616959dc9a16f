"""Mixed precision where MMEngine's own wrapper refuses to work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from mmengine.device import get_device
from mmengine.optim import OptimWrapper
from torch import nn
from torch.optim import Optimizer

from vamp_mm.arguments import PositiveInt
from vamp_mm.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class AutocastOptimWrapper(OptimWrapper):
    """Training under autocast without loss scaling, on any device.

    bfloat16 has the exponent range of float32, so its gradients do not vanish and need no scaling. This is what
    ``--amp`` uses on a CPU, where MMEngine's ``AmpOptimWrapper`` does not work.

    Args:
        optimizer: Optimizer of the trainable parameters, which stay in float32.
        dtype: ``bfloat16``, or ``float16`` for an experiment (without scaling its small gradients become 0).
        accumulative_counts: Number of iterations whose gradients are added up before a step.
        clip_grad: Gradient clipping, as in MMEngine's ``OptimWrapper``.

    Raises:
        ValueError: If the dtype is neither.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        dtype: Literal['bfloat16', 'float16'] = 'bfloat16',
        accumulative_counts: PositiveInt = 1,
        clip_grad: dict | None = None,
    ) -> None:
        super().__init__(optimizer, accumulative_counts=accumulative_counts, clip_grad=clip_grad)
        self.cast_dtype = getattr(torch, dtype)

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Autocast the forward pass, and skip gradient synchronisation while gradients are added up."""
        with super().optim_context(model), torch.autocast(get_device(), self.cast_dtype):
            yield
