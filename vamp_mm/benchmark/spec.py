"""What a benchmark compares, from a YAML file and flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from vamp_mm.config.errors import ConfigError, closest
from vamp_mm.config.key_values import nested_keys
from vamp_mm.config.kinds import short
from vamp_mm.evaluation.protocol_table import DEFAULT_PROTOCOL, TRANSFER

from .yaml_file import read_yaml

#: Datasets of the published tables, in their order; ``all`` stands for them.
ELEVEN = (
    'imagenet',
    'caltech101',
    'oxford_pets',
    'stanford_cars',
    'oxford_flowers',
    'food101',
    'fgvc_aircraft',
    'sun397',
    'dtd',
    'eurosat',
    'ucf101',
)
_LISTS = ('methods', 'datasets', 'protocols', 'shots', 'seeds', 'targets', 'outside', 'template')
_WHOLE = ('shots', 'seeds')
_ALIASES = {'protocol': 'protocols', 'method': 'methods', 'dataset': 'datasets', 'seed': 'seeds'}


@dataclass(frozen=True)
class Method:
    """One row of the tables.

    Args:
        name: Its name in the tables.
        config: Path of a config, or a name of :func:`~vamp_mm.config.methods.config_of`.
        overrides: Dotted key -> value, for this method alone.
    """

    name: str
    config: str
    overrides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Spec:
    """All runs of a benchmark, as the product of lists.

    Args:
        methods: What is compared.
        datasets: Names, or paths of own data; None stands for the data of the config.
        protocols: Names; None stands for the config's own.
        shots: Training images a class; None stands for the config's own.
        seeds: Seeds of the runs and of their few-shot subsets.
        targets: Datasets to test on, for protocols that have some.
        outside: OOD images to detect by uncertainty: ``novel``, datasets, or own data; a run on one of
            these datasets leaves it out.
        template: Prompts with one ``{}``.
        data_root: Folder of the datasets.
        new_split: Make lists of one's own where a published split is missing.
        amp: Train in mixed precision.
        overrides: Dotted key -> value, for all runs.
        work_dir: Folder of all runs.
    """

    methods: tuple[Method, ...] = ()
    datasets: tuple[str | None, ...] = ()
    protocols: tuple[str | None, ...] = ()
    shots: tuple[int | None, ...] = (None,)
    seeds: tuple[int, ...] = (1, 2, 3)
    targets: tuple[str, ...] | None = None
    outside: tuple[str, ...] | None = None
    template: tuple[str, ...] | None = None
    data_root: str | None = None
    new_split: bool = False
    amp: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict)
    work_dir: str = 'work_dirs/benchmark'


def read_spec(file: str | Path | None = None, flags: Mapping[str, Any] | None = None) -> Spec:
    """Read a YAML file and let flags replace what it says.

    Args:
        file: YAML file whose keys are those of :class:`Spec`; ``protocol`` stands for ``protocols`` too.
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
    values = {key: _value(key, value, source) for key, value in given.items()}
    return _complete(Spec(**values), source)


def _picked(names: Any, rows: Any) -> Any:
    """A name of the flag that is a row of the file stands for that row, with its config and overrides."""
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


def _value(key: str, value: Any, source: str | None) -> Any:
    if key in _LISTS:
        items = list(value) if isinstance(value, (list, tuple)) else [value]
        if key in _WHOLE and not all(
            isinstance(item, int) and not isinstance(item, bool) for item in items
        ):
            raise ConfigError(
                [f'{key}={value!r} must be whole numbers, for example {key}: [1, 2, 3]'], source
            )
        wrong = [
            item
            for item in items
            if key == 'shots'
            and item < 1
            and item != -1
            or key == 'seeds'
            and not 0 <= item < 2**32
        ]
        if wrong:
            allowed = (
                'at least 1, or -1 for all images' if key == 'shots' else f'from 0 to {2**32 - 1}'
            )
            raise ConfigError(
                [f'--{key} {wrong[0]} is not possible: each must be {allowed}'], source
            )
        if key not in (*_WHOLE, 'methods') and not all(isinstance(item, str) for item in items):
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
    if key == 'overrides':
        return _overrides(value, 'overrides', source)
    if key in ('new_split', 'amp') and not isinstance(value, bool):
        raise ConfigError([f'{key}={value!r} must be true or false'], source)
    return str(value) if key in ('data_root', 'work_dir') else value


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


def _complete(spec: Spec, source: str | None) -> Spec:
    """Fill in what follows from the rest, and refuse what cannot run."""
    if not spec.methods:
        raise ConfigError(
            ['--methods is missing: nothing to compare; for example --methods clip vamp mmrl'],
            source,
        )
    twice = sorted(
        {m.name for m in spec.methods if [n.name for n in spec.methods].count(m.name) > 1}
    )
    if twice:
        raise ConfigError(
            [f'two methods are called {twice}; name one of them: --methods NAME=CONFIG'], source
        )
    named = [method.name for method in spec.methods if not method.config.endswith('.py')]
    protocols = spec.protocols or ((DEFAULT_PROTOCOL,) if named else (None,))
    protocols = tuple(
        None
        if name is None
        else name.removesuffix('.py').replace('_', '-')
        if not name.endswith('.py')
        else name
        for name in protocols
    )
    datasets: tuple[str | None, ...] = tuple(
        dict.fromkeys(
            item for name in spec.datasets for item in (ELEVEN if name == 'all' else (name,))
        )
    )
    if not datasets:
        on_imagenet = set(protocols) <= set(TRANSFER)
        if named and not on_imagenet:
            raise ConfigError(
                [
                    f'--datasets is missing for {named}; for example --datasets dtd eurosat, or all for the '
                    'eleven of the published tables'
                ],
                source,
            )
        datasets = ('imagenet',) if named else (None,)
    return replace(spec, datasets=datasets, protocols=protocols)
