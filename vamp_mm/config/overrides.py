"""Changing single values of a config, never silently: a key that nothing reads is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmengine.config import Config

from vamp_mm.evaluation.split_configs import merge
from vamp_mm.registry import SCOPE

from .components import TypedChecker
from .errors import ConfigError, closest
from .kinds import refusal, short
from .loop_check import dataloader_keys
from .registry_keys import registry_of
from .signatures import signature_of, top_level_keys
from .usual_arguments import PLAIN


def apply_overrides(cfg: Config, overrides: Mapping[str, Any]) -> None:
    """Set values by dotted key, in place.

    Every part of a key must exist, except that the last one may be an argument which the constructor named by
    the dict's ``type`` takes but the config does not spell out. List items are addressed by index.

    Args:
        cfg: The config to change.
        overrides: Dotted key -> value, as ``--cfg-options`` gives them; set in their order.

    Raises:
        ConfigError: With every key that does not exist (and the closest ones that do), and every value of a kind
            that is not allowed there.
    """
    problems = [
        problem for dotted, value in overrides.items() if (problem := _set(cfg, dotted, value))
    ]
    if problems:
        raise ConfigError(problems, cfg.filename)


def _set(cfg: Config, dotted: str, value: Any) -> str | None:
    """Set one value; return what is wrong, if anything."""
    node: Any = cfg
    parts = dotted.split('.')
    for depth, part in enumerate(parts):
        path, last = '.'.join(parts[:depth]), depth == len(parts) - 1
        key: str | int = part
        place = f'{dotted!r} cannot be set: {path or "the config"}'
        if isinstance(node, (list, tuple)):
            if not (part.isascii() and part.isdigit()) or int(part) >= len(node):
                return f'{place} is a list of {len(node)} items; give an index below that, not {part!r}'
            key = int(part)
        elif isinstance(node, (Mapping, Config)):
            defaults = _constructor_keys(cfg, path, node) if last else {}
            if part not in node and part not in defaults:
                return f'{place} has no key {part!r}; {closest(part, {*node, *defaults})}'
        else:
            return f'{place} is {short(node)}, not a dict'
        if last:
            default = None if isinstance(key, int) else defaults.get(key)
            return _assign(node, key, value, dotted, default)
        node = node[key]
    return None


def _assign(node: Any, key: str | int, value: Any, dotted: str, default: Any) -> str | None:
    if isinstance(node, tuple):
        return f'{dotted!r} cannot be set: it is in a tuple; set the whole tuple'
    old = node.get(key, default) if isinstance(node, (Mapping, Config)) else node[key]
    problem = refusal(dotted, old, value)
    if problem is None:
        # as in a config that inherits: a dict changes a dict, and one with a type of its own takes its place
        changes = (
            isinstance(old, Mapping)
            and isinstance(value, Mapping)
            and 'type' not in value
            and key in node
        )
        node[key] = merge(old, value) if changes else value
    return problem


def _constructor_keys(cfg: Config, path: str, node: Mapping[str, Any]) -> dict[str, Any]:
    """Keys that the constructor of one dict takes, with their defaults; empty where the dict names no type."""
    if not path:
        return dict.fromkeys(top_level_keys())
    if path.endswith('_dataloader'):
        return dict.fromkeys(dataloader_keys())
    if path in PLAIN:
        return dict.fromkeys(PLAIN[path])
    if 'type' not in node and path != 'optim_wrapper':
        return {}
    scope = cfg.get('default_scope') or 'mmengine'
    if path.startswith('model.') and str(cfg.model.get('type')).startswith(f'{SCOPE}.'):
        scope = SCOPE  # our models build their parts in our own scope
    checker = TypedChecker(scope)
    target = checker.resolve(path, node.get('type', 'OptimWrapper'), registry_of(path))
    if target is None:
        return {}
    signature = signature_of(target)
    # MMEngine takes them out
    beside = dict.fromkeys(('paramwise_cfg', 'constructor')) if path == 'optim_wrapper' else {}
    return {**beside, **dict.fromkeys(signature.required), **signature.optional}
