"""What a checkpoint says of the classes it was trained on, which may be anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from vamp_mm.engine import CheckpointError
from vamp_mm.weight_files import cut

_NEXT = 'the file is damaged, or was written by another program: copy it again'


def stored_classes(meta: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Class names, templates and homonyms of a checkpoint.

    Args:
        meta: ``checkpoint['meta']``.
        source: The file, for messages.

    Returns:
        ``classes``, ``templates`` and ``homonyms``, tuples of strings (templates may be the name of a set); a key that is
        missing or None in the file is missing here.

    Raises:
        CheckpointError: If one is of another kind.
    """
    data = meta.get('dataset_meta')
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise CheckpointError(
            f'meta.dataset_meta in {source} is {_short(data)}, not a dict; {_NEXT}'
        )
    found: dict[str, Any] = {}
    for key in ('classes', 'templates', 'homonyms'):
        value = data.get(key)
        if value is None:
            continue
        if not (key == 'templates' and isinstance(value, str)):
            value = _strings(value, f'meta.dataset_meta.{key}', source)
        found[key] = value
    return found


def check_per_class(model: nn.Module, names: tuple[str, ...], source: str) -> None:
    """Refuse weights that were made for another number of classes than the checkpoint names.

    Args:
        model: With its weights.
        names: Class names of the training.
        source: The file, for messages.

    Raises:
        CheckpointError: If a tensor with a row for each class has another number of rows.
    """
    for prefix, module in model.named_modules():
        for key in ('prototypes', *getattr(module, 'sized_by_class', ())):
            value = getattr(module, key, None)
            if isinstance(value, Tensor) and value.ndim and len(value) not in (0, len(names)):
                raise CheckpointError(
                    f'{source} does not fit itself: {prefix}.{key} has {len(value)} rows, one for each '
                    f'class, and meta.dataset_meta.classes has {len(names)} names; {_NEXT}'
                )


def _strings(value: Any, key: str, source: str) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise CheckpointError(f'{key} in {source} is {_short(value)}, not a list of names; {_NEXT}')
    wrong = next((index for index, item in enumerate(value) if not isinstance(item, str)), None)
    if wrong is not None:
        raise CheckpointError(
            f'{key}.{wrong} in {source} is {_short(value[wrong])}, not a name; {_NEXT}'
        )
    return tuple(value)


def _short(value: Any) -> str:
    return (
        cut(repr(value))
        if isinstance(value, (str, int, float, bool))
        else f'of type {type(value).__name__}'
    )
