"""Layouts are recognised, and what could be read in several ways is refused."""

from __future__ import annotations

import json
from pathlib import Path

import own
import pytest

from vamp_mm.datasets import DataError
from vamp_mm.datasets.sources import build_source
from vamp_mm.datasets.sources.detect import detect

PARTS = {'train/a': 2, 'train/b': 2, 'test/a': 1, 'test/b': 1}


def _sizes(path: Path, **options) -> list[int]:
    layout = detect(path, **options)
    split = build_source(layout.source).read(layout.data_root)
    return [len(split.train), len(split.val), len(split.test)]


@pytest.mark.parametrize(('counts', 'source', 'sizes'), [
    (PARTS, dict(train='train', test='test'), [4, 0, 2]),
    ({**PARTS, 'val/a': 3}, dict(train='train', val='val', test='test'), [4, 3, 2]),
    ({'Training/a': 1, 'Training/b': 1, 'valid/a': 1, 'valid/b': 1}, dict(train='Training', test='valid'), [2, 0, 2]),
    ({'train/a': 4, 'train/b': 4}, dict(undivided='train'), [4, 2, 2]),
    ({'test/a': 4, 'test/b': 4}, dict(test='test'), [0, 0, 8]),
    ({'a': 4, 'b': 4}, dict(undivided='.'), [4, 2, 2]),
    ({'train': 4, 'boat': 4}, dict(undivided='.'), [4, 2, 2]),  # vehicles
])  # fmt: skip
def test_class_folders(tmp_path: Path, counts: dict, source: dict, sizes: list) -> None:
    own.folders(tmp_path, counts)
    (tmp_path / 'docs').mkdir(exist_ok='undivided' not in source)
    if source.get('undivided') == '.':
        (tmp_path / 'docs').rmdir()
    (tmp_path / 'README.txt').write_text('These are images\nof several kinds\n')
    (tmp_path / 'meta.json').write_text('{"made": "today"}')
    layout = detect(tmp_path)
    assert layout.source == dict(type='vamp_mm.ImageFolder', **source)
    assert _sizes(tmp_path) == sizes


def test_class_folders_all_for_testing(tmp_path: Path) -> None:
    own.folders(tmp_path, {'a': 4, 'b': 4})
    assert _sizes(tmp_path, testing=True) == [0, 0, 8]


@pytest.mark.parametrize('image_folder', ['', 'images', 'train'])
def test_a_table_finds_its_images(tmp_path: Path, image_folder: str) -> None:
    for index in range(8):
        own.draw(tmp_path / image_folder / f'{index}.png', index)
    own.table(tmp_path / 'labels.csv', [[f'{i}.png', 'ab'[i % 2]] for i in range(8)])
    layout = detect(tmp_path)
    assert layout.source['image_folder'] == image_folder
    assert _sizes(tmp_path) == [4, 2, 2]
    assert detect(tmp_path / 'labels.csv') == layout


def test_tables_of_parts_as_in_mmpretrain(tmp_path: Path) -> None:
    for part in ('train', 'val'):
        for index in range(4):
            own.draw(tmp_path / part / f'x {index}.png', index)
        own_lines = ''.join(f'x {i}.png {i % 2}\n' for i in range(4))
        (tmp_path / 'meta').mkdir(exist_ok=True)
        (tmp_path / 'meta' / f'{part}.txt').write_text(own_lines)
    (tmp_path / 'meta' / 'classes.txt').write_text('ant\nbee\n')
    layout = detect(tmp_path)
    assert layout.source == dict(
        type='vamp_mm.AnnotationTable', files=dict(train='meta/train.txt', val='meta/val.txt'),
        image_folder=dict(train='train', val='val'), class_file='meta/classes.txt')  # fmt: skip
    assert _sizes(tmp_path) == [4, 0, 4]
    assert detect(tmp_path / 'meta' / 'train.txt') == layout
    split = build_source(layout.source).read(str(tmp_path))
    assert (split.train[0].path, split.test[0].path) == ('train/x 0.png', 'val/x 0.png')


def test_a_split_file(tmp_path: Path) -> None:
    own.folders(tmp_path / 'pics', {'a': 2, 'b': 2})
    lists = dict(
        train=[['a/0.png', 0, 'a'], ['b/0.png', 1, 'b']],
        val=[],
        test=[['a/1.png', 0, 'a'], ['b/1.png', 1, 'b']],
    )
    (tmp_path / 'split_me.json').write_text(json.dumps(lists))
    assert detect(tmp_path).source == dict(
        type='vamp_mm.SplitFile', file='split_me.json', image_folder='pics'
    )
    assert detect(tmp_path / 'split_me.json') == detect(tmp_path)
    (tmp_path / 'split_me.json').write_text('{"train": [')
    with pytest.raises(DataError, match='is not JSON'):
        detect(tmp_path / 'split_me.json')


