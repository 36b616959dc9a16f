"""The hash of a run changes with what decides its numbers, and with nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vamp_mm.apis import compose
from vamp_mm.config.identity import config_hash, describe, method_of, trains
from vamp_mm.evaluation.protocol_guess import protocol_of_splits

CONFIGS = Path(__file__).parents[2] / 'configs'
MMRL = CONFIGS / 'mmrl/mmrl_vit-b16_caltech101.py'


def _hash(**options: Any) -> str:
    return config_hash(compose(MMRL, **options))


@pytest.mark.parametrize('options', [
    dict(work_dir='elsewhere'),
    dict(data_root='/big/disk'),
    dict(launcher='pytorch'),
    dict(overrides={'train_dataloader.num_workers': 7, 'train_dataloader.persistent_workers': False}),
    dict(overrides={'default_hooks.logger.interval': 1, 'default_hooks.checkpoint.max_keep_ckpts': 1}),
    dict(overrides={'log_level': 'ERROR', 'env_cfg.mp_cfg.opencv_num_threads': 1}),
])  # fmt: skip
def test_places_workers_and_logs_do_not_count(options: dict) -> None:
    assert _hash(**options) == _hash()


@pytest.mark.parametrize('options', [
    dict(seed=2), dict(shots=8), dict(amp=True), dict(dataset='dtd'), dict(protocol='few-shot'), dict(template=['a {}.']),
    dict(overrides={'model.head.consistency': 0.6}),
    dict(overrides={'optim_wrapper.optimizer.lr': 1e-4}),
    dict(overrides={'train_cfg.max_epochs': 3}),
    dict(overrides={'model.backbone.pretrained': 'laion400m_e32'}),
])  # fmt: skip
def test_everything_else_counts(options: dict) -> None:
    assert _hash(**options) != _hash()


def test_weights_may_move_but_not_change() -> None:
    first, moved, other = (
        _hash(overrides={'model.backbone.pretrained': path})
        for path in ('/a/ViT.pt', '/b/ViT.pt', '/a/other.pt')
    )
    assert first == moved != other


def test_weights_of_one_name_are_told_apart_by_their_content(tmp_path: Path) -> None:
    found = {}
    for folder, content in (('openai', b'1' * 9), ('moved', b'1' * 9), ('laion', b'2' * 9)):
        file = tmp_path / folder / 'open_clip_model.safetensors'
        file.parent.mkdir()
        file.write_bytes(content)
        found[folder] = _hash(overrides={'model.backbone.pretrained': str(file)})
    assert found['openai'] == found['moved'] != found['laion']


def test_the_named_origin_of_weights_counts_and_their_place_does_not(tmp_path: Path) -> None:
    files = [tmp_path / folder / 'ViT.pt' for folder in 'ab']
    for file in files:
        file.parent.mkdir()
        file.write_bytes(b'1' * 9)
    first, moved, other, bare = (
        _hash(overrides={'model.backbone.pretrained': value})
        for value in (
            f'openai@{files[0]}',
            f'openai@{files[1]}',
            f'laion2b_s34b_b88k@{files[0]}',
            str(files[0]),
        )
    )
    assert first == moved
    assert len({first, other, bare}) == 3


def test_the_weights_in_the_folder_of_an_architecture_count(tmp_path: Path) -> None:
    found = {}
    for name, content in (('a', b'1'), ('b', b'1'), ('c', b'2')):
        folder = tmp_path / name
        folder.mkdir()
        (folder / 'open_clip_config.json').write_text('{}')
        (folder / 'open_clip_model.safetensors').write_bytes(content)
        found[name] = _hash(
            overrides={
                'model.backbone.arch': f'local-dir:{folder}',
                'model.backbone.pretrained': None,
            }
        )
    assert found['a'] == found['b'] != found['c']


def test_config_file_may_move(tmp_path: Path) -> None:
    copy = tmp_path / 'mine.py'
    copy.write_text(f"_base_ = ['{MMRL}']\n")
    assert config_hash(compose(copy)) == _hash()


def test_words_of_a_run() -> None:
    cfg = compose(MMRL, dataset='dtd', protocol='few-shot', shots=4, seed=2)
    assert describe(cfg) == dict(method='mmrl', dataset='dtd', protocol='few-shot', shots=4, seed=2)
    clip = describe(compose(CONFIGS / 'clip/clip_vit-b16_caltech101.py', seed=3))
    assert clip == dict(
        method='clip', dataset='caltech101', protocol='base-to-novel', shots=None, seed=None
    )
    cfg = compose(MMRL, dataset='imagenet', protocol='domain-generalization')
    assert protocol_of_splits(cfg.test_cfg) == 'domain-generalization'
    assert (
        protocol_of_splits(compose(MMRL, dataset='imagenet', protocol='cross-dataset').test_cfg)
        == 'cross-dataset'
    )
    assert protocol_of_splits(dict(type='TestLoop')) is None
    names = {
        'vamp_mmrl_icons.py': 'vamp_mmrl',
        'coop_rn50_caltech101.py': 'coop',
        'mine.py': 'mine',
    }
    assert {name: method_of(name) for name in names} == names


def test_a_config_trains_unless_no_part_of_it_learns() -> None:
    zero_shot = CONFIGS / 'clip/clip_vit-b16_caltech101.py'
    assert trains(compose(MMRL))
    assert not trains(compose(zero_shot))
    # a head that learns by losses of its own, on prompts that learn nothing
    cfg = compose(zero_shot)
    cfg.model.head = dict(type='PromptClsHead', readout=dict(type='TokenReadout'))
    assert trains(cfg)
    # a prompter that learns is asked for losses when it trains, and not tested without training
    cfg = compose(CONFIGS / 'coop/coop_icons.py')
    cfg.model.head.losses = []
    assert trains(cfg)
    cfg.train_dataloader = None
    assert not trains(cfg)
