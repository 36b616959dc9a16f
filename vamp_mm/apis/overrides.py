"""Changing single values of a config, never silently: a key that nothing reads is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmengine.config import Config

from vamp_mm.registry import SCOPE

from .config_check import dataloader_keys, top_level_keys
from .errors import ConfigError, closest
from .literals import read_dicts
from .signatures import signature_of
from .typed_check import TypedChecker, registry_of


def apply_overrides(cfg: Config, overrides: Mapping[str, Any]) -> None:
    """Set values by dotted key, in place.

    Every part of a key must exist, except that the last one may be an argument which the constructor named by
    the dict's ``type`` takes but the config does not spell out. List items are addressed by index.

    Args:
        cfg: The config to change.
        overrides: Dotted key -> value, as ``--cfg-options`` gives them; text ``dict(type='X')`` becomes a dict.

    Raises:
        ConfigError: With every key that does not exist (and the closest ones that do) and every value of a kind
            that cannot stand there.
    """
    problems: list[str] = []
    for dotted, value in overrides.items():
        try:
            problem = _set(cfg, dotted, read_dicts(value))
        except ValueError as error:
            problem = f'{dotted!r} cannot be set: {error}'
        if problem:
            problems.append(problem)
    if problems:
        raise ConfigError(problems, cfg.filename)


def _set(cfg: Config, dotted: str, value: Any) -> str | None:
    """Set one value; return what is wrong, if anything."""
    node: Any = cfg
    parts = dotted.split('.')
    for depth, part in enumerate(parts):
        path, last = '.'.join(parts[:depth]), depth == len(parts) - 1
        place = f'{dotted!r} cannot be set: {path or "the config"}'
        if isinstance(node, (list, tuple)):
            if not part.isdigit() or int(part) >= len(node):
                return f'{place} is a list of {len(node)} items; give an index below that, not {part!r}'
            part = int(part)
        elif isinstance(node, (Mapping, Config)):
            known = set(node) | (_constructor_keys(cfg, path, node) if last else set())
            if part not in known:
                return f'{place} has no key {part!r}; {closest(part, known)}'
        else:
            return f'{place} is {node!r}, not a dict'
        if last:
            return _assign(node, part, value, dotted)
        node = node[part]
    return None


def _assign(node: Any, key: str | int, value: Any, dotted: str) -> str | None:
    if isinstance(node, tuple):
        return f'{dotted!r} cannot be set: it lies in a tuple; set the whole tuple'
    old = node.get(key) if isinstance(node, (Mapping, Config)) else node[key]
    # Only a word for a number, a number for a dict and the like are refused; None may become anything, and a name
    # that stands for a component (source='caltech101') the component itself.
    was, becomes = _kind(old), _kind(value)
    spelt_out = isinstance(old, str) and isinstance(value, Mapping) and 'type' in value
    if was and becomes and was != becomes and not spelt_out:
        return f'{dotted!r} is {old!r}, {was}; it cannot become {value!r}, {becomes}'
    node[key] = value
    return None


def _kind(value: Any) -> str | None:
    """What sort of thing a value is, coarsely: a bool is a number, and lists are not told apart from the rest."""
    for kind, name in ((str, 'a word'), ((int, float), 'a number'), (Mapping, 'a dict')):
        if isinstance(value, kind):
            return name
    return None


def _constructor_keys(cfg: Config, path: str, node: Mapping) -> set[str]:
    """Keys that the constructor behind one dict takes; empty where the dict names no type."""
    if not path:
        return set(top_level_keys())
    if path.endswith('_dataloader'):
        return set(dataloader_keys())
    if 'type' not in node:
        return set()
    scope = cfg.get('default_scope') or 'mmengine'
    if path.startswith('model.') and str(cfg.model.get('type')).startswith(f'{SCOPE}.'):
        scope = SCOPE  # our models build their parts in our own scope
    checker = TypedChecker(scope)
    target = checker.resolve(path, node['type'], registry_of(path))
    return set(signature_of(target).keys) if target is not None else set()
