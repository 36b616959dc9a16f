"""Tables of images: CSV, JSON lines and text, with names as odd as users'."""

from __future__ import annotations

import json
from pathlib import Path

import own
import pytest

from vamp_mm.datasets import DataError, FewShotDataset
from vamp_mm.datasets.sources import AnnotationTable
from vamp_mm.datasets.sources.columns import Columns
from vamp_mm.datasets.sources.table_rows import read_rows

ODD = (
    'a, b.png',
    'say "hi".png',
    'über été.png',
    'x  y.png',
    "o'k;.png",
    'tab\tby.png',
    '#1 100%.png',
    'p.Q.JPG',
)
KINDS = ('cat, small', 'dog')


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for index, name in enumerate(ODD):
        own.draw(tmp_path / 'images' / name, index)
    return tmp_path


def _rows(part: bool = True) -> list[list[str]]:
    parts = ['train'] * 4 + ['test'] * 4
    return [
        [name, KINDS[index % 2]] + ([parts[index]] if part else []) for index, name in enumerate(ODD)
    ]  # fmt: skip


def _check(split) -> None:
    assert split.classes == KINDS
    assert [item.path for item in split.train] == list(ODD[:4])
    assert [item.label for item in split.test] == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ('suffix', 'delimiter', 'encoding'),
    [
        ('.csv', ',', 'utf-8'),
        ('.csv', ';', 'utf-8-sig'),
        ('.tsv', '\t', 'utf-8'),
        ('.txt', ',', 'utf-8'),
        ('.csv', '|', 'utf-8'),
    ],
)
@pytest.mark.parametrize('header', [['Image_Path', ' Label ', 'SPLIT'], None])
def test_odd_names_survive_every_delimiter(
    images: Path, suffix, delimiter, encoding, header
) -> None:
    if suffix == '.txt' and header is None:
        pytest.skip('a .txt file without header is "path label" text')
    own.table(images / f'l{suffix}', ([header] if header else []) + _rows(), delimiter, encoding)
    _check(AnnotationTable(f'l{suffix}', 'images').read(str(images)))


def test_columns_may_stand_in_any_order_among_others(images: Path) -> None:
    rows = [
        ['', 'Category', 'w', 'set', 'FileName'],
        *([str(i), kind, '9', part.upper(), name] for i, (name, kind, part) in enumerate(_rows())),
    ]
    own.table(images / 'l.csv', rows)
    _check(AnnotationTable('l.csv', 'images').read(str(images)))


def test_columns_of_other_names_are_pointed_out(images: Path) -> None:
    own.table(images / 'l.csv', [['id', 'kind', 'fold'], *_rows()])
    with pytest.raises(
        DataError,
        match=r"no column for the path. Columns found: \['id', 'kind', 'fold'\]; allowed .* path, file,",
    ):
        AnnotationTable('l.csv', 'images').read(str(images))
    _check(
        AnnotationTable(
            'l.csv', 'images', path_column='id', class_column='kind', part_column='fold'
        ).read(str(images))
    )


def test_two_columns_that_could_be_meant_are_refused(images: Path) -> None:
    own.table(images / 'l.csv', [['path', 'label', 'class'], *_rows()])
    with pytest.raises(DataError, match=r"\['label', 'class'\] could all hold the class"):
        AnnotationTable('l.csv', 'images').read(str(images))


def test_json_lines_and_json(images: Path) -> None:
    records = [dict(path=name, label=kind, split=part) for name, kind, part in _rows()]
    (images / 'l.jsonl').write_text(
        '\ufeff' + '\r\n'.join(map(json.dumps, records)) + '\n\n', encoding='utf-8'
    )
    _check(AnnotationTable('l.jsonl', 'images').read(str(images)))
    (images / 'l.json').write_text(json.dumps(records))
    _check(AnnotationTable('l.json', 'images').read(str(images)))
    (images / 'bad.jsonl').write_text('{"path": "a", "label": "b"}\n{oops\n')
    with pytest.raises(DataError, match='line 2 is not JSON'):
        AnnotationTable('bad.jsonl', 'images').read(str(images))


def test_text_is_cut_at_the_last_blank(images: Path) -> None:
    (images / 'classes.txt').write_text('cat, small\r\ndog\r\n')
    for part, chosen in (('train', ODD[:4]), ('test', ODD[4:])):
        lines = [f'{name} {index % 2}' for index, name in enumerate(chosen)]
        (images / f'{part}.txt').write_text('\n'.join(lines) + '\n', encoding='utf-8')
    source = AnnotationTable(
        dict(train='train.txt', test='test.txt'), 'images', class_file='classes.txt'
    )
    _check(source.read(str(images)))


