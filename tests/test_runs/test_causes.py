"""Likely causes of a training that made CLIP worse, with the settings to look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from mmengine.config import Config

from vamp_mm.runs.causes import likely_causes

CONFIGS = Path(__file__).parents[2] / 'configs'
AUGMENTATION = (
    'augmentation that hides what the class is (RandomResizedCrop scale=(0.5, 1.0), RandomHorizontalFlip in the '
    'training pipeline)'
)


@pytest.mark.parametrize(
    ('file', 'layers'),
    [
        ('vpt/vpt_deep_icons.py', 'model.prompter.vision_tokens=8, model.prompter.vision_depth=6'),
        ('mma/mma_icons.py', 'model.prompter.adapter.start=2, model.prompter.adapter.depth=4'),
        (
            'maple/maple_icons.py',
            'model.prompter.host.depth=4, model.prompter.host.num_tokens=2, model.prompter.start=0, '
            'model.prompter.depth=4',
        ),
        ('twosfs/twosfs_icons.py', None),
    ],
)
def test_settings_are_named_by_their_keys(file: str, layers: str | None) -> None:
    cfg = Config.fromfile(CONFIGS / file)
    rate = cfg.optim_wrapper.optimizer.lr
    found = likely_causes(cfg, 500)
    assert (
        found[0]
        == f'a learning rate that is too high (optim_wrapper.optimizer.lr={rate:g}; try {rate / 10:g})'
    )
    assert found[1:] == [
        *([f'more layers or tokens than this CLIP takes ({layers})'] if layers else []),
        AUGMENTATION,
    ]


def test_of_few_steps_no_lower_rate_is_advised() -> None:
    cfg = Config.fromfile(CONFIGS / 'vpt' / 'vpt_deep_icons.py')
    assert likely_causes(cfg, 49) == [
        'only 49 optimiser steps (train_cfg, train_dataloader.batch_size)',
        'more layers or tokens than this CLIP takes (model.prompter.vision_tokens=8, model.prompter.vision_depth=6)',
        AUGMENTATION,
    ]
    assert [cause for cause in likely_causes(cfg, None) if 'steps' in cause] == []


RANDOM = (
    'a context that starts from random words (model.prompter.context=None) and has hardly been trained in {}; a text such '
    "as model.prompter.context='a photo of a' starts from zero-shot CLIP's own"
)


def test_a_random_context_comes_first_and_a_warm_up_that_covers_all_behind_few_steps() -> None:
    cfg = Config.fromfile(CONFIGS / 'coop' / 'coop_icons.py')
    cfg.train_cfg.max_epochs = 1
    cfg.train_dataloader.dataset.pipeline = cfg.test_dataloader.dataset.pipeline
    cfg.param_scheduler = [cfg.param_scheduler]
    warm_up = 'a learning rate that never leaves the warm-up (param_scheduler.warmup_epochs=1)'
    few = ['only 49 optimiser steps (train_cfg, train_dataloader.batch_size)', warm_up]
    assert likely_causes(cfg, 49) == few  # starts as 'a photo of a'
    del cfg.model.prompter['context']
    cfg.model.prompter.num_tokens = 16  # as in the few-shot protocol
    tokens = 'more layers or tokens than this CLIP takes (model.prompter.num_tokens=16)'
    assert likely_causes(cfg, 49) == [RANDOM.format('49 optimiser steps'), *few, tokens]
    assert likely_causes(cfg, 499) == [RANDOM.format('499 optimiser steps'), warm_up, tokens]
    assert likely_causes(cfg, 500) == likely_causes(cfg, None) == [warm_up, tokens]
    assert likely_causes(cfg, 1)[0] == RANDOM.format('1 optimiser step')
    del cfg.param_scheduler[0]['warmup_epochs']  # the default of WarmupCosineLR
    assert likely_causes(cfg, 49) == [RANDOM.format('49 optimiser steps'), *few, tokens]


def test_a_context_of_words_is_no_cause_where_it_is_the_default() -> None:
    cfg = Config.fromfile(CONFIGS / 'maple' / 'maple_icons.py')
    assert not any('random' in cause for cause in likely_causes(cfg, 10))
    cfg.model.prompter.host.context = None
    assert 'model.prompter.host.context=None' in likely_causes(cfg, 10)[0]


def test_a_rate_of_0() -> None:
    cfg = Config.fromfile(CONFIGS / 'vpt' / 'vpt_deep_icons.py')
    cfg.optim_wrapper.optimizer.lr = 0.0
    assert likely_causes(cfg, 500)[0] == 'a learning rate of 0 (optim_wrapper.optimizer.lr)'
