"""Whether stored tensors are those of a model: same names, same shapes, same kinds of numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor

from vamp_mm.messages import cut, some

_REAL = frozenset({torch.float16, torch.bfloat16, torch.float32, torch.float64})
_WHOLE = frozenset({torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64})


def same_kind(given: Tensor, own: Tensor) -> bool:
    """Whether a tensor can be stored in another one of the model without a change of what it means.

    Floating-point numbers of 16 to 64 bits go into one another, and so do integers; everything else must be of the very
    same type.

    Args:
        given: The stored tensor.
        own: The tensor of the model.

    Returns:
        Whether they are of one kind.
    """
    return (
        any(given.dtype in kind and own.dtype in kind for kind in (_REAL, _WHOLE))
        or given.dtype == own.dtype
    )


def differences(
    own: Mapping[str, Tensor], given: Mapping[str, Tensor], any_length: Collection[str] = ()
) -> str:
    """Say where stored tensors differ from those of a model.

    Args:
        own: Name -> tensor of the model.
        given: Name -> stored tensor.
        any_length: Names of tensors whose first axis may differ; ``(0,)`` is a tensor that knows no size yet.

    Returns:
        A clause with up to five names of each kind of difference; empty if they fit.
    """
    common = [name for name in own if name in given]
    found = {
        'missing': [name for name in own if name not in given],
        'unexpected': [name for name in given if name not in own],
        'of another shape': [
            f'{name} {tuple(given[name].shape)} instead of {tuple(own[name].shape)}'
            for name in common
            if not _fits(given[name], own[name], name in any_length)
        ],
        'of another kind of number': [
            f'{name} {_short(given[name])} instead of {_short(own[name])}'
            for name in common
            if not same_kind(given[name], own[name])
        ],
    }
    return '; '.join(
        f'{len(names)} {what}: {listed(names)}' for what, names in found.items() if names
    )


def listed(names: Sequence[str]) -> str:
    """The first five names, each cut to a readable length."""
    return some([cut(name, 200) for name in names], most=5)


def _fits(stored: Tensor, own: Tensor, any_length: bool) -> bool:
    if any_length and stored.ndim and own.ndim:
        unknown = (0,) in (tuple(stored.shape), tuple(own.shape))
        return unknown or stored.shape[1:] == own.shape[1:]
    return stored.shape == own.shape


def _short(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix('torch.')
