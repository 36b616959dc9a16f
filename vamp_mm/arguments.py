"""What the arguments of a component may be. The annotation of the constructor declares it, and is checked here.

``num_tokens: PositiveInt`` is all that a component writes. The registries check it whenever the component is built, and the
config check before anything is built. Plain types, ``Literal``, ``Sequence[...]``, ``Mapping[...]`` and unions of them are
understood; ranges stand in ``Annotated``. Our own components mean what their annotations say. Those of users are judged as
Python means annotations: only plain data that certainly do not fit are refused.
"""

from __future__ import annotations

import functools
import inspect
import math
import os
import reprlib
import types
import typing
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Mapping,
    MutableMapping,
    MutableSequence,
    Sequence,
)
from dataclasses import dataclass
from numbers import Integral, Number, Real
from pathlib import Path
from typing import Annotated, Any, Literal, Union


class ArgumentError(ValueError):
    """Arguments of a component that have the wrong type or lie outside their range."""


@dataclass(frozen=True)
class Range:
    """Numbers that are allowed; NaN and infinities never are.

    Args:
        low: The smallest.
        high: The largest.
        above: Whether ``low`` itself is left out.
        below: Whether ``high`` itself is left out.
    """

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False

    def __contains__(self, value: Any) -> bool:
        """Whether a number lies in it."""
        low = value > self.low if self.above else value >= self.low
        return bool(low and (value < self.high if self.below else value <= self.high))

    def __str__(self) -> str:
        """As it stands behind 'a number'."""
        if self.low == -math.inf and self.high == math.inf:
            return ''
        if self.high == math.inf:
            return f' above {self.low}' if self.above else f' of at least {self.low}'
        if self.low == -math.inf:
            return f' below {self.high}' if self.below else f' of at most {self.high}'
        if self.above or self.below:
            return f' {"above" if self.above else "from"} {self.low} {"and below" if self.below else "up to"} {self.high}'
        return f' from {self.low} to {self.high}'


@dataclass(frozen=True)
class Typed:
    """Marks a dict that a component is built from."""


@dataclass(frozen=True)
class Lenient:
    """Marks what a component from elsewhere declares: plain annotations, made for readers and type checkers."""


PositiveInt = Annotated[int, Range(1)]
NonNegativeInt = Annotated[int, Range(0)]
Positive = Annotated[float, Range(0, above=True)]
NonNegative = Annotated[float, Range(0)]
Fraction = Annotated[float, Range(0, 1)]
Seed = Annotated[int, Range(0, 2**32 - 1)]
#: Sizes that tensors are made of: a slip of the finger must not ask for all the memory there is.
Samples = Annotated[int, Range(0, 10_000)]
Tokens = Annotated[int, Range(1, 4096)]
Width = Annotated[int, Range(1, 65_536)]
Blocks = Annotated[int, Range(1, 1000)]
Block = Annotated[int, Range(0, 999)]
#: ``dict(type=...)``
Component = Annotated[Mapping[str, Any], Typed()]

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
    if _is_union(kind):
        return any(fits(value, item, strict) for item in inner)
    if origin is Literal:
        return any((not strict or type(value) is type(item)) and value == item for item in inner)
    base = origin or kind
    if base is tuple and inner and inner[-1] is not ...:
        return (
            _is_list(value)
            and len(value) == len(inner)
            and all(fits(item, part, strict) for item, part in zip(value, inner, strict=True))
        )
    if base in (list, tuple, Sequence, Iterable, Collection) and _is_list(value):
        return not inner or all(fits(item, inner[0], strict) for item in value)
    if base in (dict, Mapping, MutableMapping) and isinstance(value, Mapping):
        return not inner or all(
            fits(key, inner[0], strict) and fits(item, inner[1], strict)
            for key, item in value.items()
        )
    return _fits_plain(value, base) if strict else _may_fit(value, base)


