"""What is wrong with the data shows before weights are loaded."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from mmengine.config import Config

from vamp_mm import apis
from vamp_mm.datasets import DataError
from vamp_mm.runs.data_check import check_lists, say_doubts

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs' / 'vamp' / 'vamp_mmrl_vit-b16_caltech101.py'


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Building a model fails."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError('weights were loaded')

    monkeypatch.setattr('vamp_mm.models.backbones.prompted_clip.load_clip', refuse)


def _split(folder: Path, images: int) -> Path:
    lists = {
        part: [
            [f'{part}{label}{i}.png', label, name]
            for label, name in enumerate(('cat', 'dog', 'owl', 'fox'))
            for i in range(images)
        ]
        for part in ('train', 'val', 'test')
    }
    folder.mkdir(parents=True, exist_ok=True)
    for path, *_ in (item for items in lists.values() for item in items):
        (folder / path).touch()
    (folder / 'split.json').write_text(json.dumps(lists), encoding='utf-8')
    return folder / 'split.json'


@pytest.mark.usefixtures('no_weights')
def test_a_missing_dataset_is_told_before_the_weights(tmp_path: Path) -> None:
    cfg = apis.compose(
        CONFIG, dataset='dtd', data_root=str(tmp_path), work_dir=str(tmp_path / 'run')
    )
    with pytest.raises(FileNotFoundError, match='data root .*dtd does not exist'):
        apis.train(cfg)
    cfg = apis.compose(
        CONFIG, dataset='dtd', data_root=str(tmp_path), work_dir=str(tmp_path / 'run')
    )
    with pytest.raises(FileNotFoundError, match='data root .*dtd does not exist'):
        apis.test(cfg, None)


@pytest.mark.usefixtures('no_weights')
def test_too_many_shots_are_told_before_the_weights(tmp_path: Path) -> None:
    cfg = apis.compose(
        CONFIG, dataset=str(_split(tmp_path / 'data', 3)), shots=4, work_dir=str(tmp_path / 'run')
    )
    with pytest.raises(DataError, match='fewer images than shots=4'):
        apis.train(cfg)


def test_targets_of_the_test_are_looked_at(tmp_path: Path) -> None:
    own = str(_split(tmp_path / 'data', 4))
    cfg = apis.compose(
        CONFIG,
        dataset=own,
        shots=2,
        protocol='cross-dataset',
        targets=['source', 'eurosat'],
        data_root=str(tmp_path),
    )
    with pytest.raises(FileNotFoundError, match='eurosat does not exist'):
        check_lists(cfg)
    check_lists(apis.compose(CONFIG, dataset=own, shots=2))


def test_a_test_warns_of_tables_that_are_not_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for index in range(8):
        file = tmp_path / 'birds' / 'test' / ('cat' if index < 4 else 'dog') / f'bird_{index}.png'
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / 'birds' / 'boxes.csv').write_text(
        'file,x\n' + ''.join(f'bird_{index}.png,{index}\n' for index in range(8))
    )
    dataset = dict(
        type='FewShotDataset',
        data_root=str(tmp_path / 'birds'),
        split='test',
        source=dict(type='ImageFolder', test='test'),
    )
    cfg = Config(dict(test_dataloader=dict(dataset=dataset)))
    with caplog.at_level(logging.INFO):
        say_doubts(cfg, logging.getLogger('doubts'))
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == (
        'WARNING',
        (
            "not read: boxes.csv (has no column for the class. Columns found: ['file', 'x']; it names these images); the lists come "
            'from the class folders'
        ),
    )
