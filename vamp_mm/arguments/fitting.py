"""Whether a value is of a kind, and the kind in words."""

from __future__ import annotations

import inspect
import math
import os
import types
import typing
from collections.abc import Collection, Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from numbers import Integral, Number, Real
from pathlib import Path
from typing import Annotated, Any, Literal, Union

from .kinds import Lenient, Range, Typed

#: Kinds of which plain data are instances.
_LISTS_AND_DICTS = (
    list,
    tuple,
    Sequence,
    MutableSequence,
    Iterable,
    Collection,
    dict,
    Mapping,
    MutableMapping,
)
_PLAIN: Mapping[Any, str] = {
    bool: 'True or False',
    int: 'an integer',
    float: 'a number',
    Number: 'a number',
    str: 'a string',
    Path: 'a path',
    None: 'None',
    type(None): 'None',
}


def fits(value: Any, kind: Any, strict: bool = True) -> bool:
    """Whether a value is of a kind.

    Args:
        value: The value, as a config or a caller gives it.
        kind: An annotation.
        strict: Whether the annotation is meant to the letter: a whole float is no int, 1 no bool, infinity no number, and a
            dict no ``nn.Module``. ``Lenient`` in the annotation switches it off, a ``Range`` on again.

    Returns:
        False only where the annotation is understood and excludes the value.
    """
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        strict = any(isinstance(item, Range) for item in inner[1:]) or (
            strict and Lenient() not in inner[1:]
        )
        return fits(value, inner[0], strict) and all(
            _meets(value, condition) for condition in inner[1:]
        )
    if is_union(kind):
        return any(fits(value, item, strict) for item in inner)
    if origin is Literal:
        return any((not strict or type(value) is type(item)) and value == item for item in inner)
    base = origin or kind
    if base is tuple and inner and inner[-1] is not ...:
        return (
            is_list(value)
            and len(value) == len(inner)
            and all(fits(item, part, strict) for item, part in zip(value, inner, strict=True))
        )
    if base in (list, tuple, Sequence, Iterable, Collection) and is_list(value):
        return not inner or all(fits(item, inner[0], strict) for item in value)
    if base in (dict, Mapping, MutableMapping) and isinstance(value, Mapping):
        return not inner or all(
            fits(key, inner[0], strict) and fits(item, inner[1], strict)
            for key, item in value.items()
        )
    return _fits_plain(value, base) if strict else _may_fit(value, base)


def words(kind: Any) -> str:
    """What an annotation allows, as it follows 'must be'.

    Args:
        kind: An annotation.

    Returns:
        For example ``'an integer of at least 1 or None'``.
    """
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        return words(inner[0]) + ''.join(
            " with the key 'type'" if isinstance(item, Typed) else str(item)
            for item in inner[1:]
            if isinstance(item, (Typed, Range))
        )
    if is_union(kind):
        return _either([words(item) for item in inner])
    if origin is Literal:
        return ('one of ' if len(inner) > 1 else '') + ', '.join(map(repr, inner))
    base = origin or kind
    if base is tuple and inner and inner[-1] is not ...:
        return f'a list of {len(inner)} values, {" and ".join(map(words, inner))}'
    if base in (list, tuple, Sequence, Iterable):
        return 'a list' + (
            f' whose items are each {words(inner[0])}' if inner and inner[0] is not Any else ''
        )
    if base in (dict, Mapping):
        return 'a dict' + (
            f' whose values are each {words(inner[1])}' if inner and inner[1] is not Any else ''
        )
    return _PLAIN.get(base) or f'an object of type {getattr(base, "__name__", base)}'


def _meets(value: Any, condition: Any) -> bool:
    if isinstance(condition, Range):
        return value in condition
    return not isinstance(condition, Typed) or 'type' in value


def _fits_plain(value: Any, base: Any) -> bool:
    if base in (None, type(None)):
        return value is None
    if base is bool:
        return (
            type(value) is bool
            or type(value).__name__ in ('bool_', 'bool')
            and not isinstance(value, Number)
        )
    if base is int:
        return isinstance(value, Integral) and not isinstance(value, bool)
    if base in (float, Number):
        return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if base is str:
        return isinstance(value, str)
    if base in (Path, os.PathLike):
        return isinstance(value, (str, os.PathLike))
    if base in (Any, object) or not inspect.isclass(base):
        return True  # a type variable, or what cannot be read
    if base in _LISTS_AND_DICTS or base.__module__ == 'numbers':
        return isinstance(value, base) and not isinstance(value, (str, bytes))
    # Plain data is never an object of a class; whether an object is the right one is for the class to say (protocols).
    return not _is_plain(value)


def _may_fit(value: Any, base: Any) -> bool:
    """Whether a value may be what a component from elsewhere takes: classes and callables may be made from any data."""
    if (
        base is bool
        and isinstance(value, Integral)
        or base in (int, float, complex)
        and isinstance(value, Real)
    ):
        return bool(base is not bool or value in (0, 1)) and (
            base is not int or value == value // 1
        )
    if base is str:
        return isinstance(value, (str, os.PathLike))
    if base in _LISTS_AND_DICTS or getattr(base, '__module__', '') == 'numbers':
        return isinstance(value, base) or not _is_plain(value)
    return (
        _fits_plain(value, base)
        if base in (bool, int, float, Path, os.PathLike, None, type(None))
        else True
    )


def _is_plain(value: Any) -> bool:
    """Whether a value is what config files hold, and no object."""
    return isinstance(value, (str, Number, bytes, list, tuple, Mapping, type(None)))


def is_union(kind: Any) -> bool:
    """Whether an annotation is a union of others."""
    return typing.get_origin(kind) in (Union, types.UnionType)


def is_list(value: Any) -> bool:
    """Whether a value is a list, a tuple or the like, and no text."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _either(parts: Sequence[str]) -> str:
    parts = list(dict.fromkeys(parts))
    return ' or '.join([', '.join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
