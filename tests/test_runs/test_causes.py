"""Likely causes of a training that made CLIP worse, with the settings to look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from mmengine.config import Config

from vamp_mm.runs.causes import likely_causes

CONFIGS = Path(__file__).parents[2] / 'configs'
AUGMENTATION = ('augmentation that hides what the class is (RandomResizedCrop scale=(0.5, 1.0), RandomHorizontalFlip in the '
                'training pipeline)')


@pytest.mark.parametrize(('file', 'layers'), [
    ('vpt/vpt_deep_icons.py', 'model.prompter.vision_tokens=8, model.prompter.vision_depth=6'),
    ('mma/mma_icons.py', 'model.prompter.adapter.start=2, model.prompter.adapter.depth=4'),
    ('maple/maple_icons.py', 'model.prompter.host.depth=4, model.prompter.host.num_tokens=2, model.prompter.start=0, '
     'model.prompter.depth=4'),
    ('twosfs/twosfs_icons.py', None),
])
def test_settings_are_named_by_their_keys(file: str, layers: str | None) -> None:
    cfg = Config.fromfile(CONFIGS / file)
    rate = cfg.optim_wrapper.optimizer.lr
    found = likely_causes(cfg, 500)
    assert found[0] == f'a learning rate that is too high (optim_wrapper.optimizer.lr={rate:g}; try {rate / 10:g})'
    assert found[1:] == [*([f'more layers or tokens than this CLIP takes ({layers})'] if layers else []), AUGMENTATION]


def test_few_steps_and_a_warm_up_that_covers_all_come_first() -> None:
    cfg = Config.fromfile(CONFIGS / 'coop' / 'coop_icons.py')
    cfg.train_cfg.max_epochs = 1
    cfg.train_dataloader.dataset.pipeline = cfg.test_dataloader.dataset.pipeline
    cfg.param_scheduler = [cfg.param_scheduler]
    assert likely_causes(cfg, 49)[:2] == [
        'only 49 optimiser steps (train_cfg, train_dataloader.batch_size)',
        'a learning rate that never leaves the warm-up (param_scheduler.warmup_epochs=1)']
    assert not any('augmentation' in cause for cause in likely_causes(cfg, 49))
    assert 'steps' not in ''.join(likely_causes(cfg, 50))
