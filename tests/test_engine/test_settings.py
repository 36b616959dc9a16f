"""What a run was set to, compared when it is resumed."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from vamp_mm.engine.checkpoint import CheckpointError
from vamp_mm.engine.settings import changed_settings, check_settings, run_settings

CFG = dict(
    model=dict(
        type='M', backbone=dict(arch='a', pretrained='/x/a.pt'), head=dict(weights=[0.5, 1.0])
    ),
    train_dataloader=dict(
        batch_size=4, num_workers=2, dataset=dict(data_root='/x', shots=16, seed=1)
    ),
    optim_wrapper=dict(optimizer=dict(lr=1e-3, weight_decay=0.01)),
    log_level='INFO',
)


def _with(**changes):
    cfg = copy.deepcopy(CFG)
    for place, value in changes.items():
        *path, last = place.split('__')
        inner = cfg
        for key in path:
            inner = inner[key]
        inner[last] = value
    return run_settings(cfg)


def test_what_decides_the_weights_is_named_with_both_values():
    now = _with(optim_wrapper__optimizer__weight_decay=0.1, train_dataloader__dataset__seed=2)
    assert changed_settings(run_settings(CFG), now) == [
        'optim_wrapper.optimizer.weight_decay: 0.01 -> 0.1', 'train_dataloader.dataset.seed: 1 -> 2'
    ]  # fmt: skip


def test_added_and_removed_keys_are_named():
    now = _with(train_cfg=dict(max_epochs=3), model__head=dict(weights=[0.5]))
    assert changed_settings(run_settings(CFG), now) == [
        'model.head.weights[1]: 1.0 -> not set', 'train_cfg.max_epochs: not set -> 3'
    ]  # fmt: skip


def test_moved_files_workers_and_logging_may_change():
    now = _with(
        model__backbone__pretrained='/y/a.pt',
        train_dataloader__dataset__data_root='/y',
        train_dataloader__num_workers=0,
        log_level='DEBUG',
    )
    assert changed_settings(run_settings(CFG), now) == []


def test_the_global_batch_counts_not_its_shares():
    one, two = run_settings(CFG), _with(train_dataloader__batch_size=2)
    assert changed_settings(one, two) == ['images per step (batch_size x processes): 4 -> 2']
    shared = copy.deepcopy(CFG)
    shared['train_dataloader']['batch_size'] = 2
    assert changed_settings(one, run_settings(shared, processes=2)) == []


def test_weights_that_checkpoints_leave_out_have_a_fingerprint():
    class Model(nn.Module):
        def __init__(self, seed):
            super().__init__()
            torch.manual_seed(seed)
            self.frozen, self.trained = nn.Linear(30, 30), nn.Parameter(torch.randn(3))

        def state_dict(self, *args, **kwargs):
            return {'trained': self.trained}

    one, same, other = Model(1), Model(1), Model(2)
    with torch.no_grad():
        same.trained.add_(1)
    prints = [run_settings(CFG, model)['frozen weights'] for model in (one, same, other)]
    assert prints[0] == prints[1] != prints[2]
    assert changed_settings(run_settings(CFG, one), run_settings(CFG, other)) == [
        f'frozen weights: {prints[0]} -> {prints[2]}'
    ]


def test_a_runner_without_a_config_is_not_compared():
    assert run_settings(None) == {}
    assert changed_settings({}, run_settings(CFG)) == changed_settings(run_settings(CFG), {}) == []


def test_the_named_origin_of_weights_may_not_change_but_its_file_may():
    tag, file, other, bare = (
        _with(model__backbone__pretrained=value)
        for value in ('openai', 'openai@/x/a.pt', 'laion@/x/a.pt', '/x/a.pt')
    )
    assert changed_settings(tag, file) == changed_settings(tag, bare) == []
    assert changed_settings(bare, other) == []
    assert changed_settings(file, other) == [
        "model.backbone.pretrained (origin of the weights): 'openai' -> 'laion'"
    ]


@pytest.mark.parametrize(
    ('schedule', 'refused'),
    [
        (dict(type='WarmupCosineLR'), 'WarmupCosineLR'),
        ([dict(type='vamp_mm.WarmupCosineLR', max_epochs=None)], 'WarmupCosineLR'),
        (
            [dict(type='CosineAnnealingLR', T_max=9), dict(type='StagedCosineLR', by_epoch=False)],
            'StagedCosineLR',
        ),
        (dict(type='WarmupCosineLR', max_epochs=9), None),
        ([dict(type='WarmupCosineLR', end=9)], None),
        (dict(type='CosineAnnealingLR', T_max=9), None),
        (None, None),
    ],
)
def test_a_longer_run_is_refused_where_the_schedule_follows_its_length(schedule, refused):
    before, now = (
        run_settings({**CFG, 'train_cfg': dict(max_epochs=length), 'param_scheduler': schedule})
        for length in (6, 9)
    )
    if refused is None:
        assert check_settings(before, now, 'a.pth') == (
            'train_cfg.max_epochs: 6 -> 9: schedules keep the length that they were stored with, and the rate stays where '
            'they end, so the result is not that of one uninterrupted run'
        )
        return
    with pytest.raises(CheckpointError) as caught:
        check_settings(before, now, 'a.pth')
    assert str(caught.value) == (
        'a.pth cannot be resumed with train_cfg.max_epochs: 6 -> 9 (before -> now), as the learning rate of '
        f'{refused} follows from it: set train_cfg.max_epochs=6, or start a new run in another work directory '
        '(load_from takes only the weights of this one)'
    )
