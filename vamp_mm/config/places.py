"""Values of a config by dotted key, where an item of a list may be named by its type: ``custom_hooks[SomeHook].mean``."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from .settings_table import DEFAULT

_ITEM = re.compile(r'(?P<key>\w+)\[(?P<type>\w+)\]')


def place_of(cfg: Config, key: str) -> tuple[str | int, ...] | None:
    """Where a key is.

    Args:
        cfg: A config.
        key: Dotted; ``name[Type]`` is the first item of list ``name`` with that type.

    Returns:
        Keys and indices from the top; None if a part before the last one does not exist.
    """
    node: Any = cfg
    parts: list[str | int] = []
    for part in key.split('.'):
        if not isinstance(node, (Mapping, Config)):
            return None
        match = _ITEM.fullmatch(part)
        name = match['key'] if match else part
        parts.append(name)
        node = node.get(name)
        if match:
            index = _index(node, match['type'])
            if index is None:
                return None
            parts.append(index)
            node = node[index]
    return tuple(parts) if _parent(cfg, parts) is not None else None


def value_at(cfg: Config, place: Sequence[str | int]) -> Any:
    """The value at a place; :data:`~vamp_mm.config.settings_table.DEFAULT` if the last key is not there."""
    parent = _parent(cfg, place)
    last = place[-1]
    return parent[last] if last in parent else DEFAULT


def set_at(cfg: Config, place: Sequence[str | int], value: Any) -> None:
    """Set the value at a place, in place.

    Args:
        cfg: The config to change.
        place: Of :func:`place_of`.
        value: The value; ``DEFAULT`` removes the key.
    """
    parent = _parent(cfg, place)
    if isinstance(value, str) and value == DEFAULT:
        parent.pop(place[-1], None)
    else:
        parent[place[-1]] = copy.deepcopy(value)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal as a config means them: a list is a tuple, a bool is not a number."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def type_at(cfg: Config, dotted: str) -> str | None:
    """Name of the type at a dotted key that ends in ``type``, without its scope; None if there is none."""
    parent = _parent(cfg, dotted.split('.'))
    return _type_name(parent) if parent is not None and 'type' in parent else None


def keys_set_in(file: Path) -> set[str]:
    """Dotted keys to which a Python config file itself gives a value; lists count as a whole only where they are all of it.

    Args:
        file: The file; its bases are not looked at.

    Returns:
        The keys, of ``dict(...)`` and ``{...}`` down to the values that are not dicts or lists.
    """
    if file.suffix != '.py':
        return set()
    found: set[str] = set()
    for node in ast.parse(file.read_text(encoding='utf-8')).body:
        if (
            isinstance(node, ast.Assign)
            and len(node.targets) == 1
            and isinstance(node.targets[0], ast.Name)
        ):
            found |= set(_leaves(node.value, node.targets[0].id))
    return found


def _leaves(node: ast.expr, path: str) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'dict':
        for keyword in node.keywords:
            if keyword.arg is not None:
                yield from _leaves(keyword.value, f'{path}.{keyword.arg}')
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, (str, int)):
                yield from _leaves(value, f'{path}.{key.value}')
    elif not isinstance(node, (ast.List, ast.Tuple, ast.ListComp)):
        yield path


def _index(node: Any, kind: str) -> int | None:
    if not isinstance(node, (list, tuple)):
        return None
    for index, item in enumerate(node):
        if isinstance(item, Mapping) and _type_name(item) == kind:
            return index
    return None


def _type_name(item: Mapping[str, Any] | Config) -> str:
    name = item.get('type')
    return (name if isinstance(name, str) else getattr(name, '__name__', '')).split('.')[-1]


def _parent(cfg: Config, place: Sequence[str | int]) -> Any:
    node: Any = cfg
    for part in place[:-1]:
        node = (
            node[part]
            if isinstance(part, int)
            else node.get(part)
            if isinstance(node, (Mapping, Config))
            else None
        )
    return node if isinstance(node, (Mapping, Config)) else None
