"""A run reads a user's table, and lists each of a user's folders, once."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import micro as world
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / 'test_datasets'))
import own  # noqa: E402

_COUNTS = {'cat': 8, 'dog': 8, 'red fox': 8}
#: Where the audit hook below notes what was opened and listed; hooks of Python cannot be taken off.
_WATCHED: list[tuple[str, Counter[str]]] = []


def _note(event: str, arguments: tuple) -> None:
    if event not in ('open', 'os.scandir', 'os.listdir') or not _WATCHED:
        return
    root, found = _WATCHED[-1]
    path = os.fspath(arguments[0]) if isinstance(arguments[0], (str, os.PathLike)) else ''
    if path.startswith(root) and (event != 'open' or path.endswith('.csv')):
        found[os.path.relpath(path, root)] += 1


sys.addaudithook(_note)


@contextmanager
def _watched(root: Path) -> Iterator[Counter[str]]:
    _WATCHED.append((str(root), Counter()))
    try:
        yield _WATCHED[-1][1]
    finally:
        _WATCHED.pop()


def _folder(root: Path) -> Path:
    return own.folders(root / 'pets', _COUNTS)


def _table(root: Path) -> Path:
    names = [f'{name}/{index}.png' for name, count in _COUNTS.items() for index in range(count)]
    own.folders(root / 'pictures', _COUNTS)
    parts = ['train'] * 4 + ['val'] + ['test'] * 3
    rows = [(f'pictures/{name}', name.split('/')[0], parts[i % 8]) for i, name in enumerate(names)]
    return own.table(root / 'list.csv', [('path', 'label', 'split'), *rows])


@pytest.mark.parametrize('kind', ['folder', 'table'])
def test_training_and_testing_read_once(kind: str, micro: world.Micro, tmp_path: Path) -> None:
    root = tmp_path / 'own'
    data = {'folder': _folder, 'table': _table}[kind](root)
    words = (micro.config, '--dataset', data, '--shots', '2', '--work-dir', tmp_path / 'run')
    with _watched(root) as found:
        assert world.command('train.py', *words) == 0
    assert found  # the hook does see
    assert {path: number for path, number in found.items() if number > 1} == {}
    # another run sees the files as they are now, though it is of the same process
    own.draw(root / ('pets/cat/new.png' if kind == 'folder' else 'pictures/cat/new.png'))
    checkpoint = next((tmp_path / 'run').glob('epoch_*.pth'))
    with _watched(root) as found:
        code = world.command(
            'test.py', micro.config, checkpoint, '--dataset', data, '--work-dir', tmp_path / 'test'
        )
        assert code == 0
    assert found
    assert {path: number for path, number in found.items() if number > 1} == {}
