"""Recompute recorded sizes and fingerprints of the benchmark's lists."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from vamp_mm.config.errors import ConfigError
from vamp_mm.datasets import Split
from vamp_mm.files import TextFileError, read_json

from .recorded_lists import lists_of
from .recorded_values import UNKNOWN, recompute


@dataclass(frozen=True)
class Check:
    """One recorded value and what came out here.

    Args:
        dataset: Name of the dataset.
        key: Dotted path of the value in the vector file.
        recorded: The recorded value.
        found: The recomputed value; :data:`~.protocol_vectors.UNKNOWN` for a key without a rule.
    """

    dataset: str
    key: str
    recorded: Any
    found: Any

    @property
    def state(self) -> str:
        """``equal``, ``different`` or ``unknown``."""
        if self.found is UNKNOWN:
            return 'unknown'
        # True == 1 in Python, but not in a file of recorded numbers
        same = type(self.found) is type(self.recorded) and self.found == self.recorded
        return 'equal' if same else 'different'


def compare_lists(vectors: str | Path, splits: str | Path, strict: bool = False) -> int:
    """Recompute everything in a vector file, and print a table and all differences.

    Args:
        vectors: JSON file: dataset -> recorded sizes, fingerprints and few-shot subsets.
        splits: Folder of split files; where one is missing, recorded data to regenerate it.
        strict: Count what could not be checked as a failure.

    Returns:
        Exit status: 0 if all that was checked is equal, 1 if something differs, 2 if nothing could be checked, or
        with ``strict`` if something could not.

    Raises:
        FileNotFoundError: If the vector file or the folder does not exist.
        ConfigError: If the vector file is not such a file; a command ends with 2 then.
    """
    recorded = _read_vectors(Path(vectors))
    folder = Path(splits)
    if not folder.is_dir():
        raise FileNotFoundError(f'--splits {str(folder)!r} is not a folder')
    console = Console(width=None if sys.stdout.isatty() else 140)  # no name is cut off in a file
    table = Table(title=f'{vectors} against {splits}')
    for column in ('dataset', 'lists from', 'equal', 'different', 'unknown', 'verdict'):
        table.add_column(
            column, justify='right' if column in ('equal', 'different', 'unknown') else 'left'
        )
    checks: list[Check] = []
    without_lists: list[str] = []
    notes: list[str] = []
    for dataset, vector in recorded.items():
        split, origin, note = lists_of(dataset, folder)
        if note:
            notes.append(f'NOTE {dataset}: {note}. Its lists are compared as they are')
        if split is None:
            without_lists.append(dataset)
            table.add_row(dataset, origin, '-', '-', '-', '[yellow]NOT CHECKED[/]')
            continue
        found = list(_checks(dataset, vector, split))
        checks += found
        table.add_row(
            dataset,
            origin,
            *(str(_count(found, state)) for state in ('equal', 'different', 'unknown')),
            _verdict(found),
        )
    console.print(table)
    for note in notes:
        console.print(note, markup=False, soft_wrap=True)
    return _report(console, checks, without_lists, strict)


def _report(
    console: Console, checks: Sequence[Check], without_lists: Sequence[str], strict: bool
) -> int:
    different = [check for check in checks if check.state == 'different']
    unknown = [check for check in checks if check.state == 'unknown']
    for check in different:
        console.print(
            f'DIFFERENT {check.dataset}.{check.key}: recorded {check.recorded!r}, found {check.found!r}',
            markup=False,
            soft_wrap=True,
        )
    for check in unknown:
        console.print(
            f'UNKNOWN KEY, NOT CHECKED {check.dataset}.{check.key}', markup=False, soft_wrap=True
        )
    if without_lists:
        console.print(
            f'NOT CHECKED for want of files: {", ".join(without_lists)}',
            markup=False,
            soft_wrap=True,
        )
    equal = _count(checks, 'equal')
    console.print(
        f'{equal} values equal, {len(different)} different, {len(unknown)} of unknown meaning; '
        f'{len(without_lists)} dataset(s) without lists',
        markup=False,
    )
    if different:
        return 1
    if not equal or (strict and (unknown or without_lists)):
        return 2
    return 0


def _checks(dataset: str, vector: Any, split: Split | str) -> Iterator[Check]:
    if isinstance(split, str):  # a split file that cannot be read differs from what was recorded
        yield Check(dataset, 'split file', 'readable lists', split)
        return
    for key, value in _leaves(vector):
        yield Check(dataset, '.'.join(key), value, recompute(split, key))


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Values of nested dicts with their paths; an empty dict is a value."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path, value


def _read_vectors(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(f'--vectors {str(path)!r} does not exist')
    try:
        recorded = read_json(path)
    except TextFileError as error:
        raise ConfigError([str(error)], str(path)) from error
    if not isinstance(recorded, dict) or not recorded:
        raise ConfigError(['expected a JSON object: dataset -> recorded values'], str(path))
    wrong = [
        f'{dataset!r} holds {json.dumps(vector)[:60]}; expected an object of recorded values, such as '
        '{"sizes": {"train": 2820}}'
        for dataset, vector in recorded.items()
        if not isinstance(vector, dict) or not vector
    ]
    if wrong:
        raise ConfigError(wrong, str(path))
    return recorded


def _count(checks: Sequence[Check], state: str) -> int:
    return sum(check.state == state for check in checks)


def _verdict(checks: Sequence[Check]) -> str:
    if _count(checks, 'different'):
        return '[red]DIFFERENT[/]'
    if _count(checks, 'unknown'):
        return '[yellow]equal, not all checked[/]'
    return '[green]equal[/]' if checks else '[yellow]NOT CHECKED[/]'
