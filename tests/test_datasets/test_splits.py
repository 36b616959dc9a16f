"""Split files and lists: what is accepted and what is refused."""

from __future__ import annotations

import copy
import json
import re
import tracemalloc
import unicodedata
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from vamp_mm.datasets import DataError, Item, make_split, parse_split, read_split
from vamp_mm.datasets.split_reading import read_lists
from vamp_mm.datasets.split_writing import write_split
from vamp_mm.datasets.splits import MAX_CLASSES

GOOD = {
    'train': [['b/1.jpg', 1, 'b'], ['a/1.jpg', 0, 'a']],
    'val': [],
    'test': [['a/2.jpg', 0, 'a'], ['b/2.jpg', 1, 'b']],
}


def test_reads_lists_in_file_order_and_names_in_label_order(tmp_path: Path) -> None:
    file = tmp_path / 'split.json'
    file.write_text(json.dumps(GOOD))
    split = read_split(file)
    assert split.classes == ('a', 'b')
    assert split.train == (Item('b/1.jpg', 1, 'b'), Item('a/1.jpg', 0, 'a'))
    assert split.val == ()
    assert [item.path for item in split.test] == ['a/2.jpg', 'b/2.jpg']


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('{"train": [', 'is not JSON'),
        ('[]', 'holds a list'),
        ('{"train": [], "val": []}', r"missing \['test'\]"),
        ('{"train": [], "val": [], "test": [], "tests": []}', r"unknown \['tests'\]"),
        ('{"train": {}, "val": [], "test": []}', 'train is a dict'),
        ('{"train": [], "val": [], "test": []}', 'no image at all'),
    ],
)
def test_refuses_what_is_no_split_file(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / 'split.json'
    file.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        read_split(file)
    assert str(file) in str(caught.value)


def test_refuses_bytes_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / 'split.json'
    file.write_bytes(b'\xff\xfe\x00')
    with pytest.raises(ValueError, match='not UTF-8'):
        read_split(file)


@pytest.mark.parametrize(
    ('part', 'entry', 'message'),
    [
        ('train', ['c.jpg', 0], r'expected \[path, label, class name\]'),
        ('train', 'c0a', r"split: train\[2\] is 'c0a'; expected \[path, label, class name\]"),
        ('train', ['', 0, 'a'], r'split: train\[2\]: the path is'),
        ('train', [5, 0, 'a'], 'the path is 5'),
        ('train', [True, 0, 'a'], 'the path is True'),
        ('train', ['c.jpg', '0', 'a'], "label is '0'"),
        ('train', ['c.jpg', True, 'b'], 'label is True'),
        ('train', ['c.jpg', -1, 'a'], 'label is -1'),
        ('train', ['c.jpg', 0, ' '], 'class name is'),
        ('train', ['c.jpg', 0, 5], 'class name is 5'),
        ('train', ['/c.jpg', 0, 'a'], 'is absolute'),
        ('train', ['\\c.jpg', 0, 'a'], 'is absolute'),
        ('train', ['C:/c.jpg', 0, 'a'], 'is absolute'),
        ('train', ['a/../../c.jpg', 0, 'a'], r"through '\.\.'"),
        ('train', ['a\\..\\..\\c.jpg', 0, 'a'], r"through '\.\.'"),
        ('train', ['c.jpg', 3, 'd'], r'without gaps.*missing: \[2\]'),
        ('train', ['c.jpg', 0, 'z'], "label 0 has two names, 'a' and 'z'"),
        ('train', ['c.jpg', 2, 'a'], "'a' stands for labels 0 and 2"),
        ('train', ['c.jpg', 2, 'c'], r'1 of 3 classes have no image in test: 2 \(c\)'),
        ('test', ['c.jpg', 2, 'c'], r'have no image in train: 2 \(c\)'),
        ('val', ['a/1.jpg', 0, 'a'], 'is in train and in val: that leaks'),
        ('test', ['./a/1.jpg', 0, 'a'], 'is in train and in test: that leaks'),
        ('train', ['a/1.jpg', 0, 'a'], 'occurs twice in train'),
    ],
)
def test_refuses_bad_entries(part: str, entry: list, message: str) -> None:
    raw = copy.deepcopy(GOOD)
    raw[part].append(entry)
    with pytest.raises(ValueError, match=message):
        parse_split(raw)


def test_parts_that_a_dataset_does_not_have() -> None:
    test = [Item('a.jpg', 0, 'a'), Item('b.jpg', 1, 'b')]
    split = make_split(dict(test=test), 'sketch', required=('test',))
    assert (split.train, split.val, len(split.test)) == ((), (), 2)
    with pytest.raises(ValueError, match='sketch: 2 of 2 classes have no image in train'):
        make_split(dict(test=test), 'sketch')
    train = [Item('1.jpg', 0, 'a'), Item('2.jpg', 1, 'b')]
    split = make_split(dict(train=train, test=test), 'imagenet', val_is_test=True)
    assert split.val == split.test
    assert split.val_is_test
    assert not make_split(dict(train=train, test=test), 'imagenet').val_is_test
    with pytest.raises(ValueError, match='no val where val_is_test=True'):
        make_split(dict(train=train, val=test, test=test), 'imagenet', val_is_test=True)
    with pytest.raises(ValueError, match="allowed: \\('train', 'val', 'test'\\)"):
        make_split(dict(training=train), 'typo')


def test_dots_inside_a_name_are_part_of_it() -> None:
    raw = copy.deepcopy(GOOD)
    raw['train'].append(['a..b/..c.jpg', 0, 'a'])
    assert parse_split(raw).train[2].path == 'a..b/..c.jpg'


def test_the_lists_of_a_split_cannot_be_replaced() -> None:
    split = parse_split(GOOD)
    with pytest.raises(FrozenInstanceError):
        split.train = ()
    with pytest.raises(ValueError, match="split='valid' is unknown; allowed: \\('train', 'val'"):
        split.part('valid')


def test_lists_are_read_before_they_make_a_dataset(tmp_path: Path) -> None:
    file = tmp_path / 'lists.json'
    twice = [['a.jpg', 3, 'a'], ['a.jpg', 3, 'b']]
    file.write_text(json.dumps(dict(train=twice, val=[], test=[])))
    assert read_lists(file) == dict(train=tuple(Item(*item) for item in twice), val=(), test=())
    for entry, what in ((['a.jpg', -1, 'a'], '(a.jpg): the label is -1'), ('a0b', " is 'a0b'")):
        file.write_text(json.dumps(dict(train=[], val=[entry], test=[])))
        with pytest.raises(DataError, match=rf'^{re.escape(str(file))}: val\[0\].*is') as caught:
            read_lists(file)
        assert what in str(caught.value)


def test_only_known_homonyms_may_stand_twice() -> None:
    lists = {
        part: [Item(f'{part}{label}', label, name) for label, name in enumerate(('m', 'x', 'm'))]
        for part in ('train', 'test')
    }
    split = make_split(lists, 'set', homonyms=('m', 's', 'x'))
    assert split.classes == ('m', 'x', 'm')
    assert split.homonyms == ('m',)
    for known in ((), ('s',)):
        with pytest.raises(ValueError, match="'m' stands for labels 0 and 2"):
            make_split(lists, 'set', homonyms=known)


def test_one_image_in_two_unicode_forms_is_a_leak() -> None:
    raw = copy.deepcopy(GOOD)
    raw['train'].append([unicodedata.normalize('NFC', 'a/é.jpg'), 0, 'a'])
    raw['test'].append([unicodedata.normalize('NFD', 'a/é.jpg'), 0, 'a'])
    with pytest.raises(ValueError, match='is in train and in test: that leaks'):
        parse_split(raw)


def test_a_name_in_two_unicode_forms_is_shown_as_such() -> None:
    raw = copy.deepcopy(GOOD)
    raw['train'].append(['a/3.jpg', 0, unicodedata.normalize('NFD', 'é')])
    raw['train'].append(['a/4.jpg', 0, 'é'])
    raw['train'][1][2] = raw['test'][0][2] = 'é'
    with pytest.raises(ValueError, match=r"label 0 has two names, '\\xe9' and 'e\\u0301'"):
        parse_split(raw)


def test_a_written_split_is_read_back(tmp_path: Path) -> None:
    split = parse_split(GOOD)
    write_split(split, tmp_path / 'split.json')
    assert read_split(tmp_path / 'split.json') == split
    assert [file.name for file in tmp_path.iterdir()] == ['split.json']


HUGE = 10**9


@pytest.mark.parametrize(('label', 'says'), [
    (HUGE, r'there are 2, the largest is 1000000000, missing: \[1, 2, 3, 4, 5, 6, 7, 8, 9, 10\]'),
    (10**250, r'the largest is 10+\.\.\.0+, missing: \[1, 2'),
    (1.0, r'the label is 1.0; expected an integer from 0 on'),
    (-HUGE, r'the label is -1000000000; expected'),
    (True, 'the label is True'), (None, 'the label is None'), ([[[[0]]]], r'the label is \[\[\[\[\.\.\.\]\]\]\]'),
])  # fmt: skip
def test_a_label_costs_no_more_than_its_digits(label: object, says: str) -> None:
    tracemalloc.start()
    with pytest.raises(DataError, match=says):
        parse_split(
            dict(train=[['a.jpg', 0, 'a'], ['b.jpg', label, 'b']], val=[], test=[['c.jpg', 0, 'a']])
        )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 25


@pytest.mark.parametrize(('text', 'says'), [
    ('{"train": [], "train": [], "val": [], "test": []}', "s.json has the key 'train' twice in one object"),
    ('{"train": [["a.jpg", NaN, "a"]], "val": [], "test": []}', 's.json holds NaN, which is not a number in JSON'),
    ('{"train": [["a.jpg", ' + '9' * 5000 + ', "a"]], "val": [], "test": []}', 'a whole number of 5,000 digits; at most 300'),
    ('{"train": [' + '[' * 50_000, 's.json is nested too deeply'),
    ('{"train": [' + '[' * 900 + ']' * 900 + '], "val": [], "test": []}', r'train\[0\] is \[\[\[\[\.\.\.\]\]\]\]; expected \[path'),
])  # fmt: skip
def test_json_that_means_nothing_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / 's.json').write_text(text)
    with pytest.raises(DataError, match=says) as error:
        read_split(tmp_path / 's.json')
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(('name', 'says'), [
    ('a\ud800b', r"the class name of label 0 is 'a\\ud800b': half of a surrogate pair"),
    ('a\nb', 'holds a control character such as a line break'), ('\x1b[31mred', 'holds a control character'),
    ('x' * 10_000, r"has 10,000 characters, at most 1,000 are allowed: 'x{40}'\.\.\."),
    ('_ _', 'in which nothing can be seen'), ('\u200b', 'in which nothing can be seen'), ('\u00a0', 'expected a non-empty string'),
])  # fmt: skip
def test_names_that_no_prompt_can_hold(name: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        parse_split(dict(train=[['a.jpg', 0, name]], val=[], test=[['c.jpg', 0, name]]))


@pytest.mark.parametrize('name', ['猫', 'e\u0301', 'क्‍ष', '👨‍👩‍👧', 'x' * 1000, 'a $b$ %s {0}'])
def test_names_in_any_script_are_taken(name: str) -> None:
    assert parse_split(
        dict(train=[['a.jpg', 0, name]], val=[], test=[['c.jpg', 0, name]])
    ).classes == (name,)


def test_the_largest_number_of_classes_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('vamp_mm.datasets.splits.MAX_CLASSES', 2)
    assert parse_split(GOOD).classes == ('a', 'b')
    monkeypatch.setattr('vamp_mm.datasets.splits.MAX_CLASSES', 1)
    with pytest.raises(DataError, match='has 2 classes; at most 1 are allowed'):
        parse_split(GOOD)


def test_more_classes_than_any_data_have() -> None:
    items = [(f'{label}.jpg', label, str(label)) for label in range(MAX_CLASSES + 1)]
    with pytest.raises(DataError, match='has 100,001 classes; at most 100,000 are allowed'):
        make_split(dict(test=[Item(*item) for item in items]), 'x', required=('test',))
