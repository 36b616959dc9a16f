"""What a run was set to, compared when it is resumed."""

from __future__ import annotations

import copy

from vamp_mm.engine.settings import changed_settings, run_settings

CFG = dict(
    model=dict(type='M', backbone=dict(arch='a', pretrained='/x/a.pt'), head=dict(weights=[0.5, 1.0])),
    train_dataloader=dict(batch_size=4, num_workers=2, dataset=dict(data_root='/x', shots=16, seed=1)),
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


def test_a_runner_without_a_config_is_not_compared():
    assert run_settings(None) == {}
    assert changed_settings({}, run_settings(CFG)) == changed_settings(run_settings(CFG), {}) == []
