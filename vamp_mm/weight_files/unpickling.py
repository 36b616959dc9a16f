"""Unpickle the inside of a torch file without importing, calling or allocating anything that it names.

What a pickle may build here is plain data, and records of tensors that are read later, when their sizes are known to be
those of the file. Every class or function it names besides is either refused or replaced by a stand-in that forgets what it
is given.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

_KINDS = {
    'DoubleStorage': torch.float64, 'FloatStorage': torch.float32, 'HalfStorage': torch.float16,
    'BFloat16Storage': torch.bfloat16, 'LongStorage': torch.int64, 'IntStorage': torch.int32, 'ShortStorage': torch.int16,
    'CharStorage': torch.int8, 'ByteStorage': torch.uint8, 'BoolStorage': torch.bool,
    'ComplexFloatStorage': torch.complex64, 'ComplexDoubleStorage': torch.complex128,
}  # fmt: skip
#: Most steps of a pickle: a tensor with its name takes 30, so this is 16,000 tensors; the largest CLIPs have some 1,500.
MAX_STEPS = 500_000
_PUTS = frozenset({'PUT', 'BINPUT', 'LONG_BINPUT'})

#: Whether a class or function, by module and name, may be replaced by a stand-in.
Ignored = Callable[[str, str], bool]


@dataclass(frozen=True)
class StorageRecord:
    """Numbers in the file: their name, their type (None for bytes), and how many the pickle claims."""

    key: str
    dtype: torch.dtype | None
    count: int


@dataclass(frozen=True, eq=False)
class TensorRecord:
    """A tensor that the pickle describes: a view of a storage, with offset, size and stride in values."""

    storage: StorageRecord
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError('a tensor with a state of its own')


class StandIn:
    """Takes the place of an object that nobody needs.

    Attributes:
        stands_for: The dotted name in the pickle.
    """

    stands_for = ''

    def __new__(cls, *_: object, **__: object) -> StandIn:
        return super().__new__(cls)

    def __init__(self, *_: object, **__: object) -> None:
        """Forget the arguments."""

    def __setstate__(self, state: object) -> None:
        """Forget the state."""

    def __setitem__(self, key: object, value: object) -> None:
        """Forget the item."""

    def append(self, item: object) -> None:
        """Forget the item, as ``extend`` and ``add`` do."""

    extend = add = append

    def __repr__(self) -> str:
        return f'<a pickled {self.stands_for}>'


class _Dict(dict):
    """Of ``OrderedDict`` and its kin the items remain."""

    def __init__(self, items: object = ()) -> None:
        super().__init__(items if isinstance(items, list) else ())

    def __setstate__(self, state: object) -> None:
        """Forget what is no item, such as torch's ``_metadata``."""


class _Call:
    """A function that a pickle can call and not change."""

    __slots__ = ('_function',)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError('a function with a state of its own')


class SafeUnpickler(pickle.Unpickler):
    """Builds plain data, records and stand-ins only.

    Args:
        data: The pickle.
        ignored: Which classes and functions may be replaced by stand-ins.

    Attributes:
        foreign: Dotted names of what was neither known nor to be ignored, in the order of the file.
        passed_over: Dotted names of what stand-ins replaced.
    """

    def __init__(self, data: bytes, ignored: Ignored) -> None:
        super().__init__(io.BytesIO(data), encoding='utf-8')
        self._ignored = ignored
        self.foreign: list[str] = []
        self.passed_over: list[str] = []

    def find_class(self, module: str, name: str) -> Any:
        """What a name of the pickle means here; nothing is imported."""
        # its name in Python 2, which protocol 2 keeps
        module = 'builtins' if module == '__builtin__' else module
        known = _known(module, name)
        if known is not None:
            return known
        dotted = f'{module}.{name}'
        names = self.passed_over if self._ignored(module, name) else self.foreign
        if dotted not in names:
            names.append(dotted)
        return type('StandIn', (StandIn,), {'stands_for': dotted})

    def persistent_load(self, pid: Any) -> StorageRecord:
        """The record of a storage."""
        if not (isinstance(pid, tuple) and len(pid) >= 5 and pid[0] == 'storage'):
            raise pickle.UnpicklingError('a reference to something that is not a storage')
        _, kind, key, _, count = pid[:5]
        if not (
            isinstance(kind, _Storage)
            and isinstance(key, str)
            and type(count) is int
            and count >= 0
        ):
            raise pickle.UnpicklingError(f'a storage {key!r} without type or size')
        return StorageRecord(key, kind.dtype, count)


def check_steps(data: bytes) -> None:
    """Refuse a pickle of more steps than names and numbers of tensors need, or with a memo larger than the file.

    Args:
        data: The pickle.

    Raises:
        ValueError: If it has more than :data:`MAX_STEPS` steps, a memo number would make the unpickler allocate a table
            larger than the file, or the bytes are not a pickle.
    """
    for number, (opcode, argument, _) in enumerate(pickletools.genops(data)):
        if number >= MAX_STEPS:
            raise ValueError(
                f'its pickle has more than {MAX_STEPS:,} steps, the limit (30 are one tensor)'
            )
        if opcode.name in _PUTS and int(argument or 0) > len(data):
            raise ValueError(
                f'its pickle numbers an object {argument:,}; the limit is its length, {len(data):,}'
            )


class _Storage:
    """Type of a storage."""

    __slots__ = ('dtype',)

    def __init__(self, dtype: torch.dtype | None) -> None:
        self.dtype = dtype

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError('a storage type with a state of its own')


def _known(module: str, name: str) -> Any:
    if module == 'torch':
        if name in _KINDS:
            return _Storage(_KINDS[name])
        if name == 'Size':
            return _Call(lambda items=(): tuple(items))
        dtype = getattr(torch, name, None)
        return dtype if isinstance(dtype, torch.dtype) else None
    known = {
        ('torch.storage', 'UntypedStorage'): _Storage(None),
        ('torch._utils', '_rebuild_tensor'): _Call(_tensor),
        ('torch._utils', '_rebuild_tensor_v2'): _Call(_tensor),
        ('torch._utils', '_rebuild_tensor_v3'): _Call(_typed_tensor),
        ('torch._utils', '_rebuild_parameter'): _Call(_parameter),
        ('collections', 'OrderedDict'): _Dict,
    }
    return known.get((module, name))


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> TensorRecord:
    dtype = getattr(storage, 'dtype', None)
    return _record(storage, offset, size, stride, dtype)


def _typed_tensor(
    storage: Any, offset: Any, size: Any, stride: Any, _grad: Any, _hooks: Any, dtype: Any, *_: Any
) -> TensorRecord:
    return _record(storage, offset, size, stride, dtype)


def _parameter(data: Any, *_: Any) -> TensorRecord:
    if not isinstance(data, TensorRecord):
        raise pickle.UnpicklingError('a parameter without a tensor')
    return data


def _record(storage: Any, offset: Any, size: Any, stride: Any, dtype: Any) -> TensorRecord:
    numbers = (offset, *size, *stride)
    if (
        not isinstance(storage, StorageRecord)
        or not isinstance(dtype, torch.dtype)
        or len(size) != len(stride)
        or any(type(number) is not int or number < 0 for number in numbers)
    ):
        raise pickle.UnpicklingError(
            'a tensor without numbers, or with a size or stride that is not a count'
        )
    return TensorRecord(storage, offset, tuple(size), tuple(stride), dtype)
