"""Decoded images in memory: the same pixels, shared by loading processes, bounded."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader

from vamp_mm.datasets import DataError, FewShotDataset, ImageCache, read_rgb

#: One image of the conftest: 37 x 53 pixels, 3 bytes each.
IMAGE_MB = 37 * 53 * 3 / 2**20


def read_in_a_process(cache: ImageCache, paths: list[str]) -> None:
    process = multiprocessing.get_context('fork').Process(
        target=lambda: [cache.read(path) for path in paths]
    )
    process.start()
    process.join()
    assert process.exitcode == 0


@pytest.fixture
def files(data_root: Path) -> list[str]:
    return [str(path) for path in sorted((data_root / 'images').rglob('*.png'))]


def epochs(
    arguments: dict, cache_mb: float, workers: int = 0, count: int = 2
) -> tuple[list[torch.Tensor], FewShotDataset]:
    """The batches of some epochs, and the dataset that gave them."""
    dataset = FewShotDataset(**arguments, shots=4, cache_mb=cache_mb)
    loader = DataLoader(
        dataset,
        batch_size=4,
        num_workers=workers,
        persistent_workers=workers > 0,
        collate_fn=pseudo_collate,
    )
    batches = []
    for epoch in range(count):
        dataset.set_epoch(epoch)
        batches += [torch.stack(batch['inputs']) for batch in loader]
    return batches, dataset


def test_reads_what_the_file_holds_and_decodes_it_once(files: list[str]) -> None:
    cache = ImageCache(files, 10)
    for _ in range(3):
        for file in files:
            np.testing.assert_array_equal(np.asarray(cache.read(file)), np.asarray(read_rgb(file)))
    state = cache.state()
    assert (state.images, state.kept, state.left_out) == (len(files), len(files), 0)
    assert (state.decoded, state.hits) == (len(files), 2 * len(files))
    assert state.used_mb == pytest.approx(len(files) * IMAGE_MB)


def test_an_image_may_be_changed(files: list[str]) -> None:
    cache = ImageCache(files, 10)
    for _ in range(2):
        cache.read(files[0]).paste((0, 0, 0), (0, 0, 53, 37))
    np.testing.assert_array_equal(np.asarray(cache.read(files[0])), np.asarray(read_rgb(files[0])))


def test_never_takes_more_than_its_budget(files: list[str]) -> None:
    cache = ImageCache(files, 2.5 * IMAGE_MB)
    for _ in range(2):
        for file in files:
            np.testing.assert_array_equal(np.asarray(cache.read(file)), np.asarray(read_rgb(file)))
    state = cache.state()
    assert (state.kept, state.left_out) == (2, len(files) - 2)
    assert (state.hits, state.decoded) == (2, 2 * len(files) - 2)


def test_forked_processes_share_it(files: list[str]) -> None:
    cache = ImageCache(files, 10)
    read_in_a_process(cache, files)
    assert cache.state().kept == len(files)  # what the other process decoded
    read_in_a_process(cache, files)
    state = cache.state()
    assert (state.decoded, state.hits) == (len(files), len(files))
    np.testing.assert_array_equal(np.asarray(cache.read(files[3])), np.asarray(read_rgb(files[3])))


def test_copies_are_the_cache_and_a_spawned_one_starts_empty(files: list[str]) -> None:
    cache = ImageCache(files, 10)
    cache.read(files[0])
    assert copy.copy(cache) is cache
    assert copy.deepcopy(dict(image_cache=cache))['image_cache'] is cache
    other = pickle.loads(pickle.dumps(cache))
    assert (other.state().kept, other.state().images, other.budget_mb) == (0, len(files), 10)


def test_errors_are_those_of_the_reader_each_time(tmp_path: Path) -> None:
    bad = tmp_path / 'bad.png'
    bad.write_text('no image')
    cache = ImageCache([str(bad)], 1)
    for _ in range(2):
        with pytest.raises(OSError, match='cannot read image'):
            cache.read(str(bad))
    assert cache.state().kept == 0
    with pytest.raises(ValueError, match='budget_mb'):
        ImageCache([], 0)


@pytest.mark.parametrize('workers', [0, 2])
def test_training_batches_are_bit_identical(arguments: dict, workers: int) -> None:
    plain, without = epochs(arguments, cache_mb=0)
    kept, dataset = epochs(arguments, cache_mb=10, workers=workers)
    assert without.image_cache is None
    assert len(plain) == len(kept) == 6
    assert all(torch.equal(a, b) for a, b in zip(plain, kept))
    assert not torch.equal(plain[0], plain[3])  # augmentation is on, so equality says something
    state = dataset.image_cache.state()  # filled by the loading processes, seen here
    assert state.kept == 12
    assert state.hits + state.decoded == 24
    assert state.decoded < 24


def test_on_for_small_few_shot_sets_only(arguments: dict) -> None:
    assert FewShotDataset(**arguments, shots=2).image_cache.budget_mb == 512
    assert FewShotDataset(**arguments, shots=2, cache_mb=0).image_cache is None
    assert FewShotDataset(**arguments).image_cache is None
    assert FewShotDataset(**arguments, split='test').image_cache is None
    assert FewShotDataset(**arguments, split='val', shots=2).image_cache is None
    assert FewShotDataset(**arguments, split='test', cache_mb=3).image_cache.budget_mb == 3
    for wrong in (-1, float('inf'), float('nan'), '5', True):
        with pytest.raises(ValueError, match=f'cache_mb={wrong!r} must be a number of at least 0'):
            FewShotDataset(**arguments, cache_mb=wrong)
    with pytest.raises(DataError, match='the system does not give so many MiB'):
        FewShotDataset(**arguments, cache_mb=1e13)


@pytest.mark.parametrize(('most', 'kept'), [(6, True), (5, False)])
def test_off_for_few_shot_sets_of_many_images(
    arguments: dict, monkeypatch: pytest.MonkeyPatch, most: int, kept: bool
) -> None:
    monkeypatch.setattr('vamp_mm.datasets.few_shot._FEW_IMAGES', most)
    dataset = FewShotDataset(**arguments, shots=2)  # three classes: 6 images
    assert (dataset.image_cache is not None) == kept


def test_not_made_where_nothing_asks_it(arguments: dict) -> None:
    pipeline = [dict(type='mmpretrain.LoadImageFromFile'), dict(type='mmpretrain.PackInputs')]
    assert FewShotDataset(**{**arguments, 'pipeline': pipeline}, shots=2).image_cache is None


def test_skipping_unreadable_images_fills_it(
    arguments: dict, data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    logger = SimpleNamespace(get_current_instance=lambda: SimpleNamespace(warning=said.append))
    monkeypatch.setattr('vamp_mm.datasets.few_shot.MMLogger', logger)
    FewShotDataset(**arguments, unreadable='skip')
    assert said == []
    (data_root / 'images/1/train_0.png').write_text('no image')
    dataset = FewShotDataset(**arguments, unreadable='skip', cache_mb=10)
    assert len(dataset.skipped) == 1
    assert len(said) == 1
    assert said[0].startswith('left out 1 unreadable of 15 images of the train split: ')
    assert dataset.image_cache.state().kept == len(dataset) == 14


def test_says_what_it_keeps_once(arguments: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    logger = SimpleNamespace(get_current_instance=lambda: SimpleNamespace(info=said.append))
    monkeypatch.setattr('vamp_mm.datasets.image_cache.MMLogger', logger)
    epochs(arguments, cache_mb=10, count=4)
    assert len(said) == 1
    assert '12 of 12 images kept' in said[0]
    epochs(arguments, cache_mb=2.5 * IMAGE_MB, count=3)
    assert '10 did not fit' in said[1]
