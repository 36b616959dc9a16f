"""Whether a checkpoint was made for this model: same names, same shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from .checkpoint import CheckpointError

_SHOWN = 8


def check_state_dict(
    model: nn.Module, state_dict: Mapping[str, Any], source: str = 'the checkpoint'
) -> None:
    """Compare a stored state dict with ``model.state_dict()``.

    Only the buffers of ``model.prototype_owner`` (if the model has one), and what modules name in
    ``sized_by_class``, may differ in their first axis: a checkpoint carries one prototype per class
    of its own training set.

    Args:
        model: The model that is to take the weights, not wrapped for distributed training.
        state_dict: Name -> tensor; a leading ``module.`` of the names is ignored, as MMEngine does.
        source: Where it came from, for the message.

    Raises:
        CheckpointError: If a name is missing or unexpected or a shape differs; names are listed.
    """
    stored = {name.removeprefix('module.'): value for name, value in state_dict.items()}
    wrong = [name for name, value in stored.items() if not isinstance(value, Tensor)]
    if wrong:
        raise CheckpointError(
            f'{source} holds no tensor under {_listed(wrong)}; it is no state dict'
        )
    own = model.state_dict()
    sized = _sized_by_class(model)
    missing = [name for name in own if name not in stored]
    unexpected = [name for name in stored if name not in own]
    reshaped = [
        f'{name} {tuple(stored[name].shape)} instead of {tuple(value.shape)}'
        for name, value in own.items()
        if name in stored and not _fits(stored[name], value, name in sized)
    ]
    parts = [
        f'{len(names)} {what}: {_listed(names)}'
        for what, names in (
            ('missing', missing),
            ('unexpected', unexpected),
            ('of another shape', reshaped),
        )
        if names
    ]
    if parts:
        raise CheckpointError(
            f'{source} does not fit the model {type(model).__name__}: {"; ".join(parts)}. '
            'Is it a checkpoint of another method or width? Use the config it was '
            'trained with'
        )


def _fits(stored: Tensor, own: Tensor, any_length: bool) -> bool:
    if any_length and stored.ndim and own.ndim:
        # (0,) is a buffer that knows neither the number of classes nor the width yet.
        unknown = (0,) in (tuple(stored.shape), tuple(own.shape))
        return unknown or stored.shape[1:] == own.shape[1:]
    return stored.shape == own.shape


def _sized_by_class(model: nn.Module) -> set[str]:
    owner = getattr(model, 'prototype_owner', None)
    return {
        f'{prefix}.{name}' if prefix else name
        for prefix, module in model.named_modules()
        for name in (
            *(name for name, _ in module.named_buffers(recurse=False) if module is owner),
            *getattr(module, 'sized_by_class', ()),
        )
    }


def _listed(names: list[str]) -> str:
    more = f', ... ({len(names) - _SHOWN} more)' if len(names) > _SHOWN else ''
    return ', '.join(names[:_SHOWN]) + more
