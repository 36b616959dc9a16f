"""Refuse a checkpoint that is not exactly this model's, whoever loads it and however leniently."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from vamp_mm.weight_files import differences


def check_state(model: nn.Module, state_dict: Mapping[str, Tensor], prefix: str = '') -> None:
    """Compare the keys, shapes and kinds of number of a state dict with those of a model.

    MMEngine loads leniently by default and only logs what does not fit; an evaluation would then go on with random prompts.

    Args:
        model: The model about to load.
        state_dict: All entries under ``prefix`` belong to the model.
        prefix: Where the model stands in the state dict.

    Raises:
        RuntimeError: If anything is missing, unexpected, of another shape or kind of number, naming up to five of each.
    """
    own = model.state_dict()
    sized = {
        f'{name}.{key}' if name else key
        for name, module in model.named_modules()
        for key in getattr(module, 'sized_by_class', ())
    }
    given = {
        key.removeprefix(prefix): value
        for key, value in state_dict.items()
        if key.startswith(prefix)
    }
    if found := differences(own, given, sized):
        raise RuntimeError(
            f'the checkpoint does not belong to this model ({found}). It is of another method or width: '
            'use the config that it was trained with'
        )
