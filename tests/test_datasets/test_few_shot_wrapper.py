"""Any MMEngine dataset, few-shot-sampled and class-split by the rules of FewShotDataset."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import own
import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.datasets import BaseDataset

from vamp_mm.datasets import DataError, FewShotDataset, FewShotWrapper
from vamp_mm.registry import DATASETS

PIPELINE = [
    dict(type='LoadRGBImage'), dict(type='mmpretrain.torchvision/RandomResizedCrop', size=8),
    dict(type='mmpretrain.PackInputs')]  # fmt: skip
COUNTS = {
    'train/ant': 5,
    'train/bee': 6,
    'train/cow': 7,
    'test/ant': 3,
    'test/bee': 6,
    'test/cow': 5,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return own.folders(tmp_path, COUNTS)


def _inner(root: Path, part: str, **options) -> dict:
    return dict(
        type='mmpretrain.CustomDataset',
        data_prefix=str(root / part),
        _scope_='vamp_mm',
        pipeline=PIPELINE,
        **options,
    )


def _same(wrapper: FewShotWrapper, dataset: FewShotDataset) -> None:
    for one, other in zip(wrapper.load_data_list(), dataset.load_data_list(), strict=True):
        assert Path(one['img_path']) == Path(other['img_path'])
        assert one['gt_label'] == other['gt_label']
    assert wrapper.metainfo['classes'] == dataset.metainfo['classes']


@pytest.mark.parametrize('class_split', ['all', 'base', 'novel'])
@pytest.mark.parametrize(('shots', 'seed'), [(1, 1), (3, 1), (3, 2), (-1, 1)])
def test_it_draws_the_images_that_few_shot_dataset_draws(
    root: Path, shots: int, seed: int, class_split: str
) -> None:
    with DefaultScope.overwrite_default_scope('vamp_mm'):
        wrapper = DATASETS.build(
            dict(
                type='FewShotWrapper',
                dataset=_inner(root, 'train'),
                shots=shots,
                seed=seed,
                class_split=class_split,
            )
        )
    source = dict(type='ImageFolder', train='train', test='test')
    _same(
        wrapper, FewShotDataset(str(root), source, shots=shots, seed=seed, class_split=class_split)
    )


def test_validation_goes_on_with_the_random_numbers_of_training(root: Path) -> None:
    own.folders(root, {'val/ant': 4, 'val/bee': 3, 'val/cow': 5})
    source = dict(type='ImageFolder', train='train', val='val', test='test')
    dataset = FewShotDataset(str(root), source, split='val', shots=2, seed=3)
    options = dict(split='val', shots=2, seed=3)
    wrapper = FewShotWrapper(_inner(root, 'val'), train_dataset=_inner(root, 'train'), **options)
    _same(wrapper, dataset)
    with pytest.raises(ValueError, match='train_dataset'):
        FewShotWrapper(_inner(root, 'val'), **options)


def test_samples_are_the_same_and_augmentation_follows_the_epoch(root: Path) -> None:
    wrapper = FewShotWrapper(_inner(root, 'train'), shots=2, seed=5, templates='a drawing of a {}.')
    dataset = FewShotDataset(
        str(root),
        dict(type='ImageFolder', train='train', test='test'),
        shots=2,
        seed=5,
        pipeline=PIPELINE,
    )
    for epoch in (0, 1):
        wrapper.set_epoch(epoch)
        dataset.set_epoch(epoch)
        for index in range(6):
            assert torch.equal(wrapper[index]['inputs'], dataset[index]['inputs'])
            assert int(wrapper[index]['data_samples'].gt_label) == index // 2
    assert wrapper.metainfo['templates'] == ('a drawing of a {}.',)
    wrapper.set_epoch(0)
    assert not torch.equal(wrapper[0]['inputs'], dataset[0]['inputs'])


class Arrays(BaseDataset):
    """Images in memory, as CIFAR's; labels as NumPy numbers."""

    METAINFO = {'classes': ('ant', 'bee')}

    def load_data_list(self) -> list[dict]:
        """Ten images."""
        return [
            dict(img=np.full((4, 4, 3), i, np.uint8), gt_label=np.int64(i % 2)) for i in range(10)
        ]


class ManyLabels(Arrays):
    """An image has several labels."""

    def load_data_list(self) -> list[dict]:
        """Two images."""
        return [dict(img=np.zeros((4, 4, 3), np.uint8), gt_label=[0, 1]) for _ in range(2)]


def test_images_in_memory_are_wrapped_too() -> None:
    wrapper = FewShotWrapper(Arrays(ann_file=''), shots=2, class_split='novel')
    assert [wrapper[i]['img'][0, 0, 0] % 2 for i in range(2)] == [1, 1]
    assert wrapper.metainfo['classes'] == ('bee',)


@pytest.mark.parametrize(('dataset', 'options', 'says'), [
    (ManyLabels(ann_file=''), {}, r'2 of 2 samples of ManyLabels have no label .*One class an image'),
    (Arrays(ann_file='', metainfo=dict(classes=())), {}, 'no class names; give it metainfo'),
    (Arrays(ann_file='', metainfo=dict(classes=('ant', 'bee', 'cow'))), {}, '1 classes have no image .*cow'),
    (Arrays(ann_file=''), dict(shots=6), 'fewer images than shots=6'),
    (Arrays(ann_file=''), dict(split='test', shots=1), 'never sampled'),
    (Arrays(ann_file=''), dict(seed=-1), 'seed=-1 must be an integer from 0 to 4294967295'),
    (Arrays(ann_file=''), dict(class_split='new'), "class_split='new' must be one of 'all', 'base', 'novel'"),
])  # fmt: skip
def test_what_cannot_be_sampled_is_explained(
    dataset: BaseDataset, options: dict, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        FewShotWrapper(dataset, **options)


def test_a_dataset_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match=r'object lacks .*get_data_info'):
        FewShotWrapper(object())
    with pytest.raises(ValueError, match=r"dataset=\[1, 2\] must be a dict with the key 'type'"):
        FewShotWrapper([1, 2])
    assert issubclass(DataError, ValueError)
