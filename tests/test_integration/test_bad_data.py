"""Data and weights that are missing or wrong: an error that names them, and nothing lost."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import micro as world
import pytest
from micro_runs import Finished, untouched

from vamp_mm.datasets import DataError


@pytest.fixture
def data(micro: world.Micro, tmp_path: Path) -> Path:
    """A copy of the data that may be damaged."""
    return Path(shutil.copytree(micro.root / 'data', tmp_path / 'data'))


def using(data: Path) -> dict[str, str]:
    """Overrides that train and test on other data."""
    return {f'{part}_dataloader.dataset.data_root': str(data) for part in ('train', 'test')}


def rewrite(data: Path, change: Callable[[str], str]) -> None:
    """Change class names in the split file."""
    file = data / 'split.json'
    lists = json.loads(file.read_text(encoding='utf-8'))
    for items in lists.values():
        for item in items:
            item[2] = change(item[2])
    file.write_text(json.dumps(lists), encoding='utf-8')


def test_missing_data_root(finished: Finished, micro: world.Micro, tmp_path: Path) -> None:
    nowhere = tmp_path / 'nowhere'
    with (
        untouched(finished),
        pytest.raises(FileNotFoundError, match=re.escape(str(nowhere))) as caught,
    ):
        micro.train(finished.work_dir, using(nowhere), resume=True)
    assert 'Draw the images first' in str(caught.value)  # the hint of the config


def test_missing_weight_file(micro: world.Micro, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='no such file .*; put the weights there') as caught:
        micro.train(
            tmp_path / 'run', {'model.backbone.pretrained': str(tmp_path / 'clip.safetensors')}
        )
    assert str(tmp_path / 'clip.safetensors') in str(caught.value)


def test_fewer_images_than_shots(micro: world.Micro, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError,
        match="class 'red ball' .* has 6 images .* shots=7; train with --shots 6, or .*dataset.allow_short=True",
    ):
        micro.train(tmp_path / 'run', {'train_dataloader.dataset.shots': 7})


def test_short_class_is_taken_if_asked(micro: world.Micro, tmp_path: Path) -> None:
    micro.train(
        tmp_path / 'run',
        {
            'train_dataloader.dataset.shots': 7,
            'train_dataloader.dataset.allow_short': True,
            'train_cfg.max_epochs': 1,
        },
    )
    log = next((tmp_path / 'run').glob('*/*.log')).read_text(encoding='utf-8')
    assert 'from 18 un-augmented training images' in log


def test_duplicated_class_names(micro: world.Micro, data: Path, tmp_path: Path) -> None:
    rewrite(data, lambda name: {'tea cup': 'red ball'}.get(name, name))
    with pytest.raises(
        ValueError, match="class name 'red ball' stands for labels 0 and 5; rename one of them"
    ):
        micro.train(tmp_path / 'run', using(data))


def test_empty_class(micro: world.Micro, data: Path, tmp_path: Path) -> None:
    file = data / 'split.json'
    lists = json.loads(file.read_text(encoding='utf-8'))
    lists['train'] = [item for item in lists['train'] if item[1] != 2]
    file.write_text(json.dumps(lists), encoding='utf-8')
    with pytest.raises(ValueError, match=r'no image in train: 2 \(old house\)'):
        micro.train(tmp_path / 'run', using(data))


def test_name_longer_than_the_context(micro: world.Micro, data: Path, tmp_path: Path) -> None:
    long = ' '.join(['very'] * 30) + ' old house'
    rewrite(data, lambda name: {'old house': long}.get(name, name))
    with pytest.raises(
        ValueError, match=r'needs 39 tokens, the text tower takes 32; shorten'
    ) as caught:
        micro.train(tmp_path / 'run', using(data))
    assert long in str(caught.value)


def test_unreadable_image(micro: world.Micro, data: Path, tmp_path: Path) -> None:
    broken = [data / 'images' / '1' / 'train_3.png', data / 'images' / '2' / 'test_0.png']
    broken[0].write_bytes(broken[0].read_bytes()[:400])
    broken[1].write_text('no image at all')
    everything = {**using(data), 'train_dataloader.dataset.shots': -1, 'train_cfg.max_epochs': 1}
    with pytest.raises(DataError, match='dataset.unreadable=skip') as caught:
        micro.train(tmp_path / 'run', everything)
    for file in ('1/train_3.png', '2/test_0.png'):
        assert file in str(caught.value)
    skipping = {f'{part}_dataloader.dataset.unreadable': 'skip' for part in ('train', 'test')}
    micro.train(tmp_path / 'skipping', {**everything, **skipping})
    log = next((tmp_path / 'skipping').glob('*/*.log')).read_text(encoding='utf-8')
    for count, file, split in ((18, broken[0], 'train'), (12, broken[1], 'test')):
        assert f'left out 1 unreadable of {count} images of the {split} split: {file}' in log
    assert "Testing split 'base': 11 images" in log
