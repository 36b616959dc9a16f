"""Sampling, splitting and halving against what CoOp's own code recorded."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from vamp_mm.datasets import Item, Split, class_split, few_shot_part
from vamp_mm.datasets.sources.recipes import complete, split_all, split_trainval

GOLDEN = json.loads((Path(__file__).parents[1] / 'golden' / 'lists.json').read_text())
PARTS = ('train', 'val', 'test')
LISTS = {part: tuple(Item(*row) for row in GOLDEN['items'][part]) for part in PARTS}
NAMES = {item.label: item.name for items in LISTS.values() for item in items}
SPLIT = Split(tuple(NAMES[label] for label in range(7)), **LISTS)


def digest(rows: Sequence) -> str:
    return hashlib.sha256(json.dumps(rows, separators=(',', ':')).encode()).hexdigest()[:16]


def paths(items: Sequence[Item]) -> str:
    return digest([item.path for item in items])


def numbers(key: str) -> tuple[int, int]:
    seed, shots = key.split('_')[:2]
    return int(seed.removeprefix('seed')), int(shots.removeprefix('shots'))


@pytest.mark.parametrize('key', GOLDEN['few_shot'])
def test_few_shot_subsets(key: str) -> None:
    seed, shots = numbers(key)
    for part, wanted in GOLDEN['few_shot'][key].items():
        assert paths(few_shot_part(SPLIT, part, shots, seed, allow_short=True)) == wanted


@pytest.mark.parametrize('key', GOLDEN['class_split'])
def test_base_and_novel_halves_of_subsets(key: str) -> None:
    seed, shots = numbers(key)
    which = dict(base='base', new='novel')[key.rsplit('_', 1)[1]]
    for part in PARTS:
        items = LISTS['test']
        if part != 'test':
            items = few_shot_part(SPLIT, part, shots, seed, allow_short=True)
        assert digest(class_split(items, which, 7)) == GOLDEN['class_split'][key][part]


@pytest.mark.parametrize(('key', 'which'), [('base', 'base'), ('new', 'novel')])
def test_base_and_novel_halves_of_full_lists(key: str, which: str) -> None:
    for part in PARTS:
        halved = class_split(LISTS[part], which, 7)
        assert digest(halved) == GOLDEN['full'][key][part]
    names = {item.label: item.name for item in class_split(LISTS['train'], which, 7)}
    assert [names[label] for label in sorted(names)] == GOLDEN['full'][key]['classnames']


@pytest.mark.parametrize('key', GOLDEN['split_trainval'])
def test_validation_lists_taken_out_of_official_training_lists(key: str) -> None:
    lists = split_trainval(LISTS['train'], random.Random(int(key.removeprefix('seed'))))
    assert {part: paths(lists[part]) for part in lists} == GOLDEN['split_trainval'][key]


@pytest.mark.parametrize('key', GOLDEN['later_run'])
def test_a_first_run_draws_what_every_later_run_draws(key: str) -> None:
    # the original's first run continues the stream that shuffled; ours starts anew each time
    seed, shots = numbers(key)
    lists = complete(dict(trainval=list(LISTS['train'])), random.Random(seed))
    split = Split(SPLIT.classes, tuple(lists['train']), tuple(lists['val']), LISTS['test'])
    for part, wanted in GOLDEN['later_run'][key].items():
        assert paths(few_shot_part(split, part, shots, seed, allow_short=True)) == wanted


@pytest.mark.parametrize('key', GOLDEN['split_all'])
def test_all_images_cut_in_three(key: str) -> None:
    seed, train, val, *changed = key.split('_', 3)
    tree = {
        folder: count
        for folder, count in GOLDEN['tree'].items()
        if not changed or folder != 'blotchy'
    }
    items = [
        Item(f'{folder}/{folder}_{index:04d}.jpg', label, folder)
        for label, (folder, count) in enumerate(tree.items())
        for index in range(count)
    ]
    lists = split_all(
        items,
        random.Random(int(seed.removeprefix('seed'))),
        train=float(train.removeprefix('ptrn')),
        val=float(val.removeprefix('pval')),
    )
    renamed = {
        part: [
            item._replace(name='renamed class') if changed and item.name == 'banded' else item
            for item in lists[part]
        ]
        for part in PARTS
    }
    assert {part: digest(renamed[part]) for part in PARTS} == GOLDEN['split_all'][key]


def test_global_random_state_is_neither_read_nor_changed() -> None:
    random.seed(7)
    before = random.getstate()
    first = few_shot_part(SPLIT, 'train', 4, 1, allow_short=True)
    assert random.getstate() == before
    random.seed(8)
    assert few_shot_part(SPLIT, 'train', 4, 1, allow_short=True) == first
