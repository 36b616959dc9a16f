"""Reading what a benchmark compares, from a YAML file and flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from vamp_mm.config.errors import ConfigError, closest
from vamp_mm.evaluation.protocol_table import DEFAULT_PROTOCOL, TRANSFER

from .spec import ELEVEN, Method, Spec
from .spec_values import spec_value
from .yaml_file import read_yaml

_ALIASES = {'protocol': 'protocols', 'method': 'methods', 'dataset': 'datasets', 'seed': 'seeds'}


def read_spec(file: str | Path | None = None, flags: Mapping[str, Any] | None = None) -> Spec:
    """Read a YAML file and let flags replace its values.

    Args:
        file: YAML file whose keys are those of :class:`Spec`; ``protocol`` means ``protocols`` too.
        flags: Key -> value in the same words; None means that the flag was not given. A method that is the name
            of a row of the file is that row.

    Returns:
        The benchmark.

    Raises:
        ConfigError: If a key is unknown or a value is of the wrong kind, or nothing is compared.
        FileNotFoundError: If there is no such file.
    """
    source = None if file is None else str(file)
    given: dict[str, Any] = {}
    if file is not None:
        given = read_yaml(file)
    twice = sorted(key for key in given if _key(key) != key and _key(key) in given)
    if twice:
        raise ConfigError(
            [f'{key!r} and {_key(key)!r} mean the same; keep one of them' for key in twice], source
        )
    given = {_key(key): value for key, value in given.items()}
    rows = given.get('methods')
    given |= {
        _key(key): value for key, value in (flags or {}).items() if value not in (None, False)
    }
    if rows is not given.get('methods'):
        given['methods'] = _picked(given['methods'], rows)
    known = {item.name for item in fields(Spec)}
    problems = [
        f'unknown key {key!r}; {closest(str(key), known)}' for key in given if key not in known
    ]
    if problems:
        raise ConfigError(problems, source)
    values = {key: spec_value(key, value, source) for key, value in given.items()}
    return _complete(Spec(**values), source)


def _picked(names: Any, rows: Any) -> Any:
    """A name of the flag that is a row of the file means that row, with its config and overrides."""
    rows = rows if isinstance(rows, list) else [rows]
    of_file = {
        row['name']: row
        for row in rows
        if isinstance(row, Mapping) and isinstance(row.get('name'), str)
    }
    if not isinstance(names, list):
        return names
    return [of_file.get(name, name) if isinstance(name, str) else name for name in names]


def _key(key: str) -> str:
    return _ALIASES.get(key, key)


def _complete(spec: Spec, source: str | None) -> Spec:
    """Fill in what follows from the rest, and refuse what cannot run."""
    _check_methods(spec.methods, source)
    named = [method.name for method in spec.methods if not method.config.endswith('.py')]
    # the path of a protocol file stays as it is
    protocols = tuple(
        name if name is None or name.endswith('.py') else name.replace('_', '-')
        for name in spec.protocols or ((DEFAULT_PROTOCOL,) if named else (None,))
    )
    datasets: tuple[str | None, ...] = tuple(
        dict.fromkeys(
            item for name in spec.datasets for item in (ELEVEN if name == 'all' else (name,))
        )
    )
    if not datasets and named and not set(protocols) <= set(TRANSFER):
        raise ConfigError(
            [
                f'--datasets is missing for {named}; for example --datasets dtd eurosat, or all for the '
                'eleven of the published tables'
            ],
            source,
        )
    datasets = datasets or (('imagenet',) if named else (None,))
    return replace(spec, datasets=datasets, protocols=protocols)


def _check_methods(methods: Sequence[Method], source: str | None) -> None:
    if not methods:
        raise ConfigError(
            ['--methods is missing: nothing to compare; for example --methods clip vamp mmrl'],
            source,
        )
    names = [method.name for method in methods]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(
            [f'two methods are called {twice}; name one of them: --methods NAME=CONFIG'], source
        )