def test_text_with_one_tab_a_line_holds_names_of_several_words(tmp_path: Path) -> None:
    own.folders(tmp_path, {'images': 8})
    (tmp_path / 'l.txt').write_text(
        ''.join(f'{i}.png\t{["big cat", "old dog"][i % 2]}\n' for i in range(8))
    )
    assert AnnotationTable('l.txt', 'images').read(str(tmp_path)).classes == ('big cat', 'old dog')


def test_numbers_need_names(images: Path) -> None:
    own.table(images / 'l.csv', [[name, str(index % 2)] for index, name in enumerate(ODD)])
    with pytest.raises(DataError, match='the model reads names. Put a file classes.txt'):
        AnnotationTable('l.csv', 'images').read(str(images))
    (images / 'names.json').write_text('{"1": "dog", "0": "cat, small"}')
    assert (
        AnnotationTable('l.csv', 'images', class_file='names.json').read(str(images)).classes
        == KINDS
    )
    own.table(images / 'one.csv', [[name, str(index % 2 + 1)] for index, name in enumerate(ODD)])
    with pytest.raises(DataError, match='seem to start at 1'):
        AnnotationTable('one.csv', 'images', class_file='names.json').read(str(images))


def test_a_class_file_sets_the_label_order_of_names(images: Path) -> None:
    own.table(images / 'l.csv', [['path', 'class', 'part'], *_rows()])
    (images / 'classes.txt').write_text('dog\ncat, small\n')
    assert (
        AnnotationTable('l.csv', 'images', class_file='classes.txt').read(str(images)).classes
        == KINDS[::-1]
    )
    (images / 'classes.txt').write_text('dog\ncat\n')
    with pytest.raises(DataError, match=r'1 class\(es\) are not in classes.txt: cat, small'):
        AnnotationTable('l.csv', 'images', class_file='classes.txt').read(str(images))


def test_a_table_without_parts_is_divided_whatever_the_order_of_its_rows(images: Path) -> None:
    own.table(images / 'l.csv', _rows(part=False))
    own.table(images / 'm.csv', _rows(part=False)[::-1])
    source = AnnotationTable('l.csv', 'images')
    split = source.read(str(images))
    assert [len(part) for part in (split.train, split.val, split.test)] == [4, 2, 2]
    assert AnnotationTable('m.csv', 'images').read(str(images)) == split
    assert '50/20/30' in source.notes(str(images))[0]


def test_windows_and_absolute_paths_mean_files_in_the_folder(tmp_path: Path) -> None:
    own.folders(tmp_path, {'a': 2, 'b': 2})
    own.table(tmp_path / 'l.csv', [
        ['path', 'class', 'split'], [r'a\0.png', 'x', 'train'], [str(tmp_path / 'b' / '0.png'), 'y', 'train'],
        ['./a/1.png', 'x', 'test'], [' b/1.png ', 'y', 'test']])  # fmt: skip
    split = AnnotationTable('l.csv').read(str(tmp_path))
    assert [item.path for item in split.train + split.test] == [
        'a/0.png',
        'b/0.png',
        'a/1.png',
        'b/1.png',
    ]


def test_missing_images_are_counted_and_the_likely_ones_named(images: Path) -> None:
    own.table(
        images / 'l.csv',
        [
            *_rows(part=False),
            *([f'gone_{i}.png', 'dog'] for i in range(11)),
            ['ÜBER été.png', 'dog'],
            ['../out.png', 'dog'],
        ],
    )
    with pytest.raises(
        DataError, match=r'13 of 21 images are missing .*gone_9.*and 3 more.*differ in case'
    ) as error:
        AnnotationTable('l.csv', 'images').read(str(images))
    assert f'is on disk as {str(images / "images" / "über été.png")!a}' in str(error.value)
    assert 'gone_10' not in str(error.value)


@pytest.mark.parametrize(('rows', 'says'), [
    ([['p.Q.JPG', 'dog', 'test']], r"1 image\(s\) are listed twice: 'p.Q.JPG' \(lines 9 and 10\)"),
    ([['p.Q.JPG', 'dog', 'train']], r'in two parts: that leaks .*in train and in test'),
    ([['./p.Q.JPG', 'dog', 'train']], 'in two parts'),
    ([['q.png', 'dog', 'holdout'], ['', 'dog', 'test'], ['r.png', ' ', 'test']], r"3 of 11 row\(s\) are faulty: line 10 \(q.png\): the part is 'holdout'"),
    ([['q.png', 'dog']], r'1 row\(s\) do not have the 3 cells of the header: line 10 \(2 cells\)'),
])  # fmt: skip
def test_faulty_rows_are_listed(images: Path, rows: list, says: str) -> None:
    own.table(images / 'l.csv', [['path', 'class', 'split'], *_rows(), *rows])
    with pytest.raises(DataError, match=says):
        AnnotationTable('l.csv', 'images').read(str(images))


