"""The dataset: what it holds, what it refuses, and that augmentation depends on (seed, epoch,
index) alone."""

from __future__ import annotations

import pickle
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.dataset import DefaultSampler, pseudo_collate
from torch.utils.data import DataLoader

from vamp_mm.datasets import FewShotDataset, ProtocolBatchSampler
from vamp_mm.datasets.seeding import sample_seed
from vamp_mm.registry import DATASETS


def test_holds_the_split_its_labels_and_its_names(arguments: dict) -> None:
    data = DATASETS.build(
        dict(type='FewShotDataset', split='test', class_split='base', **arguments)
    )
    assert data.metainfo == dict(
        classes=('red_ball', 'tree'),
        templates=('a photo of a {}.',),
        class_split='base',
        split='test',
        dataset_name='noise',
        homonyms=(),
        base_classes=2,
    )
    assert [info['gt_label'] for info in (data.get_data_info(i) for i in range(len(data)))] == [
        0,
        0,
        1,
        1,
    ]
    sample = data[3]
    assert sample['inputs'].shape == (3, 16, 16)
    assert sample['data_samples'].gt_label.tolist() == [1]
    assert sample['data_samples'].sample_idx == 3
    assert sample['data_samples'].img_path.endswith('images/1/test_1.png')
    novel = FewShotDataset(split='test', class_split='novel', **arguments)
    assert (novel.test_mode, FewShotDataset(**arguments).test_mode) == (True, False)
    assert novel.metainfo['classes'] == ('old house',)
    assert [novel.get_data_info(i)['gt_label'] for i in range(len(novel))] == [0, 0]


def test_its_description_names_the_subset(arguments: dict) -> None:
    said = repr(FewShotDataset(shots=2, seed=3, class_split='base', **arguments))
    assert 'Split: \ttrain, classes base, shots 2, seed 3' in said
    assert 'Number of categories: \t2' in said


def test_samples_before_it_splits_the_classes(arguments: dict) -> None:
    def paths(**more: object) -> list[str]:
        data = FewShotDataset(**{**arguments, **more})
        return [data.get_data_info(i)['img_path'] for i in range(len(data))]

    everything = paths(shots=2, seed=2)
    base, novel = (
        paths(shots=2, seed=2, class_split='base'),
        paths(shots=2, seed=2, class_split='novel'),
    )
    assert len(everything) == 6
    assert len(paths(shots=1)) == 3
    assert base == [path for path in everything if '/2/' not in path]
    assert novel == [path for path in everything if '/2/' in path]
    assert paths(shots=2, seed=1) != everything
    assert len(paths(shots=5, split='val', allow_short=True)) == 9
    assert len(paths()) == 15


def test_metainfo_is_there_before_the_images(arguments: dict, data_root: Path) -> None:
    for file in (data_root / 'images').rglob('*.png'):
        file.unlink()
    data = FewShotDataset(lazy_init=True, **arguments)
    assert data.metainfo['classes'] == ('red_ball', 'tree', 'old house')
    assert (data.image_cache, data.skipped) == (None, ())
    data.set_epoch(1)  # an epoch may be told before the images are looked for
    with pytest.raises(FileNotFoundError, match='15 of 15 images') as caught:
        data.full_init()
    assert '... and 5 more' in str(caught.value)
    assert 'docs/tutorials/README.md' in str(caught.value)


