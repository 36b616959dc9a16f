"""check-lists: what is equal, what differs, what cannot be checked, and never a silent pass."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from vamp_mm.apis import ConfigError
from vamp_mm.data_tools.check_lists import compare_lists
from vamp_mm.datasets import Item, class_split, few_shot_part, parse_split
from vamp_mm.datasets.digests import list_digest
from vamp_mm.datasets.sources.folders import caltech_counts

LISTS = {
    part: [
        [f'{part}/{label}_{index}.jpg', label, 'abc'[label]]
        for label in (2, 0, 1)
        for index in range(count)
    ]
    for part, count in (('train', 6), ('val', 5), ('test', 4))
}
SPLIT = parse_split(LISTS)


def vector() -> dict[str, Any]:
    """What a vector file would record of LISTS."""
    few = few_shot_part(SPLIT, 'train', 2, 3)
    novel_test = class_split(SPLIT.test, 'novel', 3)
    return {
        'n_classes': 3,
        'sizes': {'train': 18, 'val': 15, 'test': 12},
        'sha256': {part: list_digest(SPLIT.part(part)) for part in ('train', 'val', 'test')},
        'min_per_class': {'train': 6, 'val': 5, 'test': 4},
        'base': {'n_classes': 2, 'sizes': {'train': 12, 'val': 10, 'test': 8}},
        'new': {'n_classes': 1, 'test_sha256': list_digest(novel_test)},
        'fewshot': {
            'shot_2-seed_3': {
                'train_n': 6,
                'train_sha256': list_digest(few),
                'val_n': 6,
                'val_sha256': list_digest(few_shot_part(SPLIT, 'val', 2, 3)),
                'base_train_n': 4,
                'base_train_sha256': list_digest(class_split(few, 'base', 3)),
                'new_train_n': 2,
                'new_train_sha256': list_digest(class_split(few, 'novel', 3)),
                'train_first3': [list(item) for item in few[:3]],
            }
        },
    }


def run(tmp_path: Path, vectors: Any, strict: bool = False) -> int:
    file = tmp_path / 'vectors.json'
    file.write_text(json.dumps(vectors))
    return compare_lists(file, tmp_path, strict)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / 'split_zhou_DescribableTextures.json').write_text(json.dumps(LISTS))
    return tmp_path


def test_the_digest_is_that_of_the_protocol() -> None:
    # sha256 of 'a/1.jpg\t0\tcat\n'
    assert list_digest([Item('a/1.jpg', 0, 'cat')]) == (
        'd0907dc6178ffaf92dc2b4a38b77ed1ec794c4fbbc6b81359dc17860d40fbc39'
    )


def test_all_equal(folder: Path, capsys: pytest.CaptureFixture) -> None:
    assert run(folder, {'dtd': vector()}, strict=True) == 0
    out = capsys.readouterr().out
    assert '25 values equal, 0 different, 0 of unknown meaning; 0 dataset(s) without lists' in out


PLACES = [
    ('n_classes',),
    ('sizes', 'val'),
    ('sha256', 'test'),
    ('min_per_class', 'train'),
    ('base', 'sizes', 'test'),
    ('new', 'test_sha256'),
    ('new', 'n_classes'),
    *(('fewshot', 'shot_2-seed_3', key) for key in vector()['fewshot']['shot_2-seed_3']),
]


@pytest.mark.parametrize('place', PLACES, ids='.'.join)
def test_every_single_difference_is_found(
    folder: Path, capsys: pytest.CaptureFixture, place: tuple[str, ...]
) -> None:
    changed = vector()
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    old = inner[place[-1]]
    inner[place[-1]] = (
        old + 1 if isinstance(old, int) else old[:-1] if isinstance(old, list) else old[::-1]
    )
    assert run(folder, {'dtd': changed}) == 1
    out = capsys.readouterr().out
    assert f'DIFFERENT dtd.{".".join(place)}: recorded' in out
    assert '1 different' in out


def test_one_entry_of_a_split_file_changes_what_depends_on_it(folder: Path) -> None:
    lists = json.loads(json.dumps(LISTS))
    lists['train'][0], lists['train'][1] = lists['train'][1], lists['train'][0]
    (folder / 'split_zhou_DescribableTextures.json').write_text(json.dumps(lists))
    assert run(folder, {'dtd': vector()}) == 1


def test_what_has_no_lists_is_said_and_not_passed(
    folder: Path, capsys: pytest.CaptureFixture
) -> None:
    vectors = {'dtd': vector(), 'imagenet': vector(), 'eurosat': vector(), 'mystery': vector()}
    assert run(folder, vectors) == 0
    out = capsys.readouterr().out
    assert 'NOT CHECKED for want of files: imagenet, eurosat, mystery' in out
    assert run(folder, vectors, strict=True) == 2
    assert run(folder, {'eurosat': vector()}) == 2  # nothing at all could be checked


@pytest.mark.parametrize(
    'place',
    [('crc32',), ('sizes', 'extra'), ('fewshot', 'shot_2-seed_3', 'sha1'), ('fewshot', 'x')],
)
def test_a_key_without_meaning_is_not_a_pass(
    folder: Path, capsys: pytest.CaptureFixture, place: tuple[str, ...]
) -> None:
    changed = vector()
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = 5
    assert run(folder, {'dtd': changed}) == 0
    assert f'UNKNOWN KEY, NOT CHECKED dtd.{".".join(place)}' in capsys.readouterr().out
    assert run(folder, {'dtd': changed}, strict=True) == 2


def test_a_dataset_outside_the_catalog_finds_its_file_by_name(folder: Path) -> None:
    (folder / 'split_zhou_MyBirds.json').write_text(json.dumps(LISTS))
    assert run(folder, {'my_birds': vector()}, strict=True) == 0


def test_a_broken_split_file_is_a_difference(folder: Path, capsys: pytest.CaptureFixture) -> None:
    (folder / 'split_zhou_DescribableTextures.json').write_text('{')
    assert run(folder, {'dtd': vector()}) == 1
    assert 'is not JSON' in capsys.readouterr().out


def test_caltech101_is_regenerated_from_its_directory_order(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    counts = caltech_counts()
    assert (len(counts), sum(counts.values())) == (100, 8242)
    order = list(range(1, 801))
    (tmp_path / 'caltech101_dir_order.json').write_text(json.dumps(order))
    vectors = {'caltech101': {'sizes': {'train': 4128, 'val': 1649, 'test': 2465}}}
    assert run(tmp_path, vectors) == 0
    # another order, another list
    wanted = 'bb44032a66f97ea6895fd774ec9a73153031ae0491f9e2cf1e70b36b7da2825d'
    assert run(tmp_path, {'caltech101': {'sha256': {'train': wanted}}}) == 1
    (tmp_path / 'caltech101_dir_order.json').write_text(json.dumps(order[1:]))
    with pytest.raises(ConfigError, match='numbers 1 to 800'):
        run(tmp_path, vectors)


@pytest.mark.parametrize('text', ['[]', '{}', '{', '3'])
def test_a_file_without_vectors_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / 'vectors.json').write_text(text)
    with pytest.raises(ConfigError, match='JSON'):
        compare_lists(tmp_path / 'vectors.json', tmp_path)


def test_missing_paths_are_errors(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='--vectors'):
        compare_lists(tmp_path / 'none.json', tmp_path)
    (tmp_path / 'vectors.json').write_text('{"dtd": {"n_classes": 3}}')
    with pytest.raises(FileNotFoundError, match='--splits'):
        compare_lists(tmp_path / 'vectors.json', tmp_path / 'none')


@pytest.mark.parametrize('value', [None, 5, [], {}, 'x'])
def test_a_dataset_without_values_is_an_error(folder: Path, value: Any) -> None:
    with pytest.raises(
        ConfigError, match=r"'eurosat' holds .*; expected an object of recorded values"
    ):
        run(folder, {'dtd': vector(), 'eurosat': value})


@pytest.mark.parametrize(
    ('key', 'file'),
    [
        ('fgvc_aircraft', 'split_zhou_FGVCAircraft.json'),
        ('imagenet', 'split_zhou_ImageNet.json'),
        ('dtd', 'split_zhou_DTD.json'),
        ('DTD', 'split_zhou_DescribableTextures.json'),
        ('caltech101', 'split_caltech-101.json'),
    ],
)
def test_a_file_with_another_name_of_the_dataset_is_found(
    tmp_path: Path, key: str, file: str
) -> None:
    (tmp_path / file).write_text(json.dumps(LISTS))
    assert run(tmp_path, {key: vector()}, strict=True) == 0


def test_the_file_of_the_catalog_comes_first(folder: Path) -> None:
    (folder / 'split_zhou_DTD.json').write_text('{')
    assert run(folder, {'dtd': vector()}, strict=True) == 0


@pytest.mark.parametrize(('change', 'note'), [
    (lambda lists: lists.update(test=[item for item in lists['test'] if item[1] != 2]), 'have no image in test'),
    (lambda lists: [item.__setitem__(2, 'a') for part in lists.values() for item in part if item[1] == 1],
     'stands for labels 0 and 1'),
])  # fmt: skip
def test_lists_that_make_no_dataset_are_compared_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture, change: Any, note: str
) -> None:
    lists = json.loads(json.dumps(LISTS))
    change(lists)
    (tmp_path / 'split_zhou_MyBirds.json').write_text(json.dumps(lists))
    items = [Item(*item) for item in lists['train']]
    drawn = random.Random(3)
    few = [
        item
        for label in (2, 0, 1)
        for item in drawn.sample([item for item in items if item.label == label], 2)
    ]
    recorded = {
        'n_classes': 3,
        'sizes': {part: len(items) for part, items in lists.items()},
        'sha256': {'test': list_digest(Item(*item) for item in lists['test'])},
        'fewshot': {'shot_2-seed_3': {'train_sha256': list_digest(few)}},
    }
    assert run(tmp_path, {'my_birds': recorded}, strict=True) == 0
    out = capsys.readouterr().out
    assert 'NOTE my_birds: ' in out
    assert note in out
    recorded['fewshot']['shot_2-seed_3']['train_sha256'] = '0' * 64
    assert run(tmp_path, {'my_birds': recorded}) == 1


def test_one_class_cannot_be_halved(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / 'split_one.json').write_text(
        json.dumps({part: [[f'{part}.jpg', 0, 'a']] for part in LISTS})
    )
    assert run(tmp_path, {'one': {'base': {'n_classes': 1}}}) == 1
    assert 'there are only 1' in capsys.readouterr().out
