"""A test on the data of the training is told from one on another division, or with other prompts, of the same data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mmengine.config import Config
from PIL import Image

from vamp_mm.datasets.sources import build_source
from vamp_mm.prediction.checkpoint import Checkpoint
from vamp_mm.prediction.training_data import doubts_about_classes, doubts_about_data

SOURCE = dict(type='ImageFolder', undivided='.')
PROMPTS = ('a photo of a {}.',)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ('ant', 'bee'):
        (tmp_path / 'own' / name).mkdir(parents=True)
        for number in range(20):
            Image.new('RGB', (8, 8), (number, 0, 0)).save(tmp_path / 'own' / name / f'{number}.png')
    return tmp_path / 'own'


def _stored(run: Path, root: Path, templates: tuple[str, ...] = PROMPTS, **record) -> Checkpoint:
    run.mkdir(exist_ok=True)
    (run / 'data_split.json').write_text(json.dumps(record))
    text = f"train_dataloader = dict(dataset=dict(data_root={str(root)!r}, source=dict(type='ImageFolder')))"
    meta = {'cfg_text': text, 'dataset_meta': {'classes': ('ant', 'bee'), 'templates': templates}}
    return Checkpoint(str(run / 'epoch_1.pth'), {}, meta)


def _cfg(root: Path, split: str = 'test') -> Config:
    dataset = dict(type='FewShotDataset', data_root=str(root), source=SOURCE, split=split)
    return Config(dict(test_dataloader=dict(dataset=dataset)))


def test_another_division_is_told(folder: Path, tmp_path: Path) -> None:
    split = build_source(SOURCE).read(str(folder))
    train = [[item.path, item.label, 'x'] for item in split.train]
    tested = split.test[0].path
    run = tmp_path / 'run'
    assert doubts_about_data(_cfg(folder), _stored(run, folder, train=train), PROMPTS) == []
    changed = _stored(run, folder, train=[*train, [tested, 0, 'ant']])
    (doubt,) = doubts_about_data(_cfg(folder), changed, PROMPTS)
    assert doubt.startswith(
        f'1 of the test images were trained on ({tested}): the folder has changed'
    )
    assert f'copy {run / "data_split.json"} into {folder} and give the copy as --dataset' in doubt
    # asked for, and warned of elsewhere
    assert doubts_about_data(_cfg(folder, 'train'), changed, PROMPTS) == []


def test_other_prompts_on_the_same_data_are_told(folder: Path, tmp_path: Path) -> None:
    stored = _stored(tmp_path / 'run', folder, ('a drawing of a {}.',), train=[])
    (doubt,) = doubts_about_data(_cfg(folder), stored, PROMPTS)
    assert doubt.startswith(
        "trained with the prompts 'a drawing of a {}.' and tested with 'a photo of a {}.' on the same data"
    )


def test_other_data_and_files_that_tell_nothing_raise_no_doubt(
    folder: Path, tmp_path: Path
) -> None:
    run = tmp_path / 'run'
    elsewhere = _stored(run, tmp_path, ('x {}',), train=[['ant/0.png', 0, 'ant']])
    assert doubts_about_data(_cfg(folder), elsewhere, PROMPTS) == []
    stored = _stored(run, folder)
    (run / 'data_split.json').write_text('{"train": [')
    assert doubts_about_data(_cfg(folder), stored, PROMPTS) == []
    (run / 'data_split.json').unlink()
    assert doubts_about_data(_cfg(folder), stored, PROMPTS) == []
    bare = Checkpoint(str(run / 'epoch_1.pth'), {}, {})
    assert doubts_about_data(_cfg(folder), bare, PROMPTS) == []


def test_classes_that_were_not_trained_on_are_not_seen(folder: Path, tmp_path: Path) -> None:
    cfg = _cfg(folder)
    cfg.test_cfg = dict(splits=dict(all=dict(seen=True), novel=dict(seen=False)))
    stored = _stored(tmp_path / 'run', tmp_path)
    assert doubts_about_classes(cfg, stored) == []
    stored.meta['dataset_meta']['classes'] = ('Ant', 'cow')
    (doubt,) = doubts_about_classes(cfg, stored)
    assert doubt.startswith(
        "test_cfg.splits.all has seen=True, and 1 of its 2 classes were not trained on ('bee')"
    )
