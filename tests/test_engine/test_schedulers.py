"""WarmupCosineLR against recorded values of the CoOp family's scheduler (Dassl 0.6.3)."""

from __future__ import annotations

import pytest
import torch
from mmengine.optim import OptimWrapper
from mmengine.registry import PARAM_SCHEDULERS
from torch import nn

from vamp_mm.engine import WarmupCosineLR

# Learning rate used in each epoch, recorded with constant warm-up at 1e-5.
RECORDED = [
    (
        5,
        0.002,
        1,
        [1e-05, 0.002, 0.0018090169943749475, 0.0013090169943749475, 0.0006909830056250527],
    ),
    (
        5,
        0.0035,
        1,
        [1e-05, 0.0035, 0.0031657797401561582, 0.002290779740156158, 0.001209220259843842],
    ),
    (
        5,
        0.002,
        0,
        [
            0.002,
            0.0018090169943749475,
            0.0013090169943749475,
            0.0006909830056250527,
            0.00019098300562505265,
        ],
    ),
    (
        10,
        0.002,
        1,
        [
            1e-05,
            0.002,
            0.0019510565162951536,
            0.0018090169943749473,
            0.0015877852522924731,
            0.0013090169943749475,
            0.001,
            0.0006909830056250527,
            0.000412214747707527,
            0.00019098300562505268,
        ],
    ),
]


def wrapper(lr=0.002, groups=1):
    parameters = [
        {'params': [nn.Parameter(torch.zeros(1))], 'lr': lr * (1 + index)}
        for index in range(groups)
    ]
    return OptimWrapper(torch.optim.SGD(parameters, lr=lr))


def rates(scheduler, optim, epochs, group=0):
    values = []
    for _ in range(epochs):
        values.append(optim.param_groups[group]['lr'])
        optim.step()
        scheduler.step()
    return values


@pytest.mark.parametrize(('epochs', 'lr', 'warmup', 'recorded'), RECORDED)
def test_recorded_values(epochs, lr, warmup, recorded):
    optim = wrapper(lr)
    values = rates(WarmupCosineLR(optim, epochs, warmup), optim, epochs)
    # Theirs is a chained product in float64: 1e-15 is its rounding.
    assert values == pytest.approx(recorded, rel=1e-12, abs=1e-15)


def test_groups_share_the_warmup_rate_and_keep_their_ratio():
    optim = wrapper(groups=2)
    scheduler = WarmupCosineLR(optim, 5, 2, warmup_lr=3e-4)
    first, second = rates(scheduler, optim, 5), optim.param_groups
    assert first[:2] == [3e-4, 3e-4]
    assert second[1]['lr'] == 2 * second[0]['lr']


def test_built_by_name_with_the_end_that_a_runner_sets():
    optim = wrapper()
    cfg = {'type': 'vamp_mm.WarmupCosineLR', 'end': 5, 'optimizer': optim}
    assert rates(PARAM_SCHEDULERS.build(cfg), optim, 5) == pytest.approx(RECORDED[0][3], rel=1e-12)


def test_resumed_in_the_middle():
    optim = wrapper()
    scheduler = WarmupCosineLR(optim, 5)
    rates(scheduler, optim, 2)
    state = scheduler.state_dict()
    again = wrapper()
    resumed = WarmupCosineLR(again, 5)
    resumed.load_state_dict(state)
    again.param_groups[0]['lr'] = optim.param_groups[0]['lr']  # the optimizer's own state holds it
    assert rates(resumed, again, 3) == rates(scheduler, optim, 3)


@pytest.mark.parametrize(
    ('change', 'message'), [({'max_epochs': 6}, 'max_epochs=6'), ({'warmup_lr': 1.0}, 'warmup_lr')]
)
def test_state_of_another_schedule_is_refused(change, message):
    scheduler = WarmupCosineLR(wrapper(), 5)
    with pytest.raises(ValueError, match=message):
        scheduler.load_state_dict({**scheduler.state_dict(), **change})
    with pytest.raises(ValueError, match=r'learning rates \[2\.0\]'):
        scheduler.load_state_dict({**scheduler.state_dict(), 'base_values': [2.0]})
    with pytest.raises(ValueError, match='not of WarmupCosineLR'):
        scheduler.load_state_dict({'gamma': 0.1})


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({}, 'max_epochs is not given'),
        ({'max_epochs': 0}, 'max_epochs=0 must be'),
        ({'max_epochs': 5, 'warmup_epochs': -1}, 'warmup_epochs=-1 must be'),
        ({'begin': 3, 'end': 3}, 'begin=3 and end=3 leave no epoch'),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        WarmupCosineLR(wrapper(), **arguments)
