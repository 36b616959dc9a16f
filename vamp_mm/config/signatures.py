"""Which keys a registered class or function takes: its signature, followed through ``**kwargs`` into the bases."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mmengine.runner import Runner

#: Top-level keys that the Runner reads from its config although they are not arguments of its constructor.
_READ_FROM_CFG = frozenset(
    {
        'activation_checkpointing',
        'compile',
        'custom_imports',
        'efficient_conv_bn_eval',
        'find_unused_parameters',
        'model_wrapper_cfg',
        'sync_bn',
    }
)


@dataclass(frozen=True)
class Signature:
    """The keys of a config dict that a callable takes.

    Args:
        required: Keys without a default.
        optional: Keys with a default, mapped to it.
        open: Whether the callable also swallows keys that cannot be listed (a ``**kwargs`` that leads nowhere).
    """

    required: frozenset[str]
    optional: Mapping[str, object]
    open: bool

    @property
    def keys(self) -> frozenset[str]:
        """All keys that can be listed."""
        return self.required | frozenset(self.optional)


def signature_of(target: Callable[..., Any]) -> Signature:
    """Read the keys that ``target`` takes.

    A class whose constructor has ``**kwargs`` also takes the keys of the next constructor in its method
    resolution order, and so on until one closes the list. mmpretrain registers torchvision's transforms as
    partials of a wrapper; there the transform's own signature counts.
    """
    if isinstance(target, functools.partial):
        inner = target.keywords.get('transform')
        return _of_class(inner) if inspect.isclass(inner) else _of_function(target)
    return _of_class(target) if inspect.isclass(target) else _of_function(target)


def top_level_keys() -> frozenset[str]:
    """The keys that a config may have at its top level."""
    # protocol, run: of compose
    return (signature_of(Runner).keys | _READ_FROM_CFG | {'protocol', 'run'}) - {'cfg'}


def _of_class(cls: type) -> Signature:
    required: frozenset[str] = frozenset()
    optional: dict[str, object] = {}
    is_open, outermost = False, True
    for base in cls.__mro__:
        init = base.__dict__.get('__init__')
        if init is None:
            continue
        if base is object:
            is_open = False
            break
        own = _of_function(init, skip_first=True)
        if outermost:
            required, outermost = own.required, False
        # What a base requires, the constructor above it provides; a config may still name it.
        inherited = dict.fromkeys(own.required - required, inspect.Parameter.empty)
        optional = {**inherited, **own.optional, **optional}
        is_open = own.open
        if not (is_open and _forwards_kwargs(init)):
            break
    optional = {key: value for key, value in optional.items() if key not in required}
    return Signature(required, optional, is_open)


def _of_function(function: Callable[..., Any], skip_first: bool = False) -> Signature:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # built in C: nothing to read
        return Signature(frozenset(), {}, True)
    named = [
        p
        for p in parameters[1 if skip_first else 0 :]
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
    return Signature(
        required=frozenset(p.name for p in named if p.default is p.empty),
        optional={p.name: p.default for p in named if p.default is not p.empty},
        open=any(p.kind is p.VAR_KEYWORD for p in parameters),
    )


def _forwards_kwargs(init: Callable[..., Any]) -> bool:
    """Whether a constructor hands its ``**kwargs`` to another constructor of its class hierarchy."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(init)))
    except (OSError, TypeError, SyntaxError):
        return False
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == '__init__'
        and any(keyword.arg is None for keyword in node.keywords)
        for node in ast.walk(tree)
    )
