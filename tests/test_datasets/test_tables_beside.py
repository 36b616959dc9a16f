"""Tables beside or above class folders: refused where they hold other classes for these images, else said in a warning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import own
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vamp_mm.datasets import DataError
from vamp_mm.datasets.sources import build_source
from vamp_mm.datasets.sources.columns import Row
from vamp_mm.datasets.sources.detect import detect
from vamp_mm.datasets.sources.grid import read_grid
from vamp_mm.datasets.sources.mention import Sample, look_up, name_key
from vamp_mm.datasets.sources.table_classes import check_single

KINDS = ('cat', 'dog')


def _sites(root: Path, name: str, first: str = 'site_a', second: str = 'site_b') -> None:
    """16 images, the first 8 of them in one folder and the others in another; ``name`` takes a number."""
    for index in range(16):
        own.draw(root / (first if index < 8 else second) / name.format(index), index)


def _labels(name: str, *more: str) -> list[list[str]]:
    return [
        [
            name.format(index),
            *(cell.format(site='cam1' if index < 8 else 'cam2') for cell in more),
            KINDS[index % 2],
        ]
        for index in range(16)
    ]


def short_ids(root: Path) -> None:
    _sites(root, '{}.jpg')
    own.table(root / 'labels.csv', [['id', 'label'], *_labels('{}')])


def padded(root: Path) -> None:
    _sites(root, '{:05d}.jpg')
    own.table(root / 'labels.csv', [['id', 'label'], *_labels('{}')])


def other_ending(root: Path) -> None:
    _sites(root, 'scan_{:03d}.png')
    own.table(root / 'labels.csv', [['scan', 'label'], *_labels('scan_{:03d}.dcm')])


def other_case(root: Path) -> None:
    _sites(root, 'SCAN_{:03d}.png')
    own.table(root / 'labels.csv', [['scan', 'label'], *_labels('scan_{:03d}')])


def other_path(root: Path) -> None:
    _sites(root, 'scan_{:03d}.png')
    own.table(root / 'labels.csv', [['scan', 'label'], *_labels('C:\\data\\raw\\scan_{:03d}.png')])


def cameras(root: Path) -> None:
    _sites(root, 'a{:03d}.png', 'cam1', 'cam2')
    own.table(
        root / 'labels.csv', [['name', 'camera', 'species'], *_labels('a{:03d}.png', '{site}')]
    )


def cameras_and_moods(root: Path) -> None:
    _sites(root, 'a{:03d}.png', 'cam1', 'cam2')
    own.table(root / 'labels.csv', [['name', 'camera', 'mood'], *_labels('a{:03d}.png', '{site}')])


def lines_of_json(root: Path) -> None:
    _sites(root, '{}.jpg')
    (root / 'labels.jsonl').write_text(
        ''.join(f'{{"id": {i}, "animal": "{KINDS[i % 2]}"}}\n' for i in range(16))
    )


def grades(root: Path) -> None:
    _sites(root, 'a{:03d}.png')
    own.table(
        root / 'labels.csv',
        [['name', 'outcome'], *([f'a{index:03d}', str(index % 3)] for index in range(16))],
    )


@pytest.mark.parametrize('layout', [
    short_ids, padded, other_ending, other_case, other_path, cameras, cameras_and_moods, lines_of_json, grades,
], ids=lambda layout: layout.__name__)  # fmt: skip
def test_other_classes_in_a_table_are_refused(
    layout: Callable[[Path], None], tmp_path: Path
) -> None:
    layout(tmp_path)
    file = next(tmp_path.glob('labels.*'))
    says = f'has other classes for them than these folders: {file}.*#level=1'
    with pytest.raises(DataError, match=says):
        detect(tmp_path)
    with pytest.raises(DataError, match='other classes'):
        detect(tmp_path, testing=True)
    layout = detect(f'{tmp_path}#level=1')
    note = build_source(layout.source).notes(str(tmp_path))[-1]
    assert note.startswith(f'WARNING: not read: {file.name} (')
    assert 'it names these images, and other classes than their folders' in note


def test_a_table_above_the_folder(tmp_path: Path) -> None:
    images = tmp_path / 'imgs'
    _sites(images, 'a{:03d}.jpg')
    own.table(tmp_path / 'labels.csv', [['name', 'label'], *_labels('a{:03d}')])
    with pytest.raises(
        DataError, match=f"labels.csv#path=name,class=label'; or.*give '{images}#level=1'"
    ):
        detect(images)
    layout = detect(f'{tmp_path}/labels.csv#path=name,class=label')
    assert build_source(layout.source).read(layout.data_root).classes == KINDS
    own.table(
        tmp_path / 'labels.csv',
        [['name', 'label'], *([f'b{index}', KINDS[index % 2]] for index in range(16))],
    )
    layout = detect(images)  # about other images
    assert not any(
        'not read' in note for note in build_source(layout.source).notes(layout.data_root)
    )
    own.table(
        tmp_path / 'sizes.csv',
        [['name', 'width'], *([f'a{index:03d}', str(300 + index)] for index in range(16))],
    )
    note = build_source(detect(images).source).notes(str(images))[-1]
    assert note.startswith(f'WARNING: not read: {tmp_path}/sizes.csv (has no column for the path')
    own.table(
        tmp_path / 'sizes.csv',
        [['name', 'label'], *([f'a{i:03d}', 'site_a' if i < 8 else 'site_b'] for i in range(16))],
    )
    assert not any(
        'sizes.csv' in note for note in build_source(detect(images).source).notes(str(images))
    )


def _rows(*columns: Callable[[str, int], str]) -> list[list[str]]:
    return [[column(name, index) for column in columns] for name in KINDS for index in range(8)]


@pytest.mark.parametrize('rows', [
    [['file', 'x', 'y'], *_rows(lambda name, i: f'{name}_{i}.png', lambda _, i: str(i % 3), lambda _, i: str(i % 2))],
    [['file', 'width', 'height'], *_rows(lambda name, i: f'{name}_{i}.png', lambda *_: '500', lambda _, i: str(300 + i))],
    [['file', 'xmin', 'class'], *_rows(lambda name, i: f'{name}_{i}.png', lambda _, i: str(i % 4), lambda name, _: name)],
    [['filepaths', 'labels', 'sex'], *_rows(lambda name, i: f'{name}/{name}_{i}.png', lambda name, _: name, lambda _, i: 'mf'[i % 2])],
    [['filepaths', 'id'], *_rows(lambda name, i: f'{name}/{name}_{i}.png', lambda name, _: str(KINDS.index(name)))],
    [['name', 'group', 'data set'], *_rows(lambda name, i: f'{name}_{i}', lambda name, _: name, lambda _, i: ('train', 'test')[i % 2])],
    [['image', 'species', 'order'], *_rows(lambda name, i: f'{name}_{i}', lambda name, _: name.upper(), lambda *_: 'Carnivora')],
    [['id', 'photographs'], *([name, '8'] for name in KINDS)],
    [['id', 'label'], *([str(index), f'k{index % 2}'] for index in range(3))],
])  # fmt: skip
def test_a_table_that_agrees_or_has_no_classes_is_a_warning(
    rows: list[list[str]], tmp_path: Path
) -> None:
    for number, name in enumerate(KINDS):
        for index in range(8):
            own.draw(tmp_path / name / f'{name}_{index}.png', 8 * number + index)
    own.table(tmp_path / 'more.csv', rows)
    layout = detect(tmp_path)
    source = build_source(layout.source)
    assert source.read(str(tmp_path)).classes == KINDS
    assert [
        note
        for note in source.notes(str(tmp_path))
        if note.startswith('WARNING: not read: more.csv (')
    ]


def test_images_of_one_name_in_several_folders_are_not_those_of_a_table(tmp_path: Path) -> None:
    own.folders(tmp_path, {'cat': 8, 'dog': 8})
    own.table(
        tmp_path / 'more.csv',
        [['id', 'label'], *([str(index), KINDS[index % 2]] for index in range(8))],
    )
    assert detect(tmp_path).source['undivided'] == '.'


def test_a_number_that_some_image_has_too_is_no_evidence(tmp_path: Path) -> None:
    own.folders(tmp_path, {'cat': 8, 'dog': 6})  # 6.png and 7.png are in one folder only
    own.table(
        tmp_path / 'more.csv',
        [['name', 'mood'], *([f'{index}.png', KINDS[index % 2]] for index in range(8))],
    )
    assert detect(tmp_path).source['undivided'] == '.'


def test_a_table_of_the_class_folders_adds_nothing(tmp_path: Path) -> None:
    own.folders(tmp_path, {f'{part}/{name}': 4 for part in ('train', 'test') for name in KINDS})
    rows = [
        [f'{part}/{name}/{index}.png', name]
        for part in ('train', 'test')
        for name in KINDS
        for index in range(4)
    ]
    own.table(tmp_path / 'list.csv', [['path', 'label'], *rows])
    assert detect(tmp_path).source == dict(type='vamp_mm.ImageFolder', train='train', test='test')
    own.table(
        tmp_path / 'list.csv',
        [['path', 'label', 'split'], *([*row, row[0].split('/')[0]] for row in rows)],
    )
    assert detect(tmp_path).source == dict(type='vamp_mm.ImageFolder', train='train', test='test')
    own.table(
        tmp_path / 'list.csv',
        [
            ['path', 'label', 'split'],
            *([*row, ('train', 'test')[i % 2]] for i, row in enumerate(rows)),
        ],
    )
    with pytest.raises(DataError, match='can be read in 2 ways'):
        detect(tmp_path)


@given(
    st.integers(0, 99_999),
    st.integers(0, 8),
    st.sampled_from(['', '.jpg', '.PNG', '.dcm', '.nii.gz']),
    st.sampled_from(['', 'IM_', 'ä']),
)
def test_spellings_of_a_name_are_one(number: int, pad: int, ending: str, prefix: str) -> None:
    plain = f'{prefix}{number:05d}' if prefix else str(number)
    spelt = f'{prefix.lower()}{number:05d}{ending}' if prefix else f'{number:0{pad}d}{ending}'
    assert name_key(spelt) == name_key(plain)
    assert name_key(f'{prefix}{number + 1:05d}{ending}') != name_key(plain)


@given(st.text(max_size=300), st.sampled_from(['.csv', '.txt', '.jsonl']))
def test_any_text_reads_as_some_columns(text: str, suffix: str) -> None:
    grid = read_grid(text, suffix)
    assert len(grid.header) == len(grid.columns)
    assert not look_up(grid, [Sample('cat', 'no such image there.jpg', True)]).found


def _message(path: Path | str) -> str:
    with pytest.raises(DataError) as error:
        detect(path)
    return str(error.value)


def test_no_part_is_advised_as_a_data_set(tmp_path: Path) -> None:
    root = own.folders(
        tmp_path / 'd',
        {
            f'{part}/{domain}/{name}': 2
            for part in ('train', 'test')
            # fmt: skip
            for domain in ('art', 'photo')
            for name in KINDS
        },
    )
    message = _message(root)
    assert message.startswith(
        f'{root}/train holds domains and not classes: art, photo have the same folders'
    )
    assert (
        f"give '{root}#level=2' for the images of all of them together, train and test apart, or '{root}#level=1'"
        in message
    )
    assert '--dataset' not in message
    source = detect(f'{root}#level=2').source
    assert source == dict(type='vamp_mm.ImageFolder', train='train', test='test', level=2)
    assert build_source(source).read(str(root)).classes == KINDS
    root = own.folders(
        tmp_path / 'm',
        {f'{part}/{name}': 2 for part in ('train', 'test') for name in ('images/cat', 'masks/cat')},
    )
    assert f"'{root}#level=1'" in _message(root)
    assert f'give {root}/' not in _message(root)
    root = own.folders(tmp_path / 't', {'test/cat': 2, 'test/dog': 2, 'more': 2})
    assert 'move more out of it\n' in _message(root)


def test_submissions_are_never_offered_and_come_last(tmp_path: Path) -> None:
    for index in range(8):
        own.draw(tmp_path / 'train' / f'{index + 10:032x}.jpg', index)
        own.draw(tmp_path / 'test' / f'{index + 50:032x}.jpg', index)
    own.table(
        tmp_path / 'a_sample_submission.csv',
        [['id', 'breed'], *([f'{i + 50:032x}', 'pug'] for i in range(8))],
    )
    own.table(
        tmp_path / 'labels.csv',
        [['id', 'breed'], *([f'{i + 10:032x}', 'pug' if i % 2 else 'boxer'] for i in range(8))],
    )
    message = _message(tmp_path)
    assert message.index('labels.csv#path=id,class=breed') < message.index(
        'a_sample_submission.csv is called a submission'
    )
    assert 'submission.csv#' not in message
    assert 'a_sample_submission.csv is called a submission' in _message(
        tmp_path / 'a_sample_submission.csv'
    )
    assert '#path' not in _message(tmp_path / 'a_sample_submission.csv')


def test_classes_in_file_names_and_one_hot_tables_are_seen(tmp_path: Path) -> None:
    for name in KINDS:
        for index in range(3):
            own.draw(tmp_path / 'pets' / 'train' / 'train' / f'{name}.{index}.jpg')
            own.draw(tmp_path / 'pets' / 'test1' / 'test1' / f'{index}.jpg')
            own.draw(tmp_path / 'leaves' / 'images' / f'{name}_{index}.jpg')
    for path in ('pets', 'pets/train', 'pets/train/train'):
        message = _message(tmp_path / path)
        assert (
            'the classes may be in the file names (cat, dog): write a table with the columns path and class'
            in message
        )
        assert f'give {tmp_path}/pets/train if' not in message
    own.table(
        tmp_path / 'leaves' / 'train.csv',
        [
            ['image_id', 'cat', 'dog'],
            *(
                [f'{name}_{index}', str(int(name == 'cat')), str(int(name == 'dog'))]
                for name in KINDS
                for index in range(3)
            ),
        ],
    )
    assert 'it is a one-hot table, one column per class (cat, dog), which is not read' in _message(
        tmp_path / 'leaves'
    )


def test_tables_of_parts_are_named_once_and_together(tmp_path: Path) -> None:
    own.folders(tmp_path / 'images', {'pie': 4, 'pho': 4})
    for part in ('train', 'test'):
        own.table(tmp_path / 'meta' / f'{part}.txt', [['pie/0'], ['pho/0']])
    message = _message(tmp_path)
    assert (
        message.count(
            f'{tmp_path}/meta/test.txt, {tmp_path}/meta/train.txt are read together: {tmp_path}/meta/test.txt: 2 of 2'
        )
        == 1
    )
    assert message.count('meta/train.txt') == 1


def test_numbers_as_class_folders_are_a_warning(tmp_path: Path) -> None:
    own.folders(tmp_path, {'0': 4, '1': 4})
    notes = build_source(detect(tmp_path).source).notes(str(tmp_path))
    assert notes[-1].startswith(
        'WARNING: the class folders are called by numbers (0, 1), and such names say nothing to CLIP'
    )


@given(st.sampled_from('|;,/+&'))
def test_several_classes_in_a_cell_are_refused(mark: str) -> None:
    rows = [
        Row(1, 'a.png', 'cat', None),
        Row(2, 'b.png', 'dog', None),
        Row(3, 'c.png', f'cat{mark}dog', None),
    ]
    with pytest.raises(
        DataError,
        match="1 of 3 rows hold several classes in one cell, such as .* 'cat', 'dog' are classes of other",
    ):
        check_single(rows, {row.label for row in rows}, 'x.csv')
    check_single(rows, {f'cat{mark}dog', 'cat', 'cow'}, 'x.csv')  # a name with such a sign in it
