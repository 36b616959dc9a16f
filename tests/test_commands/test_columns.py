"""Columns of an own table, named by options."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from PIL import Image

from vamp_mm.cli import UsageError
from vamp_mm.commands import COMMANDS, parser_of
from vamp_mm.commands.options import add_column_options, compose_from, take_columns

ROOT = Path(__file__).parents[2]


def _taken(*words: str, dataset: str | None = 'a.csv') -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_column_options(parser)
    args = parser.parse_args(words)
    args.dataset = dataset
    take_columns(args, 'dataset')
    return args


@pytest.mark.parametrize(
    ('words', 'dataset', 'path'),
    [
        ((), 'a.csv', 'a.csv'),
        ((), None, None),
        (('--path-column', 'Image Index'), 'a.csv', 'a.csv#path=Image Index'),
        (('--class-column', 'dx', '--path-column', 'id'), 'a.csv', 'a.csv#path=id,class=dx'),
        (('--part-column', 'fold'), 'a.csv#images=png', 'a.csv#images=png,part=fold'),
    ],
)
def test_they_become_part_of_the_path(
    words: tuple[str, ...], dataset: str | None, path: str | None
) -> None:
    assert vars(_taken(*words, dataset=dataset)) == {'dataset': path}


def test_without_a_table_they_mean_nothing() -> None:
    with pytest.raises(UsageError, match='--class-column goes with --dataset and a table'):
        _taken('--class-column', 'dx', dataset=None)


def test_a_table_with_columns_of_its_own_names(tmp_path: Path) -> None:
    for number in range(4):
        Image.new('RGB', (8, 8)).save(tmp_path / f'{number}.png')
    rows = [f'{number}.png,{"ab"[number % 2]}' for number in range(4)]
    (tmp_path / 'meta.csv').write_text('\n'.join(['picture,finding', *rows]) + '\n')
    parser = parser_of(COMMANDS['print-config'])
    config = str(ROOT / 'configs' / 'clip' / 'zero_shot_icons.py')
    columns = ['--path-column', 'picture', '--class-column', 'finding']
    args = parser.parse_args([config, '--dataset', str(tmp_path / 'meta.csv'), *columns])
    source = compose_from(args).test_dataloader.dataset.source
    assert source.path_column == 'picture'
    assert source.class_column == 'finding'
