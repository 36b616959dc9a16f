"""Whether weights are exactly those of a model: MMEngine loads leniently and only logs what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from .comparing import differences, listed
from .errors import CheckpointError
from .layouts import without_wrappers


def check_state_dict(
    model: nn.Module, state_dict: Mapping[str, Any], source: str = 'the checkpoint'
) -> None:
    """Compare a stored state dict with ``model.state_dict()``.

    Only what modules name in ``sized_by_class`` may differ in its first axis: a checkpoint carries one
    prototype per class of its own training set.

    Args:
        model: The model that is to take the weights, not wrapped for distributed training.
        state_dict: Name -> tensor; a leading ``module.`` of the names is ignored, as MMEngine does.
        source: Where it came from, for the message.

    Raises:
        CheckpointError: If a name is missing, unexpected or there twice, or a shape or the kind of
            number differs; names are listed.
    """
    stored = without_wrappers(state_dict, source)
    wrong = [name for name, value in stored.items() if not isinstance(value, Tensor)]
    if wrong:
        raise CheckpointError(
            f'{source} holds no tensor under {listed(wrong)}; it is not a state dict'
        )
    if found := differences(model.state_dict(), stored, _sized_by_class(model)):
        raise CheckpointError(
            f'{source} does not fit the model {type(model).__name__}: {found}. '
            'Is it a checkpoint of another method or width? Use the config it was '
            'trained with'
        )


def _sized_by_class(model: nn.Module) -> set[str]:
    return {
        f'{prefix}.{name}' if prefix else name
        for prefix, module in model.named_modules()
        for name in getattr(module, 'sized_by_class', ())
    }
