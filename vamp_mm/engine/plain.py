"""Plain data: the only things that a checkpoint of vamp_mm holds.

Plain are ``None``, ``bool``, ``int``, ``float``, ``str``, dense tensors, and ``dict``, ``list`` and
``tuple`` of them. ``torch.load(weights_only=True)`` reads these without any allow-list, so reading
a checkpoint never runs code from the file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from torch import Tensor

#: Values kept of one logged scalar; the smoothing window of the log is far shorter.
HISTORY_LENGTH = 1000

_SCALARS = (bool, int, float, str)
_DTYPES = frozenset(
    {
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.complex64,
        torch.complex128,
        torch.uint8,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.bool,
    }
)


def to_plain(obj: Any, where: str = 'checkpoint') -> Any:
    """Copy an object into plain data.

    Tensors come out detached, on the CPU and without unused storage.

    Dict subclasses become ``dict``, NumPy scalars Python numbers, numeric NumPy arrays tensors,
    arrays of strings lists, deques lists, named tuples ``tuple``, paths ``str``. A
    ``HistoryBuffer`` becomes a dict of two tensors with its last :data:`HISTORY_LENGTH` values (see
    :func:`history_from_plain`).

    Args:
        obj: What is to be stored.
        where: Name of ``obj`` in an error.

    Returns:
        The copy.

    Raises:
        TypeError: If something cannot be represented; the message names its place and type.
    """
    if obj is None or type(obj) in _SCALARS:
        return obj
    if isinstance(obj, Tensor):
        return _plain_tensor(obj, where)
    if isinstance(obj, np.generic):
        return to_plain(_numpy_item(obj, where), where)
    if isinstance(obj, np.ndarray):
        return _plain_array(obj, where)
    if isinstance(obj, HistoryBuffer):
        return _plain_history(obj)
    if isinstance(obj, Mapping):
        return {_plain_key(key, where): to_plain(obj[key], f'{where}[{key!r}]') for key in obj}
    if isinstance(obj, (list, tuple, deque)):
        items = [to_plain(item, f'{where}[{index}]') for index, item in enumerate(obj)]
        return tuple(items) if isinstance(obj, tuple) else items
    if isinstance(obj, PurePath):
        return str(obj)
    for kind in (str, int, float):  # subclasses, for instance enumerations with a value
        if isinstance(obj, kind):
            return str.__str__(obj) if kind is str else kind(obj)
    raise _refusal(where, obj)


def history_from_plain(state: Mapping) -> HistoryBuffer:
    """Rebuild the buffer that :func:`to_plain` turned into a dict."""
    return HistoryBuffer(state['log_history'].tolist(), state['count_history'].tolist())


def same_plain(left: Any, right: Any) -> bool:
    """Whether two plain objects hold the same values, tensors compared bit for bit."""
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        return left.dtype == right.dtype and torch.equal(left.cpu(), right.cpu())
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(
            same_plain(left[key], right[key]) for key in left
        )
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same_plain, left, right))
    return left == right


def _plain_tensor(tensor: Tensor, where: str) -> Tensor:
    if tensor.layout != torch.strided or tensor.dtype not in _DTYPES:
        raise TypeError(
            f'{where} is a tensor of layout {tensor.layout} and dtype {tensor.dtype}; a '
            'checkpoint holds dense tensors of the usual dtypes only, convert it first'
        )
    tensor = tensor.detach().as_subclass(Tensor).cpu()
    # A view drags its whole storage into the file (for instance one row of a frozen embedding).
    if tensor.untyped_storage().nbytes() != tensor.numel() * tensor.element_size():
        tensor = tensor.clone(memory_format=torch.contiguous_format)
    return tensor


def _plain_array(array: np.ndarray, where: str) -> Any:
    if array.dtype.kind == 'u' and array.dtype.itemsize > 1:
        if array.size and int(array.max()) > torch.iinfo(torch.int64).max:
            raise TypeError(f'{where} holds {array.dtype} values above the range of int64')
        array = array.astype(np.int64)
    if array.dtype.kind in 'biufc' and array.dtype.itemsize <= 16:
        return _plain_tensor(torch.from_numpy(np.array(array, order='C')), where)
    return to_plain(array.tolist(), where)


def _numpy_item(value: np.generic, where: str) -> Any:
    item = value.item()
    if isinstance(item, np.generic):  # for instance longdouble has no Python counterpart
        raise _refusal(where, value)
    return item


def _plain_history(buffer: HistoryBuffer) -> dict[str, Tensor]:
    values, counts = buffer.data
    return {
        'log_history': torch.tensor(values[-HISTORY_LENGTH:].tolist(), dtype=torch.float64),
        'count_history': torch.tensor(counts[-HISTORY_LENGTH:].tolist(), dtype=torch.int64),
    }


def _plain_key(key: Any, where: str) -> Any:
    plain = to_plain(key, f'a key of {where}')
    if plain is not None and type(plain) not in _SCALARS:
        raise _refusal(f'the key {key!r} of {where}', key)
    return plain


def _refusal(where: str, obj: Any) -> TypeError:
    kind = f'{type(obj).__module__}.{type(obj).__qualname__}'
    return TypeError(
        f'{where} is a {kind}, which a checkpoint cannot hold: only tensors, numbers, strings, '
        'dicts, lists and tuples are stored. Convert it, or leave it out in a '
        'before_save_checkpoint hook'
    )
