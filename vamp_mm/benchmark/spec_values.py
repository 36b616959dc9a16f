"""One value of a benchmark's file or flags: of its kind, or refused with one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vamp_mm.config.errors import ConfigError
from vamp_mm.config.key_values import nested_keys
from vamp_mm.config.kinds import short

from .spec import Method

_LISTS = ('methods', 'datasets', 'protocols', 'shots', 'seeds', 'targets', 'outside', 'template')
_WHOLE = ('shots', 'seeds')


def spec_value(key: str, value: Any, source: str | None) -> Any:
    """Check a value, and give it as :class:`~vamp_mm.benchmark.Spec` takes it.

    Args:
        key: Name of the argument of :class:`~vamp_mm.benchmark.Spec`.
        value: As YAML or a flag has it; one word means a list of it.
        source: The file, for messages.

    Returns:
        The value; lists as tuples.

    Raises:
        ConfigError: If it is of the wrong kind, or out of range.
    """
    if key in _LISTS:
        return _list(
            key, list(value) if isinstance(value, (list, tuple)) else [value], value, source
        )
    if key == 'overrides':
        return _overrides(value, 'overrides', source)
    if key in ('new_split', 'amp') and not isinstance(value, bool):
        raise ConfigError([f'{key}={value!r} must be true or false'], source)
    if key in ('arch', 'pretrained') and not isinstance(value, str):
        raise ConfigError([f'{key}={value!r} must be a text, for example {key}: ViT-L-14'], source)
    return str(value) if key in ('data_root', 'work_dir') else value


def _list(key: str, items: Sequence[Any], value: Any, source: str | None) -> tuple[Any, ...]:
    if key in _WHOLE:
        _check_numbers(key, items, value, source)
    elif key != 'methods' and not all(isinstance(item, str) for item in items):
        raise ConfigError(
            [
                f'{key}={value!r} must be words, for example {key}: [dtd]; a word that YAML takes for '
                'something else needs quotes'
            ],
            source,
        )
    if not items:
        raise ConfigError([f'{key} is empty: nothing would run'], source)
    if key == 'methods':
        return tuple(_method(item, source) for item in items)
    return tuple(dict.fromkeys(items))


def _check_numbers(key: str, items: Sequence[Any], value: Any, source: str | None) -> None:
    """Refuse numbers of shots and seeds that no run can have."""
    if not all(isinstance(item, int) and not isinstance(item, bool) for item in items):
        raise ConfigError(
            [f'{key}={value!r} must be whole numbers, for example {key}: [1, 2, 3]'], source
        )
    if key == 'shots':
        allowed = 'at least 1, or -1 for all images'
        wrong = [item for item in items if item < 1 and item != -1]
    else:
        allowed = f'from 0 to {2**32 - 1}'
        wrong = [item for item in items if not 0 <= item < 2**32]
    if wrong:
        raise ConfigError([f'--{key} {wrong[0]} is not possible: each must be {allowed}'], source)


def _method(item: Any, source: str | None) -> Method:
    if isinstance(item, str):
        name, _, path = item.rpartition('=')
        return Method(name or (Path(path).stem if path.endswith('.py') else path), path)
    if (
        not isinstance(item, Mapping)
        or set(item) - {'name', 'config', 'overrides'}
        or 'name' not in item
    ):
        raise ConfigError(
            [
                f'method {item!r} must be a name, a path, or name, config and overrides, for example '
                '{name: vamp_20, config: vamp, overrides: {model.prompter.test_samples: 20}}'
            ],
            source,
        )
    overrides = _overrides(
        item.get('overrides') or {}, f'overrides of method {item["name"]!r}', source
    )
    return Method(str(item['name']), str(item.get('config') or item['name']), overrides)


def _overrides(value: Any, name: str, source: str | None) -> Mapping[str, Any]:
    """Keys and values, of which a method's replace those of all runs."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ConfigError(
            [
                f'{name} are {short(value)}; they must be keys and values, for example model.head.alpha: 0.5'
            ],
            source,
        )
    problems = [f'{name}: {problem}' for problem in nested_keys(value)]
    if problems:
        raise ConfigError(problems, source)
    return value