@pytest.mark.parametrize(('kinds', 'says'), [
    (('cat', 'dog', 'cat', 'dog', 'cat', 'dog', 'cat', 'bird'), 'no image in train: bird'),
    (('-1', '0', '-1', '0', '-1', '0', '-1', '0'), r'1 class\(es\) are numbers that are not labels: -1'),
    (('0.5', '1.5', '0.5', '1.5', '0.5', '1.5', '0.5', '1.5'), 'not labels: 0.5, 1.5'),
    (('Cat', 'dog', 'cat', 'dog', 'cat', 'dog', 'cat', 'dog'), "'Cat' = 'cat'"),
])  # fmt: skip
def test_faulty_classes_are_explained(images: Path, kinds: tuple, says: str) -> None:
    own.table(
        images / 'l.csv', [[name, kind, part] for (name, _, part), kind in zip(_rows(), kinds)]
    )
    with pytest.raises(DataError, match=says):
        AnnotationTable('l.csv', 'images').read(str(images))


def test_files_that_are_not_utf8_are_explained(images: Path) -> None:
    (images / 'l.csv').write_bytes('path,class\nüber.png,é\n'.encode('latin-1'))
    with pytest.raises(DataError, match='save it as UTF-8'):
        AnnotationTable('l.csv', 'images').read(str(images))


def test_a_dataset_on_a_table(images: Path) -> None:
    own.table(images / 'l.csv', _rows())
    dataset = FewShotDataset(
        str(images),
        dict(type='AnnotationTable', files='l.csv', image_folder='images'),
        shots=1,
        class_split='novel',
    )
    assert dataset.metainfo['classes'] == ('dog',)
    assert len(dataset) == 1


HUGE_CELL = '"' + 'x' * 200_000 + '"'


@pytest.mark.parametrize(('name', 'text', 'says'), [
    ('l.csv', f'path,class\n{HUGE_CELL},a\n', r'line 2: field larger than field limit \(131072\)'),
    ('l.csv', ','.join(f'c{index}' for index in range(20_000)) + '\n', 'has 20,000 columns; at most 10,000 are read'),
    ('l.csv', 'path,class\na/0.png,' + '9' * 5000 + '\n', r"the label '9+\.\.\.9+' is too large; labels are whole"),
    ('l.csv', 'path,class\na/0.png,1000000000\n', r'the classes are numbers \(1000000000\), but the model reads names'),
    ('l.csv', 'path,class\na/0.png,' + 'x' * 10_000 + '\n', 'the class name has 10,000 characters'),
    ('l.csv', 'path,class\na/0.png,a\x07\n', r"the class name is 'a\\x07', which holds a control character"),
    ('l.csv', 'path,class\na/0.png,a\0b\n', 'l.csv holds NUL bytes, so it is not text'),
    ('l.jsonl', '{"path": "a/0.png", "class": "a", "class": "b"}\n', "line 1 has the key 'class' twice in one object"),
    ('l.jsonl', '{"path": "a/0.png", "class": NaN}\n', 'line 1 holds NaN'),
    ('l.jsonl', '{"path": "a/0.png", "class": "\\ud800"}\n', r"is '\\ud800': half of a surrogate pair"),
    ('l.json', '[{"path": "a/0.png", "class": ' + '9' * 5000 + '}]', 'a whole number of 5,000 digits; at most 300'),
    ('l.json', '[' * 200_000, 'nested too deeply'),
])  # fmt: skip
def test_what_a_table_costs_is_bounded(tmp_path: Path, name: str, text: str, says: str) -> None:
    own.draw(tmp_path / 'a' / '0.png')
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=says) as error:
        AnnotationTable(name).read(str(tmp_path))
    assert len(str(error.value)) < 600


@pytest.mark.parametrize(('column', 'words', 'message'), [
    ('phase', ('train', 'test'), r"the column 'phase' holds parts \(test, train\) and is not read: give '.*#part=phase'"),
    ('is_training_image', ('1', '0'), "the column 'is_training_image' seems to say which images are for training"),
])  # fmt: skip
def test_a_column_of_parts_is_not_passed_over(
    tmp_path: Path, column: str, words: tuple[str, str], message: str
) -> None:
    lines = [f'{i}.jpg,{"cat" if i % 2 else "dog"},{words[i // 2 % 2]}' for i in range(8)]
    (tmp_path / 'list.csv').write_text('\n'.join([f'path,label,{column}', *lines]))
    with pytest.raises(DataError, match=message):
        read_rows(tmp_path / 'list.csv', Columns())
    if column == 'phase':
        rows = read_rows(tmp_path / 'list.csv', Columns(part='phase'))
        assert [row.part for row in rows] == ['train', 'train', 'test', 'test'] * 2
