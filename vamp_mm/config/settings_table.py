"""The files in ``configs/_base_/settings``: what is published of a method."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from vamp_mm.datasets import CATALOG

from .errors import ConfigError, closest
from .paths import base_folders

#: Value of a key that is not in the config: the constructor's own default holds.
DEFAULT = '(default)'
_TABLE = frozenset({'title', 'clips', 'protocols', 'shots', 'instead', 'rows'})
_ROW = frozenset(
    {
        'source',
        'note',
        'protocol',
        'dataset',
        'shots',
        'clip',
        'values',
        'by_dataset',
        'otherwise',
        'by_shots',
        'per_shot',
        'templates',
    }
)


def table_file(config: str | Path, run: Mapping[str, Any]) -> Path | None:
    """The file of a method in ``configs/_base_/settings``.

    Args:
        config: A config file; its own tree comes first.
        run: ``method``, and ``settings`` where the table is that of another method.

    Returns:
        The file, None if the method has none.

    Raises:
        ConfigError: If ``settings`` names no table.
    """
    roots = base_folders(config, 'settings')
    name = run.get('settings') or run['method']
    file = next((root / f'{name}.py' for root in roots if (root / f'{name}.py').is_file()), None)
    if file is None and run.get('settings'):
        known = {path.stem for root in roots for path in root.glob('*.py')}
        raise ConfigError(
            [
                f'run.settings={name!r} names no table of published settings; {closest(str(name), known)}'
            ],
            str(config),
        )
    return file


def read_table(file: Path) -> dict[str, Any]:
    """Read such a file.

    Args:
        file: The file.

    Returns:
        ``title``, ``clips``, ``protocols``, ``rows``, and ``shots`` and ``instead`` where it has them.

    Raises:
        ConfigError: If it has a key that is not known, or lacks one.
    """
    table = {
        key: value
        for key, value in Config.fromfile(file).to_dict().items()
        if not key.startswith('_')
    }
    problems = [
        f'unknown key {key!r}; {closest(key, _TABLE)}' for key in table if key not in _TABLE
    ]
    problems += [f'{key!r} is missing' for key in ('title', 'rows') if key not in table]
    for number, row in enumerate(table.get('rows') or []):
        problems += _problems_of(row, f'rows.{number}')
    if problems:
        raise ConfigError(problems, str(file))
    return table


def dataset_title(name: str) -> str:
    """Name of a dataset in the tables of papers, or the name itself."""
    return CATALOG[name].title if name in CATALOG else name


def _problems_of(row: Mapping[str, Any], where: str) -> list[str]:
    """What is wrong with a row of a table."""
    problems = [
        f'{where}: unknown key {key!r}; {closest(key, _ROW)}' for key in row if key not in _ROW
    ]
    if 'source' not in row:
        problems.append(f"{where}: 'source' is missing: where the values are published")
    if 'by_dataset' in row and 'otherwise' not in row:
        problems.append(
            f"{where}: 'otherwise' is missing: whose values are taken where none is published"
        )
    return problems