def words(kind: Any) -> str:
    """What an annotation allows, as it stands behind 'must be'.

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
    if _is_union(kind):
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


@functools.cache
def declared(target: Callable) -> Mapping[str, inspect.Parameter]:
    """The named arguments of a constructor or function, with annotations that are read.

    Args:
        target: A class or function.

    Returns:
        Name -> parameter; an annotation that cannot be read is ``Any``. Those of other packages are :class:`Lenient`.
    """
    function = target.__init__ if inspect.isclass(target) else target
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # built in C
        return {}
    function = inspect.unwrap(function)
    found = found[1:] if inspect.isclass(target) else found
    named = [item for item in found if item.kind in (item.POSITIONAL_OR_KEYWORD, item.KEYWORD_ONLY)]
    package = __name__.split('.')[0]
    ours = any(
        str(getattr(item, '__module__', '')).split('.')[0] == package for item in (target, function)
    )
    kinds = {item.name: _read(item.annotation, function) for item in named}
    return {
        item.name: item.replace(
            annotation=kinds[item.name] if ours else Annotated[kinds[item.name], Lenient()]
        )
        for item in named
    }


def as_parameter(name: str, kind: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    """A declaration for an argument of someone else's constructor.

    Args:
        name: The argument.
        kind: What it may be.
        default: Its default, which is always allowed.

    Returns:
        The parameter.
    """
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)


def problem_of(name: str, value: Any, parameter: inspect.Parameter) -> str | None:
    """What is wrong with the value of an argument.

    Args:
        name: How the message calls it: the argument or the whole key.
        value: The value.
        parameter: Its declaration; the default is always allowed.

    Returns:
        One clause; None if nothing is wrong.
    """
    if value is parameter.default or fits(value, parameter.annotation):
        return None
    if _is_list(value):  # the item that is wrong says more than the whole list
        alternatives = (
            typing.get_args(parameter.annotation)
            if _is_union(parameter.annotation)
            else (parameter.annotation,)
        )
        for kind in (kind for kind in alternatives if typing.get_origin(kind) in (list, Sequence)):
            item_kind = typing.get_args(kind)[0]
            for index, item in enumerate(value):
                if not fits(item, item_kind):
                    return problem_of(f'{name}.{index}', item, as_parameter('item', item_kind))
    finite = ', and finite' if isinstance(value, float) and not math.isfinite(value) else ''
    return f'{name}={shortened(value)} must be {words(parameter.annotation)}{finite}'


def shortened(value: Any) -> str:
    """A value as messages show it, cut where it is long."""
    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = 80
    text = brief.repr(dict(value) if isinstance(value, Mapping) else value)
    return text if len(text) <= 100 else f'{text[:97]}...'


def check_when_built(cls: type) -> None:
    """Make the constructor of a class refuse arguments that do not fit its annotations, in place.

    Args:
        cls: The class.
    """
    init = cls.__init__  # type: ignore[misc]
    if init is object.__init__ or getattr(init, 'checks_arguments', None) is cls:
        return
    signature = inspect.signature(init)

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            given = signature.bind(self, *args, **kwargs).arguments
        except TypeError:
            given = {}  # the call itself fails with Python's own words
        known = declared(cls)
        problems = [
            problem_of(name, value, known[name]) for name, value in given.items() if name in known
        ]
        wrong = '; '.join(filter(None, problems))
        if wrong:
            raise ArgumentError(f'{cls.__name__}: {wrong}')
        init(self, *args, **kwargs)

    checked.checks_arguments = cls  # type: ignore[attr-defined]
    cls.__init__ = checked  # type: ignore[misc]


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


def _is_union(kind: Any) -> bool:
    return typing.get_origin(kind) in (Union, types.UnionType)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _either(parts: Sequence[str]) -> str:
    parts = list(dict.fromkeys(parts))
    return ' or '.join([', '.join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _read(annotation: Any, function: Callable) -> Any:
    if annotation is inspect.Parameter.empty:
        return Any
    try:
        holder = types.SimpleNamespace(__annotations__={'it': annotation})
        return typing.get_type_hints(
            holder, getattr(function, '__globals__', {}), include_extras=True
        )['it']
    except Exception:  # a name that is imported for type checkers only
        return Any