def test_what_can_be_read_in_two_ways_is_refused(tmp_path: Path) -> None:
    own.folders(tmp_path, {'a': 4, 'b': 4})
    own.table(tmp_path / 'l.csv', [[f'{name}/{i}.png', name] for name in 'ab' for i in range(3)])
    with pytest.raises(
        DataError, match=r'in 2 ways: \(1\) the table\(s\) l.csv; \(2\) 2 class folders \(a, b\)'
    ):
        detect(tmp_path)
    assert detect(tmp_path / 'l.csv').source['files'] == 'l.csv'


def test_a_faulty_table_beside_class_folders_is_not_passed_over(tmp_path: Path) -> None:
    own.folders(tmp_path, {'a': 4, 'b': 4})
    own.table(tmp_path / 'l.csv', [['path', 'class', 'split'], ['a/0.png', 'a', 'somewhere']])
    with pytest.raises(DataError, match='faulty table'):
        detect(tmp_path)
    own.table(tmp_path / 'l.csv', [['when', 'who'], ['today', 'me']])  # no table of images at all
    assert detect(tmp_path).source['undivided'] == '.'


@pytest.mark.parametrize(('counts', 'says'), [
    ({}, 'holds no image'),
    ({'.': 3}, r'holds 3 image\(s\) and no folder'),
    ({'only': 3}, 'only one folder with images, only'),
    ({'set/train/a': 1, 'set/train/b': 1}, r'is .*set the dataset\?'),
    ({'train': 2, 'test': 2}, 'hold images directly'),
    ({**PARTS, 'cat': 2}, r"parts \['test', 'train'\] and, beside them, .* cat"),
    ({**PARTS, 'validation/a': 1, 'val/a': 1}, 'val and validation could both be the val part'),
    ({'val/a': 1, 'val/b': 1, 'test/a': 1, 'test/b': 1}, r"has the parts \['test', 'val'\]; allowed: train and test"),
])  # fmt: skip
def test_what_cannot_be_read_is_told_with_what_can(tmp_path: Path, counts: dict, says: str) -> None:
    own.folders(tmp_path, counts)
    with pytest.raises(DataError, match=says) as error:
        detect(tmp_path)
    assert 'Allowed are (a) class folders' in str(error.value)
    assert '(c) A split file' in str(error.value)


def test_images_of_a_table_in_two_folders_are_not_guessed(tmp_path: Path) -> None:
    own.folders(tmp_path, {'images': 8, 'masks': 8})
    own.table(tmp_path / 'l.csv', [[f'{i}.png', 'ab'[i % 2]] for i in range(8)])
    with pytest.raises(DataError, match='in several folders .*images, masks'):
        detect(tmp_path)


def test_paths_that_are_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='does not exist'):
        detect(tmp_path / 'nowhere')
    (tmp_path / 'data.zip').write_bytes(b'')
    with pytest.raises(DataError, match=r'neither a table nor a split file .*\.csv'):
        detect(tmp_path / 'data.zip')


def test_absolute_paths_of_images_in_a_folder_below(tmp_path: Path) -> None:
    own.folders(tmp_path / 'imgs', {'a': 4, 'b': 4})
    rows = [[str(tmp_path / 'imgs' / name / f'{i}.png'), name] for name in 'ab' for i in range(4)]
    own.table(tmp_path / 'list.csv', [['path', 'class'], *rows])
    layout = detect(tmp_path / 'list.csv')
    assert layout.source['image_folder'] == ''
    split = build_source(layout.source).read(layout.data_root)
    assert {item.path for item in (*split.train, *split.val, *split.test)} == {
        f'imgs/{name}/{i}.png' for name in 'ab' for i in range(4)
    }


@pytest.mark.parametrize('name', ['deep.json', 'deep.jsonl', 'train.json'])
def test_json_nested_too_deeply_is_explained(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('[' * 200_000)
    with pytest.raises(DataError, match='nested too deeply'):
        detect(tmp_path / name)


def test_a_split_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    own.folders(tmp_path, {'images': 4})
    lists = dict(
        train=[['0.png', 0, 'a'], ['1.png', 1, 'b']],
        val=[],
        test=[['2.png', 0, 'a'], ['3.png', 1, 'b']],
    )
    (tmp_path / 'split.json').write_text(json.dumps(lists), encoding='utf-8-sig')
    layout = detect(tmp_path)
    assert layout.source['image_folder'] == 'images'
    assert build_source(layout.source).read(layout.data_root).classes == ('a', 'b')
