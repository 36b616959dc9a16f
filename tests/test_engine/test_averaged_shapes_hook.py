"""Averages of tensors that get their size after the averaged copy was made."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from mmengine.model import ExponentialMovingAverage, StochasticWeightAverage
from torch import nn
from toy_engine import toy_config, toy_runner

from vamp_mm.engine import load_checkpoint
from vamp_mm.engine.hooks import AveragedShapesHook

NAMES = [hook['type'] for hook in toy_config('.').custom_hooks]


def hooks(**options):
    return [{'type': name} for name in (*NAMES, 'AveragedShapesHook')] + [
        {'type': 'EMAHook', **options}
    ]


@pytest.mark.parametrize(
    'options',
    [
        {'momentum': 0.3},
        {'momentum': 0.3, 'update_buffers': True},
        {'momentum': 0.3, 'begin_epoch': 2},
        {'ema_type': 'StochasticWeightAverage'},
    ],
    ids=str,
)
def test_prototypes_of_a_run(tmp_path, options):
    """They have no rows when EMAHook copies the model; each checkpoint holds all of them, resumed or not."""
    toy_runner(tmp_path, custom_hooks=hooks(**options)).train()
    whole = load_checkpoint(tmp_path / 'epoch_4.pth')
    assert whole['state_dict']['prototype_owner.prototypes'].shape == (3, 4)
    for epoch in (3, 4):
        (tmp_path / f'epoch_{epoch}.pth').unlink()
    toy_runner(tmp_path, custom_hooks=hooks(**options), resume=True).train()
    parts = load_checkpoint(tmp_path / 'epoch_4.pth')
    for key in ('state_dict', 'ema_state_dict'):
        assert parts[key].keys() == whole[key].keys()
        for name, value in whole[key].items():
            torch.testing.assert_close(parts[key][name], value, rtol=0, atol=0, msg=f'{key} {name}')


def test_a_classifier_that_grows():
    model = nn.Linear(2, 1, bias=False)
    model.register_buffer('keys', torch.zeros(0))
    averages = [
        ExponentialMovingAverage(model, 0.5),
        StochasticWeightAverage(model, update_buffers=True),
    ]
    runner = SimpleNamespace(
        model=model, hooks=[SimpleNamespace(ema_model=average) for average in averages]
    )
    hook = AveragedShapesHook()
    for value in (1.0, 2.0, 4.0):
        if value == 2.0:
            model.weight.data, model.keys = torch.empty(3, 2), torch.ones(3)
        model.weight.data.fill_(value)
        hook.after_train_iter(runner, 0)
        for average in averages:
            average.update_parameters(model)
    first, second = (average.module for average in averages)
    assert first.weight.tolist() == [[3.0, 3.0]] * 3  # 2, then halfway to 4
    # its third step
    torch.testing.assert_close(second.weight, torch.full((3, 2), 2 + 2 / 3), check_device=False)
    assert first.keys.tolist() == second.keys.tolist() == [1.0] * 3
