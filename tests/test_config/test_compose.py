"""Command-line options reach the places that read them, and refuse to miss."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from vamp_mm.apis import ConfigError, check_config, compose
from vamp_mm.datasets import DataError

ROOT = Path(__file__).parents[2]
VAMP = ROOT / 'configs' / 'vamp' / 'vamp_mmrl_icons.py'


def _torch(gpu: bool) -> SimpleNamespace:
    """What compose asks of torch, on a machine with or without a GPU."""
    return SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: gpu))


def test_without_options_only_the_work_dir_is_added() -> None:
    cfg = compose(VAMP)
    assert cfg.work_dir == str(Path('work_dirs') / 'vamp_mmrl_icons')
    assert cfg.train_dataloader.dataset.shots == 16
    assert check_config(cfg) == []


def test_shots_and_seed_reach_data_and_run() -> None:
    cfg = compose(VAMP, shots=4, seed=7)
    assert cfg.train_dataloader.dataset.shots == 4
    assert cfg.train_dataloader.dataset.seed == 7
    assert cfg.randomness.seed == 7
    assert 'shots' not in cfg.test_dataloader.dataset
    assert cfg.work_dir.endswith('vamp_mmrl_icons_4shots_seed7')
    assert check_config(cfg) == []


def test_overrides_come_last() -> None:
    cfg = compose(VAMP, seed=7, overrides={'train_dataloader.dataset.seed': 2}, work_dir='here')
    assert cfg.randomness.seed == 7
    assert cfg.train_dataloader.dataset.seed == 2
    assert cfg.work_dir == 'here'


def test_amp_on_a_cpu_is_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules['vamp_mm.config.run_options'], 'torch', _torch(gpu=False))
    cfg = compose(VAMP, amp=True)
    assert cfg.optim_wrapper.type == 'AutocastOptimWrapper'
    assert cfg.optim_wrapper.dtype == 'bfloat16'
    assert check_config(cfg) == []


def test_amp_on_a_gpu_scales_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules['vamp_mm.config.run_options'], 'torch', _torch(gpu=True))
    cfg = compose(VAMP, amp=True)
    assert cfg.optim_wrapper.type == 'AmpOptimWrapper'
    assert cfg.optim_wrapper.loss_scale == 'dynamic'
    assert check_config(cfg) == []


def test_dataset_swap_takes_the_data_and_keeps_the_experiment() -> None:
    cfg = compose(VAMP, dataset='caltech101', overrides={'model.head.kl.weight': 0.25})
    assert cfg.train_dataloader.dataset.data_root == 'data/caltech-101'
    own = compose(VAMP)
    for loader in ('train_dataloader', 'test_dataloader'):  # 64 px, as the backbone wants
        assert cfg[loader].dataset.pipeline == own[loader].dataset.pipeline
    assert cfg.train_dataloader.dataset.source == 'caltech101'
    assert cfg.test_dataloader.dataset.source == 'caltech101'
    assert cfg.train_dataloader.dataset.shots == 16
    assert cfg.model.head.kl.weight == 0.25
    assert cfg.work_dir.endswith('vamp_mmrl_icons_caltech101')
    few = compose(VAMP, dataset='caltech101', shots=2)
    assert few.train_dataloader.dataset.shots == 2


def test_a_dataset_for_testing_only_leaves_nothing_to_train_on() -> None:
    cfg = compose(VAMP, dataset='imagenet_r')
    assert 'train_dataloader' not in cfg
    assert cfg.test_dataloader.dataset.source == 'imagenet_r'
    assert cfg.test_cfg.splits == dict(all=dict(seen=False, dataset=dict(class_split='all')))


def test_swap_keeps_what_the_config_itself_changed(tmp_path: Path) -> None:
    mine = tmp_path / 'mine.py'
    mine.write_text(
        f"_base_ = ['{VAMP}']\ntrain_dataloader = dict(batch_size=7, dataset=dict(shots=3, seed=5, "
        "class_split='all'))\n",
        'utf-8',
    )
    cfg = compose(mine, dataset='caltech101')
    assert cfg.train_dataloader.batch_size == 7
    assert cfg.train_dataloader.dataset.class_split == 'all'
    assert cfg.train_dataloader.dataset.shots == 3
    assert cfg.train_dataloader.dataset.seed == 5


def test_missing_files_and_folders_say_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(FileNotFoundError, match='did you mean configs/vamp/vamp_mmrl_icons.py'):
        compose('configs/vamp/vamp_mmrl_icon.py')
    with pytest.raises(FileNotFoundError, match='known names: caltech101, .*icons'):
        compose(VAMP, dataset='caltech')
    with pytest.raises(DataError, match='holds no image'):
        compose(VAMP, dataset=str(tmp_path))


def test_options_that_change_nothing_are_refused() -> None:
    zero_shot = ROOT / 'configs' / 'clip' / 'zero_shot_icons.py'
    with pytest.raises(ConfigError, match='lerning_rate'):
        compose(zero_shot, overrides={'optim_wrapper.optimizer.lerning_rate': 1})


def test_shots_without_training_data_are_refused(tmp_path: Path) -> None:
    test_only = tmp_path / 'test_only.py'
    test_only.write_text("model = dict(type='mmpretrain.ImageClassifier')\n", 'utf-8')
    with pytest.raises(ConfigError, match='no train_dataloader'):
        compose(test_only, shots=4)
    with pytest.raises(ConfigError, match='does not train'):
        compose(test_only, amp=True)