def test_metainfo_is_not_taken_for_file_names(
    arguments: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # MMEngine reads a file called like a string in metainfo, and warns where there is none
    (tmp_path / 'base').write_text('surprise')
    monkeypatch.chdir(tmp_path)
    assert FewShotDataset(class_split='base', **arguments).metainfo['class_split'] == 'base'


def test_says_what_to_do_where_data_are_missing(arguments: dict, data_root: Path) -> None:
    source = dict(type='SplitFile', file='none.json', hint='Build it so')
    with pytest.raises(
        FileNotFoundError, match='split file .*none.json does not exist. Build it so'
    ):
        FewShotDataset(**{**arguments, 'source': source})
    with pytest.raises(FileNotFoundError, match='data root .*nowhere does not exist'):
        FewShotDataset(**{**arguments, 'data_root': str(data_root / 'nowhere')})


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        (dict(split='valid'), "split='valid' must be one of 'train', 'val', 'test'"),
        (dict(class_split='new'), "class_split='new' must be one of 'all', 'base', 'novel'"),
        (dict(unreadable='ignore'), "unreadable='ignore' must be one of 'error', 'skip'"),
        (dict(shots=0), 'shots=0 must be an integer of at least 1 or -1'),
        (dict(shots=True), 'shots=True must be'),
        (dict(seed=-1), 'seed=-1 must be an integer from 0 to 4294967295'),
        (dict(seed=None), 'seed=None must be'),
        (dict(augment_seed=True), 'augment_seed=True must be'),
        (dict(shots=4, split='test'), 'the test split is never sampled'),
        (dict(shots=16), 'fewer images than shots=16'),
        (dict(templates='a photo.'), r"must hold exactly one '\{\}'"),
    ],
)
def test_refuses_wrong_arguments(arguments: dict, wrong: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FewShotDataset(**{**arguments, **wrong})


def test_refuses_unknown_arguments(arguments: dict) -> None:
    with pytest.raises(TypeError, match='shotz'):
        FewShotDataset(shotz=4, **arguments)


def test_an_unreadable_image_raises_when_loaded_or_is_left_out_if_asked(
    arguments: dict, data_root: Path
) -> None:
    broken = data_root / 'images' / '0' / 'train_1.png'
    broken.write_bytes(b'no image')
    data = FewShotDataset(**arguments)
    index = next(i for i in range(len(data)) if data.get_data_info(i)['img_path'] == str(broken))
    with pytest.raises(OSError, match=str(broken)):
        data[index]
    data = FewShotDataset(unreadable='skip', **arguments)
    assert len(data) == 14
    assert data.skipped == (str(broken),)
    assert [data[i]['data_samples'].gt_label.item() for i in range(14)] == [2] * 5 + [0] * 4 + [
        1
    ] * 5


def test_a_class_that_loses_all_images_is_an_error(arguments: dict, data_root: Path) -> None:
    for file in (data_root / 'images' / '1').glob('train_*.png'):
        file.write_bytes(b'no image')
    with pytest.raises(ValueError, match='1 classes have no image.*tree'):
        FewShotDataset(unreadable='skip', **arguments)


def test_an_image_is_never_replaced_by_another(arguments: dict) -> None:
    data = FewShotDataset(**{**arguments, 'pipeline': [lambda results: None]})
    with pytest.raises(ValueError, match=r'returned None for .*2/train_0\.png'):
        data[0]


def images_of(loader: DataLoader) -> dict[int, torch.Tensor]:
    return {
        sample.sample_idx: image
        for batch in loader
        for image, sample in zip(batch['inputs'], batch['data_samples'], strict=True)
    }


def test_augmentation_depends_on_seed_epoch_and_index_alone(arguments: dict) -> None:
    data = FewShotDataset(**arguments)

    def epoch(
        number: int, order: list[int], loader: DataLoader | None = None
    ) -> dict[int, torch.Tensor]:
        data.set_epoch(number)
        torch.manual_seed(len(order) + number)  # must not matter
        return images_of(
            loader or DataLoader(data, batch_size=2, sampler=order, collate_fn=pseudo_collate)
        )

    first = epoch(0, list(range(15)))
    workers = DataLoader(
        data,
        batch_size=4,
        sampler=list(range(14, -1, -1)),
        num_workers=2,
        persistent_workers=True,
        collate_fn=pseudo_collate,
    )
    for number in (0, 1, 0):  # the workers outlive the epochs
        expected, got = epoch(number, list(range(15))), epoch(number, [], workers)
        assert all(torch.equal(expected[i], got[i]) for i in range(15))
    second = epoch(1, list(range(15)))
    assert sum(torch.equal(first[i], second[i]) for i in range(15)) == 0
    other = FewShotDataset(augment_seed=2, **arguments)
    assert sum(torch.equal(first[i], other[i]['inputs']) for i in range(15)) == 0
    half = epoch(0, [3, 9])  # another process with a share of the images
    assert torch.equal(half[3], first[3])
    assert torch.equal(half[9], first[9])
    assert torch.equal(data[-1]['inputs'], epoch(0, [14])[14])


def test_the_global_generators_are_left_alone(arguments: dict) -> None:
    data = FewShotDataset(**arguments)
    torch.manual_seed(0), np.random.seed(0), random.seed(0)  # noqa: NPY002
    expected = torch.rand(3), np.random.rand(3), random.random()  # noqa: NPY002
    torch.manual_seed(0), np.random.seed(0), random.seed(0)  # noqa: NPY002
    data[0]
    assert torch.equal(torch.rand(3), expected[0])
    np.testing.assert_array_equal(np.random.rand(3), expected[1])  # noqa: NPY002
    assert random.random() == expected[2]


def test_sample_seeds_do_not_collide() -> None:
    seeds = {sample_seed(s, e, i) for s in range(3) for e in range(20) for i in range(200)}
    assert len(seeds) == 3 * 20 * 200
    assert (
        sample_seed(1, 2, 3) == 4192231477761290773
    )  # pinned: resumed runs must see the same images


def test_a_copy_for_another_process_works(arguments: dict) -> None:
    data = FewShotDataset(**arguments)
    data.set_epoch(3)
    twin = pickle.loads(pickle.dumps(data))
    assert twin.epoch == 3
    assert torch.equal(twin[4]['inputs'], data[4]['inputs'])
    with pytest.raises(ValueError, match='epoch=-1'):
        data.set_epoch(-1)


@pytest.mark.parametrize(
    ('batch_size', 'sizes'), [(4, [4, 4, 4]), (5, [5, 5, 5]), (15, [15]), (16, [15])]
)
def test_an_incomplete_batch_is_dropped_unless_it_is_all_there_is(
    arguments: dict, batch_size: int, sizes: list[int]
) -> None:
    data = FewShotDataset(**arguments)
    sampler = ProtocolBatchSampler(DefaultSampler(data, shuffle=True, seed=0), batch_size)
    assert [len(batch) for batch in sampler] == sizes
    assert len(sampler) == len(sizes)


def test_an_empty_set_makes_no_batches() -> None:
    with pytest.raises(ValueError, match='empty'):
        ProtocolBatchSampler(DefaultSampler([], shuffle=False, seed=0), 4)
