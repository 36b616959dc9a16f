"""Base and novel halves of the classes, data of one class, and parts without images."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock, patch

import pytest
from mmengine.logging import MMLogger

from vamp_mm.datasets import DataError, FewShotDataset, Item, class_range, class_split
from vamp_mm.datasets.class_splits import base_classes, check_choice


def test_halves_an_odd_number_of_classes_and_renumbers() -> None:
    items = [Item(f'{label}', label, 'abcdefg'[label]) for label in (3, 6, 0, 4, 2, 5, 1)]
    base, novel = class_split(items, 'base', 7), class_split(items, 'novel', 7)
    assert [(item.path, item.label) for item in base] == [('3', 3), ('0', 0), ('2', 2), ('1', 1)]
    assert [(item.path, item.label) for item in novel] == [('6', 2), ('4', 0), ('5', 1)]
    assert class_split(items, 'all', 7) == tuple(items)


def test_the_halves_follow_the_dataset_not_the_labels_present() -> None:
    # a validation list without class 0 must be cut at the same place
    assert class_split([Item('x', 2, 'c')], 'base', 4) == ()


@pytest.mark.parametrize(
    ('classes', 'base', 'novel'),
    [(2, range(1), range(1, 2)), (3, range(2), range(2, 3)), (4, range(2), range(2, 4))],
)
def test_two_classes_are_enough_for_halves(classes: int, base: range, novel: range) -> None:
    assert class_range('base', classes) == base
    assert class_range('novel', classes) == novel
    assert class_range('all', classes) == range(classes)


@pytest.mark.parametrize(
    ('which', 'classes', 'message'), [('new', 4, 'is unknown'), ('base', 1, 'only 1')]
)
def test_refuses_bad_halves(which: str, classes: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        class_split([], which, classes)


@pytest.mark.parametrize(
    ('which', 'classes', 'count'),
    [('all', 1, 1), ('all', 2, 1), ('base', 5, 3), ('all', 5, 3), ('novel', 5, 0)],
)
def test_how_many_leading_classes_are_base_classes(which: str, classes: int, count: int) -> None:
    assert base_classes(which, classes) == count


@pytest.fixture
def warnings() -> Iterator[Mock]:
    """What the log says as a warning."""
    with patch.object(MMLogger.get_current_instance(), 'warning') as said:
        yield said


@pytest.mark.parametrize('which', ['all', 'base'])
def test_one_class_is_not_trained_on(which: str, warnings: Mock) -> None:
    with pytest.raises(DataError, match=rf"'cat' \(class_split='{which}'\).*nothing is learnt"):
        check_choice(['cat'], 'train', which)
    warnings.assert_not_called()


@pytest.mark.parametrize(
    ('split', 'which'), [('test', 'all'), ('val', 'base'), ('train', 'novel'), ('test', 'novel')]
)
def test_a_test_on_one_class_is_said_to_mean_nothing(
    split: str, which: str, warnings: Mock
) -> None:
    check_choice(['cat'], split, which)
    warnings.assert_called_once()
    assert f'an accuracy of 100 on the {split} images means nothing' in warnings.call_args.args[0]


@pytest.mark.parametrize('split', ['train', 'val', 'test'])
def test_two_classes_say_nothing(split: str, warnings: Mock) -> None:
    check_choice(['cat', 'dog'], split, 'all')
    warnings.assert_not_called()


def test_a_part_without_images_is_named(arguments: dict, data_root: Path) -> None:
    file = data_root / 'split.json'
    file.write_text(json.dumps(json.loads(file.read_text()) | dict(val=[])))
    message = r"there are no val images .*\(SplitFile\); it has \['train', 'test'\]"
    with pytest.raises(DataError, match=message):
        FewShotDataset(**arguments, split='val')
