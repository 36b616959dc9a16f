"""Refuse a checkpoint that is not exactly this model's, whoever loads it and however leniently."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

#: Buffers whose first axis counts the training classes, which a loading model does not know beforehand. A module may name
#: others in ``sized_by_class``.
_ANY_LENGTH = ('prototypes', )


def check_state(model: nn.Module, state_dict: Mapping[str, Tensor], prefix: str = '') -> None:
    """Compare the keys and shapes of a state dict with those of a model.

    MMEngine loads leniently by default and only logs what does not fit; an evaluation would then go on with random prompts.

    Args:
        model: The model about to load.
        state_dict: All entries under ``prefix`` belong to the model.
        prefix: Where the model stands in the state dict.

    Raises:
        RuntimeError: If anything is missing, unexpected or of another shape, naming up to five of each.
    """
    own = model.state_dict()
    free = {f'{name}.{key}' for name, module in model.named_modules() for key in getattr(module, 'sized_by_class', ())}
    given = {key.removeprefix(prefix): value for key, value in state_dict.items() if key.startswith(prefix)}
    problems = {
        'missing': [key for key in own if key not in given],
        'unexpected': [key for key in given if key not in own],
        'of another shape': [
            f'{key} {tuple(given[key].shape)} instead of {tuple(own[key].shape)}' for key in own
            if key in given and not _fits(key, given[key], own[key], key in free)
        ],
    }
    found = {what: keys for what, keys in problems.items() if keys}
    if found:
        told = '; '.join(f'{what}: {", ".join(keys[:5])}' + (f' and {len(keys) - 5} more' if len(keys) > 5 else '')
                         for what, keys in found.items())
        raise RuntimeError(f'the checkpoint does not belong to this model ({told}). It is of another method or width: '
                           'use the config that it was trained with')


def _fits(key: str, given: Tensor, own: Tensor, any_length: bool) -> bool:
    if any_length or key.rsplit('.', 1)[-1] in _ANY_LENGTH:
        return given.shape[1:] == own.shape[1:]
    return given.shape == own.shape
