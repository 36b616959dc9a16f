"""Few-shot sampling against numbers recorded from CoOp's own sampler, and on the rule's fine
points."""

from __future__ import annotations

import random

import pytest

from vamp_mm.datasets import DataError, Item, Split, few_shot_part, few_shot_subset

# random.sample of CPython, from the protocol notes of this field: seed -> 16 of 20
SAMPLE_16_OF_20 = {
    1: [4, 18, 2, 8, 3, 7, 12, 14, 13, 10, 6, 15, 1, 16, 0, 9],
    2: [1, 2, 18, 11, 5, 16, 12, 10, 4, 14, 9, 3, 0, 13, 15, 19],
    3: [7, 18, 17, 4, 11, 14, 9, 19, 10, 13, 1, 0, 12, 2, 16, 15],
}

# CoOp's sampler on 7 classes: class sizes in the order of first appearance (several classes are
# short), and the positions drawn inside each class, 4 shots with seed 1 (train first, then val)
TRAIN_SIZES = {3: 17, 2: 40, 5: 23, 4: 12, 6: 16, 0: 5, 1: 8}
VAL_SIZES = {0: 2, 1: 3, 2: 9, 3: 4, 4: 5, 5: 1, 6: 6}
RECORDED = {
    'train': {
        3: [4, 2, 16, 1],
        2: [31, 28, 30, 24],
        5: [6, 3, 15, 0],
        4: [6, 11, 9, 0],
        6: [14, 4, 11, 12],
        0: [1, 0, 4, 3],
        1: [0, 7, 5, 4],
    },
    'val': {
        0: [0, 1],
        1: [0, 1, 2],
        2: [0, 6, 5, 1],
        3: [3, 2, 0, 1],
        4: [3, 4, 2, 0],
        5: [0],
        6: [2, 1, 4, 3],
    },
}


def make(counts: dict[int, int], part: str = 'train') -> list[Item]:
    return [
        Item(f'{label}/{part}_{index}', label, f'class {label}')
        for label, count in counts.items()
        for index in range(count)
    ]


def positions(items: tuple[Item, ...]) -> list[tuple[int, int]]:
    return [(item.label, int(item.path.rsplit('_', 1)[1])) for item in items]


@pytest.mark.parametrize('seed', SAMPLE_16_OF_20)
def test_one_class_is_one_draw(seed: int) -> None:
    subset = few_shot_subset(make({0: 20}), 16, random.Random(seed))
    assert [index for _, index in positions(subset)] == SAMPLE_16_OF_20[seed]


@pytest.mark.parametrize('part', RECORDED)
def test_equals_what_coop_drew(part: str) -> None:
    names = tuple(f'class {label}' for label in range(7))
    split = Split(names, tuple(make(TRAIN_SIZES)), tuple(make(VAL_SIZES, 'val')), ())
    drawn = positions(few_shot_part(split, part, 4, seed=1, allow_short=True))
    assert drawn == [(label, index) for label, chosen in RECORDED[part].items() for index in chosen]


def test_groups_come_in_order_of_first_appearance() -> None:
    # labels interleaved: 2 first, then 0
    items = [
        Item(f'{label}/x_{index}', label, f'{label}') for index in range(6) for label in (2, 0, 1)
    ]
    rng = random.Random(7)
    expected = [(label, rng.sample(range(6), 2)) for label in (2, 0, 1)]
    drawn = positions(few_shot_subset(items, 2, random.Random(7)))
    assert drawn == [(label, index) for label, chosen in expected for index in chosen]


def test_validation_continues_the_stream_and_is_capped_at_four() -> None:
    split = Split(('a', 'b'), tuple(make({0: 30, 1: 25})), tuple(make({0: 9, 1: 9}, 'val')), ())
    rng = random.Random(3)
    expected = {
        'train': [(0, i) for i in rng.sample(range(30), 16)]
        + [(1, i) for i in rng.sample(range(25), 16)],
        'val': [(0, i) for i in rng.sample(range(9), 4)]
        + [(1, i) for i in rng.sample(range(9), 4)],
    }
    for part, chosen in expected.items():
        assert positions(few_shot_part(split, part, 16, seed=3)) == chosen


def test_the_global_generator_is_neither_read_nor_moved() -> None:
    split = Split(('a',), tuple(make({0: 30})), (), ())
    random.seed(5)
    state = random.getstate()
    first = few_shot_part(split, 'train', 4, seed=1)
    assert random.getstate() == state
    random.seed(6)
    assert few_shot_part(split, 'train', 4, seed=1) == first
    assert few_shot_part(split, 'train', 4, seed=2) != first


def test_a_short_class_is_named() -> None:
    items = make({0: 9, 1: 3})
    with pytest.raises(
        ValueError, match=r"class 'class 1' \(label 1\) has 3 images.*fewer images than shots=4"
    ):
        few_shot_subset(items, 4, random.Random(1))


def test_a_short_class_consumes_no_draw_when_allowed() -> None:
    drawn = positions(few_shot_subset(make({0: 3, 1: 20}), 4, random.Random(1), allow_short=True))
    assert drawn[:3] == [(0, 0), (0, 1), (0, 2)]
    assert [index for _, index in drawn[3:]] == random.Random(1).sample(range(20), 4)


def test_a_short_validation_class_does_not_hinder_training() -> None:
    split = Split(('a',), tuple(make({0: 8})), tuple(make({0: 1}, 'val')), ())
    assert len(few_shot_part(split, 'train', 4, seed=1)) == 4
    with pytest.raises(ValueError, match='1 images in val, fewer'):
        few_shot_part(split, 'val', 4, seed=1)


def test_a_class_too_short_for_training_is_one_of_the_training_list() -> None:
    split = Split(('a',), tuple(make({0: 2})), tuple(make({0: 9}, 'val')), ())
    for part in ('train', 'val'):
        with pytest.raises(ValueError, match='2 images in train, fewer images than shots=4'):
            few_shot_part(split, part, 4, seed=1)
    with pytest.raises(ValueError, match='2 images in train, fewer images than shots=3'):
        few_shot_subset(split.train, 3, random.Random(1))


def test_validation_images_that_are_the_test_images_are_never_sampled() -> None:
    test = tuple(make({0: 9, 1: 7}, 'test'))
    split = Split(('a', 'b'), tuple(make({0: 9, 1: 9})), test, test, val_is_test=True)
    assert few_shot_part(split, 'val', 2, seed=1) == test
    assert len(few_shot_part(split, 'train', 2, seed=1)) == 4


def test_refuses_zero_shots_and_the_test_list() -> None:
    with pytest.raises(ValueError, match='at least 1'):
        few_shot_subset(make({0: 3}), 0, random.Random(1))
    with pytest.raises(ValueError, match="part='test'"):
        few_shot_part(Split(('a',), (), (), ()), 'test', 1, 1)


@pytest.mark.parametrize('seed', [-1, 1.0, None, '1', True])
def test_a_seed_that_names_no_subset_is_refused(seed: object) -> None:
    split = Split(('a',), tuple(make({0: 8})), (), ())
    with pytest.raises(DataError, match=f'seed={seed!r} must be an integer from 0 on'):
        few_shot_part(split, 'train', 1, seed)
    assert len(few_shot_part(split, 'train', 1, 0)) == 1
