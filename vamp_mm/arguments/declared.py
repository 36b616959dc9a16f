"""What a constructor declares, and what is wrong with the values that it is given."""

from __future__ import annotations

import functools
import inspect
import math
import reprlib
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from .fitting import fits, is_list, is_union, words
from .kinds import Lenient


class ArgumentError(ValueError):
    """Arguments of a component that have the wrong type or lie outside their range."""


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
    if is_list(value):  # the item that is wrong says more than the whole list
        alternatives = (
            typing.get_args(parameter.annotation)
            if is_union(parameter.annotation)
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
