"""Frozen matrices kept in half precision, so that mixed precision does not cast them anew in every pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch
from torch import Tensor, nn

FrozenDtype = Literal['bfloat16', 'float16']


def store_matrices(tower: nn.Module, dtype: torch.dtype) -> None:
    """Cast the weights of linear layers, which are nearly all of a transformer, in place.

    LayerNorms, embeddings and positions stay as they are: autocast computes with them in float32.

    Args:
        tower: A frozen tower.
        dtype: What to cast to.
    """
    for parameter in _matrices(tower):
        parameter.data = parameter.data.to(dtype)


def computing_in(dtype: torch.dtype | None, device: torch.device) -> AbstractContextManager:
    """Autocast to the dtype of the frozen matrices, whatever the caller's own; nothing for None."""
    return nullcontext() if dtype is None else torch.autocast(device.type, dtype)


def _matrices(tower: nn.Module) -> Iterator[Tensor]:
    for module in tower.modules():
        if isinstance(module, nn.Linear):
            found = [module.weight, module.bias]
        elif isinstance(module, nn.MultiheadAttention):
            found = [module.in_proj_weight, module.in_proj_bias]
        else:
            continue
        yield from (parameter for parameter in found if parameter is not None)
